//! The users that an account begins with, each with a group and a role: the technical user, and the administrator if one was
//! asked for.

use jiff::Timestamp;

use super::intake::{Intake, NewAccount};
use crate::{
    change::Change,
    features::{
        groups::model::{Group, GroupRole},
        licenses::model::License,
        roles::model::{Role, RoleKind, RolePermissions},
        users::model::{IdentityStatus, Membership, User, UserStatus},
    },
    guard::{
        presets::RolePreset,
        rights::{Flags, Mask, MenuPermission, everywhere},
    },
    ids::{AccountId, GroupId, RoleId, UserId},
    text::{Description, Email, Name},
};

/// The id of an account's technical user: derived, so that it is known before the user is made.
pub fn technical_user_id(account: AccountId) -> UserId {
    UserId::derived(account.uuid(), "technical-user")
}

/// The id of an account's first administrator, derived too.
pub fn administrator_id(account: AccountId) -> UserId {
    UserId::derived(account.uuid(), "administrator")
}

/// The ids and addresses of the first users. The technical user is the first.
pub(super) fn first_users(account: AccountId, request: &NewAccount) -> Vec<(UserId, &Email)> {
    let administrator = request.administrator.as_ref().map(|new| (administrator_id(account), &new.email));
    std::iter::once((technical_user_id(account), &request.technical_user.email)).chain(administrator).collect()
}

impl NewAccount {
    /// One of the first users has another address now.
    pub(crate) fn follow_address(&mut self, account: AccountId, user: UserId, new: &Email) {
        if user == technical_user_id(account) {
            self.technical_user.email = new.clone();
        } else if let Some(administrator) = self.administrator.as_mut().filter(|_| user == administrator_id(account)) {
            administrator.email = new.clone();
        }
    }
}

/// The first users, each with a seat of this license.
pub(super) fn users(intake: &Intake, license: &License, now: Timestamp) -> Vec<User> {
    let new = &intake.request.technical_user;
    let technical = User {
        id: technical_user_id(intake.account_id),
        account_id: intake.account_id,
        enterprise_id: license.enterprise_id,
        product_id: license.product_id,
        service_id: license.service_id,
        license_id: license.id,
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        email: new.email.clone(),
        status: UserStatus::Active,
        identity_status: IdentityStatus::Pending,
        technical: true,
        start_date: new.start_date,
        end_date: new.end_date,
        invitation: None,
        mail_problem: None,
        created_at: now,
        updated_at: now,
    };
    let administrator = intake.request.administrator.as_ref().map(|new| User {
        id: administrator_id(intake.account_id),
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        email: new.email.clone(),
        technical: false,
        end_date: None,
        ..technical.clone()
    });
    std::iter::once(technical).chain(administrator).collect()
}

/// A role with its permissions, given by a group with one member.
pub(super) struct Access {
    pub(super) role: Role,
    pub(super) group: Group,
    permissions: Vec<MenuPermission>,
    member: UserId,
}

impl Access {
    /// The technical user's role, which changes nothing, and their group. Both are built in.
    pub(super) fn technical(intake: &Intake, role: RoleId, group: GroupId, now: Timestamp) -> Self {
        let first = &intake.request.licenses[0];
        let (account_id, enterprise_id) = (intake.account_id, first.enterprise_id);
        Self {
            role: Role {
                id: role,
                account_id,
                enterprise_id,
                product_id: Some(first.product_id),
                service_id: Some(first.service_id),
                name: name("Technical Role"),
                description: None,
                kind: RoleKind::Tenant,
                mask: Mask::EVERYTHING,
                built_in: true,
                created_at: now,
                updated_at: now,
            },
            group: Group {
                id: group,
                account_id,
                enterprise_id,
                name: name("Technical Group"),
                description: None,
                built_in: true,
                created_at: now,
                updated_at: now,
            },
            permissions: everywhere(Flags::VIEW),
            member: technical_user_id(account_id),
        }
    }

    /// The administrator's role and group beside it. People of the account may change them.
    pub(super) fn of_administrator(&self, role: RoleId, group: GroupId) -> Self {
        let preset = RolePreset::Administrator;
        let description = Description::try_from(preset.summary()).expect("a summary is one plain sentence");
        Self {
            role: Role {
                id: role,
                product_id: None,
                service_id: None,
                name: name(preset.name()),
                description: Some(description),
                built_in: false,
                ..self.role.clone()
            },
            group: Group { id: group, name: name("Account administrators"), built_in: false, ..self.group.clone() },
            permissions: preset.permissions(),
            member: administrator_id(self.role.account_id),
        }
    }

    pub(super) fn create(&self, change: &mut Change) {
        let Self { role, group, permissions, member } = self;
        let (account_id, role_id, group_id) = (role.account_id, role.id, group.id);
        change.create(role);
        change.create(&RolePermissions { account_id, role_id, permissions: permissions.clone() });
        change.create(group);
        change.create(role.name_claim().first());
        change.create(group.name_claim().first());
        change.create(&GroupRole { account_id, group_id, role_id });
        change.create(&Membership { account_id, user_id: *member, group_id });
    }
}

fn name(text: &str) -> Name {
    Name::try_from(text).expect("two plain words are a name")
}

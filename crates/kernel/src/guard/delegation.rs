//! The rules for giving rights to others and taking them away.
//!
//! INVARIANT: nobody gives rights that they do not hold, and nobody takes rights from somebody who holds more. So only an
//! equal or an operator can take the right to administer an account. Nobody removes their own without confirming it.

use serde::{Deserialize, Serialize};

use super::{
    Granted,
    actions::Action,
    actor::{Actor, access},
    rights::{EffectivePermissions, Menu, Right, Verb},
};
use crate::{
    Kernel,
    change::Change,
    confirmations::Confirmations,
    directory::{
        group::GroupRole,
        role::{Role, RoleKind},
        user::Membership,
    },
    ids::{AccountId, GroupId, RoleId, known},
    kinds::RecordKind,
    ports::table::{Condition, Index, Key, Pages, Query, Range, Write},
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, decode, encode},
};

/// The kinds of record of delegation.
pub(crate) const KINDS: &[RecordKind] = &[AdministratorFence::DECLARED];

/// The right that makes somebody an administrator of their account: to change its users.
pub const ADMINISTER: Right = Right { menu: Menu::AccessControl, tab: "users", verb: Verb::Edit };

/// Nobody passes on what they do not hold.
pub fn may_grant(actor: &Actor, grants: &EffectivePermissions) -> Result<()> {
    if grants.within(&actor.access.grants) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "this would give rights that you do not hold yourself"))
}

/// Nobody but an operator passes on a platform role.
pub fn may_give(actor: &Actor, roles: &[Role]) -> Result<()> {
    if roles.iter().any(|role| role.kind == RoleKind::Platform) && !actor.operator {
        return Err(Problem::new(Code::Forbidden, "platform roles are given by operators alone"));
    }
    Ok(())
}

/// Nobody takes away what they do not hold, and nobody but an operator anything from somebody who holds a platform role.
fn may_take(actor: &Actor, taken: &EffectivePermissions, roles: &[Role]) -> Result<()> {
    if actor.operator {
        return Ok(());
    }
    if roles.iter().any(|role| role.kind == RoleKind::Platform) {
        return Err(Problem::new(
            Code::Forbidden,
            "rights of somebody with a platform role are taken by operators alone",
        )
        .help("ask an operator of the platform"));
    }
    if taken.within(&actor.access.grants) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "this would take rights away that you do not hold yourself")
        .help("ask somebody who holds at least these rights, or an operator of the platform"))
}

/// The refusal where somebody would lose their own right to administer the account, and has not confirmed it.
pub fn own_administration() -> Problem {
    Problem::new(Code::OwnAdministration, "this would take your own right to administer the users of this account")
        .help(
            "see that another administrator remains: without one, only an operator of the platform can give the right \
             back. To do it all the same, repeat the request with confirm=own-administration",
        )
}

impl Kernel {
    /// Permits a change that takes rights from somebody with these roles. Where the rights make an administrator, the change
    /// can't race another of the kind: two administrators can't take each other's rights at once.
    pub async fn take_rights<A: Action>(
        &self,
        who: &Granted<A>,
        change: &mut Change,
        taken: &EffectivePermissions,
        roles: &[Role],
    ) -> Result<()> {
        let actor = who.actor();
        may_take(actor, taken, roles)?;
        if actor.operator || !taken.holds(ADMINISTER) {
            return Ok(());
        }
        let table = self.router().shared();
        let fence = AdministratorFence { account_id: who.account(), expires: self.now().as_second() + FENCE_SECONDS };
        let found = table.get(&AdministratorFence::key(who.account())).await?;
        // The caller may have lost rights since the guard read them, by a change before this version of the fence.
        if !taken.within(&access(self, actor.account(), actor.user.id).await?.grants) {
            return Err(Problem::new(Code::Forbidden, "your own rights were taken away meanwhile"));
        }
        let when = found.map_or(Condition::Absent, |item| Condition::Version(item.version));
        change.write_or(
            Write::Put { item: encode(&fence), when },
            Problem::new(Code::Conflict, "another administrator was changed meanwhile; try again").retry_after(0),
        );
        Ok(())
    }

    /// Permits a change that takes rights from the members of a group.
    pub async fn take_rights_of_members<A: Action>(
        &self,
        who: &Granted<A>,
        change: &mut Change,
        taken: &EffectivePermissions,
        group: GroupId,
    ) -> Result<()> {
        let roles = self.platform_roles_in(who, group).await?;
        self.take_rights(who, change, taken, &roles).await
    }

    /// Permits a change that takes rights from everybody who has a role.
    pub async fn take_rights_by_role<A: Action>(
        &self,
        who: &Granted<A>,
        change: &mut Change,
        taken: &EffectivePermissions,
        role: RoleId,
    ) -> Result<()> {
        let mut roles = Vec::new();
        if has_platform_roles(who) {
            for link in self.linked::<GroupRole>(GroupRole::givers(who.account(), role).partition).await? {
                roles.extend(self.platform_roles_in(who, link.group_id).await?);
            }
        }
        self.take_rights(who, change, taken, &roles).await
    }

    /// The platform roles that members of a group hold, by this group or another, as far as they bar the caller.
    async fn platform_roles_in<A: Action>(&self, who: &Granted<A>, group: GroupId) -> Result<Vec<Role>> {
        let mut roles = Vec::new();
        if has_platform_roles(who) {
            for link in self.linked::<Membership>(Membership::members(who.account(), group).partition).await? {
                let held = access(self, who.account(), link.user_id).await?.roles;
                roles.extend(held.into_iter().filter(|role| role.kind == RoleKind::Platform));
            }
        }
        Ok(roles)
    }

    /// All links in a partition of `Gsi2`.
    async fn linked<R: Record>(&self, pk: String) -> Result<Vec<R>> {
        let query = Query::ascending(Index::Gsi2, pk, Range::All);
        let mut pages = Pages::current(self.router().shared().as_ref(), query);
        let mut all = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in &items {
                all.push(decode::<R>(item)?.record);
            }
        }
        Ok(all)
    }

    /// Refuses a change after which the caller could not administer the users of their account any more, unless they have
    /// confirmed it.
    pub fn keep_own_administration<A: Action>(
        &self,
        who: &Granted<A>,
        after: &EffectivePermissions,
        confirmed: Confirmations,
    ) -> Result<()> {
        if !confirmed.own_administration && who.actor().access.grants.holds(ADMINISTER) && !after.holds(ADMINISTER) {
            return Err(own_administration());
        }
        Ok(())
    }
}

/// Whether somebody in the account may hold a platform role that bars the caller: users of the platform account alone do.
fn has_platform_roles<A>(who: &Granted<A>) -> bool {
    !who.actor().operator && who.account() == known::ROOT_ACCOUNT
}

/// A fence outlives the changes that it serializes, and expires.
const FENCE_SECONDS: i64 = 24 * 3600;

/// A record whose version counts the changes that take an administrator's rights in an account.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdministratorFence {
    account_id: AccountId,
    expires: i64,
}

impl AdministratorFence {
    fn key(account: AccountId) -> Key {
        Key::new(format!("ADMINISTRATORS#{account}"), "FENCE")
    }
}

impl Record for AdministratorFence {
    const NOUN: &'static str = "fence of administrators";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "ADMINISTRATORS#", "FENCE");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id)).until(self.expires)
    }
}

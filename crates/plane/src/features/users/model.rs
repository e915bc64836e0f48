//! Users: people of an account, each on a seat of one of its licenses.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::Claim,
    day::Day,
    ids::{AccountId, EnterpriseId, GroupId, LicenseId, ProductId, ServiceId, Subject, UserId, WorkstreamId},
    ports::table::Key,
    record::{Place, Record, TenantRecord, enterprise_key, tenant_key},
    text::{Email, Name},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// Holds a seat, and may act between the dates.
    Active,
    /// Holds no seat and may not act.
    Inactive,
}

/// Whether the person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdentityStatus {
    /// No identity was asked for.
    None,
    /// The identity is being made.
    Pending,
    /// The identity is there, the invitation is not accepted yet.
    Invited,
    /// The person has chosen a password.
    Confirmed,
    /// The identity could not be made; `provision` tries again.
    Failed,
}

/// A person of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    /// The license whose seat the user holds, or held.
    pub license_id: LicenseId,
    pub first_name: Name,
    pub last_name: Name,
    pub email: Email,
    pub status: UserStatus,
    pub identity_status: IdentityStatus,
    /// The account's first administrator-side user, made by onboarding.
    pub technical: bool,
    pub start_date: Day,
    /// The last day on which the user may act; none: no end.
    pub end_date: Option<Day>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl User {
    /// The identity provider's name for this user: the same UUID.
    pub const fn subject(&self) -> Subject {
        subject(self.id)
    }

    /// Whether the user may act on a day.
    pub fn acts_on(&self, today: Day) -> bool {
        self.status == UserStatus::Active && self.start_date <= today && self.end_date.is_none_or(|end| today <= end)
    }

    /// The claim on the user's e-mail address: unique on the whole platform, since people sign in with it.
    pub fn email_claim(id: UserId, email: &Email) -> Claim {
        Claim::new("USER-EMAIL", email.as_str(), id)
    }

    pub fn key(account: AccountId, id: UserId) -> Key {
        tenant_key(account, Self::KIND, id)
    }
}

/// The identity provider's name for a user.
pub const fn subject(user: UserId) -> Subject {
    Subject::from_uuid(user.uuid())
}

impl Record for User {
    const NOUN: &'static str = "user";

    fn place(&self) -> Place {
        Place::at(Self::key(self.account_id, self.id)).by_tenant(enterprise_key(
            self.account_id,
            self.enterprise_id,
            Self::KIND,
            self.id,
        ))
    }
}

impl TenantRecord for User {
    const KIND: &'static str = "USER";

    fn account(&self) -> AccountId {
        self.account_id
    }

    fn enterprise(&self) -> Option<EnterpriseId> {
        Some(self.enterprise_id)
    }
}

/// In which account a user is: how a token's subject leads to the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    pub user_id: UserId,
    pub account_id: AccountId,
}

impl Home {
    pub fn key(subject: Subject) -> Key {
        Key::new(format!("SUBJECT#{subject}"), "HOME")
    }
}

impl Record for Home {
    const NOUN: &'static str = "user's home";

    fn place(&self) -> Place {
        Place::at(Self::key(subject(self.user_id)))
    }
}

/// A user's place in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    pub account_id: AccountId,
    pub user_id: UserId,
    pub group_id: GroupId,
}

impl Membership {
    pub const KIND: &'static str = "USERGROUP";

    /// The beginning of the sort keys of a user's memberships.
    pub fn of(user: UserId) -> String {
        format!("{}#{user}#", Self::KIND)
    }

    /// The partition of `Gsi2` that holds the members of a group.
    pub fn members(account: AccountId, group: GroupId) -> String {
        format!("ACCOUNT#{account}#GROUP#{group}#USERS")
    }
}

impl Record for Membership {
    const NOUN: &'static str = "membership";

    fn place(&self) -> Place {
        Place::at(tenant_key(self.account_id, Self::KIND, format_args!("{}#{}", self.user_id, self.group_id)))
            .by_tenant(Key::new(Self::members(self.account_id, self.group_id), self.user_id.to_string()))
    }
}

/// A user's place in a workstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    pub account_id: AccountId,
    pub user_id: UserId,
    pub workstream_id: WorkstreamId,
}

impl Assignment {
    pub const KIND: &'static str = "USERWORKSTREAM";

    /// The beginning of the sort keys of a user's workstreams.
    pub fn of(user: UserId) -> String {
        format!("{}#{user}#", Self::KIND)
    }

    /// The partition of `Gsi2` that holds the users of a workstream.
    pub fn members(account: AccountId, workstream: WorkstreamId) -> String {
        format!("ACCOUNT#{account}#WORKSTREAM#{workstream}#USERS")
    }
}

impl Record for Assignment {
    const NOUN: &'static str = "assignment";

    fn place(&self) -> Place {
        Place::at(tenant_key(self.account_id, Self::KIND, format_args!("{}#{}", self.user_id, self.workstream_id)))
            .by_tenant(Key::new(Self::members(self.account_id, self.workstream_id), self.user_id.to_string()))
    }
}

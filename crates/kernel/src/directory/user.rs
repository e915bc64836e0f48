//! Users: people of an account, each on a seat of one of its licenses.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::Claim,
    day::Day,
    directory::{account::AccountStatus, group::Group},
    guard::actions::{Action as _, UserRead},
    ids::{AccountId, EnterpriseId, GroupId, LicenseId, ProductId, ServiceId, Subject, UserId, WorkstreamId},
    kinds::{LinkEnd, NamePart, OnRemoval, RecordKind, Stage, delete},
    ports::table::{Index, Item, Key, Write},
    problem::Result,
    record::{self, Record, RecordKeys, TenantRecord, decode, enterprise_key, tenant_key},
    rows::List,
    text::{Email, Name},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// Holds a seat, and may act between the dates.
    Active,
    /// Holds no seat and may not act.
    Inactive,
    /// The last day is over. Holds no seat and may not act.
    Ended,
}

/// The partition of `Gsi3` in which invitations wait that were asked for and have not gone out.
pub const INVITATIONS_PENDING: &str = "INVITATION#PENDING";

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

/// The invitation that was sent to a user last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserInvitation {
    pub state: InvitationState,
    pub sent_at: Timestamp,
    /// The link is good until then.
    pub expires_at: Timestamp,
    /// Who invited the user. Left out: the onboarding of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<UserId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// The link can be used.
    Sent,
    /// The link was not used in time: the user needs another invitation.
    Expired,
}

impl UserInvitation {
    /// The invitation as it is at a time. The stored state lags behind.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self.state {
            InvitationState::Sent if self.expires_at <= now => Self { state: InvitationState::Expired, ..self },
            InvitationState::Sent | InvitationState::Expired => self,
        }
    }
}

/// Why mail does not reach a person, as the mail service reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailProblem {
    pub kind: MailProblemKind,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailProblemKind {
    /// The recipient's mail server refused a mail for good.
    Bounced,
    /// The recipient marked a mail as spam.
    Complained,
    /// The mail service sends nothing to the address, because of bounces or complaints before.
    Suppressed,
}

/// Why a person may not act at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InactiveUser {
    #[error("the user is inactive")]
    Inactive,
    #[error("the user's start date is in the future")]
    NotBegun,
    #[error("the user's end date is over")]
    Over,
    /// The licenses of the user's enterprise, product and service ended, or give too few seats, and the grace period is over.
    #[error("the license of the user has ended")]
    LicenseEnded,
    #[error("the user's account is {}", .0.as_str())]
    Account(AccountStatus),
    /// The user was deleted, and the identity is about to be.
    #[error("the user is gone")]
    Gone,
}

impl InactiveUser {
    /// The reason in an audit entry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "user_inactive",
            Self::NotBegun => "user_not_started",
            Self::Over => "user_ended",
            Self::LicenseEnded => "license_ended",
            Self::Account(_) => "account_not_active",
            Self::Gone => "user_gone",
        }
    }

    /// Who can change it.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Inactive | Self::NotBegun | Self::Over | Self::Gone => "ask an administrator of your account",
            Self::LicenseEnded => "ask an administrator of your account to renew the license",
            Self::Account(AccountStatus::Provisioning) => "try again when the account is set up",
            Self::Account(_) => "ask an operator of the platform",
        }
    }
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
    /// Left out: the user has chosen a password, or none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<UserInvitation>,
    /// Why mail does not reach the user. Left out: nothing was reported since the last invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_problem: Option<MailProblem>,
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
        self.may_act_on(today).is_ok()
    }

    /// Whether the user may act on a day; if not, why.
    pub fn may_act_on(&self, today: Day) -> Result<(), InactiveUser> {
        match self.status {
            UserStatus::Active => {}
            UserStatus::Inactive => return Err(InactiveUser::Inactive),
            UserStatus::Ended => return Err(InactiveUser::Over),
        }
        if today < self.start_date {
            return Err(InactiveUser::NotBegun);
        }
        if self.end_date.is_some_and(|end| end < today) {
            return Err(InactiveUser::Over);
        }
        Ok(())
    }

    /// The status on a day. The stored one lags behind: the seat is freed, and `ended` written, some time after midnight.
    pub fn status_on(&self, today: Day) -> UserStatus {
        match self.status {
            UserStatus::Active if self.end_date.is_some_and(|end| end < today) => UserStatus::Ended,
            status @ (UserStatus::Active | UserStatus::Inactive | UserStatus::Ended) => status,
        }
    }

    /// The user with the states of a time.
    #[must_use]
    pub fn as_of(self, now: Timestamp, today: Day) -> Self {
        let invitation = self.invitation.map(|invitation| invitation.at(now));
        Self { status: self.status_on(today), invitation, ..self }
    }

    /// The partition of `Gsi3` that holds active users who have a last day, by that day.
    pub const BY_END: &'static str = "USER#ENDING";

    /// The first and the last of the days from `today` on that the user may act on; `None`: there is no such day.
    fn acting_days(&self, today: Day) -> Option<(Day, Option<Day>)> {
        let first = self.start_date.max(today);
        let is_empty = self.end_date.is_some_and(|last| last < first);
        (self.status == UserStatus::Active && !is_empty).then_some((first, self.end_date))
    }

    /// Whether the user may act on a day, from `today` on, that `old` may not act on. Such a change gives rights, so it
    /// is judged like one that adds the user to their groups.
    pub fn gains_days_over(&self, old: &Self, today: Day) -> bool {
        match (self.acting_days(today), old.acting_days(today)) {
            (None, Some(_) | None) => false,
            (Some(_), None) => true,
            (Some((first, last)), Some((old_first, old_last))) => {
                let lasts_longer = old_last.is_some_and(|old_last| last.is_none_or(|last| last > old_last));
                first < old_first || lasts_longer
            }
        }
    }

    /// The claim on the user's e-mail address, which is unique in an account.
    pub fn email_claim(account: AccountId, id: UserId, email: &Email) -> Claim {
        Claim::new(format!("USER-EMAIL#{account}"), &email.ascii(), id)
    }

    /// The claim of a user of an earlier version, in which addresses were unique on the whole platform.
    pub fn platform_email_claim(id: UserId, email: &Email) -> Claim {
        Claim::new("USER-EMAIL", &email.ascii(), id)
    }

    pub fn key(account: AccountId, id: UserId) -> Key {
        tenant_key(account, Self::KIND, id)
    }

    /// The name that people call the person.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The identity provider's name for a user.
pub const fn subject(user: UserId) -> Subject {
    Subject::from_uuid(user.uuid())
}

/// Deletes a user with the claims on address and subject.
fn deletion(item: &Item) -> Result<Vec<Write>> {
    let user = decode::<User>(item)?.record;
    let mut writes = vec![delete(&item.key), delete(&Home::key(subject(user.id)))];
    // The claim of the technical user goes with the account: a redrive makes the user again.
    if !user.technical {
        writes.push(record::delete(&User::email_claim(user.account_id, user.id, &user.email)));
    }
    Ok(writes)
}

impl Record for User {
    const NOUN: &'static str = "user";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "USER#")
        .named_by(&[NamePart::Field("firstName"), NamePart::Field("lastName")])
        .searched(UserRead::FACTS, &["email"])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Users))
        .deleted_by(deletion);

    fn place(&self) -> RecordKeys {
        let Self { account_id, id, .. } = *self;
        let place = RecordKeys::at(Self::key(account_id, id)).by_tenant(enterprise_key(
            account_id,
            self.enterprise_id,
            Self::KIND,
            id,
        ));
        match (self.status, self.end_date) {
            (UserStatus::Active, Some(end)) => {
                place.by_status(Key::new(Self::BY_END, format!("{end}#{account_id}#{id}")))
            }
            (UserStatus::Active, None) | (UserStatus::Inactive | UserStatus::Ended, _) => place,
        }
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

/// The account of a user: maps a token's subject to the user.
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
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "SUBJECT#", "HOME");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(subject(self.user_id)))
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
    pub fn members(account: AccountId, group: GroupId) -> List {
        List { index: Index::Gsi2, partition: format!("ACCOUNT#{account}#GROUP#{group}#USERS") }
    }
}

impl Record for Membership {
    const NOUN: &'static str = "membership";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "USERGROUP#")
        .link([LinkEnd { noun: User::NOUN, list: "members" }, LinkEnd { noun: Group::NOUN, list: "groups" }])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Links));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(tenant_key(self.account_id, Self::KIND, format_args!("{}#{}", self.user_id, self.group_id)))
            .by_tenant(Key::new(Self::members(self.account_id, self.group_id).partition, self.user_id.to_string()))
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
    pub fn members(account: AccountId, workstream: WorkstreamId) -> List {
        List { index: Index::Gsi2, partition: format!("ACCOUNT#{account}#WORKSTREAM#{workstream}#USERS") }
    }
}

impl Record for Assignment {
    const NOUN: &'static str = "assignment";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "USERWORKSTREAM#")
        .link([LinkEnd { noun: User::NOUN, list: "members" }, LinkEnd { noun: "workstream", list: "workstreams" }])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Links));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(tenant_key(self.account_id, Self::KIND, format_args!("{}#{}", self.user_id, self.workstream_id)))
            .by_tenant(Key::new(Self::members(self.account_id, self.workstream_id).partition, self.user_id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The day so many days after, or before, some day.
    fn day(offset: i32) -> Day {
        let start: Day = serde_json::from_value(serde_json::json!("2026-03-10")).unwrap();
        start.plus(u32::try_from(offset + 100).unwrap())
    }

    fn user(active: bool, start: i32, end: Option<i32>) -> User {
        let nil = uuid::Uuid::nil();
        User {
            id: UserId::from_uuid(nil),
            account_id: AccountId::from_uuid(nil),
            enterprise_id: EnterpriseId::from_uuid(nil),
            product_id: ProductId::from_uuid(nil),
            service_id: ServiceId::from_uuid(nil),
            license_id: LicenseId::from_uuid(nil),
            first_name: Name::try_from("Ada").unwrap(),
            last_name: Name::try_from("Byron").unwrap(),
            email: Email::try_from("ada@acme.example").unwrap(),
            status: if active { UserStatus::Active } else { UserStatus::Inactive },
            identity_status: IdentityStatus::Confirmed,
            technical: false,
            start_date: day(start),
            end_date: end.map(day),
            invitation: None,
            mail_problem: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn some_user() -> impl Strategy<Value = User> {
        let end = proptest::option::of(0..12_i32);
        (any::<bool>(), -10..10_i32, end)
            .prop_map(|(active, start, length)| user(active, start, length.map(|days| start + days)))
    }

    proptest! {
        #[test]
        fn gained_days_are_those_that_a_calendar_shows(old in some_user(), new in some_user(), today in -6..6_i32) {
            // Every date of the users is within these days; the last of them represents all later ones.
            let gained = (today..40).any(|offset| new.acts_on(day(offset)) && !old.acts_on(day(offset)));
            prop_assert_eq!(new.gains_days_over(&old, day(today)), gained);
        }
    }

    #[test]
    fn a_dismissed_user_gains_days_by_a_start_tomorrow() {
        let (dismissed, returning) = (user(false, -5, None), user(true, 1, None));
        assert!(returning.gains_days_over(&dismissed, day(0)));
        assert!(!dismissed.gains_days_over(&returning, day(0)));
        assert!(user(true, -5, None).gains_days_over(&user(true, -5, Some(0)), day(0)));
    }
}

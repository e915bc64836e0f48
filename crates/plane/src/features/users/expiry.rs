//! Expired invitations: the user shows it, an event tells it, and the person who invited gets one mail.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::model::{Home, IdentityStatus, InvitationState, User, UserInvitation, UserStatus, subject};
use crate::{
    audit::Author,
    change::Change,
    directory::account::{Account, AccountStatus},
    event_kinds::Reference,
    features::accounts::first_people::{administrator_id, technical_user_id},
    ids::{AccountId, MailId, UserId},
    jobs::{Job, JobCounts},
    kinds::RecordKind,
    mail_limits::greeting,
    plane::Plane,
    ports::{
        mailer::{Mail, MailKind},
        table::{CommitError, Condition, Index, Key, Query, Range, Write},
    },
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, Stored, decode, encode, remove},
    system::SystemTask,
};

const JOB: &str = "invitation-expiries";
/// A reminder that can't be sent is tried again for so long.
const MAIL_TIME: SignedDuration = SignedDuration::from_hours(24);

/// An invitation that is not accepted yet, by the time at which it expires.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenInvitation {
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) expires_at: Timestamp,
}

impl OpenInvitation {
    /// The partition of `Gsi3` that holds open invitations, by the time at which they expire.
    const BY_EXPIRY: &'static str = "INVITATION#OPEN";

    pub(super) fn key(user: UserId) -> Key {
        Key::new(format!("INVITED#{user}"), "OPEN")
    }

    /// One record for each user: a new invitation takes the place of the one before.
    pub(super) fn put(&self) -> Write {
        Write::Put { item: encode(self), when: Condition::Always }
    }

    fn sort_key(expires_at: Timestamp) -> String {
        format!("{:012}", expires_at.as_second())
    }
}

impl Record for OpenInvitation {
    const NOUN: &'static str = "open invitation";
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "INVITED#", "OPEN");

    fn place(&self) -> RecordKeys {
        let Self { account_id, user_id, expires_at } = self;
        let waits = format!("{}#{account_id}#{user_id}", Self::sort_key(*expires_at));
        RecordKeys::at(Self::key(*user_id)).by_status(Key::new(Self::BY_EXPIRY, waits))
    }
}

/// What a run did.
#[derive(Debug, Default)]
struct Counts {
    expired: u64,
    reminded: u64,
    /// Nobody who can invite again has an address for mail.
    without_recipient: u64,
    failed: u64,
}

/// Looks for expired invitations, four times an hour.
pub(super) fn job(plane: &Plane) -> Job {
    let plane = plane.clone();
    let summary = "Note invitations that expired, and remind those who invited";
    Job::new(JOB, summary, SignedDuration::from_mins(15), move || {
        let plane = plane.clone();
        async move { run(&plane).await }
    })
}

async fn run(plane: &Plane) -> Result<JobCounts> {
    let now = plane.now();
    let table = plane.system(SystemTask::Invitations);
    // The keys are longer than the time alone, so that those of this second come the next time.
    let due = Range::AtMost(OpenInvitation::sort_key(now));
    let mut pages = table.current_pages(Query::ascending(Index::Gsi3, OpenInvitation::BY_EXPIRY, due));
    let mut counts = Counts::default();
    while let Some(items) = pages.next().await? {
        for item in &items {
            expire(plane, &decode::<OpenInvitation>(item)?, now, &mut counts).await?;
        }
    }
    let Counts { expired, reminded, without_recipient, failed } = counts;
    let counts =
        [("expired", expired), ("reminded", reminded), ("withoutRecipient", without_recipient), ("failed", failed)];
    Ok(counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<BTreeMap<_, _>>())
}

/// Sends the mail first and notes the expiry afterwards. After a crash in between it is sent again under the same id, which the
/// mailer sends once.
async fn expire(plane: &Plane, open: &Stored<OpenInvitation>, now: Timestamp, counts: &mut Counts) -> Result<()> {
    let user: Option<Stored<User>> = read(plane, &User::key(open.account_id, open.user_id)).await?;
    let current = user.and_then(|user| {
        let invitation = user.invitation.filter(|invitation| invitation.expires_at == open.expires_at)?;
        (user.identity_status == IdentityStatus::Invited).then_some((user, invitation))
    });
    let Some((user, invitation)) = current else {
        // Accepted, replaced by another, or the user is gone.
        return forget(plane, open).await;
    };
    if user.status == UserStatus::Active && is_account_active(plane, user.account_id).await? {
        match remind(plane, &user, &invitation).await {
            Ok(true) => counts.reminded += 1,
            Ok(false) => counts.without_recipient += 1,
            Err(problem) => {
                counts.failed += 1;
                tracing::error!(user.id = %user.id, error = problem.operator_detail(), "no reminder of an expired invitation");
                if now.duration_since(open.expires_at) < MAIL_TIME {
                    return Ok(());
                }
            }
        }
    }
    let expired = UserInvitation { state: InvitationState::Expired, ..invitation };
    let noted = User { invitation: Some(expired), updated_at: now, ..user.record.clone() };
    let author = Author::System { name: JOB.into() };
    let mut change = Change::by_platform(author, "user_invitation_expire", user.account_id)
        .about(User::NOUN, user.id)
        .in_enterprise(user.enterprise_id);
    change.replace(&user, &noted);
    change.write(remove(open));
    change.event(&super::events::INVITATION_EXPIRED, &Reference::to(User::NOUN, user.id));
    match plane.commit(change).await {
        Ok(()) => counts.expired += 1,
        // Changed meanwhile, or the account is being removed: the next run looks again.
        Err(problem) if matches!(problem.code, Code::PreconditionFailed | Code::Conflict | Code::NotFound) => {}
        Err(problem) => return Err(problem),
    }
    Ok(())
}

async fn forget(plane: &Plane, open: &Stored<OpenInvitation>) -> Result<()> {
    match plane.system(SystemTask::Invitations).commit(vec![remove(open)]).await {
        Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

/// Mails the person who invited the user, or the first user of the account. Answers whether there is somebody to mail.
async fn remind(plane: &Plane, user: &User, invitation: &UserInvitation) -> Result<bool> {
    let Some(to) = recipient(plane, user, invitation).await? else { return Ok(false) };
    let expired_at = invitation.expires_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC");
    let User { id, account_id, enterprise_id, .. } = user;
    let link = format!("{}/a/{account_id}/e/{enterprise_id}/access-control/users/{id}", plane.settings().public_url);
    let text = format!(
        "{}\n\nthe invitation of {} expired on {expired_at} and was not accepted. You can send it again here:\n\n{link}\n",
        greeting(to.first_name.as_str()),
        user.email,
    );
    let mail = Mail {
        id: MailId::derived(user.id.uuid(), &format!("invitation-expired/{}", invitation.expires_at)),
        account: user.account_id,
        kind: MailKind::InvitationExpired,
        to: to.email.as_str().to_owned(),
        subject: "An invitation expired".into(),
        text: text.into(),
        at: plane.now(),
    };
    plane.ports().mailer.send(mail).await.map_err(|error| Problem::new(Code::Unavailable, error.to_string()))?;
    Ok(true)
}

/// Who gets the mail: the person who invited, else the first administrator or the technical user of the account. They must be able to sign in and to get mail.
async fn recipient(plane: &Plane, user: &User, invitation: &UserInvitation) -> Result<Option<User>> {
    let today = plane.clock().today();
    let first = [administrator_id(user.account_id), technical_user_id(user.account_id)];
    for id in invitation.invited_by.into_iter().chain(first).filter(|id| *id != user.id) {
        let Some(home) = read::<Home>(plane, &Home::key(subject(id))).await? else { continue };
        let Some(person) = read::<User>(plane, &User::key(home.account_id, id)).await? else { continue };
        let can_invite = person.identity_status == IdentityStatus::Confirmed && person.acts_on(today);
        if can_invite && !person.email.is_default_admin() {
            return Ok(Some(person.record));
        }
    }
    Ok(None)
}

async fn is_account_active(plane: &Plane, account: AccountId) -> Result<bool> {
    let account: Option<Stored<Account>> = read(plane, &Account::key(account)).await?;
    Ok(account.is_some_and(|account| account.status == AccountStatus::Active))
}

async fn read<R: Record>(plane: &Plane, key: &Key) -> Result<Option<Stored<R>>> {
    let item = plane.system(SystemTask::Invitations).get(key).await?;
    item.map(|item| decode::<R>(&item)).transpose()
}

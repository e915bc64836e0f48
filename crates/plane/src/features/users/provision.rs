//! Makes the identity of a user and sends the invitation: begun in the commit that asks for it, and finished after a crash.
//!
//! INVARIANT: a requested invitation is in a record until it is done. The record names the mail, so that a repeat sends the same
//! link, once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    invitation::{confirmed, current_link, note_repeat, repeat_link},
    model::{INVITATIONS_PENDING, IdentityStatus, User, UserInvitation},
};
use crate::{
    audit::{Author, EntryDraft},
    change::Change,
    directory::user::InactiveUser,
    event_kinds::Reference,
    features::me::http::identity_problem,
    guard::{
        Granted,
        actions::{Action, UserCreate, UserEdit},
    },
    http::idempotency::{AnswerHead, Ticket},
    ids::{AccountId, MailId, Subject, UserId},
    kinds::RecordKind,
    mail_limits::CountedMail,
    plane::Plane,
    ports::{
        identity::IdentityError,
        table::{CommitError, Condition, Is, Item, Key, Write},
    },
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, Stored, decode, encode},
    router::{Route, RouteState},
    system::SystemTask,
    text::Email,
};

/// The process that got the request has this long to finish the work; then any process takes it over.
const OWN_TIME: SignedDuration = SignedDuration::from_secs(15);
/// How many times a commit that lost a race is tried.
const MAX_ATTEMPTS: usize = 8;

/// A requested invitation that was not sent yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingInvitation {
    pub account_id: AccountId,
    pub user_id: UserId,
    pub mail_id: MailId,
    /// Who asked.
    author: Author,
    pub asked_at: Timestamp,
    /// The process that was asked. Earlier versions did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_of: Option<String>,
    /// The request whose answer waits for the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<PendingAnswer>,
}

/// A request with an idempotency key that is answered with the invited user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PendingAnswer {
    ticket: Ticket,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl PendingInvitation {
    pub(super) fn key(user: UserId) -> Key {
        Key::new(format!("INVITING#{user}"), "PENDING")
    }

    /// An invitation of a user who was there before.
    fn of_known<A: Action>(plane: &Plane, who: &Granted<A>, user: UserId) -> Self {
        Self::new(plane, who, user, 200, None)
    }

    /// An invitation of a user who is created in the same commit.
    pub(super) fn of_new<A: Action>(plane: &Plane, who: &Granted<A>, user: UserId) -> Self {
        Self::new(plane, who, user, 201, Some(super::ops::location(user)))
    }

    fn new<A: Action>(plane: &Plane, who: &Granted<A>, user_id: UserId, status: u16, location: Option<String>) -> Self {
        let answer = who.ticket().map(|ticket| PendingAnswer { ticket: ticket.clone(), status, location });
        Self { answer, ..Self::by(plane, who.author(), who.account(), user_id) }
    }

    /// An invitation that answers no request.
    fn by(plane: &Plane, author: Author, account_id: AccountId, user_id: UserId) -> Self {
        let asked_at = plane.now();
        let mail_id = MailId::new(asked_at, plane.rng());
        let asked_of = Some(plane.driver().holder().to_owned());
        Self { account_id, user_id, mail_id, author, asked_at, asked_of, answer: None }
    }

    /// Whether the process that was asked is at work on it: it is left alone with it for a while, unless it is known to
    /// have ended.
    pub(crate) fn is_under_way(&self, plane: &Plane) -> bool {
        let driver = plane.driver();
        let ended = driver.is_alone() && self.asked_of.as_ref().is_some_and(|of| of != driver.holder());
        !ended && plane.now() < self.asked_at + OWN_TIME
    }

    /// One record for each user: a later invitation takes the place of one that waits.
    pub(super) fn put(&self) -> Write {
        Write::Put { item: encode(self), when: Condition::Always }
    }

    fn done(&self) -> Write {
        let when = Condition::field("mailId", Is::Equal, self.mail_id.to_string());
        Write::Delete { key: Self::key(self.user_id), when }
    }
}

impl Record for PendingInvitation {
    const NOUN: &'static str = "invitation to be sent";
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "INVITING#", "PENDING");

    fn place(&self) -> RecordKeys {
        // By account, and by an id that says when it was asked for.
        let waits = format!("{}#{}", self.account_id, self.mail_id);
        RecordKeys::at(Self::key(self.user_id)).by_status(Key::new(INVITATIONS_PENDING, waits))
    }
}

impl Plane {
    /// Finishes an invitation that another process has not finished in time. Answers whether it was so.
    pub(crate) async fn resume_pending_invitation(&self, pending: &Item) -> Result<bool> {
        let pending = decode::<PendingInvitation>(pending)?.record;
        if pending.is_under_way(self) {
            return Ok(false);
        }
        resume_invitation(self, &pending).await?;
        Ok(true)
    }

    /// Makes a user with an identity, and invites them.
    pub async fn provision_user(
        &self,
        who: &Granted<UserCreate>,
        new: super::ops::UserDetails,
    ) -> Result<Stored<User>> {
        count_invitation(self, who, &new.email).await?;
        let pending = self.create_invited_user(who, new).await?;
        finish_invitation(self, &pending).await
    }

    /// Invites a user again, or for the first time: a new link, which voids the one before.
    pub async fn invite_user(&self, who: &Granted<UserEdit>, id: UserId) -> Result<Stored<User>> {
        let user: Stored<User> = self.rows(who).get(id).await?;
        if user.identity_status == IdentityStatus::Confirmed {
            return Err(confirmed());
        }
        if let Err(barred @ (InactiveUser::Inactive | InactiveUser::Over)) = user.may_act_on(self.clock().today()) {
            let detail = format!("{barred}: the invitation could not be accepted");
            return Err(Problem::new(Code::Conflict, detail)
                .help("activate the user, or give them another last day; then invite them"));
        }
        let sent_at = current_link(self, id).await?.and_then(|current| current.sent_at);
        if let Some(wait) = sent_at.and_then(|at| pause_after(self, at)) {
            let seconds = u64::try_from(wait.as_secs()).unwrap_or_default() + 1;
            return Err(Problem::new(Code::TooManyRequests, "the user was invited just now").retry_after(seconds));
        }
        count_invitation(self, who, &user.email).await?;
        let pending = PendingInvitation::of_known(self, who, id);
        let status = match user.identity_status {
            IdentityStatus::None | IdentityStatus::Failed => IdentityStatus::Pending,
            kept @ (IdentityStatus::Pending | IdentityStatus::Invited | IdentityStatus::Confirmed) => kept,
        };
        let asked = User { identity_status: status, mail_problem: None, updated_at: self.now(), ..user.record.clone() };
        let mut change = Change::of(EntryDraft { action: "user_invite".into(), ..who.entry() }).about(User::NOUN, id);
        change.write(pending.put());
        change.replace(&user, &asked);
        change.event(&super::events::INVITED, &Reference::to("user", id));
        change.keeps_answer_of(who);
        change.answers_provisionally(AnswerHead::found(user.version + 1), &asked);
        self.commit(change).await?;
        finish_invitation(self, &pending).await
    }
}

/// Sends the invitation again to a person who asked for a new password and has not chosen one yet. As long as the link is
/// good it is the same link, so that requests of other people void none. A person who may not accept gets nothing.
pub(crate) async fn repeat_invitation(plane: &Plane, subject: Subject) -> Result<()> {
    let Some(account) = plane.actor(subject).await?.map(|actor| actor.account()) else { return Ok(()) };
    let key = User::key(account, UserId::from_uuid(subject.uuid()));
    let item = plane.system(SystemTask::Invitations).get(&key).await?;
    let Some(user) = item.map(|item| decode::<User>(&item)).transpose()? else { return Ok(()) };
    if user.identity_status != IdentityStatus::Invited || plane.barred_from_accepting(subject).await?.is_some() {
        return Ok(());
    }
    let current = current_link(plane, user.id).await?;
    if current.as_ref().and_then(|current| current.sent_at).is_some_and(|at| pause_after(plane, at).is_some()) {
        return Ok(());
    }
    plane.count_mail(CountedMail { recipient: user.email.as_str(), sender: user.id, account }).await?;
    if let Some(current) = current.filter(|current| current.is_good(plane.now()) && current.mail_id.is_some()) {
        if note_repeat(plane, &current).await? {
            let sent = repeat_link(plane, &user, &current).await;
            sent.map_err(|error| Problem::new(Code::Unavailable, error.to_string()))?;
        }
        return Ok(());
    }
    let author = Author::System { name: "forgot-password".into() };
    let pending = PendingInvitation::by(plane, author.clone(), account, user.id);
    let asked = User { mail_problem: None, updated_at: plane.now(), ..user.record.clone() };
    let mut change = Change::by_platform(author, "user_invite", account).about(User::NOUN, user.id);
    change.write(pending.put());
    change.replace(&user, &asked);
    change.event(&super::events::INVITED, &Reference::to("user", user.id));
    plane.commit(change).await?;
    finish_invitation(plane, &pending).await.map(drop)
}

/// How long a user who was invited at that time is not invited again; `None`: the pause is over.
fn pause_after(plane: &Plane, sent_at: Timestamp) -> Option<SignedDuration> {
    let pause = SignedDuration::from_secs(plane.settings().mail_limits.pause_seconds.into());
    Some(pause - plane.now().duration_since(sent_at)).filter(SignedDuration::is_positive)
}

async fn resume_invitation(plane: &Plane, pending: &PendingInvitation) -> Result<()> {
    match finish_invitation(plane, pending).await {
        Ok(_) => Ok(()),
        Err(problem) if problem.code == Code::NotFound => {
            plane.remove_identity(pending.user_id).await.map_err(identity_problem)?;
            match plane.system(SystemTask::Invitations).commit(vec![pending.done()]).await {
                Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
                Err(CommitError::Table(error)) => Err(error.into()),
            }
        }
        Err(problem) => Err(problem),
    }
}

/// Counts the mail of an invitation against the limits of recipient, sender and account.
async fn count_invitation<A: Action>(plane: &Plane, who: &Granted<A>, to: &Email) -> Result<()> {
    let mail = CountedMail { recipient: to.as_str(), sender: who.actor().user.id, account: who.account() };
    plane.count_mail(mail).await
}

/// Makes the identity, sends the mail and records the result. It can be repeated. The answer is kept for the
/// idempotency key of the request, if it has one.
async fn finish_invitation(plane: &Plane, pending: &PendingInvitation) -> Result<Stored<User>> {
    let PendingInvitation { account_id, user_id, mail_id, .. } = *pending;
    let user = invited_user(plane, pending).await?;
    let made = match plane.ensure_identity(&user.record).await {
        Ok(()) => plane.invite(&user.record, mail_id).await.map_err(|error| error.to_string()),
        Err(IdentityError::Store(error)) => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    let (status, invitation) = match made {
        Ok(sent) => {
            // A person who asks for a new password does not invite themselves.
            let before = user.invitation.and_then(|invitation| invitation.invited_by);
            (IdentityStatus::Invited, Some(sent.shown(pending.author.starter().map(|by| by.id).or(before))))
        }
        Err(error) => {
            tracing::error!(user.id = %user_id, error, "a user was not invited");
            (IdentityStatus::Failed, user.invitation)
        }
    };
    let done = record_invitation(plane, pending, status, invitation).await;
    if done.is_err() && has_left(plane, account_id, user_id).await? {
        // The user or the account was deleted while the identity was made: delete the identity too.
        plane.remove_identity(user_id).await.map_err(identity_problem)?;
    }
    done
}

async fn invited_user(plane: &Plane, pending: &PendingInvitation) -> Result<Stored<User>> {
    let item = plane.system(SystemTask::Invitations).get(&User::key(pending.account_id, pending.user_id)).await?;
    item.map(|item| decode::<User>(&item)).transpose()?.ok_or_else(|| Problem::not_found(User::NOUN))
}

/// Records the result of an invitation: the audit entry is in the commit that requested it.
async fn record_invitation(
    plane: &Plane,
    pending: &PendingInvitation,
    identity_status: IdentityStatus,
    invitation: Option<UserInvitation>,
) -> Result<Stored<User>> {
    for _ in 0..MAX_ATTEMPTS {
        let old = invited_user(plane, pending).await?;
        let is_accepted = old.identity_status == IdentityStatus::Confirmed;
        let noted = User { identity_status, invitation, ..old.record.clone() };
        let user = User { updated_at: plane.now(), ..if is_accepted { old.record.clone() } else { noted } };
        let author = pending.author.clone();
        let mut change = Change::by_platform(author, "user_invite", pending.account_id).following();
        change.replace(&old, &user);
        change.write(pending.done());
        if let Some(PendingAnswer { ticket, status, location }) = &pending.answer {
            let head = AnswerHead { status: *status, location: location.clone(), version: Some(old.version + 1) };
            change.answers_finally(ticket, head, &user, plane.now());
        }
        match plane.commit(change).await {
            Ok(()) => return Ok(Stored { record: user, version: old.version + 1 }),
            Err(problem) if matches!(problem.code, Code::PreconditionFailed | Code::Conflict) => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(Code::Unavailable, "the user is being changed by many at once; try again").retry_after(1))
}

/// Whether a user or their account is deleted or being deleted.
async fn has_left(plane: &Plane, account: AccountId, user: UserId) -> Result<bool> {
    let found =
        plane.system(SystemTask::Invitations).batch_get(&[User::key(account, user), Route::key(account)]).await?;
    let [Some(_), Some(route)] = found.as_slice() else { return Ok(true) };
    Ok(decode::<Route>(route)?.state == RouteState::Closed)
}

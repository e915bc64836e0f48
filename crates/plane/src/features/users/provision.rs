//! Makes the identity of a user and sends the invitation: begun in the commit that asks for it, and finished after a crash.
//!
//! INVARIANT: a requested invitation is in a record until it is done. The record names the mail, so that a repeat sends the same
//! link, once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    invitation::confirmed,
    model::{IdentityStatus, User},
};
use crate::{
    audit::{Author, EntryDraft},
    change::Change,
    features::me::http::identity_problem,
    guard::{
        Granted,
        actions::{Action, UserCreate, UserEdit},
    },
    http::idempotency::Ticket,
    ids::{AccountId, MailId, UserId},
    mail_limits::CountedMail,
    plane::Plane,
    ports::{
        identity::IdentityError,
        table::{CommitError, Condition, Is, Key, Write},
    },
    problem::{Code, Problem, Result},
    record::{Place, Record, Stored, decode, encode},
    router::{Route, RouteState},
    text::Email,
};

/// The process that got the request has this long to finish the work; then any process takes it over.
pub(crate) const OWN_TIME: SignedDuration = SignedDuration::from_secs(15);
/// How many times a commit that lost a race is tried.
const MAX_ATTEMPTS: usize = 8;

/// A requested invitation that was not sent yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingInvitation {
    pub account_id: AccountId,
    pub user_id: UserId,
    pub mail_id: MailId,
    /// Who asked.
    author: Author,
    pub asked_at: Timestamp,
}

impl PendingInvitation {
    /// The partition of `Gsi3` in which they wait.
    pub const PENDING: &'static str = "INVITATION#PENDING";

    pub(super) fn key(user: UserId) -> Key {
        Key::new(format!("INVITING#{user}"), "PENDING")
    }

    pub(super) fn new<A: Action>(plane: &Plane, who: &Granted<A>, user: UserId) -> Self {
        let asked_at = plane.now();
        let mail_id = MailId::new(asked_at, plane.chance());
        Self { account_id: who.account(), user_id: user, mail_id, author: who.author(), asked_at }
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

    fn place(&self) -> Place {
        // By account, and by an id that says when it was asked for.
        let waits = format!("{}#{}", self.account_id, self.mail_id);
        Place::at(Self::key(self.user_id)).by_status(Key::new(Self::PENDING, waits))
    }
}

/// How the last commit of a request keeps its answer.
#[derive(Clone, Debug)]
pub(crate) struct KeptAs {
    status: u16,
    location: Option<String>,
}

impl Plane {
    /// Finishes an invitation that another process has not finished in time.
    pub(crate) async fn resume_invitation(&self, pending: &PendingInvitation) -> Result<()> {
        match self.finish_invitation(pending, None).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.code == Code::NotFound => {
                self.remove_identity(pending.user_id).await.map_err(identity_problem)?;
                match self.router().shared().commit(vec![pending.done()]).await {
                    Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
                    Err(CommitError::Table(error)) => Err(error.into()),
                }
            }
            Err(problem) => Err(problem),
        }
    }

    /// Makes a user with an identity, and invites them.
    pub async fn provision_user(&self, who: &Granted<UserCreate>, new: super::ops::NewUser) -> Result<Stored<User>> {
        self.count_invitation(who, &new.email).await?;
        let pending = self.create_invited_user(who, new).await?;
        let answer = KeptAs { status: 201, location: Some(super::ops::location(pending.user_id)) };
        self.finish_invitation(&pending, who.ticket().map(|ticket| (ticket, answer))).await
    }

    /// Invites a user again, or for the first time: a new link, which voids the one before.
    pub async fn invite_user(&self, who: &Granted<UserEdit>, id: UserId) -> Result<Stored<User>> {
        let user: Stored<User> = self.rows(who).get(id).await?;
        if user.identity_status == IdentityStatus::Confirmed {
            return Err(confirmed());
        }
        if let Some(sent_at) = self.last_invitation(id).await? {
            let pause = SignedDuration::from_secs(self.settings().mail_limits.pause_seconds.into());
            let wait = pause - self.now().duration_since(sent_at);
            if wait.is_positive() {
                let seconds = u64::try_from(wait.as_secs()).unwrap_or_default() + 1;
                return Err(Problem::new(Code::TooManyRequests, "the user was invited just now").retry_after(seconds));
            }
        }
        self.count_invitation(who, &user.email).await?;
        let pending = PendingInvitation::new(self, who, id);
        let status = match user.identity_status {
            IdentityStatus::None | IdentityStatus::Failed => IdentityStatus::Pending,
            kept @ (IdentityStatus::Pending | IdentityStatus::Invited | IdentityStatus::Confirmed) => kept,
        };
        let asked = User { identity_status: status, updated_at: self.now(), ..user.record.clone() };
        let mut change = Change::of(EntryDraft { action: "user_invite".into(), ..who.entry() }).about("user", id);
        change.write(pending.put());
        change.replace(&user, &asked);
        change.keeps_answer_of(who);
        change.answers(200, None, &asked);
        self.commit(change).await?;
        let answer = KeptAs { status: 200, location: None };
        self.finish_invitation(&pending, who.ticket().map(|ticket| (ticket, answer))).await
    }

    /// Counts the mail of an invitation against the limits of recipient, sender and account.
    async fn count_invitation<A: Action>(&self, who: &Granted<A>, to: &Email) -> Result<()> {
        let mail = CountedMail { recipient: to.as_str(), sender: who.actor().user.id, account: who.account() };
        self.count_mail(mail).await
    }

    /// Makes the identity, sends the mail and records the result. It can be repeated. The answer is kept for the
    /// idempotency key of the request, if it has one.
    pub(crate) async fn finish_invitation(
        &self,
        pending: &PendingInvitation,
        answer: Option<(&Ticket, KeptAs)>,
    ) -> Result<Stored<User>> {
        let PendingInvitation { account_id, user_id, mail_id, .. } = *pending;
        let user = self.invited_user(pending).await?;
        let made = match self.ensure_identity(&user.record).await {
            Ok(()) => self.invite(&user.record, mail_id).await.map_err(|error| error.to_string()),
            Err(IdentityError::Store(error)) => return Err(error.into()),
            Err(error) => Err(error.to_string()),
        };
        let status = match made {
            Ok(()) => IdentityStatus::Invited,
            Err(error) => {
                tracing::error!(user.id = %user_id, error, "a user was not invited");
                IdentityStatus::Failed
            }
        };
        let done = self.record_invitation(pending, status, answer).await;
        if done.is_err() && self.has_left(account_id, user_id).await? {
            // The user or the account was deleted while the identity was made: delete the identity too.
            self.remove_identity(user_id).await.map_err(identity_problem)?;
        }
        done
    }

    async fn invited_user(&self, pending: &PendingInvitation) -> Result<Stored<User>> {
        let item = self.router().shared().get(&User::key(pending.account_id, pending.user_id)).await?;
        item.map(|item| decode::<User>(&item)).transpose()?.ok_or_else(|| Problem::not_found(User::NOUN))
    }

    /// Records what became of an invitation: the audit entry is in the commit of the request.
    async fn record_invitation(
        &self,
        pending: &PendingInvitation,
        status: IdentityStatus,
        answer: Option<(&Ticket, KeptAs)>,
    ) -> Result<Stored<User>> {
        for _ in 0..MAX_ATTEMPTS {
            let old = self.invited_user(pending).await?;
            let status = if old.identity_status == IdentityStatus::Confirmed { old.identity_status } else { status };
            let user = User { identity_status: status, updated_at: self.now(), ..old.record.clone() };
            let author = pending.author.clone();
            let mut change = Change::by_platform(author, "user_invite", pending.account_id).following();
            change.replace(&old, &user);
            change.write(pending.done());
            if let Some((ticket, KeptAs { status, location })) = &answer {
                change.answers_instead(ticket, *status, location.clone(), &user);
            }
            match self.commit(change).await {
                Ok(()) => return Ok(Stored { record: user, version: old.version + 1 }),
                Err(problem) if matches!(problem.code, Code::PreconditionFailed | Code::Conflict) => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(Problem::new(Code::Unavailable, "the user is being changed by many at once; try again").retry_after(1))
    }

    /// Whether a user or their account is deleted or being deleted.
    async fn has_left(&self, account: AccountId, user: UserId) -> Result<bool> {
        let found = self.router().shared().batch_get(&[User::key(account, user), Route::key(account)]).await?;
        let [Some(_), Some(route)] = found.as_slice() else { return Ok(true) };
        Ok(decode::<Route>(route)?.state == RouteState::Closed)
    }
}

//! Invitations: a one-time link with which a person chooses their password. Only the digest of its token is stored.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    expiry::OpenInvitation,
    model::{IdentityStatus, InvitationState, User, UserInvitation},
};
use crate::{
    audit::{Author, EntryDraft, RequestOrigin},
    change::Change,
    directory::{account::Account, user::InactiveUser},
    identity::trail::AuditSubject,
    ids::{AccountId, MailId, Subject, UserId},
    kinds::RecordKind,
    mail_limits::{greeting, plain_name},
    plane::Plane,
    ports::{
        identity::{Acceptance, IdentityError, NewIdentity, PasswordError},
        mailer::{Mail, MailError, MailKind},
        table::{CommitError, Condition, Is, Key, Write},
    },
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, Stored, decode, encode},
    secret::digest,
    system::SystemTask,
    workflow::StepError,
};

/// How long a link is good: 24 hours.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long one use of a link keeps others out: a use that died on the way is over then.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);
/// How many times a commit that lost a race is tried.
const MAX_ATTEMPTS: usize = 50;

/// A link that was sent and not used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// SHA-256 of the token.
    pub digest: String,
    pub account_id: AccountId,
    pub user_id: UserId,
    pub expires_at: Timestamp,
    /// Somebody is using it since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
}

impl Invitation {
    /// Somebody is choosing their password by it at this moment.
    fn is_in_use(&self, now: Timestamp) -> bool {
        self.claimed_at.is_some_and(|at| now.duration_since(at) < CLAIM)
    }

    fn key(digest: &str) -> Key {
        Key::new(format!("INVITATION#{digest}"), "LINK")
    }
}

impl Record for Invitation {
    const NOUN: &'static str = "invitation";
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "INVITATION#", "LINK").secret(&["digest"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(&self.digest)).until(self.expires_at.as_second())
    }
}

/// Which link of a user is the one that counts: a new one voids the one before.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Current {
    user_id: UserId,
    digest: String,
    expires: i64,
    /// Earlier versions did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent_at: Option<Timestamp>,
    /// The mail that the link was made for, from which it can be made again. Earlier versions did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mail_id: Option<MailId>,
}

impl Current {
    /// Whether the link is good.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now.as_second() < self.expires
    }

    fn key(user: UserId) -> Key {
        Key::new(format!("INVITED#{user}"), "CURRENT")
    }
}

impl Record for Current {
    const NOUN: &'static str = "current invitation";
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "INVITED#", "CURRENT").secret(&["digest"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.user_id)).until(self.expires)
    }
}

/// Why an invitation did not go out.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Store(#[from] CommitError),
    #[error("{0}")]
    Problem(#[from] Problem),
}

impl From<InviteError> for StepError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Mail(error) => error.into(),
            InviteError::Store(_) | InviteError::Problem(_) => Self::transient("mail", error.to_string()),
        }
    }
}

impl Plane {
    /// Makes the identity of a user, if it is not there. It can be asked again.
    pub async fn ensure_identity(&self, user: &User) -> Result<(), IdentityError> {
        let new =
            NewIdentity { subject: user.subject(), email: user.email.clone(), user: user.id, account: user.account_id };
        self.identity().ensure_user(new).await
    }

    /// Sends a user the link to choose a password, and voids the one sent before. The same `mail` sends the same link,
    /// once.
    pub async fn invite(&self, user: &User, mail: MailId) -> Result<SentLink, InviteError> {
        let token = self.key().token("invitation", &mail.to_string());
        let sent = replace_link(self, user, digest(token.expose_secret()), mail).await?;
        mail_link(self, user, &token, mail, "within 24 hours").await?;
        Ok(sent)
    }

    /// Removes the identity of a user, with the link that was sent to them. It can be asked again.
    pub async fn remove_identity(&self, user: UserId) -> Result<(), IdentityError> {
        self.identity().remove_user(super::model::subject(user)).await?;
        void_invitation(self, user).await
    }

    /// Uses a link: sets the person's password and voids the link. Of concurrent uses one succeeds.
    pub async fn accept_invitation(
        &self,
        token: &SecretString,
        password: SecretString,
        client: std::net::IpAddr,
        origin: &RequestOrigin,
    ) -> Result<(), AcceptError> {
        let table = self.system(SystemTask::Invitations);
        let link: Option<Stored<Invitation>> =
            shared_record(self, &Invitation::key(&digest(token.expose_secret()))).await?;
        let link = link.ok_or(AcceptError::Void)?;
        let now = self.now();
        if link.expires_at <= now || link.is_in_use(now) {
            return Err(AcceptError::Void);
        }
        let subject = super::model::subject(link.user_id);
        if let Some(barred) = self.barred_from_accepting(subject).await? {
            return Err(barred_by_link(self, &link, barred).await);
        }
        let claimed = Invitation { claimed_at: Some(now), ..link.record.clone() };
        let claim = vec![
            Write::Put { item: encode(&claimed), when: Condition::Version(link.version) },
            // The link that counts, of somebody who has not chosen a password yet.
            Write::Check {
                key: Current::key(link.user_id),
                when: Condition::field("digest", Is::Equal, link.digest.as_str()),
            },
            Write::Check { key: User::key(link.account_id, link.user_id), when: not_confirmed() },
        ];
        match table.commit(claim).await {
            Ok(()) => {}
            Err(CommitError::Refused { .. }) => return Err(AcceptError::Void),
            Err(CommitError::Table(error)) => return Err(Problem::from(error).into()),
        }
        let claimed = Stored { record: claimed, version: link.version + 1 };
        let acceptance = Acceptance { subject, password, ip: client };
        if let Err(error) = self.identity().accept(acceptance).await {
            let released = Write::Put { item: encode(&link.record), when: Condition::Version(claimed.version) };
            // Should this fail, the claim is over after a minute.
            drop(table.commit(vec![released]).await);
            return Err(match error {
                PasswordError::Unknown => AcceptError::Void,
                other => password_problem(other, "/newPassword").into(),
            });
        }
        let used = vec![
            Write::Delete { key: Invitation::key(&claimed.digest), when: Condition::Present },
            Write::Delete { key: Current::key(claimed.user_id), when: Condition::Always },
            Write::Delete { key: OpenInvitation::key(claimed.user_id), when: Condition::Always },
        ];
        Ok(confirm(self, claimed.account_id, claimed.user_id, Some((used, origin))).await?)
    }

    /// Records that somebody signs in with a password of their own. The sign-in itself has the audit entry.
    pub async fn confirm_identity(&self, subject: Subject) -> Result<()> {
        let Some(actor) = self.actor(subject).await? else { return Ok(()) };
        if actor.user.identity_status == IdentityStatus::Confirmed {
            return Ok(());
        }
        confirm(self, actor.account(), actor.user.id, None).await
    }
}

/// Sends the link that was made for one mail by another: it stays good for as long as it was.
pub(super) async fn repeat_link(plane: &Plane, user: &User, current: &Current) -> Result<(), InviteError> {
    let Some(made_for) = current.mail_id else { return Ok(()) };
    let token = plane.key().token("invitation", &made_for.to_string());
    let until = Timestamp::from_second(current.expires).unwrap_or_default();
    let until = until.to_zoned(TimeZone::UTC).strftime("until %Y-%m-%d %H:%M UTC");
    let mail = MailId::new(plane.now(), plane.rng());
    mail_link(plane, user, &token, mail, &until.to_string()).await
}

async fn mail_link(
    plane: &Plane,
    user: &User,
    token: &SecretString,
    mail: MailId,
    until: &str,
) -> Result<(), InviteError> {
    let link = format!("{}/accept-invitation#token={}", plane.settings().public_url, token.expose_secret());
    let account = shared_record::<Account>(plane, &Account::key(user.account_id)).await?;
    let account = account.as_ref().and_then(|account| plain_name(account.name.as_str())).unwrap_or("an account");
    let text = format!(
        "{}\n\nyou are invited to {account} on Freehold. Set your password here, {until}:\n\n{link}\n\n\
         If you have a password with this address already, enter that one. The link works once. If you did not \
         expect this, do nothing.",
        greeting(user.first_name.as_str())
    );
    let mail = Mail {
        id: mail,
        account: user.account_id,
        kind: MailKind::Invitation,
        to: user.email.as_str().to_owned(),
        subject: "Your invitation".into(),
        text: text.into(),
        at: plane.now(),
    };
    Ok(plane.ports().mailer.send(mail).await?)
}

/// A link that was sent.
#[derive(Clone, Copy, Debug)]
pub struct SentLink {
    sent_at: Timestamp,
    expires_at: Timestamp,
}

impl SentLink {
    /// What the user's record says of it.
    pub const fn shown(self, invited_by: Option<UserId>) -> UserInvitation {
        let Self { sent_at, expires_at } = self;
        UserInvitation { state: InvitationState::Sent, sent_at, expires_at, invited_by }
    }
}

/// The link of a user that counts.
pub(super) async fn current_link(plane: &Plane, user: UserId) -> Result<Option<Stored<Current>>> {
    shared_record(plane, &Current::key(user)).await
}

/// Notes that a link was sent again. `false`: another request did, or there is another link by now.
pub(super) async fn note_repeat(plane: &Plane, current: &Stored<Current>) -> Result<bool> {
    let repeated = Current { sent_at: Some(plane.now()), ..current.record.clone() };
    match plane.system(SystemTask::Invitations).commit(vec![crate::record::replace(current, &repeated)]).await {
        Ok(()) => Ok(true),
        Err(CommitError::Refused { .. }) => Ok(false),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

/// Makes a link the one that counts. Of racing invitations each voids the one before; where the person has chosen a
/// password, or is choosing one, none is made.
async fn replace_link(plane: &Plane, user: &User, digest: String, mail: MailId) -> Result<SentLink, InviteError> {
    let table = plane.system(SystemTask::Invitations);
    for _ in 0..MAX_ATTEMPTS {
        let now = plane.now();
        let current: Option<Stored<Current>> = shared_record(plane, &Current::key(user.id)).await?;
        let before: Option<Stored<Invitation>> = match &current {
            Some(current) => shared_record(plane, &Invitation::key(&current.digest)).await?,
            None => None,
        };
        if before.as_ref().is_some_and(|link| link.is_in_use(now)) {
            return Err(InviteError::Problem(in_use()));
        }
        let expires_at = now + LIFE;
        let link = Invitation {
            digest: digest.clone(),
            account_id: user.account_id,
            user_id: user.id,
            expires_at,
            claimed_at: None,
        };
        let next = Current {
            user_id: user.id,
            digest: digest.clone(),
            expires: expires_at.as_second(),
            sent_at: Some(now),
            mail_id: Some(mail),
        };
        let open = OpenInvitation { account_id: user.account_id, user_id: user.id, expires_at };
        let mut writes = vec![
            Write::Put { item: encode(&next), when: unchanged(current.as_ref()) },
            Write::Check { key: User::key(user.account_id, user.id), when: not_confirmed() },
            open.put(),
        ];
        match before.filter(|before| before.digest != digest) {
            Some(before) => {
                writes.push(Write::Delete {
                    key: Invitation::key(&before.digest),
                    when: Condition::Version(before.version),
                });
                writes.push(Write::Put { item: encode(&link), when: Condition::Always });
            }
            None => writes.push(Write::Put { item: encode(&link), when: Condition::Always }),
        }
        match table.commit(writes).await {
            Ok(()) => return Ok(SentLink { sent_at: now, expires_at }),
            Err(CommitError::Refused { write: 1, .. }) => return Err(InviteError::Problem(confirmed())),
            // Another invitation, or a use of the link, came first: look again.
            Err(CommitError::Refused { .. }) => {}
            Err(error @ CommitError::Table(_)) => return Err(error.into()),
        }
    }
    Err(InviteError::Problem(busy_user()))
}

async fn shared_record<R: Record>(plane: &Plane, key: &Key) -> Result<Option<Stored<R>>> {
    let item = plane.system(SystemTask::Invitations).get(key).await?;
    item.map(|item| decode::<R>(&item)).transpose()
}

/// Voids the link that was sent to a user last.
async fn void_invitation(plane: &Plane, user: UserId) -> Result<(), IdentityError> {
    let table = plane.system(SystemTask::Invitations);
    let mut writes = vec![Write::Delete { key: OpenInvitation::key(user), when: Condition::Always }];
    if let Some(current) = table.get(&Current::key(user)).await?.and_then(|item| decode::<Current>(&item).ok()) {
        writes.push(Write::Delete { key: Invitation::key(&current.digest), when: Condition::Always });
        writes.push(Write::Delete { key: Current::key(user), when: Condition::Always });
    }
    match table.commit(writes).await {
        Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

/// The refusal of somebody whose link is good. Without the user's record the link is good for nothing.
async fn barred_by_link(plane: &Plane, link: &Invitation, barred: InactiveUser) -> AcceptError {
    match shared_record::<User>(plane, &User::key(link.account_id, link.user_id)).await {
        Ok(Some(user)) => {
            let (subject, email) = (user.subject(), user.email.to_string());
            AcceptError::InactiveUser(AuditSubject { subject, user: user.id, account: user.account_id, email }, barred)
        }
        Ok(None) => AcceptError::Void,
        Err(problem) => problem.into(),
    }
}

/// `accepted`: by an invitation, whose link these writes use up.
async fn confirm(
    plane: &Plane,
    account: AccountId,
    user: UserId,
    accepted: Option<(Vec<Write>, &RequestOrigin)>,
) -> Result<()> {
    let key = User::key(account, user);
    for _ in 0..8 {
        let Some(item) = plane.system(SystemTask::Invitations).get(&key).await? else {
            return Err(Problem::new(Code::NotFound, "the user is gone"));
        };
        let user = decode::<User>(&item)?;
        let confirmed = User {
            identity_status: IdentityStatus::Confirmed,
            invitation: None,
            updated_at: plane.now(),
            ..user.record.clone()
        };
        let author = Author::User { id: user.id, email: user.email.to_string(), operator: false };
        let entry = EntryDraft::new(user.account_id, author, "auth_accept_invitation").about(User::NOUN, user.id);
        let mut change = match &accepted {
            Some((used, origin)) => {
                let mut change = Change::of(entry.from((*origin).clone()));
                for write in used {
                    change.write(write.clone());
                }
                change
            }
            None => Change::of(entry).following(),
        };
        change.replace(&user, &confirmed);
        match plane.commit(change).await {
            Err(problem) if problem.code == Code::PreconditionFailed => {}
            other => return other,
        }
    }
    Err(busy_user())
}

/// Why an invitation is not accepted.
#[derive(Debug)]
pub enum AcceptError {
    /// The link is unknown, used or too old.
    Void,
    /// The link is good, and the person may not act.
    InactiveUser(AuditSubject, InactiveUser),
    Problem(Problem),
}

impl From<Problem> for AcceptError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Holds of a user's record as long as the person has not chosen a password.
fn not_confirmed() -> Condition {
    Condition::field("identityStatus", Is::NotEqual, "confirmed")
}

fn unchanged<R>(stored: Option<&Stored<R>>) -> Condition {
    stored.map_or(Condition::Absent, |stored| Condition::Version(stored.version))
}

/// The refusal of an invitation to somebody who has chosen a password.
pub(super) fn confirmed() -> Problem {
    Problem::new(Code::Conflict, "the user has chosen a password")
        .help("they can set a new one with POST /api/auth/forgot-password")
}

fn in_use() -> Problem {
    Problem::new(Code::Conflict, "the user is choosing a password by the link that they have; try again in a minute")
        .retry_after(60)
}

fn busy_user() -> Problem {
    Problem::new(Code::Unavailable, "the user is being changed by many at once; try again").retry_after(1)
}

/// A refused password as the caller sees it.
pub fn password_problem(error: PasswordError, pointer: &str) -> Problem {
    match error {
        PasswordError::Weak(weak) => Problem::field(pointer, weak.to_string()),
        PasswordError::InvalidCredentials => Problem::new(Code::InvalidCredentials, error.to_string()),
        PasswordError::NotTheExisting => Problem::field(pointer, error.to_string())
            .help("you belong to another account with this address: enter the password that you use there, or set a new one with 'forgot password'"),
        PasswordError::Unknown => Problem::new(Code::NotFound, "there is no such identity"),
        PasswordError::Busy => busy(),
        PasswordError::Store(error) => error.into(),
        PasswordError::Away(away) => Problem::identities_away(&away),
    }
}

/// The hashing threads have more to do than they can take on.
pub fn busy() -> Problem {
    Problem::new(Code::Unavailable, "too many people sign in at this moment; try again").retry_after(2)
}

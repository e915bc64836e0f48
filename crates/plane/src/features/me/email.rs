//! Changes somebody's own e-mail address: a code proves the new address, a notice goes to the old one.
//!
//! INVARIANT: the address of the identity, of the user record, of both claims and of the account's contacts change in
//! one commit. No answer tells whether somebody else has an address, except to the owner of that address.

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::http::identity_problem;
use crate::{
    audit::Author,
    change::{Change, Claim},
    event_kinds::Reference,
    features::{
        accounts::{
            first_people::{administrator_id, technical_user_id},
            intake::Intake,
        },
        licenses::model::{Contact, License},
        users::{
            email_claims::{email_taken, held_email_claims, refuse_earlier_claim},
            invitation::password_problem,
            model::User,
        },
    },
    guard::{Granted, actions::MeEdit},
    http::idempotency::AnswerHead,
    identity::judge_password,
    ids::{AccountId, MailId, UserId},
    kinds::RecordKind,
    plane::Plane,
    ports::{
        identity::{Challenged, CredentialEpoch, OnEmailChange, PasswordCheck},
        mailer::{Mail, MailKind},
        random,
        table::{Index, Key, Order, Query, Range},
    },
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, Stored, decode, partition},
    secret::digest,
    system::SystemTask,
    text::Email,
};

/// How long a code is good: one hour.
const LIFE: SignedDuration = SignedDuration::from_hours(1);
/// One person asks for at most this many codes in a day, since each is a mail to an address of their choice.
const CODES_A_DAY: u32 = 5;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Contacts that follow the address in the same commit; an account has few licenses.
const MAX_CONTACTS: usize = 60;
const ATTEMPTS: usize = 8;

/// The change that somebody asked for last.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PendingEmail {
    user_id: UserId,
    new_email: Email,
    /// SHA-256 of the code.
    digest: String,
    /// When the password was judged: the code is void in another. Earlier versions noted none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<CredentialEpoch>,
    expires_at: Timestamp,
    /// The address that was replaced, once the change is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<Email>,
    codes_today: u32,
    day_ends: Timestamp,
}

impl PendingEmail {
    fn key(user: UserId) -> Key {
        Key::new(format!("EMAIL-CHANGE#{user}"), "PENDING")
    }

    /// The count of codes with one more, and when it starts again; refuses one too many.
    fn count(before: Option<&Self>, now: Timestamp) -> Result<(u32, Timestamp)> {
        match before.filter(|before| now < before.day_ends) {
            None => Ok((1, now + DAY)),
            Some(full) if full.codes_today >= CODES_A_DAY => {
                let wait = full.day_ends.duration_since(now).as_secs().unsigned_abs() + 1;
                let detail = format!("at most {CODES_A_DAY} codes for a new address are sent in a day");
                Err(Problem::new(Code::TooManyRequests, detail).retry_after(wait))
            }
            Some(today) => Ok((today.codes_today + 1, today.day_ends)),
        }
    }

    fn opens_with(&self, code: &SecretString) -> bool {
        let typed = digest(code.expose_secret().trim());
        constant_time::verify_slices_are_equal(self.digest.as_bytes(), typed.as_bytes()).is_ok()
    }
}

impl Record for PendingEmail {
    const NOUN: &'static str = "change of address";
    const DECLARED: RecordKind = RecordKind::of_person(Self::NOUN, "EMAIL-CHANGE#", "PENDING").secret(&["digest"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.user_id)).until(self.day_ends.max(self.expires_at).as_second())
    }
}

/// What is answered when a code was asked for, whether or not the address can be had.
pub(super) const SENT: &str = "if the address can be yours, a code is on its way to it";

impl Plane {
    /// Mails a code to the address that somebody wants, after judging their password.
    pub(super) async fn begin_email_change(
        &self,
        who: &Granted<MeEdit>,
        new: Email,
        check: PasswordCheck,
    ) -> Result<()> {
        let user = &who.actor().user;
        refuse_default(&new)?;
        if new == user.email {
            return Err(Problem::field("/newEmail", "this is your address already"));
        }
        let checked = self.identity().check_password(check).await;
        let epoch = checked.map_err(|error| password_problem(error, "/password"))?;
        let code = format!("fhe_{}", URL_SAFE_NO_PAD.encode(random::secret(self.rng())));
        keep_pending(self, who, &new, &code, epoch).await?;
        let free = is_free_address(self, user, &new).await?;
        let text = if free { code_text(self, &code) } else { TAKEN_TEXT.to_owned() };
        let mail = Mail {
            id: MailId::new(self.now(), self.rng()),
            account: user.account_id,
            kind: MailKind::EmailChange,
            to: new.to_string(),
            subject: "Your new e-mail address".into(),
            text: text.into(),
            at: self.now(),
        };
        mail_aside(self, mail);
        Ok(())
    }

    /// Gives somebody the address that their code proves. Asking again with the same code is fine.
    pub(super) async fn confirm_email_change(&self, who: &Granted<MeEdit>, code: &SecretString) -> Result<Email> {
        let user_id = who.actor().user.id;
        for _ in 0..ATTEMPTS {
            let pending = pending_email(self, user_id).await?.filter(|pending| self.now() < pending.expires_at);
            let pending = pending.filter(|pending| pending.opens_with(code)).ok_or_else(void_code)?;
            if pending.replaced.is_none() {
                match apply_pending(self, who, &pending).await {
                    Ok(()) => {}
                    Err(problem) if lost_a_race(&problem) => continue,
                    Err(problem) => return Err(problem),
                }
            }
            let replaced = pending_email(self, user_id).await?.and_then(|pending| pending.record.replaced);
            finish_email_change(self, &who.actor().user, &pending.record, replaced).await;
            return Ok(pending.record.new_email);
        }
        Err(contended())
    }

    /// Gives the administrator a real address as part of their first sign-in, where they still have the default one.
    /// It is a commit before the one that answers the challenge; a repeated answer finds the address in place.
    pub async fn give_first_address(
        &self,
        session: &SecretString,
        new: Option<&Email>,
        password: &SecretString,
    ) -> Result<()> {
        let Some(challenged) = self.identity().challenged(session).await.map_err(identity_problem)? else {
            // Expired: the answer to the challenge reports it.
            return Ok(());
        };
        let new = match (challenged.email.is_default_admin(), new) {
            (true, Some(new)) => new,
            (true, None) => {
                return Err(Problem::field("/newEmail", "this is required: the current address can't receive mail"));
            }
            (false, None) => return Ok(()),
            (false, Some(same)) if *same == challenged.email => return Ok(()),
            (false, Some(_)) => {
                return Err(Problem::field("/newEmail", "an address is taken only in place of the default one")
                    .help("sign in, then change it with POST /api/me/email"));
            }
        };
        refuse_default(new)?;
        judge_password(password.expose_secret(), Some(new))
            .map_err(|weak| Problem::field("/newPassword", weak.to_string()))?;
        replace_default_address(self, &challenged, new).await
    }
}

/// Whether an address is nobody's to sign in with, and no other user's of the account.
async fn is_free_address(plane: &Plane, user: &User, new: &Email) -> Result<bool> {
    if plane.identity().has_address(new).await.map_err(identity_problem)? {
        return Ok(false);
    }
    let claim = User::email_claim(user.account_id, user.id, new);
    let there = plane.system(SystemTask::EmailChange).get(&claim.place().key).await?;
    let there = there.map(|item| decode::<Claim>(&item)).transpose()?;
    let taken = there.is_some_and(|there| there.record.holder != claim.holder);
    Ok(!taken && refuse_earlier_claim(plane, user.account_id, new).await.is_ok())
}

/// Remembers the code; the one before is void.
async fn keep_pending(
    plane: &Plane,
    who: &Granted<MeEdit>,
    new: &Email,
    code: &str,
    epoch: CredentialEpoch,
) -> Result<()> {
    let user_id = who.actor().user.id;
    for _ in 0..ATTEMPTS {
        let now = plane.now();
        let before = pending_email(plane, user_id).await?;
        let (codes_today, day_ends) = PendingEmail::count(before.as_ref().map(|before| &before.record), now)?;
        let pending = PendingEmail {
            user_id,
            new_email: new.clone(),
            digest: digest(code),
            epoch: Some(epoch),
            expires_at: now + LIFE,
            replaced: None,
            codes_today,
            day_ends,
        };
        let mut change = Change::by(who).about(User::NOUN, user_id);
        if !who.actor().every_enterprise() {
            change = change.in_enterprise(who.actor().enterprise());
        }
        match &before {
            Some(before) => change.replace(before, &pending),
            None => change.create(&pending),
        }
        change.answers(AnswerHead::plain(202), &serde_json::json!({ "detail": SENT }));
        match plane.commit(change).await {
            Err(problem) if lost_a_race(&problem) => {}
            other => return other,
        }
    }
    Err(contended())
}

async fn apply_pending(plane: &Plane, who: &Granted<MeEdit>, pending: &Stored<PendingEmail>) -> Result<()> {
    let User { id, account_id, .. } = who.actor().user;
    let mut change = Change::by(who).about(User::NOUN, id);
    let sessions = OnEmailChange::EndOthers { keep: who.session() };
    let (old, epoch) = plan_address(plane, &mut change, account_id, id, &pending.new_email, sessions).await?;
    if pending.epoch.is_some_and(|asked| asked != epoch) {
        return Err(void_code());
    }
    change.replace(pending, &PendingEmail { replaced: Some(old), ..pending.record.clone() });
    change.event(&crate::features::users::events::UPDATED, &Reference::to("user", id));
    change.answers(AnswerHead::plain(200), &super::http::AddressView { email: pending.new_email.clone() });
    plane.commit(change).await
}

/// What follows the commit; a repeated confirmation repeats it, and the notice is sent once.
async fn finish_email_change(plane: &Plane, user: &User, pending: &PendingEmail, replaced: Option<Email>) {
    settle_address(plane, user.id).await;
    let Some(old) = replaced.filter(|old| !old.is_default_admin()) else { return };
    mail_aside(
        plane,
        Mail {
            id: MailId::derived(user.id.uuid(), &format!("email-changed/{}", pending.digest)),
            account: user.account_id,
            kind: MailKind::EmailChanged,
            to: old.to_string(),
            subject: "Your e-mail address was changed".into(),
            text: CHANGED_TEXT.into(),
            at: plane.now(),
        },
    );
}

async fn replace_default_address(plane: &Plane, challenged: &Challenged, new: &Email) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let Some(actor) = plane.actor(challenged.subject).await? else {
            return Err(Problem::internal(&"an identity has no user"));
        };
        let User { id, account_id, ref email, .. } = actor.user;
        if email == new {
            return Ok(());
        }
        let author = Author::User { id, email: challenged.email.to_string(), operator: actor.operator };
        let mut change = Change::by_platform(author, "first_address_set", account_id).about(User::NOUN, id);
        let planned = plan_address(plane, &mut change, account_id, id, new, OnEmailChange::KeepAll).await;
        let committed = match planned {
            Ok(_) => plane.commit(change).await,
            Err(problem) => Err(problem),
        };
        match committed {
            Err(problem) if lost_a_race(&problem) => {}
            Err(problem) => return Err(problem),
            Ok(()) => {
                settle_address(plane, id).await;
                return Ok(());
            }
        }
    }
    Err(contended())
}

/// Adds to a change all writes that give a user another address. Answers the old one, and the identity's epoch
/// before the change.
async fn plan_address(
    plane: &Plane,
    change: &mut Change,
    account: AccountId,
    id: UserId,
    new: &Email,
    sessions: OnEmailChange,
) -> Result<(Email, CredentialEpoch)> {
    let item = plane.system(SystemTask::EmailChange).get(&User::key(account, id)).await?;
    let user: Stored<User> = decode(&item.ok_or_else(|| Problem::not_found(User::NOUN))?)?;
    let plan = plane.identity().plan_email_change(user.subject(), new, sessions).await.map_err(identity_problem)?;
    if user.email == *new || plan.old == *new {
        // Another request gave them the address meanwhile. A commit can't release and claim one name.
        return Err(Problem::new(Code::PreconditionFailed, "the address was changed meanwhile"));
    }
    change.replace(
        &user,
        &User { email: new.clone(), mail_problem: None, updated_at: plane.now(), ..user.record.clone() },
    );
    refuse_earlier_claim(plane, account, new).await?;
    for claim in held_email_claims(plane, account, id, &user.email).await? {
        change.release(&claim);
    }
    change.claim(&User::email_claim(account, id, new), email_taken());
    change.write_or(plan.claim, in_use_elsewhere());
    for write in plan.others {
        change.write(write);
    }
    plan_contacts(plane, change, &user, new).await?;
    Ok((plan.old, plan.epoch))
}

/// The account's contacts of the old address, and the request that it was onboarded with, follow.
async fn plan_contacts(plane: &Plane, change: &mut Change, user: &User, new: &Email) -> Result<()> {
    let table = plane.system(SystemTask::EmailChange);
    let query = Query {
        index: Index::Table,
        pk: partition(user.account_id),
        range: Range::Prefix("LICENSE#".into()),
        order: Order::Ascending,
        limit: MAX_CONTACTS,
        after: None,
    };
    for item in table.query(&query).await?.items {
        let license: Stored<License> = decode(&item)?;
        let Some(contact) = license.contact.clone().filter(|contact| contact.email == user.email) else { continue };
        let contact = Some(Contact { email: new.clone(), ..contact });
        change.replace(&license, &License { contact, updated_at: plane.now(), ..license.record.clone() });
    }
    let first = [technical_user_id(user.account_id), administrator_id(user.account_id)];
    if first.contains(&user.id)
        && let Some(item) = table.get(&Intake::key(user.account_id)).await?
    {
        let intake: Stored<Intake> = decode(&item)?;
        let mut moved = intake.record.clone();
        moved.request.follow_address(user.account_id, user.id, new);
        change.replace(&intake, &moved);
    }
    Ok(())
}

async fn settle_address(plane: &Plane, user: UserId) {
    let subject = crate::features::users::model::subject(user);
    if let Err(error) = plane.identity().email_changed(subject).await {
        tracing::warn!(%error, %subject, "the credential store does not have a new address yet; the next sign-in updates it");
    }
}

async fn pending_email(plane: &Plane, user: UserId) -> Result<Option<Stored<PendingEmail>>> {
    plane.system(SystemTask::EmailChange).get(&PendingEmail::key(user)).await?.map(|item| decode(&item)).transpose()
}

/// Sends a mail after the answer, so that the answer's time tells nothing about it.
fn mail_aside(plane: &Plane, mail: Mail) {
    let sender = plane.clone();
    plane.spawn_background(async move {
        if let Err(error) = sender.ports().mailer.send(mail).await {
            tracing::error!(%error, "a mail about a new address was not sent");
        }
    });
}

fn code_text(plane: &Plane, code: &str) -> String {
    let link = format!("{}/confirm-email#code={code}", plane.settings().public_url);
    format!(
        "Hello,\n\nconfirm that this is your new address. Open this link within an hour, where you are signed \
         in:\n\n{link}\n\nOn the command line: freehold me confirm-email {code}\n\nIf you did not ask for it, do \
         nothing."
    )
}

const TAKEN_TEXT: &str = "Hello,\n\nsomebody asked to sign in with this address from now on. It is in use already, so \
    nothing was changed. If it was you, sign in with this address instead.";

const CHANGED_TEXT: &str = "Hello,\n\nyou sign in with another e-mail address from now on. This one is no longer \
    yours here.\n\nIf you did not change it, tell an administrator of your account at once.";

fn refuse_default(email: &Email) -> Result<()> {
    if email.is_default_admin() {
        return Err(Problem::field("/newEmail", "this address belongs to a stranger; give one that reaches you"));
    }
    Ok(())
}

fn void_code() -> Problem {
    let detail =
        "the code is not right, was replaced by another, is older than an hour, or was voided by a new password";
    Problem::field("/code", detail).help("ask for a new code: POST /api/me/email")
}

/// Only the owner of the mailbox learns this: the code came there.
fn in_use_elsewhere() -> Problem {
    Problem::new(Code::EmailTaken, "this address is in use to sign in already")
}

fn lost_a_race(problem: &Problem) -> bool {
    matches!(problem.code, Code::PreconditionFailed | Code::Conflict)
}

fn contended() -> Problem {
    Problem::new(Code::Unavailable, "the user is being changed by many at once; try again").retry_after(1)
}

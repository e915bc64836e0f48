//! Judges an attempt to sign in, and the answer to a challenge.
//!
//! INVARIANT: whatever makes an attempt fail, it does the same work and says the same. Only who has given the right password
//! hears that they may not act.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Provider,
    codes::may_reset,
    guesses::{Standing, Suspect},
    policy,
    provider::Stored,
    records::{ChallengeRecord, Password, Person, challenge_key, new_secret, person_key, put},
    sessions::tokens,
    trail,
    vault::{Admission, Opened},
};
use crate::ports::{
    identity::{
        Challenge, ChallengeError, ChallengeResponse, Challenged, Email, IdentityError, Requirement, SignIn,
        SignInError, SignedIn, TokenSet,
    },
    table::{CommitError, Condition, Write},
};

impl Provider {
    pub(super) async fn attempt(&self, attempt: &SignIn) -> Result<SignedIn, SignInError> {
        let started = self.clock.now();
        let email = Email::parse(&attempt.email).ok();
        let typed = email.as_ref().map_or(attempt.email.as_str(), Email::as_str);
        let person = self.person_of(email.as_ref()).await?;
        let suspect = Suspect::new(person.as_ref().map(|person| person.record.subject), typed, attempt.ip);
        let Standing { locked, capped } = self.guesses.standing(&suspect, started).await?;
        // Who can't be mailed can't prove a mailbox, so the cap would shut them out.
        let mailable = person.as_ref().is_some_and(|person| may_reset(&person.record));
        let closed = locked || capped && mailable;
        let usable = person.as_ref().map(|person| &person.record).filter(|person| self.may_prove(person, started));
        // A closed attempt is judged like one at nobody: it is neither counted nor of any use.
        let admission = self.vault.admit(usable.filter(|_| !closed), &attempt.password).await?;
        let now = self.clock.now();
        let right = !matches!(admission, Admission::Wrong);
        let admitted = if closed {
            self.guesses.pass(&suspect, now).await.map(|()| false)?
        } else {
            self.guesses.settle(&suspect, right, now).await?
        };
        if !admitted {
            let locked = closed || self.guesses.standing(&suspect, now).await?.locked;
            trail::failed(person.as_ref().map(|person| &person.record), locked);
            self.turn_away(admission, person.as_ref().map(|person| &person.record), attempt, now).await;
            return Err(SignInError::InvalidCredentials);
        }
        let Stored { record: person, version } = person.ok_or(SignInError::InvalidCredentials)?;
        if let Some(barred) = trail::bars(&person).await? {
            self.turn_away(admission, Some(&person), attempt, now).await;
            return Err(SignInError::Barred(barred));
        }
        match admission {
            Admission::Wrong => Err(SignInError::InvalidCredentials),
            Admission::Challenged(sealed) => self.challenge(&person, sealed, now).await,
            Admission::Right { stale, opened } => {
                if person.email_pending_in_vault
                    && let Err(error) = self.settle_address(person.subject).await
                {
                    tracing::warn!(%error, subject = %person.subject, "the vault does not know a new address yet");
                }
                let tokens = self.enter(&person, opened, attempt, now).await?;
                if stale {
                    self.rehash(person, version, attempt).await;
                }
                Ok(SignedIn::Tokens(tokens))
            }
        }
    }

    /// The right password gets nothing, for a lock closed while it was judged, or the person may not act: the session that it
    /// may have opened ends again.
    async fn turn_away(&self, admission: Admission, person: Option<&Person>, attempt: &SignIn, now: Timestamp) {
        if let (Admission::Right { opened: Some(opened), .. }, Some(person)) = (admission, person) {
            let opening = self.open(person, attempt.ip, &attempt.user_agent, Some(opened), now);
            self.vault.end(&opening.session).await;
        }
    }

    /// Whether a password is compared with that of an identity. That of a disabled one is, so that its owner hears why they
    /// get nothing, except by a vault that refuses the disabled itself.
    fn may_prove(&self, person: &Person, now: Timestamp) -> bool {
        let judged_disabled = trail::is_set() && !self.vault.opens_sessions();
        (person.enabled || judged_disabled) && self.has_password(person, now)
    }

    /// Whether a password may open an identity now.
    fn usable(&self, person: &Person, now: Timestamp) -> bool {
        person.enabled && self.has_password(person, now)
    }

    fn has_password(&self, person: &Person, now: Timestamp) -> bool {
        let over = |password: &Password| password.temporary && now >= password.set + self.settings.temporary_life;
        person.password.as_ref().is_some_and(|password| !over(password))
    }

    async fn enter(
        &self,
        person: &Person,
        opened: Option<Opened>,
        attempt: &SignIn,
        now: Timestamp,
    ) -> Result<TokenSet, SignInError> {
        let opening = self.open(person, attempt.ip, &attempt.user_agent, opened, now);
        let mut writes = vec![person.unchanged_epoch()];
        writes.extend(self.guesses.note_network(person.subject, attempt.ip, now).await?);
        writes.extend(opening.writes);
        writes.extend(trail::writes(person).await?);
        match self.table.commit(writes).await {
            Ok(()) => {
                let issued = self.issued(person, &opening.session, opening.issued, now).await?;
                Ok(tokens(&opening.session, opening.refresh, issued))
            }
            // Disabled, or given another password, while it was judged.
            Err(CommitError::Refused { .. }) => {
                self.vault.end(&opening.session).await;
                Err(SignInError::InvalidCredentials)
            }
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    async fn challenge(
        &self,
        person: &Person,
        sealed: Option<String>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let session = new_secret("fhc_", self.chance.as_ref());
        let expires = now + self.settings.challenge_life;
        let record = ChallengeRecord { subject: person.subject, epoch: person.epoch, expires, sealed };
        let write = put(challenge_key(&session), &record, Some(expires), Condition::Absent);
        let mut writes = vec![person.unchanged_epoch(), write];
        writes.extend(trail::writes(person).await?);
        match self.table.commit(writes).await {
            Ok(()) => {
                let requires = if person.email.is_default_admin() { vec![Requirement::NewEmail] } else { Vec::new() };
                Ok(SignedIn::Challenge { challenge: Challenge::NewPasswordRequired, session, requires })
            }
            Err(CommitError::Refused { .. }) => Err(SignInError::InvalidCredentials),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// Stores of the password what is stored today. It may fail: the next sign-in tries again.
    async fn rehash(&self, mut person: Person, version: u64, attempt: &SignIn) {
        let Ok(hash) = self.vault.hash(&attempt.password).await else { return };
        if let Some(password) = &mut person.password {
            password.hash = hash;
            password.temporary = false;
        }
        let write = put(person_key(person.subject), &person, None, Condition::Version(version));
        match self.table.commit(vec![write]).await {
            Ok(()) | Err(CommitError::Refused { .. }) => {}
            Err(CommitError::Table(error)) => {
                tracing::warn!(%error, subject = %person.subject, "a password stays stored as it was for now");
            }
        }
    }

    pub(super) async fn who_is_challenged(&self, session: &SecretString) -> Result<Option<Challenged>, IdentityError> {
        let now = self.clock.now();
        let open: Option<Stored<ChallengeRecord>> = self.stored(&challenge_key(session)).await?;
        let Some(open) = open.map(|open| open.record).filter(|open| now < open.expires) else { return Ok(None) };
        let person = self.person(open.subject).await?.map(|stored| stored.record);
        let person = person.filter(|person| self.usable(person, now) && person.epoch == open.epoch);
        Ok(person.map(|person| Challenged { subject: person.subject, email: person.email }))
    }

    pub(super) async fn answer(&self, response: &ChallengeResponse) -> Result<TokenSet, ChallengeError> {
        let now = self.clock.now();
        let key = challenge_key(&response.session);
        let open: Option<Stored<ChallengeRecord>> = self.stored(&key).await?;
        let open = open.map(|open| open.record).filter(|open| now < open.expires).ok_or(ChallengeError::Over)?;
        let Stored { record: mut person, version } = self.person(open.subject).await?.ok_or(ChallengeError::Over)?;
        if !self.usable(&person, now) || person.epoch != open.epoch {
            return Err(ChallengeError::Over);
        }
        if let Some(barred) = trail::bars(&person).await? {
            return Err(ChallengeError::Barred(barred));
        }
        if person.email.is_default_admin() {
            return Err(ChallengeError::NewEmailRequired);
        }
        policy::judge(response.new_password.expose_secret(), Some(&person.email))?;
        self.vault.accepts(&response.new_password)?;
        let answered = self.vault.answer(&person, open.sealed.as_deref(), &response.new_password).await?;
        let now = self.clock.now();
        person.password = Some(Password { hash: answered.hash, temporary: false, set: now });
        person.begin_epoch(now);
        let opening = self.open(&person, response.ip, &response.user_agent, answered.opened, now);
        let mut writes = vec![
            Write::Delete { key, when: Condition::Present },
            put(person_key(person.subject), &person, None, Condition::Version(version)),
        ];
        writes.extend(self.guesses.note_network(person.subject, response.ip, now).await?);
        writes.extend(opening.writes);
        writes.extend(trail::writes(&person).await?);
        match self.table.commit(writes).await {
            Ok(()) => {
                self.verifier.ended(person.subject);
                let issued = self.issued(&person, &opening.session, opening.issued, now).await?;
                Ok(tokens(&opening.session, opening.refresh, issued))
            }
            Err(CommitError::Refused { .. }) => {
                self.vault.end(&opening.session).await;
                Err(ChallengeError::Over)
            }
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }
}

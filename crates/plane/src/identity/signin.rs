//! Judges an attempt to sign in, and the answer to a challenge.
//!
//! INVARIANT: whatever makes an attempt fail, it does the same work and says the same.

use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::{
    EmbeddedIdentity,
    lockout::Suspect,
    passwords::{Busy, Match},
    policy,
    provider::Stored,
    records::{ChallengeRecord, Password, Person, challenge_key, new_secret, person_key, put},
};
use crate::ports::{
    identity::{
        Challenge, ChallengeError, ChallengeResponse, Email, SignIn, SignInError, SignedIn, TokenSet, WeakPassword,
    },
    table::{CommitError, Condition, Write},
};

impl From<Busy> for SignInError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<Busy> for ChallengeError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl EmbeddedIdentity {
    pub(super) async fn attempt(&self, attempt: &SignIn) -> Result<SignedIn, SignInError> {
        let started = self.clock.now();
        let email = Email::parse(&attempt.email).ok();
        let suspect = Suspect::new(email.as_ref().map_or(attempt.email.as_str(), Email::as_str), attempt.ip);
        let locked = self.lockout.locked(&suspect, started);
        let person = self.person_of(email.as_ref()).await?;
        let hash = person.as_ref().and_then(|person| self.usable_hash(&person.record, started));
        let found = self.passwords.compare(&attempt.password, hash).await?;
        let now = self.clock.now();
        if locked || !self.lockout.settle(suspect, found != Match::Wrong, now) {
            return Err(SignInError::InvalidCredentials);
        }
        let Stored { record: person, version } = person.ok_or(SignInError::InvalidCredentials)?;
        match &person.password {
            Some(password) if password.temporary => self.challenge(&person, now).await,
            Some(_) | None => {
                let tokens = self.enter(&person, attempt, now).await?;
                if found == Match::RightButStale {
                    self.rehash(person, version, attempt).await;
                }
                Ok(SignedIn::Tokens(tokens))
            }
        }
    }

    /// The hash that may open an identity now.
    fn usable_hash<'a>(&self, person: &'a Person, now: Timestamp) -> Option<&'a str> {
        let password = person.password.as_ref().filter(|_| person.enabled)?;
        let over = password.temporary && now >= password.set + self.settings.temporary_life;
        (!over).then_some(password.hash.as_str())
    }

    async fn enter(&self, person: &Person, attempt: &SignIn, now: Timestamp) -> Result<TokenSet, SignInError> {
        let opening = self.open(person, attempt.ip, &attempt.user_agent, now);
        let mut writes = vec![person.unchanged_epoch()];
        writes.extend(opening.writes);
        match self.table.commit(writes).await {
            Ok(()) => Ok(self.tokens(person, &opening.session, opening.refresh, now).await),
            // Disabled, or given another password, while it was judged.
            Err(CommitError::Refused { .. }) => Err(SignInError::InvalidCredentials),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    async fn challenge(&self, person: &Person, now: Timestamp) -> Result<SignedIn, SignInError> {
        let session = new_secret("fhc_", self.chance.as_ref());
        let expires = now + self.settings.challenge_life;
        let record = ChallengeRecord { subject: person.subject, epoch: person.epoch, expires };
        let write = put(challenge_key(&session), &record, Some(expires), Condition::Absent);
        match self.table.commit(vec![person.unchanged_epoch(), write]).await {
            Ok(()) => Ok(SignedIn::Challenge { challenge: Challenge::NewPasswordRequired, session }),
            Err(CommitError::Refused { .. }) => Err(SignInError::InvalidCredentials),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// Stores the password at today's cost. It may fail: the next sign-in tries again.
    async fn rehash(&self, mut person: Person, version: u64, attempt: &SignIn) {
        let Ok(hash) = self.passwords.make(&attempt.password).await else { return };
        if let Some(password) = &mut person.password {
            password.hash = hash;
        }
        let write = put(person_key(person.subject), &person, None, Condition::Version(version));
        match self.table.commit(vec![write]).await {
            Ok(()) | Err(CommitError::Refused { .. }) => {}
            Err(CommitError::Table(error)) => {
                tracing::warn!(%error, subject = %person.subject, "a password stays at its old cost for now");
            }
        }
    }

    pub(super) async fn answer(&self, response: &ChallengeResponse) -> Result<TokenSet, ChallengeError> {
        let now = self.clock.now();
        let key = challenge_key(&response.session);
        let open: Option<Stored<ChallengeRecord>> = self.stored(&key).await?;
        let open = open.map(|open| open.record).filter(|open| now < open.expires).ok_or(ChallengeError::Over)?;
        let Stored { record: mut person, version } = self.person(open.subject).await?.ok_or(ChallengeError::Over)?;
        let hash = self.usable_hash(&person, now).filter(|_| person.epoch == open.epoch).ok_or(ChallengeError::Over)?;
        policy::judge(response.new_password.expose_secret(), Some(&person.email))?;
        if self.passwords.compare(&response.new_password, Some(hash)).await? != Match::Wrong {
            return Err(WeakPassword::Unchanged.into());
        }
        let hash = self.passwords.make(&response.new_password).await?;
        let now = self.clock.now();
        person.password = Some(Password { hash, temporary: false, set: now });
        person.begin_epoch(now);
        let opening = self.open(&person, response.ip, &response.user_agent, now);
        let mut writes = vec![
            Write::Delete { key, when: Condition::Present },
            put(person_key(person.subject), &person, None, Condition::Version(version)),
        ];
        writes.extend(opening.writes);
        match self.table.commit(writes).await {
            Ok(()) => {
                self.verifier.ended(person.subject);
                Ok(self.tokens(&person, &opening.session, opening.refresh, now).await)
            }
            Err(CommitError::Refused { .. }) => Err(ChallengeError::Over),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }
}

//! Judges an attempt to sign in, and the answer to a challenge.
//!
//! INVARIANT: whatever makes an attempt fail, it does the same work and says the same. Only who has given the right password
//! learns that they may not act.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Provider, activity,
    codes::may_reset,
    credential_store::{Opened, PasswordVerdict},
    guesses::{GuessSource, GuessStatus},
    policy,
    provider::Stored,
    records::{ChallengeRecord, Password, Person, challenge_key, new_secret, person_key, put},
    same_address::{NewPassword, SameAddress, has_own_password},
    sessions::tokens,
    trail,
};
use crate::{
    ids::Subject,
    ports::{
        identity::{
            Challenge, ChallengeError, ChallengeResponse, Challenged, Email, IdentityError, Permanence, Requirement,
            SignIn, SignInError, SignedIn, TokenSet,
        },
        table::{CommitError, Condition, TableError, Write},
    },
};

impl Provider {
    pub(super) async fn attempt(&self, attempt: &SignIn) -> Result<SignedIn, SignInError> {
        let started = self.clock.now();
        let email = Email::parse(&attempt.email).ok();
        let typed = email.as_ref().map_or(attempt.email.as_str(), Email::as_str);
        let same = self.identities_of(email.as_ref()).await?;
        let person = same.choose(attempt.account, |person| self.usable(person, started));
        let suspect = GuessSource::new(same.first(), typed, attempt.ip);
        let GuessStatus { locked, capped } = self.guesses.status(&suspect, started).await?;
        // Who can't be mailed can't prove a mailbox, so the cap would shut them out.
        let mailable = same.persons().any(may_reset);
        let closed = locked || capped && mailable;
        let usable = person.filter(|person| self.may_prove(person, started));
        // A closed attempt is judged like one at nobody: it is neither counted nor of any use.
        let admission = self.authenticate(usable.filter(|_| !closed), &attempt.password).await?;
        let now = self.clock.now();
        let right = !matches!(admission, PasswordVerdict::Wrong);
        let admitted = if closed {
            self.guesses.pass(&suspect, now).await.map(|()| false)?
        } else {
            self.guesses.settle(&suspect, right, now).await?
        };
        if !admitted {
            match attempt.account {
                Some(_) => trail::failed(person),
                // In the log of each account, so that none of them shows whether there are others.
                None if same.first().is_some() => same.persons().for_each(|person| trail::failed(Some(person))),
                None => trail::failed(None),
            }
            self.turn_away(admission, person, attempt, now).await;
            return Err(SignInError::InvalidCredentials);
        }
        let person = person.ok_or(SignInError::InvalidCredentials)?;
        if attempt.account.is_none() {
            let open = self.open_identities(&same, person).await?;
            match open.as_slice() {
                [] => {}
                [one] if one.subject == person.subject => {}
                [one] => {
                    self.turn_away(admission, Some(person), attempt, now).await;
                    let admission = self.authenticate(Some(one), &attempt.password).await?;
                    return self.admitted(one, &same, admission, attempt).await;
                }
                several => {
                    self.turn_away(admission, Some(person), attempt, now).await;
                    return Ok(SignedIn::ChooseAccount(several.iter().map(|one| one.account).collect()));
                }
            }
        }
        self.admitted(person, &same, admission, attempt).await
    }

    /// The identities of an address that somebody who gave its password may use now. A password that was given to one of them
    /// opens that one alone.
    async fn open_identities<'a>(
        &self,
        same: &'a SameAddress,
        proven: &'a Person,
    ) -> Result<Vec<&'a Person>, TableError> {
        if !has_own_password(proven) {
            return Ok(vec![proven]);
        }
        let mut open = Vec::new();
        for person in same.persons().filter(|person| person.enabled && has_own_password(person)) {
            if trail::would_bar(person).await?.is_none() {
                open.push(person);
            }
        }
        Ok(open)
    }

    /// Lets somebody in whose password is right.
    async fn admitted(
        &self,
        person: &Person,
        same: &SameAddress,
        admission: PasswordVerdict,
        attempt: &SignIn,
    ) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        if let Some(barred) = trail::bars(person).await? {
            self.turn_away(admission, Some(person), attempt, now).await;
            return Err(SignInError::InactiveUser(barred));
        }
        match admission {
            PasswordVerdict::Wrong => Err(SignInError::InvalidCredentials),
            PasswordVerdict::Challenged(sealed) => self.challenge(person, sealed, now).await,
            PasswordVerdict::Right { stale, opened } => {
                if person.email_pending
                    && let Err(error) = self.settle_address(person.subject).await
                {
                    tracing::warn!(%error, subject = %person.subject, "the credential store does not know a new address yet");
                }
                let counted = same.first().unwrap_or(person.subject);
                let tokens = self.enter(person, counted, opened, attempt, now).await?;
                if stale {
                    self.rehash(person, attempt).await;
                }
                Ok(SignedIn::Tokens(tokens))
            }
        }
    }

    /// The right password gets nothing, for a lock closed while it was judged, or the person may not act: the session that it
    /// may have opened ends again.
    async fn turn_away(&self, admission: PasswordVerdict, person: Option<&Person>, attempt: &SignIn, now: Timestamp) {
        if let (PasswordVerdict::Right { opened: Some(opened), .. }, Some(person)) = (admission, person) {
            let opening = self.open(person, attempt.ip, &attempt.user_agent, Some(opened), now);
            self.credential_store.end_session(&opening.session).await;
        }
    }

    /// Whether a password is compared with that of an identity. That of a disabled one is, so that its owner learns why they
    /// get nothing, except by a credential store that refuses the disabled itself.
    fn may_prove(&self, person: &Person, now: Timestamp) -> bool {
        let judged_disabled = trail::is_set() && !self.credential_store.opens_sessions();
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

    /// `counted`: the identity under which the networks of the address are known.
    async fn enter(
        &self,
        person: &Person,
        counted: Subject,
        opened: Option<Opened>,
        attempt: &SignIn,
        now: Timestamp,
    ) -> Result<TokenSet, SignInError> {
        let opening = self.open(person, attempt.ip, &attempt.user_agent, opened, now);
        let mut writes = vec![person.unchanged_epoch()];
        writes.extend(self.guesses.note_network(counted, attempt.ip, now).await?);
        writes.extend(opening.writes);
        writes.push(activity::signed_in(person.subject, now));
        writes.extend(trail::writes(person).await?);
        match self.table.commit(writes).await {
            Ok(()) => {
                let issued = self.issued(person, &opening.session, opening.issued, now).await?;
                Ok(tokens(&opening.session, opening.refresh, issued))
            }
            // Disabled, or given another password, while it was judged.
            Err(CommitError::Refused { .. }) => {
                self.credential_store.end_session(&opening.session).await;
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
        let session = new_secret("fhc_", self.rng.as_ref());
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
    async fn rehash(&self, compared: &Person, attempt: &SignIn) {
        let Ok(hash) = self.hash_password(&attempt.password).await else { return };
        let Ok(Some(Stored { record: mut person, version })) = self.person(compared.subject).await else { return };
        if person.password != compared.password {
            return;
        }
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
        let person = self.person(open.subject).await?.ok_or(ChallengeError::Over)?.record;
        if !self.usable(&person, now) || person.epoch != open.epoch {
            return Err(ChallengeError::Over);
        }
        if let Some(barred) = trail::bars(&person).await? {
            return Err(ChallengeError::InactiveUser(barred));
        }
        if person.email.is_default_admin() {
            return Err(ChallengeError::NewEmailRequired);
        }
        policy::judge(response.new_password.expose_secret(), Some(&person.email))?;
        self.accepts_password(&response.new_password)?;
        let answered = self.answer_challenge(&person, open.sealed.as_deref(), &response.new_password).await?;
        let now = self.clock.now();
        let password = Password { hash: answered.hash, temporary: false, set: now };
        let same = self.identities_of(Some(&person.email)).await?;
        if same.get(person.subject).is_none_or(|person| !person.enabled || person.epoch != open.epoch) {
            return Err(ChallengeError::Over);
        }
        let planned = same.with_password(person.subject, &password, now).ok_or(ChallengeError::Over)?;
        let NewPassword { persons, mut writes } = planned;
        let (person, others) = persons.split_first().ok_or(ChallengeError::Over)?;
        let opening = self.open(person, response.ip, &response.user_agent, answered.opened, now);
        writes.push(Write::Delete { key, when: Condition::Present });
        let counted = same.first().unwrap_or(person.subject);
        writes.extend(self.guesses.note_network(counted, response.ip, now).await?);
        writes.extend(opening.writes);
        writes.push(activity::signed_in(person.subject, now));
        writes.extend(trail::writes(person).await?);
        match self.table.commit(writes).await {
            Ok(()) => {
                self.verifier.ended(person.subject);
                self.keep_password(others, &response.new_password, Permanence::Permanent).await?;
                let issued = self.issued(person, &opening.session, opening.issued, now).await?;
                Ok(tokens(&opening.session, opening.refresh, issued))
            }
            Err(CommitError::Refused { .. }) => {
                self.credential_store.end_session(&opening.session).await;
                Err(ChallengeError::Over)
            }
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }
}

//! Makes, disables and removes identities, and gives them passwords.

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{
    Provider,
    credential_store::CredentialStoreError,
    guesses::GuessSource,
    policy,
    provider::Stored,
    records::{Claim, Password, Person, claim_key, partition, person_key, put, session_key},
    same_address::{NewPassword, SameAddress},
    trail,
};
use crate::{
    ids::Subject,
    ports::{
        identity::{
            Acceptance, CredentialEpoch, IdentityError, NewIdentity, PasswordChange, PasswordCheck, PasswordError,
            Permanence, WeakPassword,
        },
        table::{CommitError, Condition, Index, MAX_WRITES, Order, Query, Range, TableError, Write},
    },
};

/// A change of one record is tried this often against others that change it too. Each refusal means that another
/// went through.
pub(super) const ATTEMPTS: usize = 100;

pub(super) fn contended() -> TableError {
    TableError::Unavailable("an identity is changed from too many sides at once".into())
}

impl Provider {
    pub(super) async fn ensure(&self, new: NewIdentity) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let NewIdentity { subject, email, user, account } = new;
        let person = Person {
            subject,
            email,
            user,
            account,
            enabled: true,
            epoch: now.as_microsecond(),
            password: None,
            created: now,
            email_pending: false,
        };
        // Most addresses are new.
        let mut claim = put(claim_key(&person.email), &Claim::of(subject), None, Condition::Absent);
        for _ in 0..ATTEMPTS {
            let writes = vec![put(person_key(subject), &person, None, Condition::Absent), claim];
            match self.table.commit(writes).await {
                Ok(()) => return Ok(self.credential_store.ensure(&person).await?),
                Err(CommitError::Table(error)) => return Err(error.into()),
                Err(CommitError::Refused { .. }) => {}
            }
            if let Some(Stored { record: there, .. }) = self.person(subject).await? {
                let same = (&there.email, there.user, there.account) == (&person.email, person.user, person.account);
                // Also after a start that was cut short: what the credential store lacks is made now.
                return if same {
                    Ok(self.credential_store.ensure(&there).await?)
                } else {
                    Err(IdentityError::Different)
                };
            }
            claim = self.claim_beside(&person).await?;
        }
        Err(contended().into())
    }

    /// What to write so that a new identity has its address beside those of other accounts.
    async fn claim_beside(&self, person: &Person) -> Result<Write, IdentityError> {
        let same = self.identities_of(Some(&person.email)).await?;
        if same.persons().any(|other| other.account == person.account) {
            return Err(IdentityError::EmailTaken);
        }
        let key = claim_key(&person.email);
        match same.claim() {
            None => Ok(put(key, &Claim::of(person.subject), None, Condition::Absent)),
            Some(Stored { record: claim, version }) => {
                let next = claim.with(person.subject).ok_or(IdentityError::TooManyAccounts)?;
                Ok(put(key, &next, None, Condition::Version(*version)))
            }
        }
    }

    pub(super) async fn remove(&self, subject: Subject) -> Result<(), IdentityError> {
        for _ in 0..ATTEMPTS {
            let Some(Stored { record: person, version }) = self.person(subject).await? else {
                // Also after a removal that was cut short: what it left is removed now.
                self.remove_rest(subject).await?;
                return Ok(self.credential_store.remove(subject).await?);
            };
            let mut writes = vec![Write::Delete { key: person_key(subject), when: Condition::Version(version) }];
            writes.extend(self.release_address(&person).await?);
            match self.table.commit(writes).await {
                Ok(()) | Err(CommitError::Refused { .. }) => self.verifier.ended(subject),
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// What to write so that an identity gives up its address.
    pub(super) async fn release_address(&self, person: &Person) -> Result<Option<Write>, TableError> {
        let key = claim_key(&person.email);
        let claim: Option<Stored<Claim>> = self.stored(&key).await?;
        Ok(claim.and_then(|claim| claim.record.release(key, claim.version, person.subject)))
    }

    async fn remove_rest(&self, subject: Subject) -> Result<(), IdentityError> {
        loop {
            let rows = self
                .table
                .query(&Query {
                    index: Index::Table,
                    pk: partition(subject),
                    range: Range::All,
                    order: Order::Ascending,
                    limit: MAX_WRITES,
                    after: None,
                })
                .await?;
            let rest: Vec<_> = rows.items.into_iter().filter(|item| item.key != person_key(subject)).collect();
            if rest.is_empty() {
                return Ok(());
            }
            let writes = rest.into_iter().map(|item| Write::Delete { key: item.key, when: Condition::Always });
            self.table.commit(writes.collect()).await.map_err(store)?;
        }
    }

    pub(super) async fn enable(&self, subject: Subject, enabled: bool) -> Result<(), IdentityError> {
        let now = self.clock.now();
        self.change(subject, |person| {
            if person.enabled != enabled {
                person.enabled = enabled;
                person.begin_epoch(now);
            }
        })
        .await?
        .ok_or(IdentityError::Unknown)?;
        Ok(self.credential_store.enable(subject, enabled).await?)
    }

    pub(super) async fn end_all(&self, subject: Subject) -> Result<(), IdentityError> {
        let now = self.clock.now();
        match self.change(subject, |person| person.begin_epoch(now)).await? {
            Some(_) => Ok(self.credential_store.end_all_sessions(subject).await?),
            None => Ok(()),
        }
    }

    pub(super) async fn give_password(
        &self,
        subject: Subject,
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), PasswordError> {
        let person = self.person(subject).await?.ok_or(PasswordError::Unknown)?.record;
        policy::judge(password.expose_secret(), Some(&person.email))?;
        self.accepts_password(password)?;
        let hash = self.hash_password(password).await?;
        let temporary = permanence == Permanence::Temporary;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let given = Password { hash: hash.clone(), temporary, set: now };
            let Some(NewPassword { persons, mut writes }) = self.plan_password(subject, &given, now).await? else {
                return Err(PasswordError::Unknown);
            };
            if let Some(person) = persons.first() {
                writes.extend(trail::writes(person).await?);
            }
            match self.table.commit(writes).await {
                Ok(()) => return Ok(self.keep_password(&persons, password, permanence).await?),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// What writes a new password of an identity and of all others with its address; `None` without the identity.
    pub(super) async fn plan_password(
        &self,
        subject: Subject,
        password: &Password,
        now: Timestamp,
    ) -> Result<Option<NewPassword>, TableError> {
        let Some(Stored { record: person, .. }) = self.person(subject).await? else { return Ok(None) };
        Ok(self.identities_of(Some(&person.email)).await?.with_password(subject, password, now))
    }

    /// Ends the sessions of identities whose new password is written, and gives it to the credential store.
    pub(super) async fn keep_password(
        &self,
        persons: &[Person],
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), CredentialStoreError> {
        for person in persons {
            self.verifier.ended(person.subject);
        }
        for person in persons {
            self.credential_store.end_all_sessions(person.subject).await?;
            self.store_password(person, password, permanence).await?;
        }
        Ok(())
    }

    /// Takes an identity into use by its owner, who has proved the mailbox. The owner chooses a password, or gives the one
    /// that they have with this address in another account: a link that was mailed to them does not replace that.
    pub(super) async fn accept_identity(&self, accepted: &Acceptance) -> Result<(), PasswordError> {
        for _ in 0..ATTEMPTS {
            let person = self.person(accepted.subject).await?.ok_or(PasswordError::Unknown)?.record;
            let same = self.identities_of(Some(&person.email)).await?;
            let known = self.password_to_compare(&same, person.subject);
            let planned = match known {
                None => {
                    policy::judge(accepted.password.expose_secret(), Some(&person.email))?;
                    self.accepts_password(&accepted.password)?;
                    let hash = self.hash_password(&accepted.password).await?;
                    let now = self.clock.now();
                    same.with_password(person.subject, &Password { hash, temporary: false, set: now }, now)
                }
                Some(known) => {
                    let (password, ip) = (&accepted.password, accepted.ip);
                    let right = self.judge_password(Some(known), &person, same.first(), password, ip).await?;
                    let password = known.password.as_ref().filter(|_| right).ok_or(PasswordError::NotTheExisting)?;
                    same.joined(person.subject, password, self.clock.now())
                }
            };
            let NewPassword { persons, writes } = planned.ok_or(PasswordError::Unknown)?;
            match self.table.commit(writes).await {
                Ok(()) => {
                    return Ok(self.keep_password(&persons, &accepted.password, Permanence::Permanent).await?);
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// The identity whose password an acceptance is compared with: one that is enabled before one that its account disabled.
    /// `None`: there is none, or it is in a credential store that compares none of somebody who is disabled. The mailbox decides then.
    fn password_to_compare<'a>(&self, same: &'a SameAddress, accepted: Subject) -> Option<&'a Person> {
        let known = || same.others_with_password(accepted).map(|stored| &stored.record);
        known()
            .find(|person| person.enabled)
            .or_else(|| known().next().filter(|_| !self.credential_store.opens_sessions()))
    }

    pub(super) async fn replace_password(&self, change: &PasswordChange) -> Result<(), PasswordError> {
        let person = self.person(change.subject).await?.map(|stored| stored.record);
        if let Some(person) = &person {
            policy::judge(change.new.expose_secret(), Some(&person.email))?;
            self.accepts_password(&change.new)?;
        }
        let old = self.judge_own_password(person, &change.old, change.ip).await?;
        if bool::from(change.old.expose_secret().as_bytes().ct_eq(change.new.expose_secret().as_bytes())) {
            return Err(WeakPassword::Unchanged.into());
        }
        let hash = self.hash_password(&change.new).await?;
        let persons = self.swap_password(change, &old, hash, self.clock.now()).await?;
        let Some((own, others)) = persons.split_first() else { return Ok(()) };
        self.keep_password(others, &change.new, Permanence::Permanent).await?;
        // The session that asks goes on, so not all of this identity end.
        Ok(self.store_password(own, &change.new, Permanence::Permanent).await?)
    }

    pub(super) async fn check_own_password(&self, check: &PasswordCheck) -> Result<CredentialEpoch, PasswordError> {
        let person = self.person(check.subject).await?.map(|stored| stored.record);
        let epoch = CredentialEpoch(person.as_ref().map_or(0, |person| person.epoch));
        self.judge_own_password(person, &check.password, check.ip).await?;
        Ok(epoch)
    }

    /// Checks the password of somebody who is signed in, under the lock that sign-in has. Answers its record.
    async fn judge_own_password(
        &self,
        person: Option<Person>,
        password: &SecretString,
        ip: IpAddr,
    ) -> Result<Password, PasswordError> {
        let first = self.identities_of(person.as_ref().map(|person| &person.email)).await?.first();
        let admitted = match &person {
            Some(person) => {
                let known = Some(person).filter(|person| person.enabled);
                self.judge_password(known, person, first, password, ip).await?
            }
            None => false,
        };
        person.and_then(|person| person.password).filter(|_| admitted).ok_or(PasswordError::InvalidCredentials)
    }

    /// Checks the password of `compared`, under the lock of its address: `counted` is the identity that guesses are counted
    /// under. A failure is recorded for `asking`.
    async fn judge_password(
        &self,
        compared: Option<&Person>,
        asking: &Person,
        counted: Option<Subject>,
        password: &SecretString,
        ip: IpAddr,
    ) -> Result<bool, PasswordError> {
        let suspect = GuessSource::new(counted, "", ip);
        let locked = self.guesses.status(&suspect, self.clock.now()).await?.locked;
        let known = compared.filter(|person| person.password.is_some() && !locked);
        let right = self.verify_password(known, password).await?;
        let admitted = !locked && self.guesses.settle(&suspect, right, self.clock.now()).await?;
        if !admitted {
            trail::failed(Some(asking));
        }
        Ok(admitted)
    }

    /// Puts the new password in place of the old one, also in the other accounts of the address, and takes the kept session
    /// along into the new epoch. Answers the identities, the one that asks first.
    async fn swap_password(
        &self,
        change: &PasswordChange,
        old: &Password,
        hash: Option<String>,
        now: Timestamp,
    ) -> Result<Vec<Person>, PasswordError> {
        for _ in 0..ATTEMPTS {
            let kept = self.living(change.subject, change.keep, now).await?;
            let Some(Stored { record: person, .. }) = self.person(change.subject).await? else {
                return Err(PasswordError::InvalidCredentials);
            };
            let same = self.identities_of(Some(&person.email)).await?;
            let is_same = |person: &Person| person.enabled && person.password.as_ref() == Some(old);
            if !same.get(change.subject).is_some_and(is_same) {
                return Err(PasswordError::InvalidCredentials);
            }
            let new = Password { hash: hash.clone(), temporary: false, set: now };
            let Some(NewPassword { persons, mut writes }) = same.with_password(change.subject, &new, now) else {
                return Err(PasswordError::InvalidCredentials);
            };
            let Some(person) = persons.first() else { continue };
            if let Some(mut kept) = kept {
                kept.session.epoch = person.epoch;
                let key = session_key(person.subject, kept.session.id);
                writes.push(put(key, &kept.session, Some(kept.session.ends), Condition::Version(kept.version)));
            }
            writes.extend(trail::writes(person).await?);
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(change.subject);
                    return Ok(persons);
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// Changes an identity under concurrent changes, and returns it; `None` if there is none. What ended by it is
    /// ended when this answers.
    pub(super) async fn change(
        &self,
        subject: Subject,
        change: impl Fn(&mut Person) + Send + Sync,
    ) -> Result<Option<Person>, TableError> {
        for _ in 0..ATTEMPTS {
            let Some(Stored { record: before, version }) = self.person(subject).await? else { return Ok(None) };
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(before));
            }
            let mut writes = vec![put(person_key(subject), &after, None, Condition::Version(version))];
            writes.extend(trail::writes(&after).await?);
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(subject);
                    return Ok(Some(after));
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error),
            }
        }
        Err(contended())
    }
}

/// The error of a commit whose writes can't be refused.
pub(super) fn store(error: CommitError) -> TableError {
    match error {
        CommitError::Table(error) => error,
        CommitError::Refused { .. } => contended(),
    }
}

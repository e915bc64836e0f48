//! Makes, disables and removes identities, and gives them passwords.

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{
    Provider,
    guesses::Suspect,
    policy,
    provider::Stored,
    records::{Claim, Password, Person, claim_key, partition, person_key, put, session_key},
    trail,
};
use crate::{
    ids::Subject,
    ports::{
        identity::{
            IdentityError, NewIdentity, PasswordChange, PasswordCheck, PasswordError, Permanence, WeakPassword,
        },
        table::{CommitError, Condition, Index, Is, MAX_WRITES, Order, Query, Range, TableError, Write},
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
            email_pending_in_vault: false,
        };
        let writes = vec![
            put(person_key(subject), &person, None, Condition::Absent),
            put(claim_key(&person.email), &Claim { subject }, None, Condition::Absent),
        ];
        match self.table.commit(writes).await {
            Ok(()) => Ok(self.vault.ensure(&person).await?),
            Err(CommitError::Table(error)) => Err(error.into()),
            Err(CommitError::Refused { .. }) => match self.person(subject).await? {
                None => Err(IdentityError::EmailTaken),
                Some(Stored { record: there, .. }) => {
                    let same =
                        (&there.email, there.user, there.account) == (&person.email, person.user, person.account);
                    // Also after a start that was cut short: what the vault lacks is made now.
                    if same { Ok(self.vault.ensure(&there).await?) } else { Err(IdentityError::Different) }
                }
            },
        }
    }

    pub(super) async fn remove(&self, subject: Subject) -> Result<(), IdentityError> {
        for _ in 0..ATTEMPTS {
            let Some(Stored { record: person, version }) = self.person(subject).await? else {
                // Also after a removal that was cut short: what it left is removed now.
                self.remove_rest(subject).await?;
                return Ok(self.vault.remove(subject).await?);
            };
            let mine = Condition::field("subject", Is::Equal, subject.to_string());
            let removed = self
                .table
                .commit(vec![
                    Write::Delete { key: person_key(subject), when: Condition::Version(version) },
                    Write::Delete { key: claim_key(&person.email), when: mine },
                ])
                .await;
            match removed {
                Ok(()) | Err(CommitError::Refused { .. }) => self.verifier.ended(subject),
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
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
        Ok(self.vault.enable(subject, enabled).await?)
    }

    pub(super) async fn end_all(&self, subject: Subject) -> Result<(), IdentityError> {
        let now = self.clock.now();
        match self.change(subject, |person| person.begin_epoch(now)).await? {
            Some(_) => Ok(self.vault.end_all(subject).await?),
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
        self.vault.accepts(password)?;
        let hash = self.vault.hash(password).await?;
        let now = self.clock.now();
        let changed = self.change(subject, |person| {
            let temporary = permanence == Permanence::Temporary;
            person.password = Some(Password { hash: hash.clone(), temporary, set: now });
            person.begin_epoch(now);
        });
        let person = changed.await?.ok_or(PasswordError::Unknown)?;
        self.vault.end_all(subject).await?;
        Ok(self.vault.keep(&person, password, permanence).await?)
    }

    pub(super) async fn replace_password(&self, change: &PasswordChange) -> Result<(), PasswordError> {
        let person = self.person(change.subject).await?.map(|stored| stored.record);
        if let Some(person) = &person {
            policy::judge(change.new.expose_secret(), Some(&person.email))?;
            self.vault.accepts(&change.new)?;
        }
        let old = self.judge_own_password(person, change.subject, &change.old, change.ip).await?;
        if bool::from(change.old.expose_secret().as_bytes().ct_eq(change.new.expose_secret().as_bytes())) {
            return Err(WeakPassword::Unchanged.into());
        }
        let hash = self.vault.hash(&change.new).await?;
        let person = self.swap_password(change, &old, hash, self.clock.now()).await?;
        Ok(self.vault.keep(&person, &change.new, Permanence::Permanent).await?)
    }

    pub(super) async fn check_own_password(&self, check: &PasswordCheck) -> Result<(), PasswordError> {
        let person = self.person(check.subject).await?.map(|stored| stored.record);
        self.judge_own_password(person, check.subject, &check.password, check.ip).await.map(drop)
    }

    /// Judges the password of somebody who is signed in, under the lock that sign-in has. Answers its record.
    async fn judge_own_password(
        &self,
        person: Option<Person>,
        subject: Subject,
        password: &SecretString,
        ip: IpAddr,
    ) -> Result<Password, PasswordError> {
        let suspect = Suspect::new(person.as_ref().map(|person| person.subject), &subject.to_string(), ip);
        let locked = self.guesses.standing(&suspect, self.clock.now()).await?.locked;
        let known = person.as_ref().filter(|person| person.enabled && person.password.is_some() && !locked);
        let right = self.vault.compare(known, password).await?;
        let admitted = !locked && self.guesses.settle(&suspect, right, self.clock.now()).await?;
        if !admitted {
            trail::failed(person.as_ref(), locked);
        }
        person.and_then(|person| person.password).filter(|_| admitted).ok_or(PasswordError::InvalidCredentials)
    }

    /// Puts the new password where the old one was, and takes the kept session along into the new epoch.
    async fn swap_password(
        &self,
        change: &PasswordChange,
        old: &Password,
        hash: Option<String>,
        now: Timestamp,
    ) -> Result<Person, PasswordError> {
        for _ in 0..ATTEMPTS {
            let kept = self.living(change.subject, change.keep, now).await?;
            let Some(Stored { record: mut person, version }) = self.person(change.subject).await? else {
                return Err(PasswordError::InvalidCredentials);
            };
            if !person.enabled || person.password.as_ref() != Some(old) {
                return Err(PasswordError::InvalidCredentials);
            }
            person.password = Some(Password { hash: hash.clone(), temporary: false, set: now });
            person.begin_epoch(now);
            let mut writes = vec![put(person_key(person.subject), &person, None, Condition::Version(version))];
            if let Some(mut kept) = kept {
                kept.session.epoch = person.epoch;
                let key = session_key(person.subject, kept.session.id);
                writes.push(put(key, &kept.session, Some(kept.session.ends), Condition::Version(kept.version)));
            }
            writes.extend(trail::writes(&person).await?);
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(change.subject);
                    return Ok(person);
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// Changes an identity, against whoever else does, and answers it; `None` if there is none. What ended by it is
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

//! Makes, disables and removes identities, and gives them passwords.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{
    EmbeddedIdentity,
    lockout::Suspect,
    passwords::{Busy, Match},
    policy,
    provider::Stored,
    records::{Claim, Password, Person, claim_key, partition, person_key, put, session_key},
};
use crate::{
    ids::Subject,
    ports::{
        identity::{IdentityError, NewIdentity, PasswordChange, PasswordError, Permanence, WeakPassword},
        table::{CommitError, Condition, Index, Is, MAX_WRITES, Order, Query, Range, TableError, Write},
    },
};

/// A change of one record is tried this often against others that change it too. Each refusal means that another
/// went through.
pub(super) const ATTEMPTS: usize = 100;

pub(super) fn contended() -> TableError {
    TableError::Unavailable("an identity is changed from too many sides at once".into())
}

impl From<Busy> for PasswordError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl EmbeddedIdentity {
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
        };
        let writes = vec![
            put(person_key(subject), &person, None, Condition::Absent),
            put(claim_key(&person.email), &Claim { subject }, None, Condition::Absent),
        ];
        match self.table.commit(writes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Table(error)) => Err(error.into()),
            Err(CommitError::Refused { .. }) => match self.person(subject).await? {
                None => Err(IdentityError::EmailTaken),
                Some(Stored { record: there, .. }) => {
                    let same = (there.email, there.user, there.account) == (person.email, person.user, person.account);
                    if same { Ok(()) } else { Err(IdentityError::Different) }
                }
            },
        }
    }

    pub(super) async fn remove(&self, subject: Subject) -> Result<(), IdentityError> {
        for _ in 0..ATTEMPTS {
            let Some(Stored { record: person, version }) = self.person(subject).await? else {
                // Also after a removal that was cut short: what it left is removed now.
                return self.remove_rest(subject).await;
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
        .ok_or(IdentityError::Unknown)
    }

    pub(super) async fn end_all(&self, subject: Subject) -> Result<(), IdentityError> {
        let now = self.clock.now();
        self.change(subject, |person| person.begin_epoch(now)).await?;
        Ok(())
    }

    pub(super) async fn give_password(
        &self,
        subject: Subject,
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), PasswordError> {
        let person = self.person(subject).await?.ok_or(PasswordError::Unknown)?.record;
        policy::judge(password.expose_secret(), Some(&person.email))?;
        let hash = self.passwords.make(password).await?;
        let now = self.clock.now();
        self.change(subject, |person| {
            let temporary = permanence == Permanence::Temporary;
            person.password = Some(Password { hash: hash.clone(), temporary, set: now });
            person.begin_epoch(now);
        })
        .await?
        .ok_or(PasswordError::Unknown)
    }

    pub(super) async fn replace_password(&self, change: &PasswordChange) -> Result<(), PasswordError> {
        let person = self.person(change.subject).await?.map(|stored| stored.record);
        if let Some(person) = &person {
            policy::judge(change.new.expose_secret(), Some(&person.email))?;
        }
        let typed = person.as_ref().map_or_else(|| change.subject.to_string(), |person| person.email.to_string());
        let suspect = Suspect::new(&typed, change.ip);
        let locked = self.lockout.locked(&suspect, self.clock.now());
        let old = person.and_then(|person| person.password).map(|password| password.hash);
        let found = self.passwords.compare(&change.old, old.as_deref()).await?;
        let admitted = !locked && self.lockout.settle(suspect, found != Match::Wrong, self.clock.now());
        let (true, Some(old)) = (admitted, old) else { return Err(PasswordError::InvalidCredentials) };
        if bool::from(change.old.expose_secret().as_bytes().ct_eq(change.new.expose_secret().as_bytes())) {
            return Err(WeakPassword::Unchanged.into());
        }
        let new = self.passwords.make(&change.new).await?;
        self.swap_password(change, &old, &new, self.clock.now()).await
    }

    /// Puts the new hash where the old one was, and takes the kept session along into the new epoch.
    async fn swap_password(
        &self,
        change: &PasswordChange,
        old: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<(), PasswordError> {
        for _ in 0..ATTEMPTS {
            let kept = self.living(change.subject, change.keep, now).await?;
            let Some(Stored { record: mut person, version }) = self.person(change.subject).await? else {
                return Err(PasswordError::InvalidCredentials);
            };
            if !person.enabled || person.password.as_ref().is_none_or(|password| password.hash != old) {
                return Err(PasswordError::InvalidCredentials);
            }
            person.password = Some(Password { hash: new.to_owned(), temporary: false, set: now });
            person.begin_epoch(now);
            let mut writes = vec![put(person_key(person.subject), &person, None, Condition::Version(version))];
            if let Some(mut kept) = kept {
                kept.session.epoch = person.epoch;
                let key = session_key(person.subject, kept.session.id);
                writes.push(put(key, &kept.session, Some(kept.session.ends), Condition::Version(kept.version)));
            }
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(change.subject);
                    return Ok(());
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// Changes an identity, against whoever else does; `None` if there is none. What ended by it is ended when this
    /// answers.
    pub(super) async fn change(
        &self,
        subject: Subject,
        change: impl Fn(&mut Person) + Send + Sync,
    ) -> Result<Option<()>, TableError> {
        for _ in 0..ATTEMPTS {
            let Some(Stored { record: before, version }) = self.person(subject).await? else { return Ok(None) };
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(()));
            }
            let write = put(person_key(subject), &after, None, Condition::Version(version));
            match self.table.commit(vec![write]).await {
                Ok(()) => {
                    self.verifier.ended(subject);
                    return Ok(Some(()));
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

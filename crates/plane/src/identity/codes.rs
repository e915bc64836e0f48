//! Lets the owner of an e-mail address set a new password by a code that is mailed there.
//!
//! A code has six digits, so its strength is in the few tries: five for each code, and ten codes a
//! day, from wherever. Its hash is as costly as a password's, since a million plain hashes are no work.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{
    Provider,
    passwords::{Busy, Match},
    policy,
    provider::Stored,
    records::{Password, Person, ResetRecord, person_key, put, reset_key},
    users::{ATTEMPTS, contended},
};
use crate::{
    ids::Subject,
    ports::{
        chance::Chance,
        identity::{Email, PasswordReset, Permanence, ResetCode, ResetError},
        table::{CommitError, Condition, Is, Key, TableError, Write},
    },
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl From<Busy> for ResetError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl Provider {
    pub(super) async fn make_code(&self, email: &str) -> Result<Option<ResetCode>, ResetError> {
        let now = self.clock.now();
        let parsed = Email::parse(email).ok();
        let person = self.person_of(parsed.as_ref()).await?.map(|stored| stored.record).filter(may_reset);
        let key = person.as_ref().map_or_else(|| decoy_key(email), |person| reset_key(person.subject));
        let code = six_digits(self.chance.as_ref());
        let hash = self.passwords.make(&code).await?;
        let expires_at = now + self.settings.code_life;
        let epoch = person.as_ref().map_or(0, |person| person.epoch);
        let fresh = ResetRecord {
            code: Some(hash),
            epoch,
            expires: expires_at,
            tries_left: self.settings.code_tries,
            given: 1,
            day_ends: now + DAY,
        };
        let given = self.store_code(key, fresh, now).await?;
        Ok(person.filter(|_| given).map(|person| ResetCode {
            subject: person.subject,
            account: person.account,
            email: person.email,
            code,
            expires_at,
        }))
    }

    /// Replaces the code under a key, unless there were too many today. It writes in any case.
    async fn store_code(&self, key: Key, fresh: ResetRecord, now: Timestamp) -> Result<bool, TableError> {
        for _ in 0..ATTEMPTS {
            let before: Option<Stored<ResetRecord>> = self.stored(&key).await?;
            let when = before.as_ref().map_or(Condition::Absent, |before| Condition::Version(before.version));
            let today = before.map(|before| before.record).filter(|record| now < record.day_ends);
            let (record, given) = match today {
                None => (fresh.clone(), true),
                Some(full) if full.given >= self.settings.codes_a_day => (full, false),
                Some(today) => {
                    (ResetRecord { given: today.given + 1, day_ends: today.day_ends, ..fresh.clone() }, true)
                }
            };
            let lingers = record.day_ends.max(record.expires);
            match self.table.commit(vec![put(key.clone(), &record, Some(lingers), when)]).await {
                Ok(()) => return Ok(given),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error),
            }
        }
        Err(contended())
    }

    pub(super) async fn use_code(&self, reset: &PasswordReset) -> Result<(), ResetError> {
        let started = self.clock.now();
        let email = Email::parse(&reset.email).ok();
        policy::judge(reset.new_password.expose_secret(), email.as_ref())?;
        self.vault.accepts(&reset.new_password)?;
        let person = self.person_of(email.as_ref()).await?.map(|stored| stored.record).filter(may_reset);
        let key = person.as_ref().map_or_else(|| decoy_key(&reset.email), |person| reset_key(person.subject));
        let open = self.take_a_try(&key, started).await?;
        let hash = open.as_ref().and_then(|open| open.code.as_deref()).filter(|_| person.is_some());
        let found = self.passwords.compare(&reset.code, hash).await?;
        match (person, open) {
            (Some(person), Some(open)) if found != Match::Wrong => {
                self.consume(person.subject, open, &reset.new_password).await
            }
            (Some(_) | None, Some(_) | None) => Err(ResetError::InvalidCode),
        }
    }

    /// The open code, with one try less. Tries are counted before they are judged: a race gets no more of them.
    async fn take_a_try(&self, key: &Key, now: Timestamp) -> Result<Option<ResetRecord>, TableError> {
        let when = Condition::field("tries_left", Is::Greater, 0);
        let taken = self.table.commit(vec![Write::Add { key: key.clone(), field: "tries_left", by: -1, when }]).await;
        let open: Option<Stored<ResetRecord>> = self.stored(key).await?;
        match taken {
            Ok(()) => Ok(open.map(|open| open.record).filter(|open| now < open.expires)),
            Err(CommitError::Refused { .. }) => Ok(None),
            Err(CommitError::Table(error)) => Err(error),
        }
    }

    /// Sets the password and uses up the code, in one commit. A code of an epoch that is over is no code.
    async fn consume(&self, subject: Subject, mut open: ResetRecord, new: &SecretString) -> Result<(), ResetError> {
        let hash = self.vault.hash(new).await?;
        let code = open.code.take().ok_or(ResetError::InvalidCode)?;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let person = self.person(subject).await?.filter(|person| person.record.epoch == open.epoch);
            let Stored { record: mut person, version } = person.ok_or(ResetError::InvalidCode)?;
            person.password = Some(Password { hash: hash.clone(), temporary: false, set: now });
            person.begin_epoch(now);
            let unused = Condition::field("code", Is::Equal, code.as_str());
            let writes = vec![
                put(reset_key(subject), &open, Some(open.day_ends.max(open.expires)), unused),
                put(person_key(subject), &person, None, Condition::Version(version)),
            ];
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(subject);
                    // The code is used up: of racing uses, one comes here.
                    self.vault.end_all(subject).await?;
                    return Ok(self.vault.keep(&person, new, Permanence::Permanent).await?);
                }
                Err(CommitError::Refused { write: 0, .. }) => return Err(ResetError::InvalidCode),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }
}

/// A code replaces a password that its owner chose. Who never chose one has proved nothing about the mailbox yet:
/// an invitation or an administrator comes first. The default administrator's mailbox is a stranger's.
pub(super) fn may_reset(person: &Person) -> bool {
    chose_password(person) && !person.email.is_default_admin()
}

pub(super) fn chose_password(person: &Person) -> bool {
    person.enabled && person.password.as_ref().is_some_and(|password| !password.temporary)
}

/// Where the same work is done for an address that nobody has: one of 4096 places, so that guessing fills no store.
fn decoy_key(email: &str) -> Key {
    let digest = Sha256::digest(email.trim().to_lowercase());
    Key::new(format!("RESET-DECOY#{}", hex::encode(&digest[..2]).split_at(3).0), "RESET")
}

fn six_digits(chance: &dyn Chance) -> SecretString {
    let mut bytes = [0; 16];
    chance.fill(&mut bytes);
    format!("{:06}", u128::from_le_bytes(bytes) % 1_000_000).into()
}

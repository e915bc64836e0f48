//! Lets the owner of an e-mail address set a new password by what is mailed there: a code of six digits, or a link.
//!
//! A link has 256 random bits, so tries at links need no limit and void none. A code's strength is in its few tries: a
//! person gets at most five codes a day, and a code can be tried five times from the network that asked for it and five
//! times from all other networks together.
//!
//! INVARIANT: a guesser has 50 tries a day at the codes of one person, however many networks they have: one chance in
//! 20,000. Requests and tries of strangers never void a link, and never the owner's tries from the network that asked.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Provider, Settings,
    guesses::only_network,
    lockout::Network,
    passwords::Busy,
    policy,
    provider::Stored,
    records::{CodeRecord, Password, Person, ResetLinkRecord, ResetRecord, new_secret, put, reset_key, reset_link_key},
    same_address::{NewPassword, has_own_password},
    trail,
    users::{ATTEMPTS, contended},
};
use crate::{
    ids::Subject,
    ports::{
        identity::{Email, ForgottenPassword, PasswordReset, Permanence, ResetError, ResetMail, ResetProof},
        random::{self, RandomSource},
        table::{CommitError, Condition, Key, Write},
    },
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl From<Busy> for ResetError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// What a request is given. The rest of its work is the same in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResetDelivery {
    CodeAndLink,
    /// The codes of the day are used up.
    Link,
    /// A link that was mailed before is good for a while yet.
    Nothing,
}

impl ResetRecord {
    fn fresh(now: Timestamp, rng: &dyn RandomSource) -> Self {
        let salt = hex::encode(random::secret(rng));
        Self { salt, codes: Vec::new(), link_until: None, link_epoch: 0, day_ends: now + DAY }
    }

    fn give(&self, network: &Network, epoch: i64, now: Timestamp, settings: &Settings) -> ResetDelivery {
        let here = self.codes.iter().filter(|code| code.network == network.name()).count();
        if self.codes.len() < settings.codes_a_day && here < settings.codes_a_day_per_network {
            return ResetDelivery::CodeAndLink;
        }
        let soon = now + settings.link_life / 2;
        let good = self.link_epoch == epoch && self.link_until.is_some_and(|until| soon < until);
        if good { ResetDelivery::Nothing } else { ResetDelivery::Link }
    }

    /// The codes that a try from a network is compared with, each with one try less.
    fn take_tries(&mut self, network: &Network, epoch: i64, now: Timestamp) -> Vec<CodeRecord> {
        let mut compared = Vec::new();
        for code in self.codes.iter_mut().filter(|code| code.epoch == epoch && now < code.expires) {
            let own = code.network == network.name();
            let left = if own { &mut code.tries_left } else { &mut code.tries_left_elsewhere };
            if *left > 0 {
                *left -= 1;
                compared.push(code.clone());
            }
        }
        compared
    }

    fn salt(&self) -> Option<[u8; 32]> {
        hex::decode(&self.salt).ok()?.try_into().ok()
    }
}

impl Provider {
    pub(super) async fn make_reset(&self, forgotten: &ForgottenPassword) -> Result<Option<ResetMail>, ResetError> {
        let now = self.clock.now();
        let parsed = Email::parse(&forgotten.email).ok();
        let person = self.resettable(parsed.as_ref()).await?;
        let key = person.as_ref().map_or_else(|| decoy_key(&forgotten.email), |person| reset_key(person.subject));
        let epoch = person.as_ref().map_or(0, |person| person.epoch);
        let network = Network::of(forgotten.ip);
        let (code, link) = (six_digits(self.rng.as_ref()), new_secret("fhl_", self.rng.as_ref()));
        let mut hashed: Option<(String, String)> = None;
        for _ in 0..ATTEMPTS {
            let (mut record, when) = self.reset_record(&key, now).await?;
            let hash = match &hashed {
                Some((salt, hash)) if *salt == record.salt => hash.clone(),
                // The first time round, or another request made the record of the day meanwhile.
                Some(_) | None => self.hash_code(&code, &record).await?,
            };
            hashed = Some((record.salt.clone(), hash.clone()));
            let given = record.give(&network, epoch, now, &self.settings);
            let expires = now + self.settings.code_life;
            let link_expires = now + self.settings.link_life;
            if given == ResetDelivery::CodeAndLink {
                record.codes.push(CodeRecord {
                    network: network.name(),
                    hash,
                    epoch,
                    expires,
                    tries_left: self.settings.code_tries,
                    tries_left_elsewhere: self.settings.code_tries_elsewhere,
                });
            }
            if given != ResetDelivery::Nothing {
                (record.link_until, record.link_epoch) = (Some(link_expires), epoch);
            }
            let mailed = person.as_ref().filter(|_| given != ResetDelivery::Nothing);
            let (link_key, when_link) = match mailed {
                Some(_) => (reset_link_key(&link), Condition::Absent),
                None => (decoy_link_key(&forgotten.email), Condition::Always),
            };
            let subject = person.as_ref().map_or_else(nobody, |person| person.subject);
            let link_record = ResetLinkRecord { subject, epoch, expires: link_expires };
            let lingers = record.day_ends.max(link_expires);
            // Two writes in any case, whether somebody has the address or not.
            let mut writes = vec![
                put(key.clone(), &record, Some(lingers), when),
                put(link_key, &link_record, Some(link_expires), when_link),
            ];
            if let Some(person) = mailed {
                writes.extend(trail::writes(person).await?);
            }
            match self.table.commit(writes).await {
                Ok(()) => {
                    return Ok(mailed.map(|person| ResetMail {
                        subject: person.subject,
                        account: person.account,
                        email: person.email.clone(),
                        code: (given == ResetDelivery::CodeAndLink).then_some(code),
                        link,
                    }));
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// The first identity of an address that may set a new password, for all of them.
    async fn resettable(&self, email: Option<&Email>) -> Result<Option<Person>, ResetError> {
        let same = self.identities_of(email).await?;
        let enabled = same.persons().find(|person| may_reset(person));
        // Another account has invited a person whom this one has disabled. They need the password to accept.
        let needed = || {
            let is_asked_for = same.persons().any(|person| person.enabled);
            same.persons().find(|person| is_asked_for && has_own_password(person) && !person.email.is_default_admin())
        };
        Ok(enabled.or_else(needed).cloned())
    }

    /// The record of the day under a key, or a fresh one, and the condition to write it under.
    async fn reset_record(&self, key: &Key, now: Timestamp) -> Result<(ResetRecord, Condition), ResetError> {
        let before: Option<Stored<ResetRecord>> = self.stored(key).await?;
        let when = before.as_ref().map_or(Condition::Absent, |before| Condition::Version(before.version));
        // A record of an earlier version has no salt, and nothing that still counts.
        let today =
            before.map(|before| before.record).filter(|record| now < record.day_ends && !record.salt.is_empty());
        Ok((today.unwrap_or_else(|| ResetRecord::fresh(now, self.rng.as_ref())), when))
    }

    /// As costly as the hash of a password, since a million plain hashes are no work. The codes of a day share a salt,
    /// so that a try is one hash, however many codes it is compared with.
    async fn hash_code(&self, code: &SecretString, record: &ResetRecord) -> Result<String, Busy> {
        let salt = record.salt().unwrap_or_else(|| random::secret(self.rng.as_ref()));
        self.passwords.make_with(code, salt).await
    }

    pub(super) async fn use_reset(&self, reset: &PasswordReset) -> Result<Subject, ResetError> {
        match &reset.proof {
            ResetProof::Code { email, code } => self.use_code(email, code, reset).await,
            ResetProof::Link { token } => self.use_link(token, reset).await,
        }
    }

    async fn use_code(&self, email: &str, code: &SecretString, reset: &PasswordReset) -> Result<Subject, ResetError> {
        let now = self.clock.now();
        let parsed = Email::parse(email).ok();
        policy::judge(reset.new_password.expose_secret(), parsed.as_ref())?;
        self.accepts_password(&reset.new_password)?;
        let person = self.resettable(parsed.as_ref()).await?;
        let key = person.as_ref().map_or_else(|| decoy_key(email), |person| reset_key(person.subject));
        let epoch = person.as_ref().map_or(0, |person| person.epoch);
        let (record, compared) = self.take_tries(&key, &Network::of(reset.ip), epoch, now).await?;
        let typed = self.hash_code(code, &record).await?;
        let right = |code: &CodeRecord| bool::from(code.hash.as_bytes().ct_eq(typed.as_bytes()));
        let right = compared.iter().filter(|code| right(code)).count() > 0;
        let known = person.clone();
        let Some(person) = person.filter(|_| right) else {
            return Err(refused(known.as_ref()));
        };
        self.replace_forgotten(person.subject, epoch, reset, None).await
    }

    /// Tries are counted before they are judged: a race gets no more of them.
    async fn take_tries(
        &self,
        key: &Key,
        network: &Network,
        epoch: i64,
        now: Timestamp,
    ) -> Result<(ResetRecord, Vec<CodeRecord>), ResetError> {
        for _ in 0..ATTEMPTS {
            let (mut record, when) = self.reset_record(key, now).await?;
            let compared = record.take_tries(network, epoch, now);
            let lingers = record.link_until.map_or(record.day_ends, |until| record.day_ends.max(until));
            match self.table.commit(vec![put(key.clone(), &record, Some(lingers), when)]).await {
                Ok(()) => return Ok((record, compared)),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    async fn use_link(&self, token: &SecretString, reset: &PasswordReset) -> Result<Subject, ResetError> {
        let now = self.clock.now();
        let key = reset_link_key(token);
        let link: Option<Stored<ResetLinkRecord>> = self.stored(&key).await?;
        let link = link.map(|link| link.record).filter(|link| now < link.expires).ok_or_else(|| refused(None))?;
        let person = self.person(link.subject).await?.map(|stored| stored.record);
        let person = person.filter(|person| person.epoch == link.epoch).ok_or_else(|| refused(None))?;
        let resettable = self.resettable(Some(&person.email)).await?;
        let person = resettable.filter(|one| one.subject == person.subject).ok_or_else(|| refused(None))?;
        policy::judge(reset.new_password.expose_secret(), Some(&person.email))?;
        self.accepts_password(&reset.new_password)?;
        self.replace_forgotten(person.subject, link.epoch, reset, Some(key)).await
    }

    /// Sets the password and begins a new epoch, which voids every code and link of the one before.
    async fn replace_forgotten(
        &self,
        subject: Subject,
        epoch: i64,
        reset: &PasswordReset,
        used_link: Option<Key>,
    ) -> Result<Subject, ResetError> {
        let new = &reset.new_password;
        let hash = self.hash_password(new).await?;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let person = self.person(subject).await?.ok_or(ResetError::InvalidCode)?.record;
            let same = self.identities_of(Some(&person.email)).await?;
            if same.get(subject).is_none_or(|person| person.epoch != epoch) {
                return Err(ResetError::InvalidCode);
            }
            let password = Password { hash: hash.clone(), temporary: false, set: now };
            let planned = same.with_password(subject, &password, now).ok_or(ResetError::InvalidCode)?;
            let NewPassword { persons, mut writes } = planned;
            writes.push(only_network(same.first().unwrap_or(subject), reset.ip, now));
            writes.extend(used_link.clone().map(|key| Write::Delete { key, when: Condition::Always }));
            if let Some(person) = persons.first() {
                writes.extend(trail::writes(person).await?);
            }
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.keep_password(&persons, new, Permanence::Permanent).await?;
                    return Ok(subject);
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }
}

/// The refusal of a code or link, told to the trail.
fn refused(person: Option<&Person>) -> ResetError {
    trail::failed(person);
    ResetError::InvalidCode
}

/// A code replaces a password that its owner chose. Who never chose one has proved nothing about the mailbox yet:
/// an invitation or an administrator comes first. The default administrator's mailbox is a stranger's.
pub(super) fn may_reset(person: &Person) -> bool {
    chose_password(person) && !person.email.is_default_admin()
}

pub(super) fn chose_password(person: &Person) -> bool {
    person.enabled && has_own_password(person)
}

fn nobody() -> Subject {
    Subject::from_uuid(uuid::Uuid::nil())
}

/// Where the same work is done for an address that nobody has: one of 4096 places, so that guessing fills no store.
fn decoy_key(email: &str) -> Key {
    Key::new(format!("RESET-DECOY#{}", decoy_place(email)), "RESET")
}

fn decoy_link_key(email: &str) -> Key {
    Key::new(format!("RESET-DECOY#{}", decoy_place(email)), "LINK")
}

fn decoy_place(email: &str) -> String {
    let digest = Sha256::digest(email.trim().to_lowercase());
    hex::encode(&digest[..2]).split_at(3).0.to_owned()
}

fn six_digits(rng: &dyn RandomSource) -> SecretString {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    format!("{:06}", u128::from_le_bytes(bytes) % 1_000_000).into()
}

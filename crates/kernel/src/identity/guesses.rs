//! Bounds the guesses at one person: a lock for each network, and a cap on the guesses of a day over all networks.
//!
//! Beyond the cap a password alone does not sign in from a network that is new to the person. There the person sets a new
//! password by mail, which proves access to the mailbox. The owner is never locked out for good, and people who can't get
//! mail are exempt. Where several processes share the store, its table counts locks and guesses for all of them. Where
//! one process owns the store, locks are in memory, and every tenth guess is written, so a restart loses nine at
//! most.
//!
//! INVARIANT: an unknown address costs the same reads and writes, on one of 4096 shared records, so that made-up
//! addresses don't fill the store. A guess that can't succeed adds no record.

use std::{net::IpAddr, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use moka::{policy::EvictionPolicy, sync::Cache};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    Provider, Settings,
    lockout::{self, Failures, Lockout, Network},
    provider::Stored,
    records::{partition, put, read},
    users::{ATTEMPTS, contended, store},
};
use crate::{
    ids::Subject,
    ports::table::{CommitError, Condition, Index, Item, Key, Order, Query, Range, Table, TableError, Write},
};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Where one process owns the store, this many guesses are written at once.
const WRITTEN_EVERY: u32 = 10;
/// The most networks of a person that are remembered, each for 90 days after its last use.
const KNOWN_NETWORKS: usize = 16;
const NETWORK_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The target of an attempt, and the network that it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuessSource {
    subject: Option<Subject>,
    /// Distinguishes unknown addresses.
    typed: [u8; 32],
    network: Network,
}

impl GuessSource {
    pub(super) fn new(subject: Option<Subject>, typed: &str, ip: IpAddr) -> Self {
        Self { subject, typed: Sha256::digest(typed).into(), network: Network::of(ip) }
    }

    fn key(&self, kind: &str) -> Key {
        match self.subject {
            Some(subject) => Key::new(partition(subject), kind),
            None => self.decoy_key(kind),
        }
    }

    fn decoy_key(&self, kind: &str) -> Key {
        Key::new(format!("GUESS-DECOY#{}", &hex::encode(&self.typed[..2])[..3]), kind)
    }

    fn lock_key(&self) -> Key {
        match self.subject {
            Some(_) => self.key(&format!("LOCK#{}", self.network.name())),
            None => self.decoy_key("LOCK"),
        }
    }

    fn day_key(&self) -> Key {
        self.key("GUESSES")
    }

    /// In memory, known and unknown addresses are distinguished in the same way.
    fn remembered(&self) -> lockout::GuessSource {
        match self.subject {
            Some(subject) => lockout::GuessSource::new(subject.uuid().as_bytes(), self.network),
            None => lockout::GuessSource::new(&self.typed, self.network),
        }
    }

    fn who(&self) -> [u8; 32] {
        self.subject.map_or(self.typed, |subject| Sha256::digest(subject.uuid().as_bytes()).into())
    }
}

/// The state of an attempt before the password is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GuessStatus {
    /// Too many failures from this network just now.
    pub(super) locked: bool,
    /// Too many guesses today over all networks, and the person never signed in from this one.
    pub(super) capped: bool,
}

/// Guesses of a day: `IDENTITY#<subject>` / `GUESSES`.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct DayRecord {
    count: u32,
    day_ends: Timestamp,
}

/// Networks that a person signed in from: `IDENTITY#<subject>` / `NETWORKS`.
#[derive(Clone, Default, Serialize, Deserialize)]
struct NetworksRecord {
    networks: Vec<KnownNetwork>,
}

#[derive(Clone, Serialize, Deserialize)]
struct KnownNetwork {
    name: String,
    last_used: Timestamp,
}

pub(super) struct Guesses {
    table: Arc<dyn Table>,
    /// Other processes use the store too.
    shared: bool,
    a_day: u32,
    locks: Lockout,
    /// Guesses since the start of the process, of which every tenth was written down.
    counted: Cache<[u8; 32], u32>,
}

impl Guesses {
    pub(super) fn new(settings: &Settings, table: Arc<dyn Table>) -> Self {
        let capacity = settings.remembered_failures;
        Self {
            table,
            shared: settings.recheck.is_some(),
            a_day: settings.guesses_a_day,
            locks: Lockout::new(capacity),
            counted: Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru()).build(),
        }
    }

    pub(super) async fn status(&self, suspect: &GuessSource, now: Timestamp) -> Result<GuessStatus, TableError> {
        let keys = [suspect.lock_key(), suspect.day_key(), suspect.key("NETWORKS")];
        let found = self.table.batch_get(&keys).await?;
        let [lock, day, networks] = found.as_slice() else {
            return Err(TableError::Damaged("a batch is short".into()));
        };
        if suspect.subject.is_none() {
            // A decoy's record is shared by many addresses, so its content has no meaning.
            return Ok(GuessStatus { locked: self.locks.locked(&suspect.remembered(), now), capped: false });
        }
        let locked = if self.shared {
            of::<Failures>(lock.as_ref())?.is_some_and(|failures| failures.locked(now))
        } else {
            self.locks.locked(&suspect.remembered(), now)
        };
        let written = of::<DayRecord>(day.as_ref())?.filter(|day| now < day.day_ends).map_or(0, |day| day.count);
        let unwritten = self.counted.get(&suspect.who()).unwrap_or_default() % WRITTEN_EVERY;
        let networks = of::<NetworksRecord>(networks.as_ref())?.unwrap_or_default();
        let known = networks.knows(suspect.network, now);
        Ok(GuessStatus { locked, capped: written.saturating_add(unwritten) >= self.a_day && !known })
    }

    /// Counts how an attempt ended, and says whether it may succeed. A lock that closed while the attempt was under way
    /// refuses it too, so that parallel guesses get no more than a sequence would.
    pub(super) async fn settle(&self, suspect: &GuessSource, right: bool, now: Timestamp) -> Result<bool, TableError> {
        match (self.shared, right) {
            (true, true) => self.forgive(suspect, now).await,
            (true, false) => self.count(suspect, now).await.map(|()| false),
            (false, right) => {
                let admitted = self.locks.settle(suspect.remembered(), right, now);
                if !right {
                    self.count_in_memory(suspect, now).await?;
                }
                Ok(admitted)
            }
        }
    }

    /// The writes of an attempt that was not judged, so that it takes as long as any other.
    pub(super) async fn pass(&self, suspect: &GuessSource, now: Timestamp) -> Result<(), TableError> {
        if !self.shared {
            return Ok(());
        }
        let nobody = GuessSource { subject: None, typed: suspect.who(), ..*suspect };
        self.count(&nobody, now).await
    }

    /// Forgets the failures of a network, unless it is locked.
    async fn forgive(&self, suspect: &GuessSource, now: Timestamp) -> Result<bool, TableError> {
        let key = suspect.lock_key();
        for _ in 0..ATTEMPTS {
            let Some(item) = self.table.get(&key).await? else { return Ok(true) };
            if read::<Failures>(&item)?.locked(now) {
                return Ok(false);
            }
            let forget = Write::Delete { key: key.clone(), when: Condition::Version(item.version) };
            match self.table.commit(vec![forget]).await {
                Ok(()) => return Ok(true),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error),
            }
        }
        Err(contended())
    }

    /// Forgets the failures and guesses of a person, from whatever networks.
    async fn forget(&self, subject: Subject) -> Result<(), TableError> {
        self.locks.forget(subject.uuid().as_bytes());
        self.counted.invalidate(&<[u8; 32]>::from(Sha256::digest(subject.uuid().as_bytes())));
        let delete = |key: Key| Write::Delete { key, when: Condition::Always };
        let mut writes = vec![delete(Key::new(partition(subject), "GUESSES"))];
        loop {
            let (pk, range) = (partition(subject), Range::Prefix("LOCK#".into()));
            let query = Query { index: Index::Table, pk, range, order: Order::Ascending, limit: 50, after: None };
            let locks = self.table.query(&query).await?.items;
            writes.extend(locks.into_iter().map(|lock| delete(lock.key)));
            if writes.is_empty() {
                return Ok(());
            }
            self.table.commit(std::mem::take(&mut writes)).await.map_err(store)?;
        }
    }

    /// One failure more of the network, and one guess more of the day.
    async fn count(&self, suspect: &GuessSource, now: Timestamp) -> Result<(), TableError> {
        let (lock_key, day_key) = (suspect.lock_key(), suspect.day_key());
        for _ in 0..ATTEMPTS {
            let found = self.table.batch_get(&[lock_key.clone(), day_key.clone()]).await?;
            let [lock, day] = found.as_slice() else { return Err(TableError::Damaged("a batch is short".into())) };
            let known = of::<Failures>(lock.as_ref())?;
            if suspect.subject.is_some() && known.is_some_and(|failures| failures.locked(now)) {
                return Box::pin(self.pass(suspect, now)).await;
            }
            let failures = Failures::after_failure(known, now);
            let counted = DayRecord::after(of(day.as_ref())?, 1, now);
            // At a decoy's place nothing is counted that matters, so there is nothing to race for.
            let when = |item: &Option<Item>| match (suspect.subject, item) {
                (None, _) => Condition::Always,
                (Some(_), None) => Condition::Absent,
                (Some(_), Some(item)) => Condition::Version(item.version),
            };
            let writes = vec![
                put(lock_key.clone(), &failures, Some(failures.quiet_at()), when(lock)),
                put(day_key.clone(), &counted, Some(counted.day_ends), when(day)),
            ];
            match self.table.commit(writes).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error),
            }
        }
        Err(contended())
    }

    async fn count_in_memory(&self, suspect: &GuessSource, now: Timestamp) -> Result<(), TableError> {
        let one_more =
            |entry: Option<moka::Entry<[u8; 32], u32>>| entry.map_or(1, |entry| entry.into_value().wrapping_add(1));
        let counted = self.counted.entry(suspect.who()).and_upsert_with(one_more).into_value();
        if !counted.is_multiple_of(WRITTEN_EVERY) {
            return Ok(());
        }
        let key = suspect.day_key();
        for _ in 0..ATTEMPTS {
            let before: Option<Stored<DayRecord>> = self.stored(&key).await?;
            let when = before.as_ref().map_or(Condition::Absent, |before| Condition::Version(before.version));
            let day = DayRecord::after(before.map(|before| before.record), WRITTEN_EVERY, now);
            match self.table.commit(vec![put(key.clone(), &day, Some(day.day_ends), when)]).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error),
            }
        }
        Err(contended())
    }

    /// What to write when somebody has signed in from a network: `None` if it is known already.
    pub(super) async fn note_network(
        &self,
        subject: Subject,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Option<Write>, TableError> {
        let key = networks_key(subject);
        let known: Option<Stored<NetworksRecord>> = self.stored(&key).await?;
        let known = known.map(|known| known.record).unwrap_or_default();
        let noted = known.with(Network::of(ip), now);
        // Two sign-ins at once from new networks may lose one of them: it is noted by the next.
        Ok(noted.map(|noted| put(key, &noted, Some(now + NETWORK_KEPT), Condition::Always)))
    }

    async fn stored<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<Stored<T>>, TableError> {
        let Some(item) = self.table.get(key).await? else { return Ok(None) };
        Ok(Some(Stored { record: read(&item)?, version: item.version }))
    }
}

impl Provider {
    /// Ends the locks of a person, and forgets the guesses of the day.
    pub async fn lift_lockouts(&self, subject: Subject) -> Result<(), TableError> {
        let Some(person) = self.person(subject).await? else { return Ok(()) };
        let counted = self.identities_of(Some(&person.record.email)).await?.first();
        self.guesses.forget(counted.unwrap_or(subject)).await
    }
}

/// What to write when somebody proved their mailbox from a network: it is the only one that is known from now on.
pub(super) fn only_network(subject: Subject, ip: IpAddr, now: Timestamp) -> Write {
    let network = KnownNetwork { name: Network::of(ip).name(), last_used: now };
    let only = NetworksRecord { networks: vec![network] };
    put(networks_key(subject), &only, Some(now + NETWORK_KEPT), Condition::Always)
}

fn networks_key(subject: Subject) -> Key {
    Key::new(partition(subject), "NETWORKS")
}

fn of<T: DeserializeOwned>(item: Option<&Item>) -> Result<Option<T>, TableError> {
    item.map(read).transpose()
}

impl DayRecord {
    fn after(before: Option<Self>, guesses: u32, now: Timestamp) -> Self {
        let today = before.filter(|day| now < day.day_ends).unwrap_or(Self { count: 0, day_ends: now + DAY });
        Self { count: today.count.saturating_add(guesses), ..today }
    }
}

impl NetworksRecord {
    fn knows(&self, network: Network, now: Timestamp) -> bool {
        let name = network.name();
        self.networks.iter().any(|known| known.name == name && now < known.last_used + NETWORK_KEPT)
    }

    /// With one network more; `None` if it was noted within the last day.
    fn with(mut self, network: Network, now: Timestamp) -> Option<Self> {
        let name = network.name();
        if self.networks.iter().any(|known| known.name == name && now < known.last_used + DAY) {
            return None;
        }
        self.networks.retain(|known| known.name != name);
        self.networks.sort_by_key(|known| std::cmp::Reverse(known.last_used));
        self.networks.truncate(KNOWN_NETWORKS - 1);
        self.networks.push(KnownNetwork { name, last_used: now });
        Some(self)
    }
}

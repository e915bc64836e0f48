//! What search keeps in memory: a shelf for each account that was searched, one for all accounts, and one for the catalogue.
//!
//! INVARIANT: a record that this process wrote is read again before the next search answers from its shelf. The keys that a
//! commit wrote are noted after it, and a shelf is entered here before its records are read.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::RwLock;
use uuid::Uuid;

use super::shelf::Shelf;
use crate::{
    ids::AccountId,
    kinds::{Owner, RecordKind, RecordKinds, SearchForm},
    ports::table::Key,
};

/// At most so many bytes of shelves are kept. A user takes some 100 bytes.
pub(super) const MAX_BYTES: usize = 128 * 1024 * 1024;
/// A shelf with more records to read again is read anew.
const MAX_WRITTEN: usize = 10_000;

/// A kind of record that search finds.
#[derive(Debug)]
pub(super) struct SearchedKind {
    pub kind: RecordKind,
    pub form: SearchForm,
}

/// The shelves. Empty until somebody searches.
#[derive(Debug)]
pub(crate) struct SearchIndex {
    pub(super) catalogue: Arc<Holder>,
    pub(super) accounts: Arc<Holder>,
    by_account: Mutex<HashMap<AccountId, Arc<Holder>>>,
    kinds: OnceLock<Vec<SearchedKind>>,
    /// The names of what records are named by.
    names: Mutex<Arc<Names>>,
    is_used: AtomicBool,
    /// Counts searches of one account: which shelves were used last.
    turn: AtomicU64,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    /// After this time what other processes wrote is looked for; `None`: there are none.
    pub(super) believed: Option<Duration>,
    /// Held by the one task that reads shelves for searches over all accounts.
    pub(super) warming: Arc<tokio::sync::Mutex<()>>,
}

/// The names of the records of the catalogue.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Raised when one changes.
    pub generation: u64,
    pub by_id: HashMap<Uuid, String>,
}

/// Which records a shelf has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Enterprises, products, services and connections.
    Catalogue,
    Accounts,
    /// The records of one account.
    Account(AccountId),
}

/// A shelf, and what is to be read again before it is searched.
#[derive(Debug)]
pub(super) struct Holder {
    pub source: Source,
    pub content: RwLock<Option<Content>>,
    /// Held while the content is read or brought up to date.
    pub updating: tokio::sync::Mutex<()>,
    written: Mutex<Written>,
    has_written: AtomicBool,
    last_used: AtomicU64,
    bytes: AtomicUsize,
    all_bytes: Arc<AtomicUsize>,
}

/// A shelf as it was read.
#[derive(Debug)]
pub(super) struct Content {
    pub shelf: Shelf,
    pub loaded: Instant,
    pub load_took: Duration,
    /// When other processes' writes were looked for, by the monotonic clock and by the platform's.
    pub checked: Instant,
    pub checked_at: Timestamp,
    /// The names that its records are named by.
    pub generation: u64,
    /// A table did not answer: some of the records are not in the shelf.
    pub is_partial: bool,
}

/// Keys of records that were written since.
#[derive(Debug, Default)]
struct Written {
    keys: Vec<WrittenKey>,
    /// Notes that were dropped because there were too many: now, and when the shelf was read last.
    dropped: u64,
    dropped_before: u64,
}

#[derive(Clone, Debug)]
struct WrittenKey {
    key: Key,
    /// It may still be written until then.
    uncertain_until: Option<Instant>,
}

/// How far notes were followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    notes: usize,
    dropped: u64,
}

/// What a shelf needs before it is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Some records are to be read again.
    Written,
    /// Other processes' writes are to be looked for.
    Check,
    Load,
}

impl SearchIndex {
    pub(crate) fn new(believed: Option<Duration>) -> Self {
        let bytes = Arc::new(AtomicUsize::new(0));
        Self {
            catalogue: Arc::new(Holder::new(Source::Catalogue, &bytes)),
            accounts: Arc::new(Holder::new(Source::Accounts, &bytes)),
            by_account: Mutex::default(),
            kinds: OnceLock::new(),
            names: Mutex::default(),
            is_used: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            bytes,
            max_bytes: MAX_BYTES,
            believed,
            warming: Arc::default(),
        }
    }

    /// The searched kinds, in the order of the registry.
    pub(super) fn kinds(&self, all: &RecordKinds) -> &[SearchedKind] {
        self.kinds.get_or_init(|| {
            let searched = all.iter().filter_map(|kind| Some(SearchedKind { kind: *kind, form: kind.search? }));
            searched.collect()
        })
    }

    /// From now on written keys are noted.
    pub(super) fn is_used_from_now(&self) {
        self.is_used.store(true, Ordering::SeqCst);
    }

    /// The written keys that a shelf may have. A commit asks before it begins, so that most copy none.
    pub(super) fn of_interest<'k>(&self, keys: impl Iterator<Item = &'k Key>) -> Vec<Key> {
        // A search that begins later reads the shelf after this commit, or after `written`.
        let kinds = self.kinds.get();
        let is_searched = |key: &&Key| match kinds {
            Some(kinds) => kinds.iter().any(|searched| has_sort_key(&searched.kind, &key.sk)),
            None => true,
        };
        keys.filter(is_searched).cloned().collect()
    }

    /// These records were written, or may yet be within a time.
    pub(super) fn written(&self, keys: Vec<Key>, uncertain_for: Option<Duration>) {
        if keys.is_empty() || !self.is_used.load(Ordering::SeqCst) {
            return;
        }
        let uncertain_until = uncertain_for.map(|time| Instant::now() + time);
        for key in keys {
            let Some(id) = key.pk.strip_prefix("ACCOUNT#") else {
                self.catalogue.note(key, uncertain_until.or_else(|| self.indexes_lag_until()));
                continue;
            };
            let Ok(id) = id.parse::<AccountId>() else { continue };
            if key.sk == "METADATA" {
                self.accounts.note(key, uncertain_until.or_else(|| self.indexes_lag_until()));
            } else if let Some(holder) = self.held(id) {
                holder.note(key, uncertain_until);
            }
        }
    }

    /// Lists of `Gsi1` may lag: what was written is read by its key again for as long.
    fn indexes_lag_until(&self) -> Option<Instant> {
        self.believed.map(|believed| Instant::now() + believed)
    }

    fn map(&self) -> MutexGuard<'_, HashMap<AccountId, Arc<Holder>>> {
        self.by_account.lock().expect("no holder panics")
    }

    fn held(&self, account: AccountId) -> Option<Arc<Holder>> {
        self.map().get(&account).cloned()
    }

    /// The shelves that are kept of these accounts, and the accounts without one.
    pub(super) fn held_of(&self, accounts: &[AccountId]) -> (Vec<Arc<Holder>>, Vec<AccountId>) {
        let map = self.map();
        let (mut held, mut absent) = (Vec::with_capacity(accounts.len()), Vec::new());
        for account in accounts {
            match map.get(account) {
                Some(holder) => held.push(Arc::clone(holder)),
                None => absent.push(*account),
            }
        }
        (held, absent)
    }

    /// The shelf of an account, which may still be empty.
    pub(super) fn holder(&self, account: AccountId) -> Arc<Holder> {
        let mut map = self.map();
        let new = || Arc::new(Holder::new(Source::Account(account), &self.bytes));
        Arc::clone(map.entry(account).or_insert_with(new))
    }

    /// The shelf is used now: those that were not for the longest time are dropped if there are too many bytes.
    pub(super) fn make_room_for(&self, used: &Holder) {
        used.last_used.store(self.turn.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let mut map = self.map();
        while self.is_full() {
            let others = map.iter().filter(|(_, holder)| !std::ptr::eq(holder.as_ref(), used) && holder.bytes() > 0);
            let Some(oldest) = others.min_by_key(|(_, holder)| holder.last_used.load(Ordering::Relaxed)) else {
                return;
            };
            let oldest = *oldest.0;
            map.remove(&oldest);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.max_bytes
    }

    pub(super) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names.lock().expect("no holder panics"))
    }

    /// The catalogue has these names from now on. Records that are named by others are read again.
    pub(super) fn set_names(&self, by_id: HashMap<Uuid, String>) {
        let mut names = self.names.lock().expect("no holder panics");
        if names.by_id != by_id {
            *names = Arc::new(Names { generation: names.generation + 1, by_id });
        }
    }
}

impl Source {
    /// The account whose records it has; nil: the platform's.
    pub(super) fn account(self) -> Uuid {
        match self {
            Self::Account(account) => account.uuid(),
            Self::Catalogue | Self::Accounts => Uuid::nil(),
        }
    }
}

fn has_sort_key(kind: &RecordKind, sk: &str) -> bool {
    if kind.owner == Owner::Account && kind.sort.ends_with('#') { sk.starts_with(kind.sort) } else { sk == kind.sort }
}

impl Holder {
    fn new(source: Source, all_bytes: &Arc<AtomicUsize>) -> Self {
        Self {
            source,
            content: RwLock::default(),
            updating: tokio::sync::Mutex::default(),
            written: Mutex::default(),
            has_written: AtomicBool::new(false),
            last_used: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            all_bytes: Arc::clone(all_bytes),
        }
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Says how many bytes the content takes now.
    pub(super) fn set_bytes(&self, bytes: usize) {
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_sub(before, Ordering::Relaxed);
    }

    /// A record is to be read again.
    pub(super) fn note(&self, key: Key, uncertain_until: Option<Instant>) {
        let mut written = self.written.lock().expect("no holder panics");
        if written.keys.len() < MAX_WRITTEN {
            written.keys.push(WrittenKey { key, uncertain_until });
        } else {
            written.dropped += 1;
        }
        self.has_written.store(true, Ordering::SeqCst);
    }

    /// The records that are to be read again; `None`: too many.
    pub(super) fn written_keys(&self) -> Option<Vec<Key>> {
        let written = self.written.lock().expect("no holder panics");
        if written.dropped != written.dropped_before {
            return None;
        }
        let mut keys: Vec<Key> = written.keys.iter().map(|written| written.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        Some(keys)
    }

    /// What was noted until now.
    pub(super) fn noted(&self) -> Noted {
        let written = self.written.lock().expect("no holder panics");
        Noted { notes: written.keys.len(), dropped: written.dropped }
    }

    /// What had been noted then was read. Notes of commits that may yet be written stay.
    pub(super) fn followed(&self, noted: Noted) {
        let now = Instant::now();
        let mut written = self.written.lock().expect("no holder panics");
        let mut place = 0;
        written.keys.retain(|written| {
            place += 1;
            place > noted.notes || written.uncertain_until.is_some_and(|until| until > now)
        });
        written.dropped_before = noted.dropped;
        let is_empty = written.keys.is_empty() && written.dropped == written.dropped_before;
        self.has_written.store(!is_empty, Ordering::SeqCst);
    }

    /// What must be done before the content is searched. `share` of the time for which it is believed must have passed.
    pub(super) fn due(&self, content: Option<&Content>, index: &SearchIndex, share: u32) -> Due {
        let Some(content) = content else { return Due::Load };
        let generation_counts = matches!(self.source, Source::Account(_));
        if generation_counts && content.generation != index.names().generation {
            return Due::Load;
        }
        if content.is_partial && content.loaded.elapsed() > PARTIAL_FOR {
            return Due::Load;
        }
        if let Some(believed) = index.believed {
            match self.source {
                Source::Account(_) if content.loaded.elapsed() > LOADED_FOR => return Due::Load,
                Source::Account(_) if content.checked.elapsed() > believed / share => return Due::Check,
                Source::Catalogue | Source::Accounts
                    if content.loaded.elapsed() > believed.max(content.load_took * 10) / share =>
                {
                    return Due::Load;
                }
                Source::Account(_) | Source::Catalogue | Source::Accounts => {}
            }
        }
        if self.has_written.load(Ordering::SeqCst) { Due::Written } else { Due::Nothing }
    }
}

/// A shelf without the records of a table that did not answer is kept so long.
const PARTIAL_FOR: Duration = Duration::from_secs(5);
/// Where other processes write too, a shelf is read anew after this time.
const LOADED_FOR: Duration = Duration::from_mins(15);

impl Drop for Holder {
    fn drop(&mut self) {
        self.set_bytes(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn user_of(account: AccountId) -> Key {
        Key::new(format!("ACCOUNT#{account}"), "USER#1")
    }

    #[test]
    fn notes_are_kept_until_they_were_followed() {
        let index = SearchIndex::new(None);
        index.written(vec![user_of(account(1))], None);
        index.is_used_from_now();
        index.written(vec![user_of(account(1))], None);
        let holder = index.holder(account(1));
        assert_eq!(holder.written_keys(), Some(vec![]), "nobody had searched the account");
        index.written(vec![user_of(account(1)), user_of(account(2))], None);
        let noted = holder.noted();
        assert_eq!(holder.written_keys(), Some(vec![user_of(account(1))]));
        index.written(vec![user_of(account(1))], None);
        holder.followed(noted);
        assert_eq!(holder.written_keys(), Some(vec![user_of(account(1))]), "one came later");
        holder.followed(holder.noted());
        assert_eq!(holder.written_keys(), Some(vec![]));
        index.written(vec![user_of(account(1))], Some(Duration::from_mins(1)));
        holder.followed(holder.noted());
        assert_eq!(holder.written_keys(), Some(vec![user_of(account(1))]), "it may yet be written");
    }

    #[test]
    fn too_many_notes_have_the_shelf_read_anew() {
        let holder = Holder::new(Source::Account(account(1)), &Arc::default());
        for _ in 0..=MAX_WRITTEN {
            holder.note(user_of(account(1)), None);
        }
        assert_eq!(holder.written_keys(), None);
        let noted = holder.noted();
        holder.note(user_of(account(1)), None);
        holder.followed(noted);
        assert_eq!(holder.written_keys(), None, "a note was dropped while the shelf was read");
        holder.followed(holder.noted());
        assert_eq!(holder.written_keys(), Some(vec![]));
    }

    #[test]
    fn the_shelf_that_was_not_used_for_the_longest_time_makes_room() {
        let index = SearchIndex { max_bytes: 100, ..SearchIndex::new(None) };
        for number in 1..=3 {
            let holder = index.holder(account(number));
            holder.set_bytes(40);
            index.make_room_for(&holder);
        }
        let all = [account(1), account(2), account(3)];
        assert_eq!(index.held_of(&all).1, [account(1)]);
        let third = index.holder(account(3));
        third.set_bytes(400);
        index.make_room_for(&third);
        assert_eq!(index.held_of(&all).1, [account(1), account(2)], "the one in use stays");
        drop(third);
        index.make_room_for(&index.holder(account(4)));
        assert_eq!(index.held_of(&all).1, all);
        assert_eq!(index.bytes.load(Ordering::Relaxed), 0);
    }
}

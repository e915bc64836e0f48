//! Remembers which access tokens were found good, so that the next request with one costs next to nothing.
//!
//! INVARIANT: a remembered token is believed only while nothing that could have ended it has happened in this process
//! since it was judged, and no longer than `recheck` where another process may have ended it.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use moka::sync::Cache;

use super::{Settings, credential_store::CheckedToken};
use crate::{
    ids::{SessionId, Subject},
    ports::identity::Verified,
};

/// Endings are counted in this many slots, each for its share of the subjects: an ending makes only the tokens of its
/// slot ask the store once more.
const SLOTS: usize = 1024;

pub(super) struct Verifier {
    known: Cache<Arc<str>, Arc<CachedToken>, ByTail>,
    endings: Box<[AtomicU64]>,
    /// In milliseconds; `None` where no other process ends sessions.
    recheck: Option<i64>,
}

/// A token that was found good.
pub(super) struct CachedToken {
    pub(super) verified: Verified,
    keys: u64,
    endings: AtomicU64,
    asked: AtomicI64,
}

/// What is to be done with a token.
pub(super) enum CacheLookup {
    Good(Verified),
    /// It was good: ask whether its session is still alive.
    Ask(Arc<CachedToken>),
    /// Judge it from the start.
    Unknown,
}

/// The count of endings before the store was asked. An ending that comes between makes the answer stale, and is seen.
#[derive(Clone, Copy)]
pub(super) struct EndingCount(u64);

impl Verifier {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(settings.remembered_tokens)
                .build_with_hasher(ByTail(RandomState::new())),
            endings: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            recheck: settings.recheck.map(|every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX)),
        }
    }

    pub(super) fn recall(&self, token: &str, generation: u64, now: Timestamp) -> CacheLookup {
        let Some(known) = self.known.get(token) else { return CacheLookup::Unknown };
        if known.keys != generation || known.verified.expires_at <= now {
            self.known.invalidate(token);
            return CacheLookup::Unknown;
        }
        let ended = known.endings.load(Ordering::Acquire) != self.before(known.verified.subject).0;
        let age = now.as_millisecond() - known.asked.load(Ordering::Acquire);
        if ended || self.recheck.is_some_and(|every| !(0..every).contains(&age)) {
            CacheLookup::Ask(known)
        } else {
            CacheLookup::Good(known.verified)
        }
    }

    pub(super) fn before(&self, subject: Subject) -> EndingCount {
        EndingCount(self.slot(subject).load(Ordering::Acquire))
    }

    /// The session was alive when the store was asked.
    pub(super) fn confirm(known: &CachedToken, before: EndingCount, now: Timestamp) {
        known.asked.store(now.as_millisecond(), Ordering::Release);
        known.endings.store(before.0, Ordering::Release);
    }

    pub(super) fn remember(&self, token: &str, judged: &CheckedToken, before: EndingCount, now: Timestamp) {
        let known = CachedToken {
            verified: judged.verified,
            keys: judged.generation,
            endings: AtomicU64::new(before.0),
            asked: AtomicI64::new(now.as_millisecond()),
        };
        self.known.insert(token.into(), Arc::new(known));
    }

    pub(super) fn forget(&self, token: &str) {
        self.known.invalidate(token);
    }

    /// Sessions of this subject ended, or may have. To be called when the store has them ended.
    pub(super) fn ended(&self, subject: Subject) {
        self.slot(subject).fetch_add(1, Ordering::AcqRel);
    }

    /// Sessions of every subject ended. To be called when the store has them ended.
    pub(super) fn ended_all(&self) {
        for slot in &self.endings {
            slot.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn slot(&self, subject: Subject) -> &AtomicU64 {
        let number = subject.uuid().as_u128() ^ (subject.uuid().as_u128() >> 64);
        &self.endings[usize::try_from(number % SLOTS as u128).expect("the remainder is small")]
    }
}

impl CachedToken {
    pub(super) fn session(&self) -> (Subject, SessionId) {
        (self.verified.subject, self.verified.session)
    }
}

/// Hashes the end of a text alone. Tokens end in their signature, so the end differs; equality looks at the whole.
/// Only tokens that we signed get in, so nobody can choose their ends to collide.
#[derive(Clone)]
struct ByTail(RandomState);

impl BuildHasher for ByTail {
    type Hasher = Tail<<RandomState as BuildHasher>::Hasher>;

    fn build_hasher(&self) -> Self::Hasher {
        Tail(self.0.build_hasher())
    }
}

struct Tail<H>(H);

impl<H: Hasher> Hasher for Tail<H> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(&bytes[bytes.len().saturating_sub(24)..]);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

//! The lock of a pair of identity and network: five failures close it for a time that doubles.
//!
//! As Cognito does it: after `n` failures, `2^(n-5)` seconds and at most 15 minutes; a success or 15 quiet minutes
//! forget the failures; attempts during a lock have no effect.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use moka::{ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::network::ClientNetwork;

const FREE_FAILURES: u32 = 5;
const LONGEST_LOCK: SignedDuration = SignedDuration::from_mins(15);
const QUIET: SignedDuration = SignedDuration::from_mins(15);

/// The failures of one identity from one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// One failure more. `None` means no failures.
    pub(super) fn after_failure(known: Option<Self>, now: Timestamp) -> Self {
        match known.filter(|known| !known.forgotten(now)) {
            None => Self { count: 1, last: now },
            Some(known) if known.locked(now) => known,
            Some(known) => Self { count: known.count.saturating_add(1), last: now },
        }
    }

    pub(super) fn locked(&self, now: Timestamp) -> bool {
        now < self.last + self.lock()
    }

    fn lock(&self) -> SignedDuration {
        match self.count.checked_sub(FREE_FAILURES) {
            None => SignedDuration::ZERO,
            Some(doublings) => SignedDuration::from_secs(1 << doublings.min(30)).min(LONGEST_LOCK),
        }
    }

    fn forgotten(&self, now: Timestamp) -> bool {
        now >= self.quiet_at()
    }

    /// When the failures are forgotten.
    pub(super) fn quiet_at(&self) -> Timestamp {
        self.last + QUIET
    }
}

/// Where a request comes from: an IPv4 address, or a /64 of IPv6, which one holder commonly has whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network([u8; 16]);

impl Network {
    pub(super) fn of(ip: IpAddr) -> Self {
        Self(ClientNetwork::of(ip).octets())
    }

    /// Its name in records.
    pub(super) fn name(&self) -> String {
        hex::encode(&Sha256::digest(self.0)[..12])
    }
}

/// The subject of a failure: one identity, by a digest, from one network.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct GuessSource {
    identity: [u8; 32],
    network: [u8; 16],
}

impl GuessSource {
    pub(super) fn new(identity: &[u8], network: Network) -> Self {
        Self { identity: Sha256::digest(identity).into(), network: network.0 }
    }
}

/// All failures that are remembered. Bounded: the longest untouched go first, and each costs a guesser one hash.
pub(super) struct Lockout {
    failures: Cache<GuessSource, Failures>,
}

impl Lockout {
    pub(super) fn new(capacity: u64) -> Self {
        Self { failures: Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru()).build() }
    }

    /// Forgets the failures of an identity from every network.
    pub(super) fn forget(&self, identity: &[u8]) {
        let identity: [u8; 32] = Sha256::digest(identity).into();
        for (source, _) in self.failures.iter().filter(|(source, _)| source.identity == identity) {
            self.failures.invalidate(&*source);
        }
    }

    pub(super) fn locked(&self, suspect: &GuessSource, now: Timestamp) -> bool {
        self.failures.get(suspect).is_some_and(|failures| failures.locked(now))
    }

    /// Records how an attempt ended, and returns whether it may succeed. A lock that closed while the attempt was
    /// under way refuses it too, so that a burst of parallel guesses gets no more of them than a sequence would.
    pub(super) fn settle(&self, suspect: GuessSource, right: bool, now: Timestamp) -> bool {
        let mut admitted = false;
        self.failures.entry(suspect).and_compute_with(|entry| {
            let known = entry.map(moka::Entry::into_value);
            if known.is_some_and(|known| known.locked(now)) {
                return Op::Nop;
            }
            admitted = right;
            if right { Op::Remove } else { Op::Put(Failures::after_failure(known, now)) }
        });
        admitted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn seconds(count: i64) -> SignedDuration {
        SignedDuration::from_secs(count)
    }

    fn ada() -> GuessSource {
        GuessSource::new(b"ada", Network::of("192.0.2.1".parse().unwrap()))
    }

    #[test]
    fn the_lock_doubles_from_one_second_to_fifteen_minutes() {
        let lockout = Lockout::new(10);
        let mut now = start();
        let mut locks = Vec::new();
        for failure in 1..=15 {
            assert!(!lockout.settle(ada(), false, now));
            let mut lock = 0;
            while lockout.locked(&ada(), now + seconds(lock)) {
                lock += 1;
            }
            if failure >= 5 {
                locks.push(lock);
            } else {
                assert_eq!(lock, 0);
            }
            now += seconds(lock);
        }
        assert_eq!(locks, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
    }

    #[test]
    fn attempts_during_a_lock_count_for_nothing_even_right_ones() {
        let lockout = Lockout::new(10);
        for _ in 0..10 {
            lockout.settle(ada(), false, start());
        }
        assert!(!lockout.settle(ada(), true, start()));
        assert!(lockout.locked(&ada(), start() + SignedDuration::from_millis(999)));
        assert!(!lockout.locked(&ada(), start() + seconds(1)));
        assert!(lockout.settle(ada(), true, start() + seconds(1)));
    }

    #[test]
    fn success_and_quiet_forget() {
        let lockout = Lockout::new(10);
        for _ in 0..4 {
            lockout.settle(ada(), false, start());
        }
        assert!(lockout.settle(ada(), true, start()));
        for _ in 0..4 {
            lockout.settle(ada(), false, start());
        }
        assert!(!lockout.locked(&ada(), start()));
        lockout.settle(ada(), false, start() + QUIET);
        assert!(!lockout.locked(&ada(), start() + QUIET));
    }

    #[test]
    fn another_network_is_not_locked_but_the_same_slash_64_is() {
        let lockout = Lockout::new(10);
        let at = |ip: &str| GuessSource::new(b"ada", Network::of(ip.parse().unwrap()));
        for _ in 0..5 {
            lockout.settle(at("2001:db8:0:1::1"), false, start());
        }
        assert!(lockout.locked(&at("2001:db8:0:1:ffff::2"), start()));
        assert!(!lockout.locked(&at("2001:db8:0:2::1"), start()));
        assert!(at("::ffff:192.0.2.1") == at("192.0.2.1"));
        assert!(at("192.0.2.2") != at("192.0.2.1"));
    }

    #[test]
    fn a_parallel_burst_gets_five_guesses() {
        let lockout = Lockout::new(10);
        let admitted = (0..64).filter(|guess| lockout.settle(ada(), *guess == 20, start())).count();
        assert_eq!(admitted, 0, "the right guess came after the lock had closed");
    }

    proptest! {
        /// Whatever is tried and when: no lock outlasts 15 minutes, and nothing tried while locked changes it.
        #[test]
        fn no_lock_is_long_and_none_is_extended(waits in proptest::collection::vec(0_i64..1200, 1..60)) {
            let lockout = Lockout::new(10);
            let mut now = start();
            for wait in waits {
                now += seconds(wait);
                let before = lockout.failures.get(&ada());
                let locked = lockout.locked(&ada(), now);
                lockout.settle(ada(), false, now);
                let after = lockout.failures.get(&ada()).unwrap();
                if locked {
                    prop_assert_eq!(Some(after), before);
                }
                prop_assert!(!lockout.locked(&ada(), after.last + LONGEST_LOCK));
            }
        }
    }
}

//! Rate limits: by network on everything that deals with credentials, by user and account elsewhere.
//!
//! INVARIANT: the memory of a limit is bounded, whatever keys callers bring.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::DashMapStateStore,
};

use crate::{
    ids::{AccountId, Subject},
    network::ClientNetwork,
    problem::{Code, Problem, Result},
    settings::Settings,
};

/// The limits of one process. They count per process; what must hold over all of them is counted in the store.
pub struct Limits {
    guesses: Option<Keyed<ClientNetwork>>,
    sessions: Option<Keyed<ClientNetwork>>,
    users: Option<Keyed<Subject>>,
    accounts: Option<Keyed<AccountId>>,
    costly_of_users: Option<Keyed<Subject>>,
    costly_of_accounts: Option<Keyed<AccountId>>,
}

/// Which requests that deal with credentials share a limit. People behind one address renew and end many sessions: that must not
/// use up what bounds guessing, nor the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialBudget {
    /// Sign-ins and whatever else judges a password, a code or a link.
    Guesses,
    /// Renewals of tokens and sign-outs. Their tokens can't be guessed.
    Sessions,
}

impl CredentialBudget {
    /// The budget of a path; `None`: it does not deal with credentials.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/api/auth/refresh" | "/api/auth/logout" => Some(Self::Sessions),
            "/api/bootstrap" => Some(Self::Guesses),
            _ => path.starts_with("/api/auth/").then_some(Self::Guesses),
        }
    }
}

/// Of a minute's requests a tenth may come at once, or this many.
const SMALL_BURST: u32 = 120;
/// An account may send so many times as many costly requests as one user.
const COSTLY_OF_AN_ACCOUNT: u32 = 4;
/// Beyond so many keys, new ones share buckets.
const MOST_KEYS: usize = 65_536;
/// How many checks pass between two looks at the number of keys.
const BETWEEN_LOOKS: u32 = 4_096;

/// A counter of a limit: a key's own, or, while there are too many keys, one that keys share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Bucket<K> {
    Own(K),
    Shared(u16),
}

struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<Bucket<K>, DashMapStateStore<Bucket<K>>, DefaultClock>,
    asked: AtomicU32,
    full: AtomicBool,
    hasher: RandomState,
}

impl Limits {
    pub fn new(settings: &Settings) -> Self {
        let every = |span: Duration, times: u32, at_once: u32| {
            let quota = Quota::with_period(span / NonZeroU32::new(times)?.get())?;
            Some(quota.allow_burst(NonZeroU32::new(at_once)?))
        };
        // A minute's requests in one burst would take the whole machine for some seconds.
        let minute = |times| every(Duration::from_mins(1), times, times.min(SMALL_BURST).max(times / 10));
        let auth = settings.auth_requests_per_five_minutes;
        let sessions = settings.session_requests_per_five_minutes;
        let costly = settings.costly_requests_per_minute;
        Self {
            guesses: every(Duration::from_mins(5), auth, auth).map(Keyed::new),
            sessions: every(Duration::from_mins(5), sessions, sessions).map(Keyed::new),
            users: minute(settings.user_requests_per_minute).map(Keyed::new),
            accounts: minute(settings.account_requests_per_minute).map(Keyed::new),
            costly_of_users: minute(costly).map(Keyed::new),
            costly_of_accounts: minute(costly.saturating_mul(COSTLY_OF_AN_ACCOUNT)).map(Keyed::new),
        }
    }

    /// A request that deals with credentials, from an address.
    pub fn auth(&self, budget: CredentialBudget, ip: IpAddr) -> Result<()> {
        let limit = match budget {
            CredentialBudget::Guesses => &self.guesses,
            CredentialBudget::Sessions => &self.sessions,
        };
        check(limit.as_ref(), ClientNetwork::of(ip))
    }

    /// A request of somebody who is signed in.
    pub fn user(&self, subject: Subject) -> Result<()> {
        check(self.users.as_ref(), subject)
    }

    /// A request of anybody of an account.
    pub fn account(&self, account: AccountId) -> Result<()> {
        check(self.accounts.as_ref(), account)
    }

    /// A request for a costly operation.
    pub fn costly(&self, subject: Subject, account: AccountId) -> Result<()> {
        check(self.costly_of_users.as_ref(), subject)?;
        check(self.costly_of_accounts.as_ref(), account)
    }
}

fn check<K: Hash + Eq + Clone>(limit: Option<&Keyed<K>>, key: K) -> Result<()> {
    limit.map_or(Ok(()), |limit| limit.check(key))
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::dashmap(quota),
            asked: AtomicU32::new(0),
            full: AtomicBool::new(false),
            hasher: RandomState::new(),
        }
    }

    fn check(&self, key: K) -> Result<()> {
        // Keys whose time is over are dropped now and then, so that the memory follows the traffic.
        if self.asked.fetch_add(1, Ordering::Relaxed) % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            self.full.store(self.limiter.len() > MOST_KEYS, Ordering::Relaxed);
        }
        self.limiter.check_key(&self.bucket(key)).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::new(Code::TooManyRequests, "too many requests came; wait before the next")
                .retry_after(wait.as_secs() + 1)
        })
    }

    fn bucket(&self, key: K) -> Bucket<K> {
        if !self.full.load(Ordering::Relaxed) {
            return Bucket::Own(key);
        }
        let [low, high, ..] = self.hasher.hash_one(&key).to_le_bytes();
        Bucket::Shared(u16::from_le_bytes([low, high]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_in_five_minutes_waits() {
        let limits = Limits::new(&Settings::default());
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert!((0..100).all(|_| limits.auth(CredentialBudget::Guesses, here).is_ok()));
        let refused = limits.auth(CredentialBudget::Guesses, here).unwrap_err();
        assert_eq!(refused.code, Code::TooManyRequests);
        assert!(refused.retry_after.is_some_and(|seconds| (1..=4).contains(&seconds)));
        assert!(limits.auth(CredentialBudget::Guesses, there).is_ok());
    }

    #[test]
    fn keys_without_number_take_bounded_memory() {
        let limits = Limits::new(&Settings::default());
        for number in 0..300_000_u128 {
            // Each from a network of its own.
            let ip = std::net::Ipv6Addr::from_bits((0x2001 << 112) | (number << 64));
            drop(limits.auth(CredentialBudget::Guesses, ip.into()));
        }
        let keys = limits.guesses.as_ref().unwrap().limiter.len();
        assert!(keys <= MOST_KEYS + 65_536 + BETWEEN_LOOKS as usize, "{keys}");
    }
}

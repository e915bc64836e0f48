//! Rate limits: by address on everything that deals with credentials, by user elsewhere.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::DashMapStateStore,
};

use crate::{
    ids::Subject,
    problem::{Code, Problem, Result},
    settings::Settings,
};

/// The limits of one process. They count per process; what must hold over all of them is counted in the store.
pub struct Limits {
    auth: Option<Keyed<IpAddr>>,
    users: Option<Keyed<Subject>>,
}

struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, DefaultClock>,
    asked: AtomicU32,
}

impl Limits {
    pub fn new(settings: &Settings) -> Self {
        let every = |span: Duration, times: u32| {
            let times = NonZeroU32::new(times)?;
            Some(Quota::with_period(span / times.get())?.allow_burst(times))
        };
        Self {
            auth: every(Duration::from_mins(5), settings.auth_requests_per_five_minutes).map(Keyed::new),
            users: every(Duration::from_mins(1), settings.user_requests_per_minute).map(Keyed::new),
        }
    }

    /// A request that deals with credentials, from an address. A network of IPv6 counts as one.
    pub fn auth(&self, ip: IpAddr) -> Result<()> {
        self.auth.as_ref().map_or(Ok(()), |limit| limit.check(network(ip)))
    }

    /// A request of somebody who is signed in.
    pub fn user(&self, subject: Subject) -> Result<()> {
        self.users.as_ref().map_or(Ok(()), |limit| limit.check(subject))
    }
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::dashmap(quota), asked: AtomicU32::new(0) }
    }

    fn check(&self, key: K) -> Result<()> {
        // Keys whose time is over are dropped now and then, so that the memory follows the traffic.
        if self.asked.fetch_add(1, Ordering::Relaxed) % 16_384 == 16_383 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::new(Code::TooManyRequests, "too many requests came; wait before the next")
                .retry_after(wait.as_secs() + 1)
        })
    }
}

/// What counts as one caller.
pub(crate) fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_in_five_minutes_waits() {
        let limits = Limits::new(&Settings::default());
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert!((0..100).all(|_| limits.auth(here).is_ok()));
        let refused = limits.auth(here).unwrap_err();
        assert_eq!(refused.code, Code::TooManyRequests);
        assert!(refused.retry_after.is_some_and(|seconds| (1..=4).contains(&seconds)));
        assert!(limits.auth(there).is_ok());
    }
}

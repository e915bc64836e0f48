//! Retries of requests that failed with transient faults: bounded in number and time, with exponential back-off and full jitter.

use std::{future::Future, sync::Arc, time::Duration};

use kernel::ports::random::RandomSource;
use tokio::time::Instant;

use crate::fault::Fault;

/// The first pause is at most this long, each further one twice as long as the last, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A write that conflicts with another write on an item waits for that one, which takes some milliseconds: many short pauses.
const LONGEST_CONFLICT_PAUSE: Duration = Duration::from_millis(100);
const MAX_CONFLICT_ATTEMPTS: u32 = 200;
/// The pauses add up to some four seconds on average, and nine at most.
const MAX_ATTEMPTS: u32 = 14;
/// The default of the time after the first attempt in which further attempts may begin.
pub const MAX_DURATION: Duration = Duration::from_secs(10);

/// Makes requests, and retries them.
#[derive(Clone)]
pub struct RetryPolicy {
    rng: Arc<dyn RandomSource>,
    most: Duration,
}

impl RetryPolicy {
    pub fn new(rng: Arc<dyn RandomSource>, most: Duration) -> Self {
        Self { rng, most }
    }

    pub fn rng(&self) -> &dyn RandomSource {
        &*self.rng
    }

    /// Makes a request until it succeeds, fails permanently, or has failed too often. Only for idempotent requests.
    pub async fn repeat<T, Made>(&self, make: impl Fn() -> Made) -> Result<T, Fault>
    where
        Made: Future<Output = Result<T, Fault>>,
    {
        self.repeat_if(Fault::passes, make).await
    }

    /// The same for requests that are not idempotent: retries only if the last attempt certainly changed nothing.
    pub async fn repeat_unmade<T, Made>(&self, make: impl Fn() -> Made) -> Result<T, Fault>
    where
        Made: Future<Output = Result<T, Fault>>,
    {
        self.repeat_if(|fault| fault.passes() && fault.changed_nothing(), make).await
    }

    /// The same for requests that AWS continues after a time-out: does not retry after one.
    pub async fn repeat_unless_late<T, Made>(&self, make: impl Fn() -> Made) -> Result<T, Fault>
    where
        Made: Future<Output = Result<T, Fault>>,
    {
        self.repeat_if(|fault| fault.passes() && fault != Fault::TimedOut, make).await
    }

    async fn repeat_if<T, Made>(&self, again: impl Fn(Fault) -> bool, make: impl Fn() -> Made) -> Result<T, Fault>
    where
        Made: Future<Output = Result<T, Fault>>,
    {
        let mut tries = Attempts::default();
        loop {
            match make().await {
                Err(fault) if again(fault) => {
                    let met = fault == Fault::Conflict;
                    let (most, longest) = if met {
                        (MAX_CONFLICT_ATTEMPTS, LONGEST_CONFLICT_PAUSE)
                    } else {
                        (MAX_ATTEMPTS, LONGEST_PAUSE)
                    };
                    if !self.pause_among(&mut tries, most, longest).await {
                        tracing::warn!(%fault, tries = tries.made, "a request to AWS failed too often");
                        return Err(fault);
                    }
                }
                done => return done,
            }
        }
    }

    /// Waits before another attempt; returns false at once if there have been enough.
    pub async fn pause(&self, tries: &mut Attempts) -> bool {
        self.pause_among(tries, MAX_ATTEMPTS, LONGEST_PAUSE).await
    }

    async fn pause_among(&self, tries: &mut Attempts, most: u32, longest: Duration) -> bool {
        tries.made += 1;
        if tries.made >= most {
            return false;
        }
        let longest = longest.min(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.made - 1)));
        let pause = longest.mul_f64(self.jitter());
        if tries.begun.elapsed() + pause >= self.most {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    /// From 0 to 1.
    fn jitter(&self) -> f64 {
        let mut bytes = [0; 4];
        self.rng.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}

/// The number of attempts, and the time of the first.
pub struct Attempts {
    made: u32,
    begun: Instant,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { made: 0, begun: Instant::now() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use testkit::random::SeededRandom;

    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::new(Arc::new(SeededRandom::new(7)), MAX_DURATION)
    }

    #[tokio::test(start_paused = true)]
    async fn transient_faults_are_retried_until_success() {
        let made = AtomicU32::new(0);
        let answer = policy()
            .repeat(async || if made.fetch_add(1, Ordering::Relaxed) < 5 { Err(Fault::Throttled) } else { Ok("done") })
            .await;
        assert_eq!((answer, made.into_inner()), (Ok("done"), 6));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_bounded_in_number_and_time() {
        let begun = tokio::time::Instant::now();
        let made = AtomicU32::new(0);
        let answer: Result<(), Fault> = policy()
            .repeat(async || {
                made.fetch_add(1, Ordering::Relaxed);
                Err(Fault::Unreachable)
            })
            .await;
        assert_eq!((answer, made.into_inner()), (Err(Fault::Unreachable), MAX_ATTEMPTS));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_the_time_is_up() {
        let made = AtomicU32::new(0);
        let answer: Result<(), Fault> = policy()
            .repeat(async || {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(MAX_DURATION / 2).await;
                Err(Fault::TimedOut)
            })
            .await;
        assert_eq!((answer, made.into_inner()), (Err(Fault::TimedOut), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn permanent_faults_are_not_retried() {
        let made = AtomicU32::new(0);
        let answer: Result<(), Fault> = policy()
            .repeat(async || {
                made.fetch_add(1, Ordering::Relaxed);
                Err(Fault::Denied)
            })
            .await;
        assert_eq!((answer, made.into_inner()), (Err(Fault::Denied), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_is_not_done_twice() {
        for (fault, expected) in [(Fault::TimedOut, 1), (Fault::Internal, 1), (Fault::Throttled, MAX_ATTEMPTS)] {
            let made = AtomicU32::new(0);
            let answer: Result<(), Fault> = policy()
                .repeat_unmade(async || {
                    made.fetch_add(1, Ordering::Relaxed);
                    Err(fault)
                })
                .await;
            assert_eq!((answer, made.into_inner()), (Err(fault), expected));
        }
    }
}

//! A clock that a test moves; it is stopped, or runs on from where it was set.

use std::{sync::Mutex, time::Instant};

use jiff::{SignedDuration, Timestamp};
use plane::ports::clock::Clock;

pub struct FakeClock {
    at: Mutex<Timestamp>,
    /// It runs since then.
    since: Mutex<Option<Instant>>,
}

impl FakeClock {
    /// A stopped clock.
    pub fn at(now: Timestamp) -> Self {
        Self { at: Mutex::new(now), since: Mutex::default() }
    }

    /// A clock that runs on from there: for worlds in which something waits.
    pub fn running(from: Timestamp) -> Self {
        Self { at: Mutex::new(from), since: Mutex::new(Some(Instant::now())) }
    }

    /// Stops the clock.
    pub fn stop(&self) {
        let now = self.now();
        *self.since.lock().expect("no holder panics") = None;
        self.set(now);
    }

    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.at.lock().expect("no holder panics");
        *now += by;
    }

    pub fn set(&self, now: Timestamp) {
        *self.at.lock().expect("no holder panics") = now;
    }
}

impl Default for FakeClock {
    /// Noon of a plain day.
    fn default() -> Self {
        Self::at(Timestamp::from_second(1_780_315_200).expect("a moment of 2026"))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let at = *self.at.lock().expect("no holder panics");
        let since = *self.since.lock().expect("no holder panics");
        since.map_or(at, |since| at + since.elapsed())
    }
}

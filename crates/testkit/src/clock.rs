//! A clock that stands still until a test moves it.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use plane::ports::clock::Clock;

pub struct FakeClock(Mutex<Timestamp>);

impl FakeClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().expect("no holder panics");
        *now += by;
    }

    pub fn set(&self, now: Timestamp) {
        *self.0.lock().expect("no holder panics") = now;
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
        *self.0.lock().expect("no holder panics")
    }
}

//! The machine's clock, which an operator may shift to rehearse a date.

use jiff::{SignedDuration, Timestamp};
use kernel::ports::clock::Clock;

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    /// What is added to the machine's time.
    pub offset: SignedDuration,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        Timestamp::now().saturating_add(self.offset).expect("an offset in seconds is always added")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the clock is held against the machine's")]
    fn an_offset_shifts_the_time_and_no_offset_overflows() {
        let day = SignedDuration::from_hours(24);
        let ahead = SystemClock { offset: day }.now().duration_since(Timestamp::now());
        assert!((ahead - day).abs() < SignedDuration::from_mins(1));
        assert_eq!(SystemClock { offset: SignedDuration::MAX }.now(), Timestamp::MAX);
    }
}

//! Time, as an argument.

use jiff::{Timestamp, tz::TimeZone};

use crate::day::Day;

/// The product's clock. It may be shifted (embedded profile) or stopped (tests).
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Today's date in UTC: the one by which licenses and users start and end.
    fn today(&self) -> Day {
        self.now().to_zoned(TimeZone::UTC).date().into()
    }
}

//! A calendar day as the API writes it: `YYYY-MM-DD` and nothing else, so that days compare as text in the store too.

use std::{borrow::Cow, fmt};

use jiff::{Span, civil::Date};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(Date);

impl Day {
    pub const fn date(self) -> Date {
        self.0
    }

    /// The first day that a request may name. Records of earlier versions can hold earlier ones.
    const FIRST_GIVEN: Date = jiff::civil::date(1900, 1, 1);

    /// Refuses an implausible day; `pointer` is its place in the request.
    pub fn check_given(self, pointer: impl Into<String>) -> Result<(), Problem> {
        if self.0 >= Self::FIRST_GIVEN {
            return Ok(());
        }
        Err(Problem::field(pointer, format!("a day from {} on", Self::FIRST_GIVEN)))
    }

    /// The day so many days later, or the last day there is.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(Span::new().days(days)))
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

/// The text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day of the calendar such as 2026-01-31")]
pub struct NotADay;

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        let plain = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !plain {
            return Err(NotADay);
        }
        text.parse().map(Self).map_err(|_| NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(Day::try_from("2026-02-28".to_owned()).unwrap().plus(1).to_string(), "2026-03-01");
        for bad in ["", "2026-02-30", "20260228", "2026-2-28", "2026-02-28T00:00", "-026-02-28", "2026-02-2８"] {
            assert_eq!(Day::try_from(bad.to_owned()), Err(NotADay), "{bad}");
        }
        for (day, given) in [("0000-01-01", false), ("1899-12-31", false), ("1900-01-01", true), ("9999-12-31", true)] {
            assert_eq!(Day::try_from(day.to_owned()).unwrap().check_given("/startDate").is_ok(), given, "{day}");
        }
        assert_eq!(Day::try_from("9999-12-31".to_owned()).unwrap().plus(1).to_string(), "9999-12-31");
    }
}

//! JsonInteger numbers as JSON has them: `1` and `1.0` are the same integer.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// A whole number in a request, before its bounds are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonInteger(pub i64);

impl<'de> Deserialize<'de> for JsonInteger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = JsonInteger;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<JsonInteger, E> {
        Ok(JsonInteger(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<JsonInteger, E> {
        // Whatever is larger is out of every bound.
        Ok(JsonInteger(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<JsonInteger, E> {
        // Beyond this, a float does not tell one whole number from the next.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() != 0.0 || number.abs() > EXACT {
            return Err(E::invalid_type(Unexpected::Float(number), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and in bounds")]
        Ok(JsonInteger(number as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_without_a_fraction_is_whole() {
        let read = |text: &str| {
            serde_json::from_str::<JsonInteger>(text).map(|whole| whole.0).map_err(|error| error.to_string())
        };
        for (text, number) in [("7", 7), ("7.0", 7), ("-0.0", 0), ("1e3", 1_000), ("18446744073709551615", i64::MAX)] {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        for text in ["7.5", "1e300", "\"7\"", "true", "null", "[]"] {
            assert!(read(text).unwrap_err().contains("expected a whole number"), "{text}");
        }
    }
}

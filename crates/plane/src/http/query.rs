//! Query strings: decoded once, strictly, and read by the guard and the handler from the same parameters.

use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::{
    expected::{ReadError, RequestPart, refusal},
    extract::{Extract, IncomingRequest, Rejection},
    openapi::Operation,
};
use crate::problem::{Problem, Result};

/// The parameters of a query string. Each name occurs once. Readers take their parameters; a parameter that is left is
/// refused.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Decodes a query string. Refuses broken percent-encoding, text that is not UTF-8, and repeated names.
    pub fn parse(query: Option<&str>) -> Result<Self> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for pair in query.unwrap_or_default().split('&') {
            if pair.is_empty() && query.is_none_or(str::is_empty) {
                break;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            if name.is_empty() {
                return Err(Problem::field("/query", "every parameter has a name"));
            }
            if parameters.iter().any(|(other, _)| *other == name) {
                return Err(Problem::field(format!("/{name}"), "the parameter appears more than once"));
            }
            parameters.push((name, decode(value)?));
        }
        Ok(Self(parameters))
    }

    /// Takes one parameter out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(place).1)
    }

    /// Takes all parameters that are left.
    fn take_all(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0)
    }

    /// Refuses the parameters that are left.
    pub fn finish(&self) -> Result<()> {
        match self.0.first() {
            Some((name, _)) => Err(Problem::field(format!("/{name}"), "this operation has no such parameter")),
            None => Ok(()),
        }
    }
}

/// Decodes `application/x-www-form-urlencoded` text.
fn decode(text: &str) -> Result<String> {
    let broken = || Problem::field("/query", "the query string is not percent-encoded UTF-8");
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode(spaced.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(broken)
}

/// Decodes percent-encoding; `None` if a percent sign is not followed by two hexadecimal digits.
fn percent_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => (hex_digit(*rest.next()?)? << 4) | hex_digit(*rest.next()?)?,
            other => *other,
        });
    }
    Some(bytes)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The parameters of an operation, other than those that name the account and enterprise, which the guard takes.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + Send> Extract for Query<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_query(T::json_schema(schemas));
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        let pairs = call.parameters().take_all();
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.is_empty()) {
            return Err(Problem::field(
                format!("/{name}"),
                "this has at least one character; leave it out if it is not meant",
            )
            .into());
        }
        let deserializer = serde::de::value::MapDeserializer::new(
            pairs.iter().map(|(name, value)| (name.as_str(), Parameter(value.as_str()))),
        );
        let value =
            serde_path_to_error::deserialize(deserializer).map_err(|error| refusal::<T>(RequestPart::Query, error))?;
        Ok(Self(value))
    }
}

/// The text of a parameter, which becomes what the field asks for.
struct Parameter<'a>(&'a str);

macro_rules! parameter_numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Parameter<'de> {
    type Error = ReadError;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(serde::de::value::BorrowedStrDeserializer::new(self.0))
    }

    fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    parameter_numbers! {
        deserialize_bool visit_bool bool,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

impl<'de> serde::de::IntoDeserializer<'de, ReadError> for Parameter<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Option<Vec<(String, String)>> {
        Parameters::parse(Some(query)).ok().map(|parameters| parameters.0)
    }

    #[test]
    fn a_query_string_has_one_reading_or_none() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parsed(""), Some(vec![]));
        assert_eq!(parsed("a=1&b=%41+c"), Some(vec![pair("a", "1"), pair("b", "A c")]));
        assert_eq!(parsed("%61=1"), Some(vec![pair("a", "1")]));
        assert_eq!(parsed("a=1=2"), Some(vec![pair("a", "1=2")]));
        for broken in ["a=1&a=1", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%FF", "%FF=1", "=1", "a=1&", "&a=1", "&"] {
            assert_eq!(parsed(broken), None, "{broken}");
        }
    }

    proptest::proptest! {
        /// No text makes the reader panic, and what it accepts has each name once.
        #[test]
        fn names_are_unique(query in "[ab%416&=+]{0,30}") {
            if let Some(parameters) = parsed(&query) {
                let mut names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                names.dedup();
                proptest::prop_assert_eq!(names.len(), parameters.len());
            }
        }
    }
}

//! JSON request bodies: parsed once, strictly, and read by the guard and the handler from the same value.
//!
//! INVARIANT: a [`JsonObject`] has no duplicate keys at any depth, and only a JSON object is accepted where a struct is
//! expected. `serde`'s derived code also accepts an array there, which [`Strict`] refuses. No text of it consists of invisible
//! characters alone.

use std::{cell::Cell, fmt};

use bytes::Bytes;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

use super::{
    expected::{ReadError, RequestPart, name_all_missing, pointer, refusal},
    extract::{Extract, IncomingRequest, Rejection},
    openapi::Operation,
    routes::BodyUse,
};
use crate::{
    ids::Id,
    json_syntax,
    names::shows_nothing,
    problem::{Code, Problem, Result},
};

/// The most values that one body may hold. A value costs far more memory than the bytes that spell it.
const MAX_VALUES: usize = 50_000;

/// A parsed request body.
#[derive(Debug)]
pub struct JsonObject(Value);

impl JsonObject {
    /// Parses a whole body. Refuses anything but one JSON object without duplicate keys.
    pub fn parse(body: &[u8]) -> Result<Self> {
        let mut parser = serde_json::Deserializer::from_slice(body);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut parser, &mut track);
        let left = Cell::new(MAX_VALUES);
        let value = (UniqueKeys { left: &left }).deserialize(tracked);
        let value = value.map_err(|error| not_json(pointer(&track.path()), &error))?;
        parser.end().map_err(|error| not_json(String::new(), &error))?;
        if !value.is_object() {
            return Err(Problem::field("", "the body must be a JSON object"));
        }
        Ok(Self(value))
    }

    /// The id in a field of the object. An absent field and `null` name nothing; any other form is refused.
    pub fn id<K>(&self, field: &str) -> Result<Option<Id<K>>> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => text
                .parse()
                .map(Some)
                .map_err(|error: crate::ids::NotAnId| Problem::field(format!("/{field}"), error.to_string())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Problem::field(format!("/{field}"), crate::ids::NotAnId.to_string()))
            }
        }
    }

    /// Reads the object as a type; a refusal names the field.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self) -> Result<T> {
        serde_path_to_error::deserialize(Strict(&self.0)).map_err(|error| {
            let is_missing = matches!(error.inner(), ReadError::Missing(_));
            let mut problem = refusal::<T>(RequestPart::Body, error);
            if is_missing {
                name_all_missing::<T>(&mut problem, &self.0);
            }
            problem
        })
    }
}

/// A JSON body, as the handler takes it.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + Send> Extract for Json<T> {
    const BODY: BodyUse = BodyUse::Required;

    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_body(&schemas.subschema_for::<T>());
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        let object = call.object().ok_or_else(|| Problem::field("", "the body must be a JSON object"))?;
        Ok(Self(object.read()?))
    }
}

/// Refuses a body that is not declared as JSON.
pub(super) fn check_content_type(call: &IncomingRequest) -> Result<()> {
    let content_type = call.header("content-type")?.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "send the body with Content-Type: application/json"))
}

pub(super) fn check_content_encoding(call: &IncomingRequest) -> Result<()> {
    match call.header("content-encoding")?.map(str::trim) {
        None | Some("") => Ok(()),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(_) => Err(Problem::new(
            Code::UnsupportedMediaType,
            "send the body as it is, without Content-Encoding: compressed bodies are not read",
        )),
    }
}

/// The refusal of a body that is not JSON, or that holds what no body may.
fn not_json(pointer: String, error: &serde_json::Error) -> Problem {
    let complaint = json_syntax::complaint(error);
    if error.is_data() {
        return Problem::field(pointer, complaint);
    }
    Problem::field("", format!("the body is not JSON: {complaint}"))
}

/// The body as it came and as it was parsed.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub bytes: Bytes,
    pub object: Option<JsonObject>,
}

/// Builds a [`Value`] and refuses duplicate keys, which `Value`'s own reader resolves silently.
#[derive(Clone, Copy)]
struct UniqueKeys<'a> {
    left: &'a Cell<usize>,
}

impl UniqueKeys<'_> {
    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        let left = left.ok_or_else(|| E::custom(format_args!("a body holds at most {MAX_VALUES} values")))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for UniqueKeys<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueKeys<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        // White space alone is left to the types, for a text can be empty by intention.
        let is_hidden = shows_nothing(&value) && !value.trim().is_empty();
        if is_hidden { Err(E::custom("this has only invisible characters")) } else { Ok(value.into()) }
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom("a key appears twice in one object"));
            }
            let value = fields.next_value_seed(self)?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

/// Reads a value and accepts only an object where a struct or map is expected.
#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

impl<'de> Strict<'de> {
    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::Object(fields) => {
                visitor.visit_map(MapDeserializer::new(fields.iter().map(|(key, value)| (key.as_str(), Strict(value)))))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(ReadError::Unexpected)
            }
        }
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, Some(number)) => visitor.visit_f64(number),
                (None, None, None) => Err(ReadError::Unexpected),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Strict))),
            Value::Object(_) => self.object(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.object(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.object(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        // Enums of the API are words; those with data would need their own strict reader.
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(ReadError::Unexpected)
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ReadError> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
        list: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        name: String,
    }

    fn read(text: &str) -> Result<Outer> {
        JsonObject::parse(text.as_bytes())?.read()
    }

    #[test]
    fn an_array_is_never_a_struct() {
        assert!(read(r#"{"inner":{"name":"a"},"list":[{"name":"b"}]}"#).is_ok());
        for (text, pointer) in [
            (r#"[{"name":"a"},[]]"#, ""),
            (r#"{"inner":["a"],"list":[]}"#, "/inner"),
            (r#"{"inner":{"name":"a"},"list":[["b"]]}"#, "/list/0"),
            (r#"{"inner":{"name":"a"},"list":[[]]}"#, "/list/0"),
        ] {
            let problem = read(text).unwrap_err();
            assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::InvalidRequest, pointer), "{text}");
        }
    }

    #[test]
    fn a_key_stands_once_however_it_is_spelt() {
        for text in [
            r#"{"inner":{"name":"a"},"list":[],"list":[]}"#,
            r#"{"inner":{"name":"a","\u006eame":"b"},"list":[]}"#,
            r#"{"inner":{"name":"a"},"list":[{"name":"b","name":"b"}]}"#,
        ] {
            assert_eq!(read(text).unwrap_err().code, Code::InvalidRequest, "{text}");
        }
    }

    #[test]
    fn no_text_is_invisible() {
        for hidden in ["\u{3164}", "\u{2800}", "\u{fe0f}", " \u{115f}"] {
            let problem = read(&format!(r#"{{"inner":{{"name":"{hidden}"}},"list":[]}}"#)).unwrap_err();
            assert_eq!(problem.errors[0].pointer, "/inner/name", "{hidden:?}");
            assert_eq!(problem.errors[0].message, "this has only invisible characters");
        }
        assert!(read(r#"{"inner":{"name":""},"list":[{"name":" "}]}"#).is_ok());
    }

    #[test]
    fn only_one_whole_object_is_a_body() {
        for text in ["", "null", "1", "\"a\"", "true", "[]", "{}{}", "{} x", "{", "\u{feff}{}"] {
            assert!(JsonObject::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(JsonObject::parse(b" {} \n").is_ok());
        let many = format!("{{\"a\":[{}0]}}", "0,".repeat(MAX_VALUES));
        assert!(JsonObject::parse(many.as_bytes()).is_err());
    }

    proptest::proptest! {
        /// Whatever bytes come, the two readings of the guard and the handler never disagree on an id.
        #[test]
        fn guard_and_handler_read_one_value(text in r#"[\{\}\[\]",: a-z0-9\\]{0,60}"#) {
            #[derive(Deserialize, JsonSchema)]
            struct Named { #[serde(default)] a: Option<Value> }
            if let Ok(object) = JsonObject::parse(text.as_bytes()) {
                let named: Named = object.read().unwrap();
                proptest::prop_assert_eq!(named.a.as_ref(), object.0.get("a").filter(|value| !value.is_null()));
            }
        }
    }
}

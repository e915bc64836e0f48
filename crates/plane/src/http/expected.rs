//! What a value of a request must be, in the words of its schema, for refusals.
//!
//! INVARIANT: a caller never sees the words of a parser or of Rust's types. [`ReadError`] keeps none of them.

use std::fmt;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::{self, Expected, Unexpected};
use serde_json::Value;

use super::openapi::plain_enums;
use crate::problem::{FieldError, Problem};

/// Why a value could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It has another type, or is outside its bounds: its schema says what it must be.
    Unexpected,
    Missing(&'static str),
    Unknown(String),
    /// A type's own words.
    Stated(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unexpected => "this is of another type",
            Self::Missing(_) => "this is required",
            Self::Unknown(_) => "there is no such name",
            Self::Stated(text) => text,
        })
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Stated(text.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unexpected
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(field.to_owned())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::Stated("this appears more than once".to_owned())
    }
}

/// Which part of a request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPart {
    Body,
    Query,
}

/// The refusal of a part of a request that could not be read as `T`.
pub(super) fn refusal<T: JsonSchema>(part: RequestPart, error: serde_path_to_error::Error<ReadError>) -> Problem {
    let pointer = pointer(error.path());
    let inside = |field: &str| {
        let names_it = pointer.rsplit('/').next() == Some(field);
        if names_it { pointer.clone() } else { format!("{pointer}/{field}") }
    };
    let error = error.into_inner();
    match &error {
        ReadError::Missing(field) => Problem::field(inside(field), error.to_string()),
        ReadError::Unknown(field) => {
            let message = match part {
                RequestPart::Body => "there is no such field",
                RequestPart::Query => "this operation has no such parameter",
            };
            Problem::field(inside(&escaped(field)), message)
        }
        ReadError::Unexpected => {
            let message = expected::<T>(part, &pointer);
            Problem::field(pointer, message)
        }
        ReadError::Stated(text) => Problem::field(pointer, text),
    }
}

/// Names every field that is required beside the one that a refusal names: a caller need not learn them one by one.
pub(super) fn name_all_missing<T: JsonSchema>(problem: &mut Problem, body: &Value) {
    let Some(first) = problem.errors.first().map(|error| error.pointer.clone()) else { return };
    let Some((parent, _)) = first.rsplit_once('/') else { return };
    let document = schema_of::<T>();
    let Some(schema) = at_pointer(&document, parent) else { return };
    let [form] = forms(&document, schema)[..] else { return };
    let required = form["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| body.pointer(parent).is_some_and(|object| object.get(name).is_none()));
    let pointers = missing.map(|name| format!("{parent}/{}", escaped(name))).filter(|pointer| *pointer != first);
    let message = ReadError::Missing("").to_string();
    problem.errors.extend(pointers.map(|pointer| FieldError { pointer, message: message.clone() }));
}

fn schema_of<T: JsonSchema>() -> Value {
    let mut document = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    plain_enums(&mut document);
    document
}

fn at_pointer<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(document, |schema, part| member(document, schema, part))
}

pub(super) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    });
    parts.collect()
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What the value at a pointer must be.
fn expected<T: JsonSchema>(part: RequestPart, pointer: &str) -> String {
    let document = schema_of::<T>();
    let mut kinds = at_pointer(&document, pointer).map_or_else(Vec::new, |schema| kinds_of(&document, schema));
    // A parameter that is left out is absent, never `null`.
    kinds.retain(|kind| part == RequestPart::Body || kind != "null");
    if kinds.is_empty() {
        return "this is of another type than it must be".to_owned();
    }
    format!("must be {}", kinds.join(" or "))
}

/// The schema of a member of an object or of an array.
fn member<'a>(document: &'a Value, schema: &'a Value, part: &str) -> Option<&'a Value> {
    forms(document, schema).into_iter().find_map(|form| {
        let name = part.replace("~1", "/").replace("~0", "~");
        let named = form["properties"].get(name).or_else(|| form.get("additionalProperties"));
        named.or_else(|| form.get("items")).filter(|member| member.is_object())
    })
}

/// The forms that a value can have: the alternatives of the schema, with references followed.
fn forms<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return target.map(|target| forms(document, target)).unwrap_or_default();
    }
    let alternatives = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    alternatives
        .map_or_else(|| vec![schema], |alternatives| alternatives.iter().flat_map(|one| forms(document, one)).collect())
}

/// The kinds of value that a schema allows, as people say them.
fn kinds_of(document: &Value, schema: &Value) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for form in forms(document, schema) {
        let types: Vec<&str> = match &form["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        kinds.extend(types.into_iter().map(|kind| with_bounds(kind, form)));
    }
    // What people mean least comes last.
    kinds.sort_by_key(|kind| kind == "null");
    kinds.dedup();
    kinds
}

/// A type with its bounds, as people say it.
fn with_bounds(kind: &str, schema: &Value) -> String {
    let number = |name: &str| schema.get(name).filter(|number| number.is_number());
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    match kind {
        "string" => {
            if let Some(values) = schema["enum"].as_array() {
                let values: Vec<_> = values.iter().filter_map(text).collect();
                return if values.len() == 1 { values.concat() } else { format!("one of {}", values.join(", ")) };
            }
            match schema["format"].as_str() {
                Some("uuid") => "an id, a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned(),
                Some("date") => "a day of the calendar such as \"2026-01-31\"".to_owned(),
                Some("date-time") => "a time such as \"2026-01-31T12:00:00Z\"".to_owned(),
                Some("idn-email") => "an e-mail address such as \"ada@example.com\"".to_owned(),
                Some(_) | None => "a string".to_owned(),
            }
        }
        "integer" => match (number("minimum"), number("maximum")) {
            (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
            (Some(least), None) => format!("a whole number of at least {least}"),
            (None, Some(most)) => format!("a whole number of at most {most}"),
            (None, None) => "a whole number".to_owned(),
        },
        "number" => "a number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "an array".to_owned(),
        "object" => "an object".to_owned(),
        other => other.to_owned(),
    }
}

//! Canonical JSON (RFC 8785): one byte sequence for each value, so that a hash or a signature over it is reproducible.
//!
//! Limited to what the audit log holds: members have ASCII names, and numbers are integers.

use serde::Serialize;
use serde_json::{Map, Value};

/// A value as canonical JSON: members sorted by name, no white space, the shortest escapes.
///
/// # Panics
/// If the value has a map whose keys are not text.
pub fn canonical_json<T: Serialize>(value: &T) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("the records of the audit log are plain JSON");
    serde_json::to_vec(&sorted(value)).expect("a value is JSON")
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_at_every_depth_and_escapes_are_the_shortest() {
        let value = json!({ "b": [{ "z": 1, "a": "\u{8}\u{1f}\n\"\\/é" }], "a": null, "B": true });
        let expected = "{\"B\":true,\"a\":null,\"b\":[{\"a\":\"\\b\\u001f\\n\\\"\\\\/é\",\"z\":1}]}";
        assert_eq!(String::from_utf8(canonical_json(&value)).unwrap(), expected);
    }
}

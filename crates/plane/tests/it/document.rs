//! The API document as generators of clients and validators of the field read it.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::operations::document;

/// Calls `look` for every object of the document, with its JSON pointer.
fn each_object(value: &Value, at: &str, look: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            look(at, value);
            for (name, member) in members {
                each_object(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), look);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                each_object(item, &format!("{at}/{place}"), look);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn objects(mut look: impl FnMut(&str, &Value)) {
    each_object(document(), "", &mut look);
}

/// Validators read the document as YAML too, which refuses control characters.
#[test]
fn no_text_holds_a_control_or_invisible_character() {
    let text = document().to_string();
    let hidden = |c: &char| {
        c.is_control()
            || matches!(*c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{e0000}'..)
    };
    assert_eq!(text.chars().find(hidden), None);
}

#[test]
fn every_schema_is_an_object() {
    objects(|at, value| {
        assert!(value.get("schema").is_none_or(Value::is_object), "{at}: {}", value["schema"]);
    });
}

/// Patterns mean the same in JavaScript (with and without the flag `u`), Python, Rust and RE2: printable ASCII, and no
/// escapes but those of two digits and of characters that have a meaning of their own.
#[test]
fn patterns_are_portable() {
    let mut patterns = BTreeSet::new();
    objects(|_, value| patterns.extend(value.get("pattern").and_then(Value::as_str).map(str::to_owned)));
    assert!(patterns.len() > 5, "{patterns:?}");
    for pattern in patterns {
        assert!(pattern.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{pattern}");
        for foreign in ["(?", "[[", "[]", "[^]", "&&", "--", "~~"] {
            assert!(!pattern.contains(foreign), "{foreign} in {pattern}");
        }
        let mut rest = pattern.as_str();
        while let Some((_, escaped)) = rest.split_once('\\') {
            let is_code = escaped.strip_prefix('x').and_then(|digits| digits.get(..2));
            let is_known = is_code.is_some_and(|digits| u8::from_str_radix(digits, 16).is_ok())
                || escaped.starts_with(['.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$', '/', '\\']);
            assert!(is_known, "\\{escaped} in {pattern}");
            rest = &escaped[1..];
        }
    }
}

#[test]
fn enumerations_of_texts_are_plain() {
    objects(|at, value| {
        for form in ["oneOf", "anyOf"] {
            let options = value[form].as_array().into_iter().flatten();
            let texts = options.filter(|option| option.get("const").or(option.get("enum")).is_some()).count();
            assert_eq!(texts, 0, "{at}: {value}");
        }
        let of_texts = |values: &Vec<Value>| values.iter().any(Value::is_string);
        if value.get("enum").and_then(Value::as_array).is_some_and(of_texts) {
            let kinds = &value["type"];
            assert!(kinds == "string" || kinds[0] == "string", "{at}: {value}");
        }
    });
    let status = &document()["components"]["schemas"]["UserStatus"];
    assert_eq!(status["enum"], serde_json::json!(["active", "inactive", "ended"]));
    assert!(status["description"].as_str().unwrap().contains("`inactive`: Holds no seat and may not act."), "{status}");
}

#[test]
fn refusals_are_problem_documents_without_more() {
    let responses = document()["components"]["responses"].as_object().unwrap();
    assert!(responses.len() > 8);
    for (name, response) in responses {
        let schema = &response["content"]["application/problem+json"]["schema"];
        assert_eq!(schema, &serde_json::json!({ "$ref": "#/components/schemas/Problem" }), "{name}");
    }
    assert!(responses["Problem404"]["description"].as_str().unwrap().contains("`not_found`"));
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let mut used = BTreeSet::new();
    objects(|_, value| used.extend(value.get("$ref").and_then(Value::as_str).map(str::to_owned)));
    for reference in &used {
        assert!(document().pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in document()["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is not used");
        }
    }
}

#[test]
fn every_tag_is_declared_and_every_operation_described() {
    let declared: BTreeSet<_> =
        document()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut used = BTreeSet::new();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            used.extend(operation["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()));
            assert!(operation["description"].is_string(), "{path} has no description");
        }
    }
    assert_eq!(used, declared);
}

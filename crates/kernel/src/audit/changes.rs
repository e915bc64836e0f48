//! What an entry says of the records that its operation changed: fields before and after, and what lists gained and lost.
//!
//! INVARIANT: the value of a secret field is never part of it, and its size has a bound.

use std::{borrow::Cow, collections::BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Target;

/// The longest text of a value, in characters.
const MAX_CHARACTERS: usize = 200;
/// All changes of an entry together have at most so many bytes of JSON.
const MAX_BYTES: usize = 8 * 1024;
/// A list shows at most so many additions, and so many removals.
const MAX_ITEMS: usize = 50;

/// Fields that every record has, or that change with every write.
const EVERYWHERE: [&str; 4] = ["id", "accountId", "createdAt", "updatedAt"];

/// A field of a record before and after the operation, or what a list gained and lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The record that has the field, if it is not the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Target>,
    /// The name of the field. Names within it are separated by dots: `contact.email`, `permissions.pipelines.canView`.
    pub field: String,
    /// Left out: it had no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FieldValue>,
    /// Left out: it has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<FieldValue>,
    /// What the list gained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<ListItem>,
    /// What the list lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ListItem>,
    /// The field holds a secret: it changed, and its values are not recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// A value has more than 200 characters, and was cut after them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl JsonSchema for FieldValue {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "FieldValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}

/// A record or a word in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListItem {
    /// The id of the record, or the word.
    pub id: String,
    /// The name that the record had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The differences of two versions of a record, field by field. An absent record has no fields.
pub(super) fn differences(before: &Value, after: &Value, secrets: &[&str]) -> Vec<FieldChange> {
    let mut found = Vec::new();
    for field in names(before, after).into_iter().filter(|field| !EVERYWHERE.contains(&field.as_str())) {
        let (before, after) = (&before[field.as_str()], &after[field.as_str()]);
        if secrets.contains(&field.as_str()) {
            found.extend((before != after).then(|| FieldChange { field, secret: true, ..FieldChange::default() }));
        } else {
            compare(field, before, after, &mut found);
        }
    }
    found
}

/// Compares a value, and what is within it.
fn compare(field: String, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if before == after || (is_empty(before) && is_empty(after)) {
        return;
    }
    if sounds_secret(&field) {
        return found.push(FieldChange { field, secret: true, ..FieldChange::default() });
    }
    if let (Some(before), Some(after)) = (words(before), words(after)) {
        let less = |from: &BTreeSet<&str>, without: &BTreeSet<&str>| {
            from.difference(without).map(|word| ListItem { id: shorten(word).0, name: None }).collect()
        };
        let change = FieldChange {
            field,
            added: less(&after, &before),
            removed: less(&before, &after),
            ..FieldChange::default()
        };
        // The same words in another order.
        return found.extend((!change.added.is_empty() || !change.removed.is_empty()).then_some(change));
    }
    if let (Some(before), Some(after)) = (within(before), within(after)) {
        let (before, after) = (Value::Object(before), Value::Object(after));
        for name in names(&before, &after) {
            compare(format!("{field}.{name}"), &before[name.as_str()], &after[name.as_str()], found);
        }
        return;
    }
    let ((before, cut_before), (after, cut_after)) = (shown(before), shown(after));
    found.push(FieldChange { field, before, after, shortened: cut_before || cut_after, ..FieldChange::default() });
}

/// Whether a value is as if it was absent.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

fn names(before: &Value, after: &Value) -> BTreeSet<String> {
    [before, after].into_iter().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect()
}

/// A list of words, such as ids. Nothing is an empty list.
fn words(value: &Value) -> Option<BTreeSet<&str>> {
    match value {
        Value::Null => Some(BTreeSet::new()),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    }
}

/// The values within a value, by name: members of an object, or objects in a list that have distinct names. Nothing has no
/// values.
fn within(value: &Value) -> Option<Map<String, Value>> {
    /// What names an object in a list.
    const NAMING: [&str; 4] = ["menu", "tab", "tool", "id"];
    match value {
        Value::Null => Some(Map::new()),
        Value::Object(members) => Some(members.clone()),
        Value::Array(items) => {
            let naming = NAMING.into_iter().find(|naming| items.iter().all(|item| item[*naming].is_string()))?;
            let mut named = Map::new();
            for item in items {
                let Value::Object(members) = item else { return None };
                let mut members = members.clone();
                let Some(Value::String(name)) = members.remove(naming) else { return None };
                if named.insert(name, Value::Object(members)).is_some() {
                    return None;
                }
            }
            Some(named)
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A value for the entry, and whether it was cut.
fn shown(value: &Value) -> (Option<FieldValue>, bool) {
    let (text, cut) = match value {
        Value::Null => return (None, false),
        Value::Bool(flag) => return (Some(FieldValue::Flag(*flag)), false),
        Value::Number(number) => match number.as_i64() {
            Some(number) => return (Some(FieldValue::Number(number)), false),
            None => shorten(&number.to_string()),
        },
        Value::String(text) => shorten(text),
        Value::Array(_) | Value::Object(_) => shorten(&value.to_string()),
    };
    (Some(FieldValue::Text(text)), cut)
}

fn shorten(text: &str) -> (String, bool) {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => (format!("{}…", &text[..end]), true),
        None => (text.to_owned(), false),
    }
}

/// Whether the last name of a field is that of a password or the like, as settings of tools can have it.
fn sounds_secret(field: &str) -> bool {
    const SOUNDS: [&str; 11] = [
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "pwd",
        "secret",
        "token",
        "credential",
        "authorization",
        "webhook",
        "cookie",
    ];
    // Personal access tokens, and values of the header `Authorization`.
    const NAMES: [&str; 3] = ["pat", "auth", "bearer"];
    // `sshKey`, `access_key`; but not `keyboard`.
    const ENDS: [&str; 2] = ["key", "keys"];
    let last = field.rsplit('.').next().unwrap_or(field);
    let letters: String =
        last.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    SOUNDS.iter().any(|sound| letters.contains(sound))
        || ENDS.iter().any(|end| letters.ends_with(end))
        || NAMES.contains(&letters.as_str())
}

/// Additions to lists, and removals, collected until all are known.
#[derive(Debug, Default)]
pub(super) struct ListChanges(Vec<FieldChange>);

impl ListChanges {
    /// `record`: the record that has the list, if it is not the target.
    pub(super) fn add(&mut self, record: Option<Target>, list: &str, item: ListItem, is_gained: bool) {
        let known = self.0.iter().position(|change| change.record == record && change.field == list);
        let place = known.unwrap_or_else(|| {
            self.0.push(FieldChange { record, field: list.to_owned(), ..FieldChange::default() });
            self.0.len() - 1
        });
        let FieldChange { added, removed, .. } = &mut self.0[place];
        if is_gained { added.push(item) } else { removed.push(item) }
    }

    pub(super) fn into_changes(self) -> Vec<FieldChange> {
        self.0
    }
}

/// The changes within the bound of an entry, and the number of fields and items that are beyond it.
pub(super) fn bounded(changes: Vec<FieldChange>) -> (Vec<FieldChange>, Option<u64>) {
    let (mut kept, mut bytes, mut omitted) = (Vec::with_capacity(changes.len()), 0, 0);
    for mut change in changes {
        for items in [&mut change.added, &mut change.removed] {
            omitted += items.len().saturating_sub(MAX_ITEMS);
            items.truncate(MAX_ITEMS);
        }
        bytes += serde_json::to_vec(&change).map_or(0, |json| json.len());
        if bytes > MAX_BYTES {
            omitted += 1;
        } else {
            kept.push(change);
        }
    }
    (kept, (omitted > 0).then_some(omitted as u64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(before: &Value, after: &Value) -> Value {
        serde_json::to_value(differences(before, after, &["pin"])).unwrap()
    }

    #[test]
    fn fields_that_differ_are_shown_before_and_after() {
        let before = json!({ "id": "1", "name": "Ada", "seats": 3, "end": null, "on": false, "updatedAt": "a" });
        let after =
            json!({ "id": "1", "name": "Grace", "seats": 4, "end": "2026-01-01", "on": true, "updatedAt": "b" });
        assert_eq!(
            changed(&before, &after),
            json!([
                { "field": "end", "after": "2026-01-01" },
                { "field": "name", "before": "Ada", "after": "Grace" },
                { "field": "on", "before": false, "after": true },
                { "field": "seats", "before": 3, "after": 4 },
            ])
        );
        assert_eq!(changed(&before, &before), json!([]));
    }

    #[test]
    fn what_is_within_a_field_is_compared_by_name() {
        let menu = |view| json!({ "menu": "pipelines", "canView": view, "canEdit": false, "tabs": [{ "tab": "a", "canView": view }] });
        assert_eq!(
            changed(&json!({ "permissions": [] }), &json!({ "permissions": [menu(true)] })),
            json!([
                { "field": "permissions.pipelines.canView", "after": true },
                { "field": "permissions.pipelines.tabs.a.canView", "after": true },
            ])
        );
        assert_eq!(
            changed(
                &json!({ "contact": null, "ids": ["a", "b"] }),
                &json!({ "contact": { "email": "x" }, "ids": ["b", "c"] })
            ),
            json!([
                { "field": "contact.email", "after": "x" },
                { "field": "ids", "added": [{ "id": "c" }], "removed": [{ "id": "a" }] },
            ])
        );
    }

    #[test]
    fn secrets_are_never_shown() {
        let before = json!({ "pin": "1111", "tools": [{ "tool": "Git", "settings": { "apiToken": "old", "DB_PASSWORD": "same" } }] });
        let after = json!({ "pin": "2222", "tools": [{ "tool": "Git", "settings": { "apiToken": "new", "DB_PASSWORD": "same" } }] });
        assert_eq!(
            changed(&before, &after),
            json!([{ "field": "pin", "secret": true }, { "field": "tools.Git.settings.apiToken", "secret": true }])
        );
    }

    #[test]
    fn settings_that_are_named_like_a_secret_are_secret() {
        for name in ["Authorization", "auth", "pat", "PAT", "webhookUrl", "sshKey", "access_key", "api-token", "bearer"]
        {
            assert!(sounds_secret(&format!("tools.Git.settings.{name}")), "{name}");
        }
        for name in ["author", "path", "pattern", "keyboard", "branch", "authors"] {
            assert!(!sounds_secret(&format!("tools.Git.settings.{name}")), "{name}");
        }
    }

    #[test]
    fn long_values_are_cut_and_the_whole_has_a_bound() {
        let long = "ä".repeat(1000);
        let found = differences(&json!({}), &json!({ "text": long }), &[]);
        assert!(found[0].shortened);
        assert_eq!(found[0].after, Some(FieldValue::Text(format!("{}…", "ä".repeat(200)))));
        let many: Map<String, Value> = (0..1000).map(|field| (format!("field{field}"), json!(long))).collect();
        let (kept, omitted) = bounded(differences(&json!({}), &Value::Object(many), &[]));
        assert!(serde_json::to_vec(&kept).unwrap().len() <= MAX_BYTES + kept.len() + 1);
        assert_eq!(kept.len() as u64 + omitted.unwrap(), 1000);
    }
}

//! The item of a record in DynamoDB: which attributes it has, and how they are read back.
//!
//! The body is kept as the text that was given, so that it comes back byte for byte: as a document of attributes it would
//! lose the order of its fields and the look of its numbers. Its top-level fields that conditions may use are stored beside
//! it a second time, in `fields`. What a sum changes there is named in `sums`, and goes into the text when it is read.
//!
//! A partition of `GSI3` holds what waits, of every account, and each commit writes to it. So it is spread over [`SHARDS`]
//! partitions of DynamoDB, each of which takes 1,000 write units in a second. Only this adapter knows of that.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use kernel::ports::table::{INDEXES, Index, Item, Key, TableError, validate};
use serde_json::{Map, Number, Value};

pub(super) type Attributes = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "PK";
pub(super) const SK: &str = "SK";
pub(super) const VERSION: &str = "version";
pub(super) const BODY: &str = "body";
pub(super) const FIELDS: &str = "fields";
/// The names of fields in which a sum has changed what `body` says.
pub(super) const SUMS: &str = "sums";
/// The names of fields whose numbers are no integers.
pub(super) const FRACTIONS: &str = "fractions";
/// The attribute that the table's time to live is on.
pub(super) const EXPIRES: &str = "expires";

/// The name of an index, and of its two key attributes.
pub(super) struct IndexNames {
    pub(super) name: &'static str,
    pub(super) pk: &'static str,
    pub(super) sk: &'static str,
}

/// In the order of [`Item::index`].
pub(super) const INDEX_NAMES: [IndexNames; INDEXES] = [
    IndexNames { name: "GSI1", pk: "GSI1PK", sk: "GSI1SK" },
    IndexNames { name: "GSI2", pk: "GSI2PK", sk: "GSI2SK" },
    IndexNames { name: "GSI3", pk: "GSI3PK", sk: "GSI3SK" },
];

/// Every partition of `GSI3` is spread over so many. More make each look at what waits dearer: it asks all of them.
pub(super) const SHARDS: u32 = 4;
/// The separator between the partition of `GSI3` and the number of its shard.
const SHARD_MARK: char = '~';

/// The partition of DynamoDB that holds a key of `GSI3`: by the first part of the sort key, which names the account where
/// the partition holds work of accounts.
pub(super) fn shard_of(key: &Key) -> String {
    let first = key.sk.split('#').next().expect("a split has a first part");
    // FNV-1a: it must never change, because stored keys contain it.
    let hash = first.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    shard(&key.pk, hash % SHARDS)
}

pub(super) fn shard(pk: &str, number: u32) -> String {
    format!("{pk}{SHARD_MARK}{number}")
}

/// The partition of `GSI3` that a shard is of; `None` if this is no shard, as in tables of earlier versions.
pub(super) fn unsharded(pk: &str) -> Option<&str> {
    let (pk, number) = pk.rsplit_once(SHARD_MARK)?;
    number.parse::<u32>().is_ok_and(|number| number < SHARDS).then_some(pk)
}

/// The key in an index as DynamoDB is to hold it.
pub(super) fn index_pk(slot: usize, key: &Key) -> String {
    if Some(slot) == Index::Gsi3.slot() { shard_of(key) } else { key.pk.clone() }
}

/// The names of an index; `None` for the table itself.
pub(super) fn names_of(index: Index) -> Option<&'static IndexNames> {
    index.slot().map(|slot| &INDEX_NAMES[slot])
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn primary(key: &Key) -> Attributes {
    HashMap::from([(PK.to_owned(), text(&key.pk)), (SK.to_owned(), text(&key.sk))])
}

/// A body, taken apart for storing.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) text: String,
    pub(super) fields: Attributes,
    pub(super) fractions: Vec<String>,
}

/// The fields that conditions may be on: those of these names, or all of them.
pub(super) type Compared = Option<&'static [&'static str]>;

/// Takes a body apart; refuses what is not one JSON object.
pub(super) fn store(body: &Bytes, compared: Compared) -> Result<Stored, TableError> {
    let malformed = || TableError::Invalid("a body is one JSON object".into());
    let all: Map<String, Value> = serde_json::from_slice(body).map_err(|_| malformed())?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| malformed())?;
    let mut fields = Attributes::new();
    let mut fractions = Vec::new();
    for (name, value) in all {
        let Some(attribute) = comparable(&value) else { continue };
        // DynamoDB has no attributes without a name.
        if name.is_empty() || compared.is_some_and(|names| !names.contains(&name.as_str())) {
            continue;
        }
        if value.is_f64() {
            fractions.push(name.clone());
        }
        fields.insert(name, attribute);
    }
    Ok(Stored { text, fields, fractions })
}

/// A value as conditions see it; `None` if none can be on it.
pub(super) fn comparable(value: &Value) -> Option<AttributeValue> {
    if !validate::comparable(value) {
        return None;
    }
    match value {
        Value::Null => Some(AttributeValue::Null(true)),
        Value::Bool(value) => Some(AttributeValue::Bool(*value)),
        Value::Number(value) => in_range(value).then(|| number(value)),
        Value::String(value) => Some(text(value)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether DynamoDB can hold a number: it knows none beyond these, nor any nearer to 0. All integers of 64 bits, and
/// every digit of the others, it keeps.
fn in_range(number: &Number) -> bool {
    number.as_f64().is_some_and(|number| number == 0.0 || (1e-130..1e126).contains(&number.abs()))
}

/// Reads a record.
pub(super) fn read(mut attributes: Attributes) -> Result<Item, TableError> {
    let key = Key { pk: take_text(&mut attributes, PK)?, sk: take_text(&mut attributes, SK)? };
    let mut index = [None, None, None];
    for (at, names) in INDEX_NAMES.iter().enumerate() {
        if attributes.contains_key(names.pk) {
            let (pk, sk) = (take_text(&mut attributes, names.pk)?, take_text(&mut attributes, names.sk)?);
            index[at] = Some(index_key(at, pk, sk));
        }
    }
    let version = take_number(&mut attributes, VERSION)?;
    let expires = if attributes.contains_key(EXPIRES) { Some(take_number(&mut attributes, EXPIRES)?) } else { None };
    let body = take_text(&mut attributes, BODY)?;
    let body = match attributes.remove(SUMS) {
        None => Bytes::from(body),
        Some(AttributeValue::Ss(names)) => with_sums(&body, &names, &attributes)?,
        Some(_) => return Err(damaged(SUMS)),
    };
    Ok(Item { key, index, version, expires, body })
}

fn index_key(slot: usize, pk: String, sk: String) -> Key {
    let whole = if Some(slot) == Index::Gsi3.slot() { unsharded(&pk) } else { None };
    Key { pk: whole.map_or(pk.clone(), ToOwned::to_owned), sk }
}

/// The keys of an entry of `GSI3`: its record's, and its own.
pub(super) fn read_entry(mut attributes: Attributes) -> Result<(Key, Key), TableError> {
    let [_, _, names] = &INDEX_NAMES;
    let key = Key { pk: take_text(&mut attributes, PK)?, sk: take_text(&mut attributes, SK)? };
    let (pk, sk) = (take_text(&mut attributes, names.pk)?, take_text(&mut attributes, names.sk)?);
    Ok((key, index_key(2, pk, sk)))
}

/// The position that a page ended at.
pub(super) fn read_keys(
    mut attributes: Attributes,
    index: Option<&IndexNames>,
) -> Result<(Key, Option<Key>), TableError> {
    let key = Key { pk: take_text(&mut attributes, PK)?, sk: take_text(&mut attributes, SK)? };
    let index = match index {
        Some(names) => {
            Some(Key { pk: take_text(&mut attributes, names.pk)?, sk: take_text(&mut attributes, names.sk)? })
        }
        None => None,
    };
    Ok((key, index))
}

/// The body with the sums that its fields have come to.
fn with_sums(body: &str, names: &[String], attributes: &Attributes) -> Result<Bytes, TableError> {
    let mut all: Map<String, Value> = serde_json::from_str(body).map_err(|_| damaged(BODY))?;
    let Some(AttributeValue::M(fields)) = attributes.get(FIELDS) else { return Err(damaged(FIELDS)) };
    for name in names {
        let Some(AttributeValue::N(sum)) = fields.get(name) else { return Err(damaged(FIELDS)) };
        let sum: i64 = sum.parse().map_err(|_| damaged(FIELDS))?;
        all.insert(name.clone(), sum.into());
    }
    Ok(Bytes::from(serde_json::to_vec(&all).expect("an object of values is JSON")))
}

fn take_text(attributes: &mut Attributes, name: &str) -> Result<String, TableError> {
    match attributes.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(damaged(name)),
    }
}

fn take_number<N: std::str::FromStr>(attributes: &mut Attributes, name: &str) -> Result<N, TableError> {
    match attributes.remove(name) {
        Some(AttributeValue::N(number)) => number.parse().map_err(|_| damaged(name)),
        _ => Err(damaged(name)),
    }
}

fn damaged(name: &str) -> TableError {
    TableError::Damaged(format!("a record's attribute {name} is not there, or not of its type"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(body: &str) -> Attributes {
        let Stored { text: body, fields, fractions } = store(&Bytes::from(body.to_owned()), None).unwrap();
        let mut attributes = primary(&Key::new("p", "s"));
        attributes.insert(VERSION.into(), number(3));
        attributes.insert(BODY.into(), text(body));
        attributes.insert(FIELDS.into(), AttributeValue::M(fields));
        if !fractions.is_empty() {
            attributes.insert(FRACTIONS.into(), AttributeValue::Ss(fractions));
        }
        attributes
    }

    #[test]
    fn a_body_comes_back_byte_for_byte() {
        let body = " {\"z\": 1.0, \"a\" : [1e2, 18446744073709551615], \"é\":\"\\u00e9\"}\n";
        assert_eq!(read(stored(body)).unwrap().body, body);
    }

    #[test]
    fn a_sum_shows_in_its_place() {
        let mut attributes = stored(r#"{"z":1,"n":2,"a":{"n":3}}"#);
        let Some(AttributeValue::M(fields)) = attributes.get_mut(FIELDS) else { unreachable!("fields are stored") };
        fields.insert("n".into(), number(-40));
        attributes.insert(SUMS.into(), AttributeValue::Ss(vec!["n".into()]));
        assert_eq!(read(attributes).unwrap().body, r#"{"z":1,"n":-40,"a":{"n":3}}"#);
    }

    #[test]
    fn fields_are_what_conditions_may_be_on() {
        let long = "y".repeat(kernel::ports::table::MAX_FIELD_BYTES + 1);
        let body = format!(
            r#"{{"n":1,"f":1.5,"s":"","t":true,"nil":null,"":1,"l":[1],"m":{{}},"long":"{long}","far":1e300}}"#
        );
        let Stored { fields, fractions, .. } = store(&Bytes::from(body), None).unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["f", "n", "nil", "s", "t"]);
        assert_eq!(fractions, ["f"]);
    }

    #[test]
    fn fields_that_nothing_compares_are_not_kept_twice() {
        let body = Bytes::from(r#"{"name":"Ada","version":3,"used":1.5,"state":"open"}"#);
        let Stored { fields, fractions, .. } = store(&body, Some(&["state", "used", "version"])).unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!((names, fractions), (vec!["state", "used", "version"], vec!["used".to_owned()]));
    }

    /// Stored keys contain these: other results would lose records.
    #[test]
    fn shards_stay_where_they_are() {
        let shard = |sk: &str| shard_of(&Key::new("EVENT#PENDING", sk));
        assert_eq!(
            ["019e830e-1a61-7c94-b330-41bd9e03d439#1", "019e830e-1a61-7c94-b330-41bd9e03d439#2", "a", "b", "c", "d"]
                .map(shard),
            [
                "EVENT#PENDING~2",
                "EVENT#PENDING~2",
                "EVENT#PENDING~0",
                "EVENT#PENDING~1",
                "EVENT#PENDING~2",
                "EVENT#PENDING~3"
            ]
        );
        assert_eq!(unsharded("EVENT#PENDING~3"), Some("EVENT#PENDING"));
        for plain in ["EVENT#PENDING", "EVENT#PENDING~4", "EVENT~PENDING", "~"] {
            assert_eq!(unsharded(plain), None, "{plain}");
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for body in ["[]", "1", "", "{", "{\"a\":\"\\ud800\"}"] {
            assert!(matches!(store(&Bytes::from(body), None), Err(TableError::Invalid(_))), "{body}");
        }
    }

    #[test]
    fn what_was_not_written_here_is_damaged() {
        let mut attributes = stored("{}");
        attributes.insert(VERSION.into(), text("3"));
        assert!(matches!(read(attributes), Err(TableError::Damaged(_))));
    }
}

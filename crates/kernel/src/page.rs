//! Pages: limits, cursors that can't be forged or carried over to another query, and lists spliced from stored bytes.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    ports::table::Position,
    problem::{Problem, Result},
};

/// How many records a page holds: 1 to 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Limit(u16);

impl Limit {
    pub const MAX: usize = 200;

    pub fn get(self) -> usize {
        self.0.into()
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        u16::try_from(limit)
            .ok()
            .filter(|limit| (1..=Self::MAX).contains(&usize::from(*limit)))
            .map(Self)
            .ok_or("a number from 1 to 200")
    }
}

impl JsonSchema for Limit {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 })
    }
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PageQuery {
    /// How many records the page holds at most.
    pub limit: Limit,
    /// Where the page before ended: its `nextCursor`.
    #[schemars(length(min = 1, max = 4096))]
    pub cursor: Option<String>,
}

/// Makes cursors and takes them back.
#[derive(Clone)]
pub struct Cursors(hmac::Key);

const MAC: usize = 16;

impl Cursors {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A cursor for the place where a page of the query `of` ended.
    pub fn seal(&self, of: &str, position: &Position) -> String {
        let body = serde_json::to_vec(position).expect("a position is plain text");
        let mut bytes = self.mac(of, &body).as_ref()[..MAC].to_vec();
        bytes.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that a cursor of the query `of` represents.
    pub fn open(&self, of: &str, cursor: &str) -> Result<Position> {
        let refused = || Problem::field("/cursor", "not a cursor of this list with these filters");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (mac, body) = bytes.split_at_checked(MAC).ok_or_else(refused)?;
        let genuine = aws_lc_rs::constant_time::verify_slices_are_equal(mac, &self.mac(of, body).as_ref()[..MAC]);
        genuine.map_err(|_| refused())?;
        serde_json::from_slice(body).map_err(|_| refused())
    }

    fn mac(&self, of: &str, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&of.len().to_be_bytes());
        context.update(of.as_bytes());
        context.update(body);
        context.sign()
    }
}

/// A page of records of one kind, as stored bytes.
#[derive(Debug)]
pub struct Page<R> {
    pub items: Vec<Bytes>,
    pub next_cursor: Option<String>,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R> Page<R> {
    pub const fn new(items: Vec<Bytes>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, kind: std::marker::PhantomData }
    }

    /// A page of records made for the answer.
    pub fn of(records: &[R], next_cursor: Option<String>) -> Self
    where
        R: Serialize,
    {
        let encode = |record| Bytes::from(serde_json::to_vec(record).expect("answers hold nothing that JSON can't"));
        Self::new(records.iter().map(encode).collect(), next_cursor)
    }

    pub fn to_json(&self) -> Vec<u8> {
        let size: usize = self.items.iter().map(|item| item.len() + 1).sum();
        let mut json = Vec::with_capacity(size + 64 + self.next_cursor.as_ref().map_or(0, String::len));
        json.extend_from_slice(b"{\"items\":[");
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            json.extend_from_slice(item);
        }
        json.push(b']');
        if let Some(cursor) = &self.next_cursor {
            // A cursor is base64url: it needs no escapes.
            json.extend_from_slice(b",\"nextCursor\":\"");
            json.extend_from_slice(cursor.as_bytes());
            json.push(b'"');
        }
        json.push(b'}');
        json
    }
}

impl<R: JsonSchema> JsonSchema for Page<R> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", R::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<R>();
        json_schema!({
            "type": "object",
            "required": ["items"],
            "properties": {
                "items": { "type": "array", "items": item },
                "nextCursor": { "type": "string", "description": "Absent on the last page." }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::table::Key;

    #[test]
    fn a_cursor_serves_its_own_query_alone() {
        let cursors = Cursors::new(&[7; 32]);
        let position = Position { key: Key::new("a", "b"), index: None };
        let cursor = cursors.seal("users of acme", &position);
        assert_eq!(cursors.open("users of acme", &cursor).unwrap(), position);
        assert!(cursors.open("users of other", &cursor).is_err());
        assert!(Cursors::new(&[8; 32]).open("users of acme", &cursor).is_err());
        for place in 0..cursor.len() {
            let mut forged = cursor.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert!(forged == cursor || cursors.open("users of acme", &forged).is_err(), "{place}");
        }
    }
}

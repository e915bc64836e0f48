//! Links between master data, as requests give them and answers show them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::MasterRecord;
use crate::{ids::Id, text::Name};

/// At most this many links go out from one record.
const MOST_LINKS: usize = 100;

/// The other ends of a record's links, each once.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Id<K>>", bound = "")]
pub struct Links<K>(Vec<Id<K>>);

impl<K> Links<K> {
    pub fn into_ids(self) -> Vec<Id<K>> {
        self.0
    }
}

impl<K> Default for Links<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K> TryFrom<Vec<Id<K>>> for Links<K> {
    type Error = String;

    fn try_from(ids: Vec<Id<K>>) -> Result<Self, String> {
        if ids.len() > MOST_LINKS {
            return Err(format!("at most {MOST_LINKS} ids"));
        }
        match ids.iter().enumerate().find(|(place, id)| ids[..*place].contains(id)) {
            Some((_, twice)) => Err(format!("each id once; {twice} stands twice")),
            None => Ok(Self(ids)),
        }
    }
}

impl<K> JsonSchema for Links<K> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Links".into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "maxItems": MOST_LINKS, "uniqueItems": true, "items": Id::<K>::json_schema(schemas)
        })
    }
}

/// The other end of a link, as answers show it.
#[derive(Debug, Serialize)]
#[serde(bound = "")]
pub struct LinkedName<K> {
    pub id: Id<K>,
    pub name: Name,
}

impl<K> LinkedName<K> {
    pub fn of<R: MasterRecord<Kind = K>>(record: &R) -> Self {
        Self { id: record.id(), name: record.name().clone() }
    }
}

impl<K> JsonSchema for LinkedName<K> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "LinkedName".into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object", "required": ["id", "name"],
            "properties": { "id": Id::<K>::json_schema(schemas), "name": Name::json_schema(schemas) }
        })
    }
}

/// The links that come and those that go.
pub fn difference<K>(old: &[Id<K>], new: &[Id<K>]) -> (Vec<Id<K>>, Vec<Id<K>>) {
    let without = |all: &[Id<K>], these: &[Id<K>]| all.iter().filter(|id| !these.contains(id)).copied().collect();
    (without(new, old), without(old, new))
}

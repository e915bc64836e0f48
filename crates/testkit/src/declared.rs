//! A check of every commit of a world: the registry has the kinds of its records, with their secret fields, and conditions are
//! on fields that stores keep for them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plane::{
    change::OutgoingEvent,
    kinds::{RecordKind, RecordKinds},
    ports::table::{COMPARED_FIELDS, CommitError, Table, Write, validate},
    record::Record as _,
};
use serde_json::Value;

use crate::hooked::CommitHook;

/// Panics if a commit writes a record of an undeclared kind, an undeclared secret field, or an undeclared event, or has a
/// condition on a field that stores do not keep for it.
pub struct DeclaredKinds {
    kinds: RecordKinds,
    events: BTreeSet<&'static str>,
}

impl Default for DeclaredKinds {
    fn default() -> Self {
        let events = plane::product::events().iter().map(|event| event.name).collect();
        Self { kinds: plane::product::kinds(), events }
    }
}

#[async_trait]
impl CommitHook for DeclaredKinds {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError> {
        for write in &writes {
            if let Err(error) = validate::compared(write, &COMPARED_FIELDS) {
                panic!("{error}: add it to COMPARED_FIELDS");
            }
            let key = write.key();
            let kind = self.kinds.of(key);
            let kind = kind.unwrap_or_else(|| panic!("no slice declares a kind with the key {} / {}", key.pk, key.sk));
            if let Write::Put { item, .. } = write {
                secrets_are_declared(kind, &item.body);
                self.event_is_declared(kind, &item.body);
            }
        }
        table.commit(writes).await
    }
}

impl DeclaredKinds {
    fn event_is_declared(&self, kind: &RecordKind, body: &[u8]) {
        if kind.noun == OutgoingEvent::NOUN {
            let outgoing: OutgoingEvent = serde_json::from_slice(body).expect("an event can be read");
            let name = outgoing.event.kind.as_str();
            assert!(self.events.contains(name), "no slice declares the event {name}");
        }
    }
}

/// Names that fields with secrets have, in any kind of record.
const SECRET_NAMES: [&str; 8] =
    ["digest", "externalId", "password", "renewal", "salt", "sealed", "sealedText", "setupTokenHash"];

fn secrets_are_declared(kind: &RecordKind, body: &[u8]) {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return };
    for name in SECRET_NAMES.iter().filter(|name| fields.contains_key(**name)) {
        assert!(kind.secrets.contains(name), "the kind \"{}\" has a secret field {name}: declare it", kind.noun);
    }
}

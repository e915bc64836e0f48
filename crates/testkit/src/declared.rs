//! A check of every commit of a world: the registry has the kinds of its records, with their secret fields.

use async_trait::async_trait;
use plane::{
    kinds::{RecordKind, RecordKinds},
    ports::table::{CommitError, Table, Write},
};
use serde_json::Value;

use crate::hooked::CommitHook;

/// Panics if a commit writes a record of an undeclared kind, or an undeclared secret field.
pub struct DeclaredKinds(RecordKinds);

impl Default for DeclaredKinds {
    fn default() -> Self {
        Self(plane::product::kinds())
    }
}

#[async_trait]
impl CommitHook for DeclaredKinds {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError> {
        for write in &writes {
            let key = write.key();
            let kind = self.0.of(key);
            let kind = kind.unwrap_or_else(|| panic!("no slice declares a kind with the key {} / {}", key.pk, key.sk));
            if let Write::Put { item, .. } = write {
                secrets_are_declared(kind, &item.body);
            }
        }
        table.commit(writes).await
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

//! The signing keys as they are kept outside a process: one JSON document.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::keys::StoredKey;

const VERSION: u32 = 1;

/// Why a document is not one of ours. It shows nothing of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The place alone: the parser's own words could quote a key.
    #[error("they can't be read from line {line}, column {column}")]
    Syntax { line: usize, column: usize },
    #[error("format {0} is from a later Freehold")]
    Later(u32),
    #[error("there are none")]
    None,
    #[error("a key is not base64")]
    Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<Key> {
    version: u32,
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct WrittenKey<'a> {
    kid: &'a str,
    pkcs8: &'a str,
    made: Timestamp,
    retires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadKey {
    kid: String,
    pkcs8: SecretString,
    made: Timestamp,
    retires: Option<Timestamp>,
}

/// The keys of a document: at least one.
pub fn read(document: &SecretString) -> Result<Vec<StoredKey>, Unreadable> {
    let document: Document<ReadKey> = serde_json::from_str(document.expose_secret())
        .map_err(|error| Unreadable::Syntax { line: error.line(), column: error.column() })?;
    if document.version != VERSION {
        return Err(Unreadable::Later(document.version));
    }
    if document.keys.is_empty() {
        return Err(Unreadable::None);
    }
    let stored = |key: ReadKey| {
        let pkcs8 = STANDARD.decode(key.pkcs8.expose_secret()).map_err(|_| Unreadable::Base64)?;
        Ok(StoredKey { kid: key.kid, pkcs8: pkcs8.into(), made: key.made, retires: key.retires })
    };
    document.keys.into_iter().map(stored).collect()
}

/// The document that holds these keys.
pub fn write(keys: &[StoredKey]) -> SecretString {
    let private: Vec<SecretString> = keys.iter().map(|key| STANDARD.encode(key.pkcs8.expose_secret()).into()).collect();
    let keys = keys.iter().zip(&private).map(|(key, pkcs8)| WrittenKey {
        kid: &key.kid,
        pkcs8: pkcs8.expose_secret(),
        made: key.made,
        retires: key.retires,
    });
    let document = Document { version: VERSION, keys: keys.collect() };
    serde_json::to_string_pretty(&document).expect("keys have plain fields").into()
}

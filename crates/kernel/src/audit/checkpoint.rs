//! Checkpoints: signed statements that the chain of an account had a hash at a sequence number. One at the end of an export
//! shows whether entries were cut off or hashed again.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ChainHead, canonical_json};
use crate::{
    ids::AccountId,
    kinds::{OnRemoval, RecordKind},
    ports::table::Key,
    record::{Record, RecordKeys, partition},
    secret::PlatformKey,
};

/// A signed statement about the chain of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    pub account_id: AccountId,
    /// Every entry up to this one was checked.
    pub sequence: u64,
    /// The hash of the entry with this sequence number; 64 zeros if there is none.
    pub hash: String,
    pub at: Timestamp,
    /// The key that signed it, by its `kid` in `/.well-known/audit-keys.json`.
    pub key_id: String,
    /// Ed25519 over the canonical JSON of the other members, base64url without padding.
    pub signature: String,
}

impl Checkpoint {
    /// The key of the latest checkpoint of an account.
    pub fn key(account: AccountId) -> Key {
        Key::new(partition(account), "AUDITCHECKPOINT")
    }

    /// The link of the chain that it states.
    pub fn head(&self) -> ChainHead {
        ChainHead { account_id: self.account_id, sequence: self.sequence, hash: self.hash.clone() }
    }

    /// Whether one of some public keys (a JSON Web Key Set) signed it.
    pub fn is_signed_by(&self, keys: &Value) -> bool {
        let keys = keys["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let key = keys.iter().find(|key| key["kid"] == self.key_id.as_str() && key["crv"] == "Ed25519");
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let Some(public) = key.and_then(|key| key["x"].as_str()).and_then(decode) else { return false };
        let Some(signature) = decode(&self.signature) else { return false };
        UnparsedPublicKey::new(&ED25519, public).verify(&self.statement(), &signature).is_ok()
    }

    /// What is signed.
    fn statement(&self) -> Vec<u8> {
        let Self { account_id, sequence, hash, at, key_id, signature: _ } = self;
        canonical_json(&json!({
            "accountId": account_id, "sequence": sequence, "hash": hash, "at": at, "keyId": key_id,
        }))
    }
}

impl Record for Checkpoint {
    const NOUN: &'static str = "checkpoint of the audit log";
    const DECLARED: RecordKind =
        RecordKind::of_account(Self::NOUN, "AUDITCHECKPOINT").on_removal(OnRemoval::Kept("audit log"));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id))
    }
}

/// The key that signs checkpoints, derived from the platform's own key. It does not print.
pub struct AuditKey {
    pair: Ed25519KeyPair,
    id: String,
}

impl AuditKey {
    pub fn new(platform: &PlatformKey) -> Self {
        let seed = platform.subkey("audit-checkpoints");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed has 32 bytes");
        let digest = crate::secret::digest(&hex::encode(pair.public_key().as_ref()));
        Self { id: digest[..16].to_owned(), pair }
    }

    pub fn sign(&self, head: &ChainHead, at: Timestamp) -> Checkpoint {
        let ChainHead { account_id, sequence, hash } = head.clone();
        let mut checkpoint =
            Checkpoint { account_id, sequence, hash, at, key_id: self.id.clone(), signature: String::new() };
        checkpoint.signature = URL_SAFE_NO_PAD.encode(self.pair.sign(&checkpoint.statement()));
        checkpoint
    }

    /// The public key, as a JSON Web Key Set (RFC 8037).
    pub fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_good_for_what_was_signed_alone() {
        let key = AuditKey::new(&PlatformKey::new(&[7; 32]));
        let head = ChainHead { sequence: 12, ..ChainHead::first(AccountId::from_uuid(uuid::Uuid::nil())) };
        let checkpoint = key.sign(&head, Timestamp::UNIX_EPOCH);
        assert!(checkpoint.is_signed_by(&key.public()));
        assert!(!Checkpoint { sequence: 11, ..checkpoint.clone() }.is_signed_by(&key.public()));
        assert!(!Checkpoint { hash: "1".repeat(64), ..checkpoint.clone() }.is_signed_by(&key.public()));
        assert!(!Checkpoint { signature: String::new(), ..checkpoint.clone() }.is_signed_by(&key.public()));
        let other = AuditKey::new(&PlatformKey::new(&[8; 32]));
        assert!(!checkpoint.is_signed_by(&other.public()));
        let forged = Checkpoint { key_id: other.sign(&head, Timestamp::UNIX_EPOCH).key_id, ..checkpoint };
        assert!(!forged.is_signed_by(&other.public()));
    }
}

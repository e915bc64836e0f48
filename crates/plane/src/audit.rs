//! The audit log: every change leaves an entry in the same commit, and a sealer chains the entries of an account by
//! hash, so that an edit, a gap or a swap can be found offline.
//!
//! INVARIANT: [`crate::change::Change`] writes the entry with the change, so neither can stand alone.

use aws_lc_rs::digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, AuditId, ExecutionId, UserId},
    ports::table::Key,
    record::{Place, Record, partition, tenant_key},
};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Author {
    /// A person, signed in.
    User {
        id: UserId,
        email: String,
        /// Acted by a platform role, possibly in somebody else's account.
        operator: bool,
    },
    /// A workflow, for whoever started it.
    Workflow { name: String, execution_id: ExecutionId },
    /// The platform itself: set-up, schedules.
    System { name: String },
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    pub kind: String,
    pub id: String,
}

/// One entry of an account's audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub id: AuditId,
    pub account_id: AccountId,
    pub at: Timestamp,
    pub author: Author,
    /// The operation, such as `user_create`.
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Place in the account's chain, counted from 1; absent for the moment until the entry is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// The link that an entry is in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    pub sequence: u64,
    /// SHA-256 (hex) of the entry before; 64 zeros for the first.
    pub previous: String,
    /// SHA-256 (hex) over `previous`, the sequence and the entry without its seal.
    pub hash: String,
}

impl AuditEntry {
    pub const KIND: &'static str = "AUDIT";
    /// The partition of `Gsi3` in which entries wait for their seal.
    pub const UNSEALED: &'static str = "AUDIT#UNSEALED";

    /// The entry with its link in the chain.
    #[must_use]
    pub fn sealed(mut self, sequence: u64, previous: &str) -> Self {
        let hash = self.hash(sequence, previous);
        self.seal = Some(Seal { sequence, previous: previous.to_owned(), hash });
        self
    }

    /// What the hash of this entry must be at this place of the chain.
    pub fn hash(&self, sequence: u64, previous: &str) -> String {
        let bare = Self { seal: None, ..self.clone() };
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(previous.as_bytes());
        context.update(&sequence.to_be_bytes());
        context.update(&serde_json::to_vec(&bare).expect("an entry holds nothing that JSON can't"));
        hex::encode(context.finish())
    }
}

impl Record for AuditEntry {
    const NOUN: &'static str = "audit entry";

    fn place(&self) -> Place {
        match &self.seal {
            None => Place::at(tenant_key(self.account_id, Self::KIND, self.id))
                .by_status(Key::new(Self::UNSEALED, format!("{}#{}", self.account_id, self.id))),
            Some(seal) => Place::at(tenant_key(self.account_id, Self::KIND, self.id))
                .by_tenant(Key::new(chain(self.account_id), format!("{:020}", seal.sequence))),
        }
    }
}

/// The partition of `Gsi2` in which an account's sealed entries stand in the order of the chain.
pub fn chain(account: AccountId) -> String {
    format!("ACCOUNT#{account}#CHAIN")
}

/// The last link of an account's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainHead {
    pub account_id: AccountId,
    pub sequence: u64,
    pub hash: String,
}

impl ChainHead {
    pub fn first(account_id: AccountId) -> Self {
        Self { account_id, sequence: 0, hash: "0".repeat(64) }
    }
}

impl Record for ChainHead {
    const NOUN: &'static str = "chain of the audit log";

    fn place(&self) -> Place {
        Place::at(Key::new(partition(self.account_id), "AUDITHEAD"))
    }
}

/// What a check of a chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainReport {
    pub account_id: AccountId,
    pub valid: bool,
    /// How many sealed entries were checked.
    pub entries: u64,
    /// The first entry that is not as it was written, with what is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// Checks entries, in the order of the chain, against the head (`None`: the head is not known, as in an export).
pub fn verify(
    account_id: AccountId,
    entries: impl IntoIterator<Item = AuditEntry>,
    head: Option<&ChainHead>,
) -> ChainReport {
    let mut last = ChainHead::first(account_id);
    let broken = |entries, what: String| ChainReport { account_id, valid: false, entries, broken: Some(what) };
    for entry in entries {
        let sequence = last.sequence + 1;
        let Some(seal) = &entry.seal else { return broken(last.sequence, format!("entry {} has no seal", entry.id)) };
        if seal.sequence != sequence {
            return broken(last.sequence, format!("entry {sequence} is missing before entry {}", entry.id));
        }
        if entry.account_id != account_id || seal.previous != last.hash || seal.hash != entry.hash(sequence, &last.hash)
        {
            return broken(last.sequence, format!("entry {sequence} ({}) is not as it was written", entry.id));
        }
        last = ChainHead { account_id, sequence, hash: seal.hash.clone() };
    }
    match head {
        Some(head) if *head != last => {
            broken(last.sequence, format!("the chain ends at {}, its head says {}", last.sequence, head.sequence))
        }
        Some(_) | None => ChainReport { account_id, valid: true, entries: last.sequence, broken: None },
    }
}

//! The hash chain over the entries of one account, and how it is checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuditEntry, Seal};
use crate::{
    ids::AccountId,
    kinds::{OnRemoval, RecordKind},
    ports::table::Key,
    record::{Record, RecordKeys, partition},
};

/// The partition of `Gsi2` that holds an account's sealed entries in the order of the chain.
pub fn chain(account: AccountId) -> String {
    format!("ACCOUNT#{account}#CHAIN")
}

/// The sort key in [`chain`] of the entry with this sequence number.
pub fn chain_position(sequence: u64) -> String {
    format!("{sequence:020}")
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
    /// The head of a chain without entries.
    pub fn first(account_id: AccountId) -> Self {
        Self { account_id, sequence: 0, hash: "0".repeat(64) }
    }
}

impl Record for ChainHead {
    const NOUN: &'static str = "chain of the audit log";
    const DECLARED: RecordKind =
        RecordKind::of_account(Self::NOUN, "AUDITHEAD").on_removal(OnRemoval::Kept("audit log"));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(partition(self.account_id), "AUDITHEAD"))
    }
}

/// The result of a check of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainReport {
    pub account_id: AccountId,
    pub valid: bool,
    /// How many sealed entries the valid part of the chain has.
    pub entries: u64,
    /// The check began after this entry: an earlier check found the entries up to it valid, and its signed checkpoint
    /// holds their last hash. 0: every entry was read.
    #[serde(default)]
    pub checked_from: u64,
    /// The first entry that differs from what was written, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// A check that takes the entries one after the other, in the order of the chain.
#[derive(Clone, Debug)]
pub struct ChainCheck {
    from: u64,
    last: ChainHead,
    broken: Option<String>,
}

impl ChainCheck {
    /// Begins after a link that is known to be good: [`ChainHead::first`], or that of a checkpoint.
    pub const fn after(known: ChainHead) -> Self {
        Self { from: known.sequence, last: known, broken: None }
    }

    /// The last link that was found good.
    pub const fn last(&self) -> &ChainHead {
        &self.last
    }

    /// Checks the next entry. Once an entry is wrong, the rest is not looked at. Answers whether the chain is good so far.
    pub fn add(&mut self, entry: &AuditEntry) -> bool {
        if self.broken.is_some() {
            return false;
        }
        match self.link(entry) {
            Ok(link) => self.last = link,
            Err(what) => self.broken = Some(what),
        }
        self.broken.is_none()
    }

    /// Compares the end of the chain with the head that it must have.
    #[must_use]
    pub fn finish(self, head: Option<&ChainHead>) -> ChainReport {
        let Self { from, last, broken } = self;
        let broken = broken.or_else(|| match head {
            Some(head) if head.sequence > last.sequence => Some(format!(
                "the chain ends at entry {}, and {} entries after it are missing",
                last.sequence,
                head.sequence - last.sequence
            )),
            Some(head) if *head != last => {
                Some(format!("entry {} does not have the hash that its chain was closed with", last.sequence))
            }
            Some(_) | None => None,
        });
        let valid = broken.is_none();
        ChainReport { account_id: last.account_id, valid, entries: last.sequence, checked_from: from, broken }
    }

    fn link(&self, entry: &AuditEntry) -> Result<ChainHead, String> {
        let account_id = self.last.account_id;
        let sequence = self.last.sequence + 1;
        let Some(seal) = &entry.seal else { return Err(format!("entry {} has no seal", entry.id)) };
        if seal.sequence > sequence {
            return Err(format!("entry {sequence} is missing before entry {} ({})", seal.sequence, entry.id));
        }
        if seal.sequence < sequence {
            return Err(format!("entry {} ({}) comes a second time", seal.sequence, entry.id));
        }
        let Seal { previous, hash, .. } = seal;
        let as_written = *hash == entry.hash(sequence, &self.last.hash, seal.form);
        if entry.account_id != account_id || *previous != self.last.hash || !as_written {
            return Err(format!("entry {sequence} ({}) is not as it was written", entry.id));
        }
        Ok(ChainHead { account_id, sequence, hash: hash.clone() })
    }
}

/// Checks entries, in the order of the chain, against the head (`None`: the head is not known).
pub fn verify<'e>(
    account_id: AccountId,
    entries: impl IntoIterator<Item = &'e AuditEntry>,
    head: Option<&ChainHead>,
) -> ChainReport {
    let mut check = ChainCheck::after(ChainHead::first(account_id));
    for entry in entries {
        if !check.add(entry) {
            break;
        }
    }
    check.finish(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the first release wrote it.
    const OLD: &str = concat!(
        r#"{"id":"01930000-0000-7000-8000-000000000001","#,
        r#""accountId":"01930000-0000-7000-8000-0000000000aa","at":"2026-01-02T03:04:05.123456Z","#,
        r#""author":{"kind":"user","id":"01930000-0000-7000-8000-0000000000bb","#,
        r#""email":"ada@acme.example","operator":false},"action":"user_create","#,
        r#""target":{"kind":"user","id":"x"},"requestId":"r-1","seal":{"sequence":1,"#,
        r#""previous":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""hash":"ed504988b73439effedae2937121f38ee0f6499415b9374099062808be72361e"}}"#,
    );

    #[test]
    fn entries_that_an_earlier_version_sealed_stay_good() {
        let old: AuditEntry = serde_json::from_str(OLD).unwrap();
        assert_eq!(serde_json::to_string(&old).unwrap(), OLD);
        let report = verify(old.account_id, [&old], None);
        assert!(report.valid && report.entries == 1, "{report:?}");
        let forged = AuditEntry { action: "user_delete".into(), ..old.clone() };
        assert!(!verify(old.account_id, [&forged], None).valid);
    }
}

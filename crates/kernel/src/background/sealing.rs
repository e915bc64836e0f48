//! The sealer: links the entries of the audit log into the chain of their account.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use super::{CommitOutcome, WorkKind, line::QueueBatch};
use crate::{
    Kernel,
    audit::{AuditEntry, ChainHead, SealForm},
    ids::AccountId,
    ports::table::{Condition, MAX_WRITES, Table, TableName, Write},
    problem::Result,
    record::{Record as _, Stored, decode, encode, tenant_key},
};

impl Kernel {
    /// Seals entries that wait in a table. The chain is in the shared table, whichever table the entry is in. Returns whether
    /// more entries wait, also those that another sealer was faster with.
    pub(super) async fn seal(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let QueueBatch { items, more } =
            self.portion(table.as_ref(), name, WorkKind::Seals, AuditEntry::UNSEALED).await?;
        let mut entries = Vec::with_capacity(items.len());
        for item in &items {
            entries.push(decode::<AuditEntry>(item)?);
        }
        let mut outcome = CommitOutcome::Done;
        for entries in batches(&entries) {
            outcome = outcome.and(if *name == TableName::shared() {
                self.seal_here(entries).await?
            } else {
                self.seal_from(table.as_ref(), entries).await?
            });
        }
        Ok(self.portion_done(name, WorkKind::Seals, more || outcome == CommitOutcome::Overtaken))
    }

    /// Entries of the shared table: sealed in their place, with the heads of their chains.
    async fn seal_here(&self, entries: &[Stored<AuditEntry>]) -> Result<CommitOutcome> {
        let mut heads = Heads::default();
        let mut writes = Vec::with_capacity(MAX_WRITES);
        for entry in entries {
            let sealed = heads.link(self, entry.record.clone()).await?;
            writes.push(Write::Put { item: encode(&sealed), when: Condition::Version(entry.version) });
        }
        writes.extend(heads.into_writes());
        CommitOutcome::of(self.router().shared().commit(writes).await)
    }

    /// Entries of a dedicated table: their sealed forms go to the shared table first, then they are marked as sealed.
    async fn seal_from(&self, table: &dyn Table, entries: &[Stored<AuditEntry>]) -> Result<CommitOutcome> {
        let shared = self.router().shared();
        let key = |entry: &Stored<AuditEntry>| tenant_key(entry.account_id, AuditEntry::KIND, entry.id);
        let there = shared.batch_get(&entries.iter().map(key).collect::<Vec<_>>()).await?;
        let (mut heads, mut writes, mut marks) = (Heads::default(), Vec::new(), Vec::new());
        for (entry, there) in entries.iter().zip(there) {
            let sealed = if let Some(item) = there {
                // A round before this one came so far.
                decode::<AuditEntry>(&item)?.record
            } else {
                let sealed = heads.link(self, entry.record.clone()).await?;
                writes.push(Write::Put { item: encode(&sealed), when: Condition::Absent });
                sealed
            };
            marks.push(Write::Put { item: encode(&sealed), when: Condition::Version(entry.version) });
        }
        if !writes.is_empty() {
            writes.extend(heads.into_writes());
            if CommitOutcome::of(shared.commit(writes).await)? == CommitOutcome::Overtaken {
                return Ok(CommitOutcome::Overtaken);
            }
        }
        CommitOutcome::of(table.commit(marks).await)
    }
}

/// Cuts entries into pieces that fit into a commit, each with one more write for each of its accounts.
fn batches(mut entries: &[Stored<AuditEntry>]) -> Vec<&[Stored<AuditEntry>]> {
    let mut batches = Vec::new();
    while !entries.is_empty() {
        let mut accounts = BTreeSet::new();
        let fits = |place: usize, accounts: &BTreeSet<AccountId>| place + accounts.len() <= MAX_WRITES;
        let mut end = 0;
        while end < entries.len() {
            accounts.insert(entries[end].account_id);
            if !fits(end + 1, &accounts) {
                break;
            }
            end += 1;
        }
        let (batch, rest) = entries.split_at(end.max(1));
        batches.push(batch);
        entries = rest;
    }
    batches
}

/// The heads of the chains that a commit lengthens.
#[derive(Default)]
struct Heads(BTreeMap<AccountId, (Option<u64>, ChainHead)>);

/// The current head of a chain, with its version; the first of all if there is none.
async fn found(plane: &Kernel, account: AccountId) -> Result<(Option<u64>, ChainHead)> {
    let first = ChainHead::first(account);
    let Some(item) = plane.router().shared().get(&first.place().key).await? else { return Ok((None, first)) };
    let Stored { record, version } = decode::<ChainHead>(&item)?;
    Ok((Some(version), record))
}

impl Heads {
    async fn link(&mut self, plane: &Kernel, entry: AuditEntry) -> Result<AuditEntry> {
        let account = entry.account_id;
        let (_, head) = match self.0.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(found(plane, account).await?),
        };
        let sealed = entry.sealed(head.sequence + 1, &head.hash, Some(SealForm::Jcs));
        let seal = sealed.seal.as_ref().expect("it was sealed just now");
        *head = ChainHead { account_id: account, sequence: seal.sequence, hash: seal.hash.clone() };
        Ok(sealed)
    }

    fn into_writes(self) -> Vec<Write> {
        let put = |(version, head): (Option<u64>, ChainHead)| Write::Put {
            item: encode(&head),
            when: version.map_or(Condition::Absent, Condition::Version),
        };
        self.0.into_values().map(put).collect()
    }
}

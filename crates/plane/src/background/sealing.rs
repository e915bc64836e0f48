//! The sealer: links the entries of the audit log into the chain of their account.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use crate::{
    audit::{AuditEntry, ChainHead},
    ids::AccountId,
    plane::Plane,
    ports::table::{CommitError, Condition, Table, Write},
    problem::Result,
    record::{Record as _, Stored, decode, encode, tenant_key},
};

/// Entries sealed in one commit: each takes one write, and each of their accounts one more.
const AT_ONCE: usize = 45;

impl Plane {
    /// Seals the entries that wait in a table. The chain is in the shared table, whichever the entry stands in.
    pub(super) async fn seal(&self, table: &Arc<dyn Table>) -> Result<()> {
        loop {
            let due = super::waiting(table.as_ref(), AuditEntry::UNSEALED).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut entries = Vec::with_capacity(due.len());
            for item in &due {
                entries.push(decode::<AuditEntry>(item)?);
            }
            for entries in entries.chunks(AT_ONCE) {
                if Arc::ptr_eq(table, self.router().shared()) {
                    self.seal_here(entries).await?;
                } else {
                    self.seal_from(table.as_ref(), entries).await?;
                }
            }
        }
    }

    /// Entries of the shared table: sealed where they stand, with the heads of their chains.
    async fn seal_here(&self, entries: &[Stored<AuditEntry>]) -> Result<()> {
        let mut heads = Heads::default();
        let mut writes = Vec::with_capacity(entries.len());
        for entry in entries {
            let sealed = heads.link(self, entry.record.clone()).await?;
            writes.push(Write::Put { item: encode(&sealed), when: Condition::Version(entry.version) });
        }
        writes.extend(heads.into_writes());
        tolerate(self.router().shared().commit(writes).await)
    }

    /// Entries of a dedicated table: their sealed form goes to the shared table first, then they are marked.
    async fn seal_from(&self, table: &dyn Table, entries: &[Stored<AuditEntry>]) -> Result<()> {
        for entry in entries {
            let shared = self.router().shared();
            let key = tenant_key(entry.account_id, AuditEntry::KIND, entry.id);
            let sealed = if let Some(item) = shared.get(&key).await? {
                // A round before this one came so far.
                decode::<AuditEntry>(&item)?.record
            } else {
                let mut heads = Heads::default();
                let sealed = heads.link(self, entry.record.clone()).await?;
                let mut writes = heads.into_writes();
                writes.push(Write::Put { item: encode(&sealed), when: Condition::Absent });
                if matches!(shared.commit(writes).await, Err(CommitError::Refused { .. })) {
                    continue;
                }
                sealed
            };
            let marked = Write::Put { item: encode(&sealed), when: Condition::Version(entry.version) };
            tolerate(table.commit(vec![marked]).await)?;
        }
        Ok(())
    }
}

/// Another sealer was first: what is left comes again in the next round.
fn tolerate(outcome: Result<(), CommitError>) -> Result<()> {
    match outcome {
        Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

/// The heads of the chains that a commit lengthens.
#[derive(Default)]
struct Heads(BTreeMap<AccountId, (Option<u64>, ChainHead)>);

/// The head of a chain as it stands, with its version; the first of all if there is none.
async fn found(plane: &Plane, account: AccountId) -> Result<(Option<u64>, ChainHead)> {
    let first = ChainHead::first(account);
    let Some(item) = plane.router().shared().get(&first.place().key).await? else { return Ok((None, first)) };
    let Stored { record, version } = decode::<ChainHead>(&item)?;
    Ok((Some(version), record))
}

impl Heads {
    async fn link(&mut self, plane: &Plane, entry: AuditEntry) -> Result<AuditEntry> {
        let account = entry.account_id;
        let (_, head) = match self.0.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(found(plane, account).await?),
        };
        let sealed = entry.sealed(head.sequence + 1, &head.hash);
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

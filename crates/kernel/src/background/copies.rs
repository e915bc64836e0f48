//! Copies of directory records in private accounts' own tables.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt as _, stream};

use super::{CommitOutcome, WorkKind, line::QueueBatch};
use crate::{
    Kernel,
    change::{COPIES_PENDING, CopyMarker},
    ids::AccountId,
    ports::table::{Condition, Item, Key, MAX_KEYS, NewItem, Table, TableName, Write},
    problem::Result,
    record::{Stored, decode, partition, remove},
};

/// So many accounts' copies are made at once.
const AT_ONCE: usize = 8;

impl Kernel {
    /// Makes copies that are due, as the records now are. Returns whether more wait, also those that another process was
    /// faster with.
    pub(super) async fn make_copies(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let QueueBatch { items, more } = self.portion(table.as_ref(), name, WorkKind::Copies, COPIES_PENDING).await?;
        let mut due: BTreeMap<AccountId, Vec<Stored<CopyMarker>>> = BTreeMap::new();
        for item in items {
            let marker = decode::<CopyMarker>(&item)?;
            due.entry(marker.account_id).or_default().push(marker);
        }
        // An account whose table can't be reached waits, and holds up no other's copies.
        let copies = due
            .into_iter()
            .map(|(account, markers)| async move { self.copy_all(table.as_ref(), account, &markers).await });
        let copied: Vec<Result<CommitOutcome>> = stream::iter(copies).buffer_unordered(AT_ONCE).collect().await;
        let mut outcome = CommitOutcome::Done;
        for copied in copied {
            outcome = outcome.and(copied?);
        }
        Ok(self.portion_done(name, WorkKind::Copies, more || outcome == CommitOutcome::Overtaken))
    }

    async fn copy_all(
        &self,
        table: &dyn Table,
        account: AccountId,
        markers: &[Stored<CopyMarker>],
    ) -> Result<CommitOutcome> {
        let mut outcome = CommitOutcome::Done;
        for markers in markers.chunks(MAX_KEYS) {
            outcome = outcome.and(self.copy(table, account, markers).await?);
        }
        Ok(outcome)
    }

    async fn copy(
        &self,
        table: &dyn Table,
        account: AccountId,
        markers: &[Stored<CopyMarker>],
    ) -> Result<CommitOutcome> {
        // An account that has gone, or has no table of its own any more, needs no copies.
        if let Some(own) = self.router().own_table(account).await? {
            let keys: Vec<Key> = markers.iter().map(|marker| Key::new(partition(account), marker.sk.clone())).collect();
            // The copies are read before the records: one that another process makes from here on is newer, and stays.
            let there = own.batch_get(&keys).await?;
            let found = table.batch_get(&keys).await?;
            let writes = there.iter().zip(found).filter_map(|(there, item)| copy_of(there.as_ref(), item)).collect();
            if CommitOutcome::of(own.commit(writes).await)? == CommitOutcome::Overtaken {
                return Ok(CommitOutcome::Overtaken);
            }
        }
        if CommitOutcome::of(table.commit(markers.iter().map(remove).collect()).await)? == CommitOutcome::Done {
            return Ok(CommitOutcome::Done);
        }
        let mut outcome = CommitOutcome::Done;
        for marker in markers {
            // A record that changed again meanwhile keeps its marker for the next turn.
            outcome = outcome.and(CommitOutcome::of(table.commit(vec![remove(marker)]).await)?);
        }
        Ok(outcome)
    }
}

/// The write that has a copy be as its record is; nothing where neither is there.
fn copy_of(there: Option<&Item>, record: Option<Item>) -> Option<Write> {
    let when = there.map_or(Condition::Absent, |copy| Condition::Version(copy.version));
    match record {
        Some(Item { key, index, expires, body, .. }) => {
            Some(Write::Put { item: NewItem { key, index, expires, body }, when })
        }
        None => there.map(|copy| Write::Delete { key: copy.key.clone(), when }),
    }
}

//! Copies of directory records in private accounts' own tables.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    change::{COPIES_PENDING, CopyMarker},
    ids::AccountId,
    plane::Plane,
    ports::table::{CommitError, Condition, Key, MAX_KEYS, NewItem, Table, Write},
    problem::Result,
    record::{Stored, decode, partition, remove},
};

impl Plane {
    /// Makes the copies that are due, as the records now are.
    pub(super) async fn make_copies(&self, table: &Arc<dyn Table>) -> Result<()> {
        loop {
            let mut due: BTreeMap<AccountId, Vec<Stored<CopyMarker>>> = BTreeMap::new();
            for item in super::waiting(table.as_ref(), COPIES_PENDING).await? {
                let marker = decode::<CopyMarker>(&item)?;
                due.entry(marker.account_id).or_default().push(marker);
            }
            if due.is_empty() {
                return Ok(());
            }
            for (account, markers) in due {
                for markers in markers.chunks(MAX_KEYS) {
                    self.copy(table.as_ref(), account, markers).await?;
                }
            }
        }
    }

    async fn copy(&self, table: &dyn Table, account: AccountId, markers: &[Stored<CopyMarker>]) -> Result<()> {
        // An account that has gone, or has no table of its own any more, needs no copies.
        if let Some(own) = self.router().own_table(account).await? {
            let keys: Vec<Key> = markers.iter().map(|marker| Key::new(partition(account), marker.sk.clone())).collect();
            let found = table.batch_get(&keys).await?;
            let copies = keys.into_iter().zip(found).map(|(key, item)| match item {
                Some(item) => Write::Put {
                    item: NewItem { key: item.key, index: item.index, expires: item.expires, body: item.body },
                    when: Condition::Always,
                },
                None => Write::Delete { key, when: Condition::Always },
            });
            own.commit(copies.collect()).await?;
        }
        for marker in markers {
            match table.commit(vec![remove(marker)]).await {
                // The record changed again meanwhile: its marker stays for the next round.
                Ok(()) | Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

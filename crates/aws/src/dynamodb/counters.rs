//! Counters that many transactions of this process add to, such as the seats of a license: they wait in line for one another.
//!
//! DynamoDB cancels one of two transactions that meet on an item, and bills both. Transactions of other processes still meet
//! these, and are tried again.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use kernel::ports::table::Write;
use tokio::sync::{Mutex, MutexGuard};

/// Counters share so many lines, so that lines are bounded.
const LINES: usize = 64;
/// A transaction waits this long at most: a request that hangs blocks nobody for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub(super) struct Counters([Mutex<()>; LINES]);

impl Default for Counters {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Counters {
    /// Waits until no transaction of this process that is ahead adds to the same counters.
    pub(super) async fn line(&self, table: &str, writes: &[Write]) -> Vec<MutexGuard<'_, ()>> {
        let mut places = Vec::new();
        // Everybody takes several in the same order.
        for line in lines(table, writes) {
            if let Ok(place) = tokio::time::timeout(LONGEST_WAIT, self.0[line].lock()).await {
                places.push(place);
            }
        }
        places
    }
}

fn lines(table: &str, writes: &[Write]) -> BTreeSet<usize> {
    let added = writes.iter().filter_map(|write| match write {
        Write::Add { key, .. } => Some(key),
        Write::Put { .. } | Write::Delete { .. } | Write::Check { .. } => None,
    });
    added
        .map(|key| {
            let mut hasher = DefaultHasher::new();
            (table, &key.pk, &key.sk).hash(&mut hasher);
            usize::try_from(hasher.finish() % LINES as u64).expect("a line's number fits")
        })
        .collect()
}

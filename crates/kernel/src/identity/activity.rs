//! When people were last active: noted with a sign-in, and with the first renewal of tokens in an hour.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::records::{partition, put, read};
use crate::{
    ids::Subject,
    kinds::RecordKind,
    ports::table::{Condition, Key, MAX_KEYS, Table, TableError, Write},
};

pub(super) const KIND: RecordKind = RecordKind::of_person("last activity", "IDENTITY#", "ACTIVITY");

/// `IDENTITY#<subject>` / `ACTIVITY`.
#[derive(Serialize, Deserialize)]
struct Activity {
    at: Timestamp,
}

fn key(subject: Subject) -> Key {
    Key::new(partition(subject), "ACTIVITY")
}

/// The write that notes a sign-in.
pub(super) fn signed_in(subject: Subject, now: Timestamp) -> Write {
    put(key(subject), &Activity { at: now }, None, Condition::Always)
}

/// The write that notes a renewal of tokens, if it is the first in an hour.
pub(super) fn renewed(subject: Subject, last_used: Timestamp, now: Timestamp) -> Option<Write> {
    let hour = |at: Timestamp| at.as_second().div_euclid(3600);
    (hour(last_used) != hour(now)).then(|| signed_in(subject, now))
}

/// When each of these people was last active.
pub async fn last_activity(table: &dyn Table, subjects: &[Subject]) -> Result<Vec<Option<Timestamp>>, TableError> {
    let keys: Vec<Key> = subjects.iter().copied().map(key).collect();
    let mut all = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MAX_KEYS) {
        for item in table.batch_get(keys).await? {
            all.push(item.map(|item| read::<Activity>(&item)).transpose()?.map(|activity| activity.at));
        }
    }
    Ok(all)
}

//! The limits of the port, checked before anything is queued.

use std::collections::HashSet;

use plane::ports::table::{
    Index, Key, MAX_COMMIT_BYTES, MAX_ITEM_BYTES, MAX_KEYS, MAX_PK_BYTES, MAX_SK_BYTES, MAX_WRITES, NewItem, Position,
    Query, TableError, Write,
};
use serde::de::IgnoredAny;

pub(super) fn check_key(key: &Key) -> Result<(), TableError> {
    if key.pk.is_empty() || key.sk.is_empty() {
        return invalid("both parts of a key hold at least one byte");
    }
    if key.pk.len() > MAX_PK_BYTES {
        return invalid(format!("a partition key holds at most {MAX_PK_BYTES} bytes"));
    }
    if key.sk.len() > MAX_SK_BYTES {
        return invalid(format!("a sort key holds at most {MAX_SK_BYTES} bytes"));
    }
    Ok(())
}

pub(super) fn check_keys(keys: &[Key]) -> Result<(), TableError> {
    if keys.len() > MAX_KEYS {
        return invalid(format!("at most {MAX_KEYS} keys are read at once"));
    }
    keys.iter().try_for_each(check_key)
}

pub(super) fn check_query(query: &Query) -> Result<(), TableError> {
    if query.pk.is_empty() || query.pk.len() > MAX_PK_BYTES {
        return invalid(format!("a partition key holds 1 to {MAX_PK_BYTES} bytes"));
    }
    if query.limit == 0 {
        return invalid("a page holds at least one record");
    }
    query.after.as_ref().map_or(Ok(()), |after| check_position(query, after))
}

fn check_position(query: &Query, after: &Position) -> Result<(), TableError> {
    check_key(&after.key)?;
    let walked = match query.index {
        Index::Table => Some(&after.key),
        Index::Gsi1 | Index::Gsi2 | Index::Gsi3 => after.index.as_ref(),
    };
    let Some(walked) = walked else { return invalid("a position in an index holds the index key") };
    check_key(walked)?;
    if walked.pk == query.pk { Ok(()) } else { invalid("the position is of another partition") }
}

pub(super) fn check_writes(writes: &[Write]) -> Result<(), TableError> {
    if writes.len() > MAX_WRITES {
        return invalid(format!("a commit holds at most {MAX_WRITES} writes"));
    }
    let mut seen = HashSet::with_capacity(writes.len());
    let mut bytes = 0;
    for write in writes {
        check_key(write.key())?;
        if !seen.insert(write.key()) {
            return invalid("two writes of a commit touch the same key");
        }
        bytes += match write {
            Write::Put { item, .. } => check_item(item)?,
            Write::Add { key, .. } | Write::Delete { key, .. } | Write::Check { key, .. } => {
                key.pk.len() + key.sk.len()
            }
        };
    }
    if bytes > MAX_COMMIT_BYTES {
        return invalid(format!("a commit holds at most {MAX_COMMIT_BYTES} bytes"));
    }
    Ok(())
}

/// The size of a record that keeps to the limits.
fn check_item(item: &NewItem) -> Result<usize, TableError> {
    item.index.iter().flatten().try_for_each(check_key)?;
    let keys = std::iter::once(&item.key).chain(item.index.iter().flatten());
    let bytes = keys.map(|key| key.pk.len() + key.sk.len()).sum::<usize>() + item.body.len();
    if bytes > MAX_ITEM_BYTES {
        return invalid(format!("a record holds at most {MAX_ITEM_BYTES} bytes"));
    }
    let object = item.body.trim_ascii_start().starts_with(b"{");
    if !object || serde_json::from_slice::<IgnoredAny>(&item.body).is_err() {
        return invalid("a record's body is one JSON object");
    }
    Ok(bytes)
}

fn invalid<T>(why: impl Into<String>) -> Result<T, TableError> {
    Err(TableError::Invalid(why.into()))
}

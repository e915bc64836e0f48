//! Compaction: a table's rows are copied into a new file in the order of their keys while commits go on, and the new file
//! takes the place of the old one.
//!
//! Each round copies the next rows from the newest durable state, and brings over what commits changed among the rows
//! that were copied before. The last round holds commits back for the few rows that are left.
//!
//! INVARIANT: both files hold the same durable state when the new one takes the name, and no commit is acknowledged
//! before the folder's entry of the new file is durable.

use std::{collections::BTreeSet, fs, ops::Bound, os::unix::fs::MetadataExt as _, path::Path};

use kernel::ports::table::TableError;
use redb::{Database, Durability, Table as Tree};

use super::{
    open::{Open, Snapshot, TREE, engine_failed, fault, guarded, new_engine, note_this_format, verify},
    slot::{Slot, remove_if_there},
};

/// The extension of a file that takes the place of a table's when it is complete. A start removes what is left of one.
pub(super) const UNFINISHED: &str = "compacted";

const ROWS_AT_ONCE: usize = 4096;
/// A smaller file is left as it is.
const SMALLEST_BYTES: u64 = 16 * 1024 * 1024;
/// A file is worth a compaction if its rows and the engine's own data fill less than this part of it.
const FULL_ENOUGH_PERCENT: u64 = 75;
/// A file is measured again when it has grown by this part.
const GROWTH_PERCENT: u64 = 20;

/// What a compaction did to a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compaction {
    pub bytes_before: u64,
    pub bytes_after: u64,
}

/// Compacts a table if that gives back enough; `None` if it does not.
pub(super) fn compact_if_sparse(slot: &Slot) -> Result<Option<Compaction>, TableError> {
    let bytes = size(slot.path())?;
    let measured = slot.measured_bytes();
    if bytes < SMALLEST_BYTES || bytes < measured + measured * GROWTH_PERCENT / 100 {
        return Ok(None);
    }
    let open = slot.for_reading()?;
    let used = guarded(slot.path(), || open.snapshot().used_bytes(slot.path()))?;
    drop(open);
    if used * 100 >= bytes * FULL_ENOUGH_PERCENT {
        slot.note_measured_bytes(bytes);
        return Ok(None);
    }
    let done = compact(slot)?;
    if let Some(done) = done {
        slot.note_measured_bytes(done.bytes_after);
    }
    Ok(done)
}

/// Compacts a table; `None` if the table was removed, or its engine replaced after a fault, in the middle.
pub(super) fn compact(slot: &Slot) -> Result<Option<Compaction>, TableError> {
    let Some(_only_one) = slot.begin_compaction() else { return Ok(None) };
    let unfinished = slot.path().with_extension(UNFINISHED);
    let done = replace(slot, &unfinished);
    slot.stop_noting_changes();
    if !matches!(done, Ok(Some(_))) {
        // What is left of it is also removed at the next start.
        drop(remove_if_there(&unfinished));
    }
    done
}

fn replace(slot: &Slot, unfinished: &Path) -> Result<Option<Compaction>, TableError> {
    let bytes_before = size(slot.path())?;
    let open = slot.for_reading()?;
    remove_if_there(unfinished).map_err(|error| fault(error.kind(), unfinished))?;
    slot.note_changes();
    guarded(slot.path(), || copy_rows(slot, &open, unfinished).map_err(|error| engine_failed(error, unfinished)))?;
    let new = slot.open_file(unfinished)?;
    // From here on no commit runs.
    let _writing = slot.writing();
    let changed = slot.take_changes();
    guarded(unfinished, || bring_over(&new.engine, &open.snapshot(), &changed, unfinished))?;
    if let Some(kind) = new.disk.fault() {
        return Err(fault(kind, unfinished));
    }
    new.publish(unfinished)?;
    if !slot.replace(&open, new, unfinished)? {
        return Ok(None);
    }
    Ok(Some(Compaction { bytes_before, bytes_after: size(slot.path())? }))
}

/// Copies all rows, and what commits change meanwhile among those that were copied.
fn copy_rows(slot: &Slot, open: &Open, to: &Path) -> Result<(), redb::Error> {
    let engine = new_engine(slot.direct(to).map_err(redb::Error::Io)?)?;
    let mut copied_to: Option<Vec<u8>> = None;
    loop {
        // The changes are taken first: the state read after that has them all.
        let changed = slot.take_changes();
        let snapshot = open.snapshot();
        let mut transaction = engine.begin_write()?;
        let done = {
            let mut tree = transaction.open_table(TREE)?;
            let copied = |place: &&Vec<u8>| copied_to.as_ref().is_some_and(|end| *place <= end);
            for place in changed.iter().filter(copied) {
                bring_over_one(&mut tree, &snapshot, place)?;
            }
            copy_next(&mut tree, &snapshot, &mut copied_to)?
        };
        if done {
            note_this_format(&transaction)?;
        } else {
            transaction.set_durability(Durability::None)?;
        }
        transaction.commit()?;
        if done {
            return Ok(());
        }
    }
}

/// Copies the next rows after `copied_to`, and moves it; answers whether there are no more.
fn copy_next(
    tree: &mut Tree<'_, &'static [u8], &'static [u8]>,
    snapshot: &Snapshot,
    copied_to: &mut Option<Vec<u8>>,
) -> Result<bool, redb::Error> {
    let from = copied_to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rows = snapshot.tree.range::<&[u8]>((from, Bound::Unbounded))?;
    let mut last = None;
    for _ in 0..ROWS_AT_ONCE {
        let Some(row) = rows.next() else { return Ok(true) };
        let (key, value) = row?;
        verify(value.value(), key.value())?;
        tree.insert(key.value(), value.value())?;
        last = Some(key);
    }
    *copied_to = last.map(|key| key.value().to_vec());
    Ok(false)
}

fn bring_over(
    engine: &Database,
    snapshot: &Snapshot,
    changed: &BTreeSet<Vec<u8>>,
    path: &Path,
) -> Result<(), TableError> {
    let write = || -> Result<(), redb::Error> {
        let transaction = engine.begin_write()?;
        {
            let mut tree = transaction.open_table(TREE)?;
            for place in changed {
                bring_over_one(&mut tree, snapshot, place)?;
            }
        }
        transaction.commit()?;
        Ok(())
    };
    write().map_err(|error| engine_failed(error, path))
}

fn bring_over_one(
    tree: &mut Tree<'_, &'static [u8], &'static [u8]>,
    snapshot: &Snapshot,
    place: &[u8],
) -> Result<(), redb::Error> {
    match snapshot.tree.get(place)? {
        Some(row) => {
            verify(row.value(), place)?;
            tree.insert(place, row.value())?;
        }
        None => drop(tree.remove(place)?),
    }
    Ok(())
}

/// The bytes that the file system has allocated: the end of a file can be a hole.
fn size(path: &Path) -> Result<u64, TableError> {
    const BLOCK: u64 = 512;
    let about = fs::metadata(path).map_err(|error| fault(error.kind(), path))?;
    Ok(about.blocks() * BLOCK)
}

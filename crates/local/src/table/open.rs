//! One open table file: the engine, and the last durable state as readers see it.

use std::{
    io,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use kernel::ports::table::{Bodies, Index, Item, Key, MAX_PAGE, Order, Position, Query, Rows, TableError};
use redb::{
    Database, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageBackend, StorageError,
    TableDefinition, WriteTransaction, backends::FileBackend,
};

use crate::permissions;

use super::{
    disk::{Disks, Handle, Staged},
    keys, row,
};

/// Records, index entries and the order of expiry in one tree: a commit then writes one path of pages, not five.
pub(super) const TREE: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("tree");
const ABOUT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("freehold");
const FORMAT: &str = "format";
/// Format 1 has no packed rows; everything else is the same, so it is read as it is and noted as this one by the first
/// commit, with which programs of before can't read it any more.
const OLDEST_FORMAT: u64 = 1;
const THIS_FORMAT: u64 = 2;
/// Bytes of pages kept of a table that is only looked at.
const LOOK_CACHE: usize = 1024 * 1024;
const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// A table that is open. The parts drop in this order: readers' state, engine, storage.
pub(super) struct Open {
    durable: RwLock<Arc<Snapshot>>,
    pub(super) engine: Database,
    pub(super) disk: Arc<Staged>,
    older_format: AtomicBool,
}

impl Open {
    /// Opens the file of a table that exists.
    pub(super) fn existing(disks: &dyn Disks, path: &Path, cache: usize) -> Result<Self, TableError> {
        let open = Self::held(disks, path, cache)?;
        open.disk.hold(false);
        Ok(open)
    }

    /// Opens the file of a table that exists, and lets nothing be written to it.
    pub(super) fn unchanged(disks: &dyn Disks, path: &Path) -> Result<Self, TableError> {
        Self::held(disks, path, LOOK_CACHE)
    }

    fn held(disks: &dyn Disks, path: &Path, cache: usize) -> Result<Self, TableError> {
        let disk = Self::stage(disks, path)?;
        let mut magic = [0; MAGIC.len()];
        let readable = redb::StorageBackend::read(&Handle(Arc::clone(&disk)), 0, &mut magic);
        if readable.is_err() || magic != *MAGIC {
            return Err(damaged("not a table file, left as it is", path));
        }
        disk.hold(true);
        Self::start(&disk, path, cache, |engine| check_format(engine, path))
    }

    /// Makes the file of a new table.
    pub(super) fn fresh(disks: &dyn Disks, path: &Path, cache: usize) -> Result<Self, TableError> {
        let disk = Self::stage(disks, path)?;
        Self::start(&disk, path, cache, write_format)
    }

    fn stage(disks: &dyn Disks, path: &Path) -> Result<Arc<Staged>, TableError> {
        let staged = disks.open(path).and_then(Staged::new);
        staged.map(Arc::new).map_err(|error| io_failed(error.kind(), &error, path))
    }

    fn start(
        disk: &Arc<Staged>,
        path: &Path,
        cache: usize,
        prepare: impl FnOnce(&Database) -> Result<u64, TableError>,
    ) -> Result<Self, TableError> {
        let open = guarded(path, || {
            let engine = redb::Builder::new().set_cache_size(cache).create_with_backend(Handle(Arc::clone(disk)));
            let engine = engine.map_err(|error| not_a_database(error, path))?;
            let older_format = AtomicBool::new(prepare(&engine)? < THIS_FORMAT);
            let durable = RwLock::new(Arc::new(Snapshot::take(&engine, path)?));
            Ok(Self { durable, engine, disk: Arc::clone(disk), older_format })
        })?;
        match disk.fault() {
            None => Ok(open),
            Some(kind) => Err(fault(kind, path)),
        }
    }

    /// Whether the file says that a version of before wrote it.
    pub(super) fn is_of_older_format(&self) -> bool {
        self.older_format.load(Ordering::Relaxed)
    }

    /// The file says durably that it is of this version's format.
    pub(super) fn is_of_this_format(&self) {
        self.older_format.store(false, Ordering::Relaxed);
    }

    /// The last durable state.
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.durable.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows readers the state that has just become durable.
    pub(super) fn publish(&self, path: &Path) -> Result<(), TableError> {
        let snapshot = Arc::new(Snapshot::take(&self.engine, path)?);
        *self.durable.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }
}

/// One durable state of a table.
pub(super) struct Snapshot {
    pub(super) tree: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl Snapshot {
    fn take(engine: &Database, path: &Path) -> Result<Self, TableError> {
        let failed = |error: redb::Error| engine_failed(error, path);
        let read = engine.begin_read().map_err(|error| failed(error.into()))?;
        let tree = read.open_table(TREE).map_err(|error| failed(error.into()))?;
        Ok(Self { tree })
    }

    pub(super) fn get(&self, key: &Key, path: &Path) -> Result<Option<Item>, TableError> {
        self.at(&keys::record(key), path)
    }

    fn at(&self, place: &[u8], path: &Path) -> Result<Option<Item>, TableError> {
        let found = self.tree.get(place).map_err(|error| storage_failed(error, path))?;
        found.map(|row| read_row(row.value(), place, path)).transpose()
    }

    pub(super) fn query(&self, query: &Query, path: &Path) -> Result<Rows, TableError> {
        let mut items = Vec::with_capacity(query.limit.min(64));
        let more = self.walk(query, path, |place, row, _| {
            items.push(read_row(row, place, path)?);
            Ok(())
        })?;
        let next = items.last().filter(|_| more).map(|item| position(item, query.index));
        Ok(Rows { items, next })
    }

    /// What `query` finds, without a text made of any key but the last: of a page's cost, that is the most.
    pub(super) fn bodies(&self, query: &Query, path: &Path) -> Result<Bodies, TableError> {
        let mut ends = Vec::with_capacity(query.limit.min(64));
        let mut all = BytesMut::new();
        let mut last = None;
        let more = self.walk(query, path, |place, row, is_last| {
            let body = row::body(row).map_err(|bad| damaged(&bad.to_string(), path))?;
            if all.is_empty() {
                all.reserve(body.len() * query.limit.min(64) * 9 / 8);
            }
            all.extend_from_slice(&body);
            ends.push(all.len());
            if is_last {
                last = Some(position(&read_row(row, place, path)?, query.index));
            }
            Ok(())
        })?;
        let mut all: Bytes = all.freeze();
        let mut start = 0;
        let bodies = ends.into_iter().map(|end| all.split_to(end - std::mem::replace(&mut start, end))).collect();
        Ok(Bodies { bodies, next: last.filter(|_| more) })
    }

    /// Hands over the rows that a query finds, each with its place and whether the limit is reached; answers whether more follow.
    fn walk(
        &self,
        query: &Query,
        path: &Path,
        mut take: impl FnMut(&[u8], &[u8], bool) -> Result<(), TableError>,
    ) -> Result<bool, TableError> {
        let Some((low, high)) = keys::walk(query) else { return Ok(false) };
        let bounds = (as_slice(&low), as_slice(&high));
        let mut walk = self.tree.range::<&[u8]>(bounds).map_err(|error| storage_failed(error, path))?;
        let limit = query.limit.min(MAX_PAGE);
        let mut found = 0;
        while let Some(next) = match query.order {
            Order::Ascending => walk.next(),
            Order::Descending => walk.next_back(),
        } {
            if found == limit {
                return Ok(true);
            }
            found += 1;
            let (key, row) = next.map_err(|error| storage_failed(error, path))?;
            if !row.value().is_empty() {
                take(key.value(), row.value(), found == limit)?;
                continue;
            }
            let no_record = || damaged("an index entry without its record", path);
            let place = keys::record_of_entry(key.value()).ok_or_else(no_record)?;
            let record = self.tree.get(place.as_slice()).map_err(|error| storage_failed(error, path))?;
            take(&place, record.ok_or_else(no_record)?.value(), found == limit)?;
        }
        Ok(false)
    }

    /// How many bytes of the file hold rows and the engine's own data; reads every page.
    pub(super) fn used_bytes(&self, path: &Path) -> Result<u64, TableError> {
        let stats = self.tree.stats().map_err(|error| storage_failed(error, path))?;
        Ok(stats.stored_bytes() + stats.metadata_bytes())
    }

    /// The second at which the first record expires; `i64::MAX` if none does.
    pub(super) fn next_expiry(&self, path: &Path) -> Result<i64, TableError> {
        let part = keys::all_expiry();
        let mut walk = self
            .tree
            .range::<&[u8]>(part.start.as_slice()..part.end.as_slice())
            .map_err(|error| storage_failed(error, path))?;
        let Some(first) = walk.next() else { return Ok(i64::MAX) };
        let (entry, _) = first.map_err(|error| storage_failed(error, path))?;
        let (expires, _) = keys::read_expiry(entry.value()).ok_or_else(|| damaged("an expiry entry", path))?;
        Ok(expires)
    }
}

fn position(item: &Item, index: Index) -> Position {
    Position { key: item.key.clone(), index: index.slot().and_then(|slot| item.index[slot].clone()) }
}

pub(super) fn read_row(row: &[u8], place: &[u8], path: &Path) -> Result<Item, TableError> {
    row::decode(row, place).map_err(|bad| damaged(&bad.to_string(), path))
}

pub(super) fn damaged(what: &str, path: &Path) -> TableError {
    TableError::Damaged(format!("{}: {what}", path.display()))
}

/// The engine panics on some damaged pages; that is damage to report, not a reason to take the process down.
pub(super) fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, TableError>) -> Result<T, TableError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("the engine cannot make sense of it", path)))
}

pub(super) fn storage_failed(error: StorageError, path: &Path) -> TableError {
    engine_failed(error.into(), path)
}

pub(super) fn engine_failed(error: redb::Error, path: &Path) -> TableError {
    match error {
        redb::Error::Io(error) => io_failed(error.kind(), &error, path),
        redb::Error::Corrupted(why) => damaged(&why, path),
        other => TableError::Unavailable(format!("{}: {other}", path.display()).into()),
    }
}

/// The error for callers after a sync or a write that failed.
pub(super) fn fault(kind: io::ErrorKind, path: &Path) -> TableError {
    io_failed(kind, &kind, path)
}

fn io_failed(kind: io::ErrorKind, why: &dyn std::fmt::Display, path: &Path) -> TableError {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TableError::Full,
        // The engine's way of saying that a file is not its own.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => damaged(&why.to_string(), path),
        _ => TableError::Unavailable(format!("{}: {why}", path.display()).into()),
    }
}

fn not_a_database(error: redb::DatabaseError, path: &Path) -> TableError {
    match error {
        redb::DatabaseError::UpgradeRequired(version) => {
            damaged(&format!("the engine's file format {version} is not the one of this version"), path)
        }
        other => engine_failed(other.into(), path),
    }
}

fn check_format(engine: &Database, path: &Path) -> Result<u64, TableError> {
    let read = engine.begin_read().map_err(|error| engine_failed(error.into(), path))?;
    let about = match read.open_table(ABOUT) {
        Ok(about) => about,
        Err(redb::TableError::Storage(error)) => return Err(storage_failed(error, path)),
        Err(_) => return Err(damaged("another program's database, left as it is", path)),
    };
    let format = about.get(FORMAT).map_err(|error| storage_failed(error, path))?.map(|format| format.value());
    if let Some(format @ OLDEST_FORMAT..=THIS_FORMAT) = format {
        return Ok(format);
    }
    let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
    let newer = format.is_some_and(|format| format > THIS_FORMAT);
    let advice = if newer { "; a newer version wrote it: start that one" } else { "" };
    Err(damaged(
        &format!("table format {found}, this version reads formats {OLDEST_FORMAT} to {THIS_FORMAT}{advice}"),
        path,
    ))
}

fn write_format(engine: &Database) -> Result<u64, TableError> {
    let write = || -> Result<(), redb::Error> {
        let transaction = engine.begin_write()?;
        note_this_format(&transaction)?;
        transaction.open_table(TREE)?;
        transaction.commit()?;
        Ok(())
    };
    write().map_err(|error| engine_failed(error, Path::new("new table")))?;
    Ok(THIS_FORMAT)
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(bytes) => Bound::Included(bytes),
        Bound::Excluded(bytes) => Bound::Excluded(bytes),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Writes a state into a new file, record by record, so that it comes out compact and checked.
pub(super) fn copy(snapshot: &Snapshot, from: &Path, to: &Path) -> Result<(), TableError> {
    const ROWS_AT_ONCE: usize = 4096;
    let write = || -> Result<(), redb::Error> {
        let file = permissions::open_or_create(to).map_err(redb::Error::Io)?;
        let engine = new_engine(FileBackend::new(file)?)?;
        let mut rows = snapshot.tree.iter()?;
        let mut done = false;
        while !done {
            let mut transaction = engine.begin_write()?;
            {
                let mut tree = transaction.open_table(TREE)?;
                for _ in 0..ROWS_AT_ONCE {
                    let Some(row) = rows.next() else {
                        done = true;
                        break;
                    };
                    let (key, value) = row?;
                    verify(value.value(), key.value())?;
                    tree.insert(key.value(), value.value())?;
                }
            }
            if done {
                note_this_format(&transaction)?;
            } else {
                transaction.set_durability(redb::Durability::None)?;
            }
            transaction.commit()?;
        }
        Ok(())
    };
    guarded(from, || write().map_err(|error| engine_failed(error, from)))?;
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| io_failed(error.kind(), &error, to))
}

/// An engine on a new file, for a copy.
pub(super) fn new_engine(file: impl StorageBackend) -> Result<Database, redb::Error> {
    // Rows come in the order of their keys: few pages are looked at again.
    const CACHE: usize = 1024 * 1024;
    Ok(redb::Builder::new().set_cache_size(CACHE).create_with_backend(file)?)
}

/// Fails if a row can't be read.
pub(super) fn verify(row: &[u8], place: &[u8]) -> Result<(), redb::Error> {
    if !row.is_empty() {
        row::decode(row, place).map_err(|bad| redb::Error::Corrupted(bad.to_string()))?;
    }
    Ok(())
}

/// Makes a file one that this version opens.
pub(super) fn note_this_format(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(ABOUT)?.insert(FORMAT, THIS_FORMAT)?;
    Ok(())
}

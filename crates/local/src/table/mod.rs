//! The embedded tables: one file each, commits in groups under one sync, reads of the last durable state.
//!
//! Reads run on the async thread: a get takes some 2 µs and a list of 50 some 30 µs when the pages are at hand, which
//! is less than handing them to another thread and back. All readers of a state share one read transaction, opened when
//! the state became durable, so that nothing is seen before that. Measured in `bench/engines/README.md`.

mod backup;
mod commit;
mod compact;
mod disk;
mod inspect;
mod keys;
mod open;
mod row;
mod slot;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use kernel::ports::table::{
    Bodies, CommitError, Item, Key, MAX_KEYS, Query, Rows, Table, TableError, TableName, Tables, Write, validate,
};
use tokio::{sync::oneshot, task::spawn_blocking};

pub use backup::BackupError;
pub use compact::Compaction;
pub use disk::{Disks, FileDisks};
pub use inspect::{InspectedTable, names};

use crate::permissions;
use commit::Job;
use open::{Open, Snapshot, fault, guarded};
use slot::{Slot, UNBORN};

const FOLDER: &str = "tables";
const EXTENSION: &str = "redb";
/// A sweep removes at most so many records in one commit, so that others are not held up.
const SWEPT_AT_ONCE: usize = 500;

/// How much memory and how many files the store may hold.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Bytes of pages kept of the shared table.
    pub shared_cache: usize,
    /// Bytes of pages kept of each dedicated table that is open.
    pub dedicated_cache: usize,
    /// At most so many dedicated tables stay open once they are idle.
    pub open_dedicated: usize,
    /// From this length on, the use of a file's pages is noted whenever commits pause, which costs two more syncs.
    pub large_bytes: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { shared_cache: 8 * 1024 * 1024, dedicated_cache: 512 * 1024, open_dedicated: 32, large_bytes: 32 << 20 }
    }
}

/// The file of a table below a data folder.
pub fn file(data: &Path, name: &TableName) -> PathBuf {
    data.join(FOLDER).join(format!("{name}.{EXTENSION}"))
}

/// All tables of a data folder.
#[derive(Clone)]
pub struct FileTables(Arc<Store>);

struct Store {
    folder: PathBuf,
    disks: Arc<dyn Disks>,
    sizes: Sizes,
    slots: RwLock<BTreeMap<TableName, Arc<Slot>>>,
    ticks: AtomicU64,
}

impl FileTables {
    /// Opens the tables below a data folder, whose lock the caller holds ([`crate::lock::DataDir`]). No table file is
    /// read before it is asked for.
    pub fn open(data: &Path) -> Result<Self, TableError> {
        Self::open_with(data, Arc::new(FileDisks), Sizes::default())
    }

    /// The same with storage and sizes of one's own.
    pub fn open_with(data: &Path, disks: Arc<dyn Disks>, sizes: Sizes) -> Result<Self, TableError> {
        let folder = data.join(FOLDER);
        let store = Store { folder, disks, sizes, slots: RwLock::default(), ticks: AtomicU64::new(0) };
        permissions::create_folder(&store.folder).map_err(|error| fault(error.kind(), &store.folder))?;
        store.find().map_err(|error| fault(error.kind(), &store.folder))?;
        Ok(Self(Arc::new(store)))
    }

    /// Durably removes up to `limit` records whose time was over before `now`, in seconds since the Unix epoch;
    /// answers how many.
    pub async fn sweep(&self, now: i64, limit: usize) -> Result<usize, TableError> {
        let mut swept = 0;
        for (_, slot) in self.0.existing() {
            while swept < limit && slot.may_be_due(now) {
                let table = FileTable { store: Arc::clone(&self.0), slot: Arc::clone(&slot) };
                let removed = table.sweep(now, (limit - swept).min(SWEPT_AT_ONCE)).await?;
                swept += removed;
                if removed == 0 {
                    break;
                }
            }
        }
        Ok(swept)
    }

    /// Writes a snapshot of every table into a new or empty folder while work goes on; opening that folder restores
    /// it. Each table is one consistent state of its own.
    pub async fn backup(&self, to: &Path) -> Result<(), BackupError> {
        let (store, to) = (Arc::clone(&self.0), to.to_owned());
        let written = spawn_blocking(move || backup::write(&store.existing(), &to)).await;
        written.unwrap_or_else(|_| Err(TableError::Unavailable("the backup was broken off".into()).into()))
    }

    /// Compacts each table whose file is mostly unused space, while work goes on. Answers what became of each.
    pub async fn compact_sparse(&self) -> Result<Vec<(TableName, Compaction)>, TableError> {
        let mut done = Vec::new();
        for (name, slot) in self.0.existing() {
            if let Some(compaction) = off_thread(move || compact::compact_if_sparse(&slot)).await? {
                done.push((name, compaction));
            }
        }
        Ok(done)
    }

    /// Compacts one table whatever it would give back; `None` if there is none, or if it was removed or repaired meanwhile.
    pub async fn compact(&self, name: &TableName) -> Result<Option<Compaction>, TableError> {
        match self.0.known(name).filter(|slot| slot.exists()) {
            Some(slot) => off_thread(move || compact::compact(&slot)).await,
            None => Ok(None),
        }
    }

    /// Closes every file that nobody uses any more, so that the next start need not look through it. For the end of a
    /// process: a table that is asked again opens again.
    pub fn close(&self) {
        for (name, slot) in self.0.existing() {
            if !slot.close_if_idle() {
                tracing::debug!(%name, "a table is left open; the next start looks through it");
            }
        }
    }

    /// How many table files are open now.
    pub fn open_files(&self) -> usize {
        self.0.existing().iter().filter(|(_, slot)| slot.at_hand().is_some()).count()
    }
}

#[async_trait]
impl Tables for FileTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        let Some(slot) = self.0.known(name).filter(|slot| slot.exists()) else { return Ok(None) };
        let table = FileTable { store: Arc::clone(&self.0), slot };
        table.at_hand().await?;
        Ok(Some(Arc::new(table)))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        let slot = self.0.slot(name);
        let (store, made) = (Arc::clone(&self.0), Arc::clone(&slot));
        off_thread(move || made.create().map(|()| store.close_idle(&made))).await?;
        let table = FileTable { store: Arc::clone(&self.0), slot };
        table.at_hand().await?;
        Ok(Arc::new(table))
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        let slot = self.0.slot(name);
        off_thread(move || slot.remove()).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        Ok(self.0.existing().into_iter().map(|(name, _)| name).collect())
    }
}

impl Store {
    /// Finds the table files, and clears away those that were never finished.
    fn find(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            let name = path.file_stem().and_then(|stem| stem.to_str()).map(|stem| TableName::try_from(stem.to_owned()));
            match (extension, name) {
                (Some(EXTENSION), Some(Ok(name))) => drop(self.insert(&name, true)),
                (Some(UNBORN | compact::UNFINISHED), Some(Ok(_))) => fs::remove_file(&path)?,
                (Some(_) | None, _) => {}
            }
        }
        Ok(())
    }

    fn known(&self, name: &TableName) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn slot(&self, name: &TableName) -> Arc<Slot> {
        self.known(name).unwrap_or_else(|| self.insert(name, false))
    }

    fn insert(&self, name: &TableName, exists: bool) -> Arc<Slot> {
        let shared = *name == TableName::shared();
        let cache = if shared { self.sizes.shared_cache } else { self.sizes.dedicated_cache };
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(name.clone()).or_insert_with(|| {
            let path = self.folder.join(format!("{name}.{EXTENSION}"));
            Arc::new(Slot::new(path, Arc::clone(&self.disks), cache, self.sizes.large_bytes, exists))
        });
        Arc::clone(slot)
    }

    fn existing(&self) -> Vec<(TableName, Arc<Slot>)> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|(_, slot)| slot.exists()).map(|(name, slot)| (name.clone(), Arc::clone(slot))).collect()
    }

    /// Closes the dedicated tables that have idled longest, as many as are open beyond the bound.
    fn close_idle(&self, just_opened: &Arc<Slot>) {
        let dedicated = self.existing().into_iter().filter(|(name, _)| *name != TableName::shared());
        let mut open: Vec<_> = dedicated.map(|(_, slot)| slot).filter(|slot| slot.at_hand().is_some()).collect();
        let Some(excess) = open.len().checked_sub(self.sizes.open_dedicated + 1) else { return };
        open.retain(|slot| !Arc::ptr_eq(slot, just_opened));
        // Slots are used meanwhile: each is asked once.
        open.sort_by_cached_key(|slot| slot.last_used());
        let closed = open.iter().filter(|slot| slot.close_if_idle()).take(excess + 1).count();
        tracing::debug!(closed, "closed tables that idled");
    }
}

/// A handle on one table; the file behind it may close and open again.
struct FileTable {
    store: Arc<Store>,
    slot: Arc<Slot>,
}

impl FileTable {
    /// Reads take microseconds once the file is open, so they stay on the async thread.
    async fn read<T>(&self, work: impl Fn(&Snapshot, &Path) -> Result<T, TableError> + Send) -> Result<T, TableError> {
        let path = self.slot.path();
        let open = self.at_hand().await?;
        match guarded(path, || work(&open.snapshot(), path)) {
            // After a failed read the engine refuses all others: it is opened again, and the read gets one more try.
            Err(TableError::Unavailable(_)) => {
                open.disk.freeze(io::ErrorKind::Other);
                drop(open);
                let slot = Arc::clone(&self.slot);
                let open = off_thread(move || slot.for_writing()).await?;
                guarded(path, || work(&open.snapshot(), path))
            }
            other => other,
        }
    }

    async fn at_hand(&self) -> Result<Arc<Open>, TableError> {
        self.slot.touch(self.store.ticks.fetch_add(1, Ordering::Relaxed));
        if let Some(open) = self.slot.at_hand() {
            return Ok(open);
        }
        let (store, slot) = (Arc::clone(&self.store), Arc::clone(&self.slot));
        off_thread(move || {
            let open = slot.for_reading()?;
            store.close_idle(&slot);
            Ok(open)
        })
        .await
    }

    async fn sweep(&self, now: i64, limit: usize) -> Result<usize, TableError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job::Sweep { now, limit, answer }).await?;
        answered.await.unwrap_or_else(|_| Err(no_answer()))
    }

    async fn enqueue(&self, job: Job) -> Result<(), TableError> {
        drop(self.at_hand().await?);
        if self.slot.push(job) {
            let slot = Arc::clone(&self.slot);
            spawn_blocking(move || commit::lead(&slot));
        }
        Ok(())
    }
}

#[async_trait]
impl Table for FileTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        validate::key(key)?;
        self.read(|snapshot, path| snapshot.get(key, path)).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        if keys.len() > MAX_KEYS {
            return Err(TableError::Invalid(format!("at most {MAX_KEYS} keys are read at once")));
        }
        keys.iter().try_for_each(validate::key)?;
        self.read(|snapshot, path| keys.iter().map(|key| snapshot.get(key, path)).collect()).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        validate::query(query)?;
        self.read(|snapshot, path| snapshot.query(query, path)).await
    }

    async fn bodies(&self, query: &Query) -> Result<Bodies, TableError> {
        validate::query(query)?;
        self.read(|snapshot, path| snapshot.bodies(query, path)).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        validate::writes(&writes)?;
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job::Commit { writes, answer }).await?;
        answered.await.unwrap_or_else(|_| Err(no_answer().into()))
    }
}

fn no_answer() -> TableError {
    TableError::Unavailable("the commit was broken off".into())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TableError> + Send + 'static,
) -> Result<T, TableError> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(TableError::Unavailable("the work was broken off".into())))
}

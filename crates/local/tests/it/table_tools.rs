//! What the table tests share: a store in a temporary folder, and storage that fails, blocks and counts on command.

use std::{
    fs::OpenOptions,
    io,
    ops::Bound,
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use kernel::ports::table::{Condition, Key, NewItem, Table, TableName, Tables, Write};
use local::table::{Disks, FileTables, Sizes};
use redb::{BackendError, StorageBackend, backends::FileBackend};
use serde_json::Value;

pub(crate) fn name(name: &str) -> TableName {
    TableName::try_from(name.to_owned()).unwrap()
}

pub(crate) fn put(pk: &str, sk: &str, body: &Value) -> Write {
    let item = NewItem {
        key: Key::new(pk, sk),
        index: [None, None, None],
        expires: None,
        body: Bytes::from(body.to_string()),
    };
    Write::Put { item, when: Condition::Always }
}

pub(crate) async fn body(table: &Arc<dyn Table>, pk: &str, sk: &str) -> Option<Value> {
    let item = table.get(&Key::new(pk, sk)).await.unwrap();
    item.map(|item| serde_json::from_slice(&item.body).unwrap())
}

/// What the storage under a store does, and the faults that it should make.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) syncs: AtomicU64,
    pub(crate) writes: AtomicU64,
    /// Counts down with every sync; the one that finds it at zero fails, and all after it until it is set again.
    sync_fuse: Fuse,
    write_fuse: Fuse,
    gate: Gate,
}

/// Burns down by one per use and then fails with an error number; -1 is out.
#[derive(Debug)]
struct Fuse {
    left: AtomicI64,
    error: AtomicI64,
}

impl Default for Fuse {
    fn default() -> Self {
        Self { left: AtomicI64::new(-1), error: AtomicI64::new(0) }
    }
}

impl Fuse {
    fn set(&self, left: i64, error: i32) {
        self.error.store(error.into(), Ordering::SeqCst);
        self.left.store(left, Ordering::SeqCst);
    }

    fn burn(&self) -> io::Result<()> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            let error = i32::try_from(self.error.load(Ordering::SeqCst)).unwrap();
            return Err(io::Error::from_raw_os_error(error));
        }
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        Ok(())
    }

    fn blown(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

/// Holds syncs back while it is shut.
#[derive(Debug, Default)]
struct Gate {
    shut: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicU64,
}

pub(crate) const EIO: i32 = 5;
pub(crate) const ENOSPC: i32 = 28;

impl Control {
    pub(crate) fn fail_syncs_after(&self, syncs: i64, error: i32) {
        self.sync_fuse.set(syncs, error);
    }

    pub(crate) fn fail_writes_after(&self, writes: i64, error: i32) {
        self.write_fuse.set(writes, error);
    }

    pub(crate) fn fault_reached(&self) -> bool {
        self.sync_fuse.blown() || self.write_fuse.blown()
    }

    pub(crate) fn mend(&self) {
        self.sync_fuse.set(-1, 0);
        self.write_fuse.set(-1, 0);
    }

    pub(crate) fn shut(&self) {
        *self.gate.shut.lock().unwrap() = true;
    }

    pub(crate) fn open(&self) {
        *self.gate.shut.lock().unwrap() = false;
        self.gate.opened.notify_all();
    }

    /// How many syncs stand at the gate.
    pub(crate) fn held(&self) -> u64 {
        self.gate.waiting.load(Ordering::SeqCst)
    }

    fn pass(&self) {
        self.gate.waiting.fetch_add(1, Ordering::SeqCst);
        let shut = self.gate.shut.lock().unwrap();
        drop(self.gate.opened.wait_while(shut, |shut| *shut).unwrap());
        self.gate.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Files under a [`Control`].
pub(crate) struct ControlledDisks(pub(crate) Arc<Control>);

impl Disks for ControlledDisks {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let file = FileBackend::new(file).map_err(io::Error::other)?;
        Ok(Box::new(Controlled { file, control: Arc::clone(&self.0) }))
    }
}

#[derive(Debug)]
struct Controlled {
    file: FileBackend,
    control: Arc<Control>,
}

impl StorageBackend for Controlled {
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.control.write_fuse.burn()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.control.pass();
        self.control.sync_fuse.burn()?;
        self.control.syncs.fetch_add(1, Ordering::SeqCst);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.control.writes.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = self.control.write_fuse.burn() {
            // Half of it gets there, as on a disk that fills up.
            self.file.write(offset, &data[..data.len() / 2])?;
            return Err(error);
        }
        self.file.write(offset, data)
    }
}

/// A store on controlled storage, with one table open.
pub(crate) struct World {
    pub(crate) control: Arc<Control>,
    pub(crate) tables: FileTables,
    pub(crate) table: Arc<dyn Table>,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = Arc::new(Control::default());
        let tables = controlled(folder.path(), &control);
        let table = tables.create(&TableName::shared()).await.unwrap();
        Self { control, tables, table, folder }
    }
}

pub(crate) fn controlled(data: &Path, control: &Arc<Control>) -> FileTables {
    FileTables::open_with(data, Arc::new(ControlledDisks(Arc::clone(control))), Sizes::default()).unwrap()
}

/// Waits until something holds, in turns with all other tasks; gives up after a generous while.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 30, "{what} did not come about");
        tokio::task::yield_now().await;
    }
}

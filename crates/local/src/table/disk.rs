//! The layer between the engine and a file: pages wait in memory for the sync that makes them durable, and a sync
//! that fails is undone.
//!
//! INVARIANT: the file changes only within a sync; after one that failed it is not written again through this handle,
//! except by [`Staged::restore`], which puts the last durable header back. The engine writes new pages beside the old
//! ones, so the header alone decides which state is found. The engine itself gets success for such a sync: it
//! goes on serving the readers of older states, and a commit must ask [`Staged::fault`] before it believes.

use std::{
    collections::BTreeMap,
    io,
    ops::Bound,
    path::Path,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread,
    time::{Duration, Instant},
};

use redb::{BackendError, StorageBackend, backends::FileBackend};

use crate::permissions;

/// The engine's page size.
const PAGE: usize = 4096;
/// Neighbouring pages go to the file in one write, up to this many bytes.
const RUN: usize = 256 * 1024;
/// So long a file that is being closed is waited for.
const CLOSING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// Opens the storage of a table, making an empty file where there is none.
pub trait Disks: Send + Sync + 'static {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>>;
}

/// Tables are files.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileDisks;

impl Disks for FileDisks {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        let backend = FileBackend::new(permissions::open_or_create(path)?).map_err(io::Error::other)?;
        Ok(Box::new(backend))
    }
}

#[derive(Debug)]
pub(super) struct Staged {
    disk: Box<dyn StorageBackend>,
    stage: RwLock<Stage>,
}

#[derive(Debug)]
struct Stage {
    /// Pages that the file does not hold yet.
    pages: BTreeMap<u64, Box<[u8]>>,
    /// The length that the engine asked for.
    length: u64,
    /// The file as of the last sync that went well.
    durable_header: Vec<u8>,
    durable_length: u64,
    fault: Option<io::ErrorKind>,
    /// Syncs are put off.
    held: bool,
}

impl Staged {
    /// Takes the file, or fails if another holds it.
    pub(super) fn new(disk: Box<dyn StorageBackend>) -> io::Result<Self> {
        lock(&*disk)?;
        let length = disk.len()?;
        let mut durable_header = vec![0; PAGE.min(usize::try_from(length).unwrap_or(PAGE))];
        disk.read(0, &mut durable_header)?;
        let stage =
            Stage { pages: BTreeMap::new(), length, durable_header, durable_length: length, fault: None, held: false };
        Ok(Self { disk, stage: RwLock::new(stage) })
    }

    /// Gives the file to the next handle, while readers of older states may go on through this one.
    pub(super) fn unlock(&self) {
        // A lock that cannot be given back shows when the next handle asks for it.
        drop(self.disk.unlock_range(Bound::Unbounded, Bound::Unbounded));
    }

    /// The length of the file as the engine has it.
    pub(super) fn length(&self) -> u64 {
        self.shared().length
    }

    /// Why the file can no longer be written through this handle.
    pub(super) fn fault(&self) -> Option<io::ErrorKind> {
        self.shared().fault
    }

    /// Puts syncs off, or no longer. What the engine writes while it opens a file changes nothing in what the file says,
    /// so it can wait for the first commit; and a file that does not open is left as it is.
    pub(super) fn hold(&self, held: bool) {
        self.alone().held = held;
    }

    /// Gives the file up: nothing that the engine writes from now on reaches it.
    pub(super) fn freeze(&self, why: io::ErrorKind) {
        self.alone().fault.get_or_insert(why);
    }

    /// Puts the last durable state back after a fault, durably.
    pub(super) fn restore(&self) -> io::Result<()> {
        let stage = self.shared();
        if !stage.durable_header.is_empty() {
            self.disk.write(0, &stage.durable_header)?;
        }
        self.disk.set_len(stage.durable_length)?;
        self.disk.sync_data()
    }

    fn flush(&self) -> io::Result<()> {
        let stage = self.shared();
        if stage.length > stage.durable_length {
            self.disk.set_len(stage.length)?;
        }
        let mut run: Vec<u8> = Vec::new();
        let mut run_start = 0;
        for (number, page) in &stage.pages {
            let offset = number * PAGE as u64;
            let follows = offset == run_start + run.len() as u64 && run.len() < RUN;
            if !follows && !run.is_empty() {
                self.disk.write(run_start, &run)?;
                run.clear();
            }
            if run.is_empty() {
                run_start = offset;
            }
            let within = usize::try_from(stage.length.saturating_sub(offset)).map_or(PAGE, |left| left.min(PAGE));
            run.extend(&page[..within]);
        }
        if !run.is_empty() {
            self.disk.write(run_start, &run)?;
        }
        self.disk.sync_data()?;
        // What is cut off may belong to the state before, so it goes only once this one is durable.
        if stage.length < stage.durable_length {
            self.disk.set_len(stage.length)?;
            self.disk.sync_data()?;
        }
        Ok(())
    }

    fn settle(&self) {
        let mut stage = self.alone();
        if let Some(header) = stage.pages.remove(&0) {
            stage.durable_header = header.into_vec();
        }
        stage.pages.clear();
        stage.durable_length = stage.length;
        let length = usize::try_from(stage.length).unwrap_or(PAGE);
        stage.durable_header.truncate(length);
    }

    /// One page as the engine believes it to be.
    fn page(&self, stage: &Stage, number: u64) -> io::Result<Box<[u8]>> {
        if let Some(page) = stage.pages.get(&number) {
            return Ok(page.clone());
        }
        let mut page = vec![0; PAGE];
        let offset = number * PAGE as u64;
        let there = stage.durable_length.min(stage.length).saturating_sub(offset);
        let there = usize::try_from(there).map_or(PAGE, |there| there.min(PAGE));
        if there > 0 {
            self.disk.read(offset, &mut page[..there])?;
        }
        Ok(page.into())
    }

    fn shared(&self) -> RwLockReadGuard<'_, Stage> {
        self.stage.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn alone(&self) -> RwLockWriteGuard<'_, Stage> {
        self.stage.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the engine holds: the stage is shared with the table, which asks it for faults.
#[derive(Debug)]
pub(super) struct Handle(pub(super) Arc<Staged>);

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.shared().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let stage = self.0.shared();
        let end = offset + out.len() as u64;
        if end > stage.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let pages = offset / PAGE as u64..=end.saturating_sub(1) / PAGE as u64;
        if end <= stage.durable_length && stage.pages.range(pages.clone()).next().is_none() {
            return self.0.disk.read(offset, out);
        }
        for number in pages {
            let page = self.0.page(&stage, number)?;
            let (of_page, of_out, length) = overlap(number, offset, out.len());
            out[of_out..of_out + length].copy_from_slice(&page[of_page..of_page + length]);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut stage = self.0.alone();
        stage.pages.split_off(&len.div_ceil(PAGE as u64));
        // Room that was given back and is taken again before a sync reads as zero.
        let stale = stage.length.div_ceil(PAGE as u64)..len.min(stage.durable_length).div_ceil(PAGE as u64);
        stage.pages.extend(stale.map(|number| (number, vec![0; PAGE].into())));
        stage.length = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let idle = {
            let stage = self.0.shared();
            stage.held || stage.fault.is_some() || (stage.pages.is_empty() && stage.length == stage.durable_length)
        };
        if idle {
            return Ok(());
        }
        match self.0.flush() {
            Ok(()) => self.0.settle(),
            Err(error) => self.0.freeze(error.kind()),
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut stage = self.0.alone();
        let end = offset + data.len() as u64;
        for number in offset / PAGE as u64..=end.saturating_sub(1) / PAGE as u64 {
            let (of_page, of_data, length) = overlap(number, offset, data.len());
            let piece = &data[of_data..of_data + length];
            if length == PAGE {
                stage.pages.insert(number, piece.into());
            } else {
                let mut page = self.0.page(&stage, number)?;
                page[of_page..of_page + length].copy_from_slice(piece);
                stage.pages.insert(number, page);
            }
        }
        Ok(())
    }
}

/// A file that the engine writes as it likes: for one that has no name of a table yet.
#[derive(Debug)]
pub(super) struct Direct(pub(super) Box<dyn StorageBackend>);

impl StorageBackend for Direct {
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// Takes a file for one handle alone. One that is just being closed is waited for: the engine under a store that was
/// dropped closes on a thread of its own.
fn lock(disk: &dyn StorageBackend) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match disk.try_lock_range(Bound::Unbounded, Bound::Unbounded) {
            // What knows no locks is not shared either.
            Ok(true) | Err(BackendError::Unsupported) => return Ok(()),
            Ok(false) if begun.elapsed() < CLOSING => thread::sleep(PAUSE),
            Ok(false) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where a page and a span of bytes meet: the offset within the page, within the span, and how much.
fn overlap(page: u64, offset: u64, length: usize) -> (usize, usize, usize) {
    let page_start = page * PAGE as u64;
    let from = page_start.max(offset);
    let to = (page_start + PAGE as u64).min(offset + length as u64);
    let small = |n: u64| usize::try_from(n).expect("within one page or one span in memory");
    (small(from - page_start), small(from - offset), small(to - from))
}

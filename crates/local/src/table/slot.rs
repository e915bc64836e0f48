//! One table of the store, open or not: opens its file when it is asked for, heals it after a fault, closes it when
//! it idles.
//!
//! INVARIANT: no two engines that may write use one file: opening, closing, healing and removing hold `state`
//! alone, and an engine given up is frozen first.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io, mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard, TryLockError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use kernel::ports::table::TableError;

use super::{
    commit::{Job, Queue},
    disk::{Direct, Disks, Staged},
    open::{Open, fault},
};

/// The table's next expiry is not known before it has been open once.
const UNKNOWN: i64 = i64::MIN;

pub(super) struct Slot {
    path: PathBuf,
    disks: Arc<dyn Disks>,
    cache: usize,
    large_bytes: u64,
    state: RwLock<State>,
    queue: Mutex<Queue>,
    /// A job came in.
    arrived: Condvar,
    /// Held while a batch is committed, and while a compaction puts its file in place. Taken before `state`.
    writing: Mutex<()>,
    /// Held by the one compaction that runs.
    compacting: Mutex<()>,
    /// The places that commits changed, while a compaction asks for them.
    changes: Mutex<Option<BTreeSet<Vec<u8>>>>,
    /// The file's length when its use was last measured.
    measured_bytes: AtomicU64,
    used: AtomicU64,
    next_expiry: AtomicI64,
}

#[derive(Default)]
struct State {
    exists: bool,
    open: Option<Arc<Open>>,
    /// The folder's entry for the file may not be durable: nothing is committed before it is.
    folder_behind: bool,
    /// A storage that failed while no engine stood on it any more: its last durable state is put back first.
    heal: Option<Arc<Staged>>,
}

impl Slot {
    pub(super) fn new(path: PathBuf, disks: Arc<dyn Disks>, cache: usize, large_bytes: u64, exists: bool) -> Self {
        Self {
            path,
            disks,
            cache,
            large_bytes,
            state: RwLock::new(State { exists, ..State::default() }),
            queue: Mutex::default(),
            arrived: Condvar::new(),
            writing: Mutex::default(),
            compacting: Mutex::default(),
            changes: Mutex::default(),
            measured_bytes: AtomicU64::new(0),
            used: AtomicU64::new(0),
            next_expiry: AtomicI64::new(UNKNOWN),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn arrived(&self) -> &Condvar {
        &self.arrived
    }

    /// Adds a job; true if the caller must start a leader.
    pub(super) fn push(&self, job: Job) -> bool {
        let start = self.queue().push(job);
        self.arrived.notify_one();
        start
    }

    /// Whether the file is so large that reading all of it takes a start noticeably longer.
    pub(super) fn is_large(&self) -> bool {
        self.at_hand().is_some_and(|open| open.disk.length() >= self.large_bytes)
    }

    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` if a compaction runs.
    pub(super) fn begin_compaction(&self) -> Option<MutexGuard<'_, ()>> {
        match self.compacting.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Begins to note what commits change. A state read after this, with the changes noted, is all there is.
    pub(super) fn note_changes(&self) {
        *self.changes() = Some(BTreeSet::new());
        // A batch that began before has ended when this can be held.
        drop(self.writing());
    }

    pub(super) fn notes_changes(&self) -> bool {
        self.changes().is_some()
    }

    pub(super) fn add_changes(&self, places: Vec<Vec<u8>>) {
        if let Some(changes) = &mut *self.changes() {
            changes.extend(places);
        }
    }

    pub(super) fn take_changes(&self) -> BTreeSet<Vec<u8>> {
        self.changes().as_mut().map(mem::take).unwrap_or_default()
    }

    pub(super) fn stop_noting_changes(&self) {
        *self.changes() = None;
    }

    fn changes(&self) -> MutexGuard<'_, Option<BTreeSet<Vec<u8>>>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn measured_bytes(&self) -> u64 {
        self.measured_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn note_measured_bytes(&self, bytes: u64) {
        self.measured_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn exists(&self) -> bool {
        self.state.read().unwrap_or_else(PoisonError::into_inner).exists
    }

    /// The open table, if it is open and nobody is about to change that; never waits.
    pub(super) fn at_hand(&self) -> Option<Arc<Open>> {
        self.state.try_read().ok()?.open.clone()
    }

    pub(super) fn touch(&self, tick: u64) {
        self.used.store(tick, Ordering::Relaxed);
    }

    pub(super) fn last_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether a record may have expired before `now`, as far as is known.
    pub(super) fn may_be_due(&self, now: i64) -> bool {
        self.next_expiry.load(Ordering::Relaxed) < now
    }

    pub(super) fn note_next_expiry(&self, next: i64) {
        self.next_expiry.store(next, Ordering::Relaxed);
    }

    /// The last durable state, which can be read even while writes fail. Opens the file if need be: not for an async
    /// thread.
    pub(super) fn for_reading(&self) -> Result<Arc<Open>, TableError> {
        let mut state = self.state();
        match &state.open {
            Some(open) => Ok(Arc::clone(open)),
            None => self.load(&mut state),
        }
    }

    /// An engine that can commit: after a fault, the last durable state is restored and opened again.
    pub(super) fn for_writing(&self) -> Result<Arc<Open>, TableError> {
        let mut state = self.state();
        if state.folder_behind {
            self.sync_folder().map_err(|error| fault(error.kind(), &self.path))?;
            state.folder_behind = false;
        }
        match &state.open {
            Some(open) if open.disk.fault().is_none() => return Ok(Arc::clone(open)),
            Some(open) => state.heal = Some(Arc::clone(&open.disk)),
            None => {}
        }
        self.load(&mut state)
    }

    fn load(&self, state: &mut State) -> Result<Arc<Open>, TableError> {
        if !state.exists {
            return Err(TableError::Invalid(format!("there is no table {}", self.path.display())));
        }
        if let Some(disk) = &state.heal {
            disk.restore().map_err(|error| fault(error.kind(), &self.path))?;
            disk.unlock();
        }
        let open = Open::existing(&*self.disks, &self.path, self.cache)?;
        state.heal = None;
        Ok(self.install(state, open))
    }

    fn install(&self, state: &mut State, open: Open) -> Arc<Open> {
        if let Ok(next) = open.snapshot().next_expiry(&self.path) {
            self.note_next_expiry(next);
        }
        let open = Arc::new(open);
        state.open = Some(Arc::clone(&open));
        open
    }

    /// Opens another file as this table's.
    pub(super) fn open_file(&self, path: &Path) -> Result<Open, TableError> {
        Open::existing(&*self.disks, path, self.cache)
    }

    /// A file beside the table's own, written without a stage.
    pub(super) fn direct(&self, path: &Path) -> io::Result<Direct> {
        self.disks.open(path).map(Direct)
    }

    /// Gives the table's name to a file that holds the same state, while the caller holds `writing`. False, and nothing
    /// done, if `old` is not the table's engine any more.
    pub(super) fn replace(&self, old: &Arc<Open>, new: Open, new_path: &Path) -> Result<bool, TableError> {
        let mut state = self.state();
        let current = state.open.as_ref().is_some_and(|open| Arc::ptr_eq(open, old));
        if !state.exists || !current || old.disk.fault().is_some() {
            return Ok(false);
        }
        fs::rename(new_path, &self.path).map_err(|error| fault(error.kind(), &self.path))?;
        // The old file has no name any more; readers of its states go on.
        old.disk.freeze(io::ErrorKind::NotFound);
        state.folder_behind = self.sync_folder().is_err();
        self.install(&mut state, new);
        Ok(true)
    }

    /// Makes the table if it is not there. The file takes its name only when it is whole.
    pub(super) fn create(&self) -> Result<(), TableError> {
        let mut state = self.state();
        if state.exists || self.path.exists() {
            state.exists = true;
            return Ok(());
        }
        let unborn = unborn(&self.path);
        remove_if_there(&unborn).map_err(|error| fault(error.kind(), &unborn))?;
        let made = Open::fresh(&*self.disks, &unborn, self.cache).and_then(|open| {
            let named = fs::rename(&unborn, &self.path).and_then(|()| self.sync_folder());
            named.map(|()| open).map_err(|error| fault(error.kind(), &self.path))
        });
        match made {
            Ok(open) => {
                state.exists = true;
                self.install(&mut state, open);
                Ok(())
            }
            Err(why) => {
                // What could not be made is nothing yet: what is left of it goes now, or before the next attempt.
                drop(remove_if_there(&unborn).and_then(|()| remove_if_there(&self.path)));
                Err(why)
            }
        }
    }

    pub(super) fn remove(&self) -> Result<(), TableError> {
        let mut state = self.state();
        let removed = remove_if_there(&self.path);
        removed.map_err(|error| fault(error.kind(), &self.path))?;
        if let Some(open) = &state.open {
            open.disk.freeze(io::ErrorKind::NotFound);
        }
        *state = State::default();
        self.note_next_expiry(UNKNOWN);
        self.sync_folder().map_err(|error| fault(error.kind(), &self.path))
    }

    /// Closes the file if nobody uses it; true if it is closed now.
    pub(super) fn close_if_idle(&self) -> bool {
        let Ok(mut state) = self.state.try_write() else { return false };
        {
            let mut queue = self.queue();
            if !queue.is_idle() {
                return false;
            }
            queue.end_pause();
            self.arrived.notify_one();
        }
        let Some(open) = state.open.take() else { return true };
        if open.disk.fault().is_some() {
            state.open = Some(open);
            return false;
        }
        match Arc::try_unwrap(open) {
            Ok(open) => {
                let disk = Arc::clone(&open.disk);
                drop(open);
                state.heal = disk.fault().is_some().then_some(disk);
                true
            }
            Err(in_use) => {
                state.open = Some(in_use);
                false
            }
        }
    }

    fn state(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(self.path.parent().unwrap_or(Path::new("/")))?.sync_all()
    }
}

/// The name of a table file that is being made.
fn unborn(path: &Path) -> PathBuf {
    path.with_extension(UNBORN)
}

pub(super) const UNBORN: &str = "new";

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

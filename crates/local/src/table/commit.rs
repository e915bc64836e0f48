//! Group commit: a caller that finds no leader leads, takes all waiting commits, and answers each only after the one sync they
//! share.
//!
//! INVARIANT: no commit is answered, not even with a refusal, before the state that it was judged against is durable.

use std::{
    collections::VecDeque,
    io, mem,
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use kernel::{
    audit::AuditEntry,
    ports::table::{CommitError, Index, Item, NewItem, TableError, Write, validate},
    record::Record as _,
};
use redb::{ReadableTable, Table as Tree, WriteTransaction};
use tokio::sync::oneshot;

use super::{
    keys,
    open::{Open, TREE, damaged, engine_failed, fault, guarded, note_this_format, read_row, storage_failed},
    row,
    slot::Slot,
};

/// At most so many jobs and, roughly, so many bytes share one sync.
const BATCH_JOBS: usize = 256;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Entries of this index hold a copy of records whose body is up to this size, so that a tenant's list reads one run of pages; all
/// other entries only point to the record, which costs a list more and a commit less. Measured in `bench/engines`.
const COPIED_IN: Index = Index::Gsi2;
const COPIED_BODY_BYTES: usize = 800;
/// Audit entries are the most of what is stored and are listed rarely: their entries only point.
const NEVER_COPIED: &str = AuditEntry::DECLARED.sort;

/// What waits for the leader.
pub(super) enum Job {
    Commit { writes: Vec<Write>, answer: oneshot::Sender<Result<(), CommitError>> },
    Sweep { now: i64, limit: usize, answer: oneshot::Sender<Result<usize, TableError>> },
}

/// A leader of a large table with nothing to do waits so long for another job before it notes how the file's pages are
/// used, so that a start after a crash need not look through the file.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Job>,
    led: bool,
    /// The leader waits for a job, and holds nothing.
    pausing: bool,
    /// The leader is to stop its pause.
    hurry: bool,
}

impl Queue {
    /// Adds a job; true if the caller must start a leader.
    pub(super) fn push(&mut self, job: Job) -> bool {
        self.waiting.push_back(job);
        !mem::replace(&mut self.led, true)
    }

    /// Whether no job waits or is under way.
    pub(super) fn is_idle(&self) -> bool {
        !self.led || (self.pausing && self.waiting.is_empty())
    }

    /// Ends the pause of a leader that waits for a job.
    pub(super) fn end_pause(&mut self) {
        self.hurry = self.pausing;
    }

    /// The next batch; with none waiting, the leader steps down unless it `stays`.
    fn take(&mut self, stays: bool) -> Vec<Job> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_JOBS && bytes < BATCH_BYTES {
            let Some(job) = self.waiting.pop_front() else { break };
            bytes += job.bytes();
            batch.push(job);
        }
        self.led = stays || !batch.is_empty();
        self.pausing = self.led && batch.is_empty();
        batch
    }

    /// Drops all waiting commits: their callers learn that no answer comes.
    fn abandon(&mut self) {
        *self = Self::default();
    }
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Self::Commit { writes, .. } => writes.iter().map(put_bytes).sum(),
            Self::Sweep { .. } => 0,
        }
    }

    fn fail(self, why: TableError) {
        // A caller that has gone away does not mind.
        match self {
            Self::Commit { answer, .. } => drop(answer.send(Err(why.into()))),
            Self::Sweep { answer, .. } => drop(answer.send(Err(why))),
        }
    }
}

fn put_bytes(write: &Write) -> usize {
    match write {
        Write::Put { item, .. } => item.body.len(),
        Write::Add { .. } | Write::Delete { .. } | Write::Check { .. } => 0,
    }
}

/// Commits batch after batch until none waits.
pub(super) fn lead(slot: &Arc<Slot>) {
    let leader = Leader(slot);
    // Whether the file's pages are used otherwise than it says.
    let mut unnoted = false;
    loop {
        let stays = unnoted && slot.is_large();
        let batch = slot.queue().take(stays);
        if !batch.is_empty() {
            settle(slot, batch);
            unnoted = true;
            continue;
        }
        if !stays {
            break;
        }
        match pause(slot) {
            Pause::Job => {}
            Pause::Nothing => {
                note_use_of_pages(slot);
                unnoted = false;
            }
            Pause::Ended => break,
        }
    }
    mem::forget(leader);
}

enum Pause {
    Job,
    Nothing,
    /// The leader has stepped down.
    Ended,
}

fn pause(slot: &Slot) -> Pause {
    let waits = |queue: &mut Queue| queue.waiting.is_empty() && !queue.hurry;
    let paused = slot.arrived().wait_timeout_while(slot.queue(), PAUSE, waits);
    let (mut queue, _) = paused.unwrap_or_else(PoisonError::into_inner);
    queue.pausing = false;
    let hurry = mem::take(&mut queue.hurry);
    if !queue.waiting.is_empty() {
        return Pause::Job;
    }
    queue.led = !hurry;
    if hurry { Pause::Ended } else { Pause::Nothing }
}

/// Writes down which pages of the file are free: without that, a start after a crash reads every page to find out.
fn note_use_of_pages(slot: &Slot) {
    let _writing = slot.writing();
    let Some(open) = slot.at_hand().filter(|open| open.disk.fault().is_none()) else { return };
    let noted = guarded(slot.path(), || {
        let failed = |error: redb::Error| engine_failed(error, slot.path());
        let mut transaction = open.engine.begin_write().map_err(|error| failed(error.into()))?;
        transaction.set_quick_repair(true);
        transaction.commit().map_err(|error| failed(error.into()))?;
        open.disk.fault().map_or(Ok(()), |kind| Err(fault(kind, slot.path())))
    });
    if let Err(error) = noted {
        // As after a commit that failed: the next one starts from the last durable state.
        open.disk.freeze(io::ErrorKind::Other);
        tracing::warn!(%error, "the use of the file's pages could not be noted; a start after a crash takes longer");
    }
}

/// Steps down if the work panics, so that the next commit finds a queue that can be led.
struct Leader<'slot>(&'slot Slot);

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.0.queue().abandon();
    }
}

fn settle(slot: &Slot, batch: Vec<Job>) {
    let writing = slot.writing();
    let outcome = slot.for_writing().and_then(|open| {
        let outcome = guarded(slot.path(), || write(&open, slot, &batch));
        if outcome.is_err() {
            // Whatever went wrong, the next batch starts from the last durable state.
            open.disk.freeze(io::ErrorKind::Other);
        } else if let Ok(next) = open.snapshot().next_expiry(slot.path()) {
            slot.note_next_expiry(next);
        }
        outcome
    });
    drop(writing);
    match outcome {
        Ok(verdicts) => batch.into_iter().zip(verdicts).for_each(|(job, verdict)| verdict.answer(job)),
        Err(why) => batch.into_iter().for_each(|job| job.fail(why.clone())),
    }
}

/// What became of a job.
enum Verdict {
    Done,
    Swept(usize),
    No(CommitError),
}

impl Verdict {
    fn answer(self, job: Job) {
        match (job, self) {
            (Job::Commit { answer, .. }, Self::Done | Self::Swept(_)) => drop(answer.send(Ok(()))),
            (Job::Commit { answer, .. }, Self::No(why)) => drop(answer.send(Err(why))),
            (Job::Sweep { answer, .. }, Self::Swept(count)) => drop(answer.send(Ok(count))),
            (Job::Sweep { answer, .. }, Self::No(CommitError::Table(why))) => drop(answer.send(Err(why))),
            (Job::Sweep { answer, .. }, Self::Done | Self::No(CommitError::Refused { .. })) => {
                drop(answer.send(Ok(0)));
            }
        }
    }
}

/// Judges and applies a batch in one transaction, makes it durable and shows it.
fn write(open: &Open, slot: &Slot, batch: &[Job]) -> Result<Vec<Verdict>, TableError> {
    let path = slot.path();
    let transaction = open.engine.begin_write().map_err(|error| engine_failed(error.into(), path))?;
    let mut changes = Changes { any: false, places: slot.notes_changes().then(Vec::new) };
    let verdicts = apply_all(&transaction, path, batch, &mut changes)?;
    let note_format = changes.any && open.is_of_older_format();
    if note_format {
        note_this_format(&transaction).map_err(|error| engine_failed(error, path))?;
    }
    if !changes.any {
        transaction.abort().map_err(|error| storage_failed(error, path))?;
        return Ok(verdicts);
    }
    transaction.commit().map_err(|error| engine_failed(error.into(), path))?;
    if let Some(kind) = open.disk.fault() {
        return Err(fault(kind, path));
    }
    open.publish(path)?;
    if note_format {
        open.is_of_this_format();
    }
    slot.add_changes(changes.places.unwrap_or_default());
    Ok(verdicts)
}

/// What a batch changed.
struct Changes {
    any: bool,
    /// Places in the tree, while a compaction asks for them.
    places: Option<Vec<Vec<u8>>>,
}

fn apply_all(
    transaction: &WriteTransaction,
    path: &Path,
    batch: &[Job],
    changes: &mut Changes,
) -> Result<Vec<Verdict>, TableError> {
    let tree = transaction.open_table(TREE).map_err(|error| engine_failed(error.into(), path))?;
    let mut work = Work { tree, path, changes };
    batch
        .iter()
        .map(|job| match job {
            Job::Commit { writes, .. } => work.commit(writes),
            Job::Sweep { now, limit, .. } => work.sweep(*now, *limit).map(Verdict::Swept),
        })
        .collect()
}

struct Work<'work, 'txn> {
    tree: Tree<'txn, &'static [u8], &'static [u8]>,
    path: &'work Path,
    changes: &'work mut Changes,
}

/// A write whose condition holds: the record before and after. `None` on both sides changes nothing.
struct Change {
    before: Option<Item>,
    after: Option<Item>,
}

impl Work<'_, '_> {
    /// The outer error concerns the whole batch.
    fn commit(&mut self, writes: &[Write]) -> Result<Verdict, TableError> {
        let mut changes = Vec::with_capacity(writes.len());
        for (at, write) in writes.iter().enumerate() {
            let before = match self.read(&keys::record(write.key())) {
                Ok(before) => before,
                Err(why @ TableError::Damaged(_)) => return Ok(Verdict::No(why.into())),
                Err(why) => return Err(why),
            };
            match decide(write, before) {
                Ok(change) => changes.push(change),
                Err(current) => return Ok(Verdict::No(CommitError::Refused { write: at, current })),
            }
        }
        for change in changes.into_iter().flatten() {
            self.apply(&change)?;
        }
        Ok(Verdict::Done)
    }

    fn apply(&mut self, change: &Change) -> Result<(), TableError> {
        self.changes.any = true;
        let new_places = change.after.as_ref().map(side_places).unwrap_or_default();
        if let Some(before) = &change.before {
            for gone in side_places(before).into_iter().filter(|place| !new_places.contains(place)) {
                self.remove(&gone)?;
            }
        }
        match (&change.before, &change.after) {
            (_, Some(after)) => self.store(after),
            (Some(before), None) => self.remove(&keys::record(&before.key)),
            (None, None) => Ok(()),
        }
    }

    fn store(&mut self, item: &Item) -> Result<(), TableError> {
        let is_copied = item.body.len() <= COPIED_BODY_BYTES && !item.key.sk.starts_with(NEVER_COPIED);
        self.insert(&keys::record(&item.key), &row::pack(item))?;
        for (slot, index) in item.index.iter().enumerate() {
            if let Some(index) = index {
                let copied = is_copied && COPIED_IN.slot() == Some(slot);
                let copy = if copied { row::encode_copy(item, slot) } else { Vec::new() };
                self.insert(&keys::entry(slot, index, &item.key), &copy)?;
            }
        }
        item.expires.map_or(Ok(()), |expires| self.insert(&keys::expiry(expires, &item.key), &[]))
    }

    fn remove(&mut self, place: &[u8]) -> Result<(), TableError> {
        self.note(place);
        self.tree.remove(place).map(drop).map_err(|error| storage_failed(error, self.path))
    }

    fn note(&mut self, place: &[u8]) {
        if let Some(places) = &mut self.changes.places {
            places.push(place.to_vec());
        }
    }

    fn insert(&mut self, place: &[u8], row: &[u8]) -> Result<(), TableError> {
        self.note(place);
        self.tree.insert(place, row).map(drop).map_err(|error| storage_failed(error, self.path))
    }

    fn read(&self, place: &[u8]) -> Result<Option<Item>, TableError> {
        let found = self.tree.get(place).map_err(|error| storage_failed(error, self.path))?;
        found.map(|row| read_row(row.value(), place, self.path)).transpose()
    }

    /// Removes up to `limit` records whose time is over.
    fn sweep(&mut self, now: i64, limit: usize) -> Result<usize, TableError> {
        let part = keys::expired_before(now);
        let range = part.start.as_slice()..part.end.as_slice();
        let walk = self.tree.range::<&[u8]>(range).map_err(|error| storage_failed(error, self.path))?;
        let mut due = Vec::new();
        for entry in walk.take(limit) {
            let (entry, _) = entry.map_err(|error| storage_failed(error, self.path))?;
            let (_, record) = keys::read_expiry(entry.value()).ok_or_else(|| damaged("an expiry entry", self.path))?;
            due.push(record);
        }
        for record in &due {
            if let Some(before) = self.read(record)? {
                self.apply(&Change { before: Some(before), after: None })?;
            }
        }
        Ok(due.len())
    }
}

/// All places of a record beside its own: its index entries and its expiry.
fn side_places(item: &Item) -> Vec<Vec<u8>> {
    let entries = item.index.iter().enumerate();
    let entries = entries.filter_map(|(slot, index)| index.as_ref().map(|index| keys::entry(slot, index, &item.key)));
    entries.chain(item.expires.map(|expires| keys::expiry(expires, &item.key))).collect()
}

/// What a write does to the record it found, or the record if the write is refused.
fn decide(write: &Write, before: Option<Item>) -> Result<Option<Change>, Option<Box<Item>>> {
    if !validate::holds(write.when(), before.as_ref()) {
        return Err(before.map(Box::new));
    }
    match write {
        Write::Check { .. } => Ok(None),
        Write::Delete { .. } => Ok(before.map(|before| Change { before: Some(before), after: None })),
        Write::Put { item, .. } => {
            let NewItem { key, index, expires, body } = item.clone();
            let version = before.as_ref().map_or(1, |before| before.version + 1);
            Ok(Some(Change { before, after: Some(Item { key, index, version, expires, body }) }))
        }
        Write::Add { field, by, .. } => {
            let Some((before, body)) = before.as_ref().zip(validate::add(before.as_ref(), field, *by)) else {
                return Err(before.map(Box::new));
            };
            let after = Item { version: before.version + 1, body, ..before.clone() };
            Ok(Some(Change { before: Some(before.clone()), after: Some(after) }))
        }
    }
}

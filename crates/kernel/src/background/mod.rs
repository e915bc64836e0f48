//! What goes on after a commit: entries of the audit log are sealed, events go out, private accounts' own tables get their
//! copies, and queues outside their dead letters. All of it can be repeated, and is taken up again after a crash.
//!
//! INVARIANT: no account holds up another. Each kind of work on the shared table has a loop of its own, each dedicated table has
//! a lane of its own, and a turn of either takes a bounded portion in which the accounts take turns.

mod copies;
mod delivery;
mod drain;
mod invitations;
mod lag;
mod letters;
mod line;
mod pending_work;
mod sealing;
mod written_tables;

pub use drain::Tick;
pub use lag::BackgroundLag;
pub use lag::Lags;
pub use line::Lines;
pub use pending_work::{PendingWork, StreamRecord};
pub(crate) use written_tables::KINDS;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};

use crate::{
    Kernel,
    ports::table::{CommitError, Table, TableName},
    problem::{Problem, Result},
};

/// Without a signal, the store is looked at this often: another process may have written.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// After a fault the next try waits so long; that of a lane twice as long each time, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Commits that come this close together are tended together.
const GATHER: Duration = Duration::from_millis(10);
/// After a lane has found nothing more its table is looked at again, after these times: an index can show a write late.
const LOOKS_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// So many dedicated tables have a turn at once.
const LANES: usize = 16;
/// [`Kernel::relay_once`] ends after so many turns of one kind and table, whatever is written meanwhile.
const MOST_TURNS: usize = 10_000;

/// A kind of work after a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkKind {
    Copies,
    Events,
    Seals,
    Letters,
    Invitations,
}

impl WorkKind {
    pub const ALL: [Self; 5] = [Self::Copies, Self::Events, Self::Seals, Self::Letters, Self::Invitations];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copies => "copies",
            Self::Events => "events",
            Self::Seals => "seals",
            Self::Letters => "dead_letters",
            Self::Invitations => "invitations",
        }
    }
}

/// What became of a commit of a turn.
///
/// INVARIANT: work whose commit was refused has its next turn soon. Nobody looks at a dedicated table after its lane has
/// ended, but for [`LOOKS_AFTER`], until something is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
enum CommitOutcome {
    Done,
    /// Another process, or the turn of another table, changed one of the records first. The rest still waits.
    Overtaken,
}

impl CommitOutcome {
    fn of(committed: std::result::Result<(), CommitError>) -> Result<Self> {
        match committed {
            Ok(()) => Ok(Self::Done),
            Err(CommitError::Refused { .. }) => Ok(Self::Overtaken),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done, Self::Done) => Self::Done,
            (Self::Overtaken, _) | (_, Self::Overtaken) => Self::Overtaken,
        }
    }
}

/// Signals the loops that a commit has left work.
#[derive(Debug, Default)]
pub struct CommitSignal {
    /// One for each kind of work on the shared table.
    shared: [Notify; WorkKind::ALL.len()],
    /// A dedicated table was written to, or a lane has ended.
    lanes: Notify,
    /// Something was committed that nobody has tended yet.
    fresh: AtomicBool,
    /// Dedicated tables that were written to.
    tables: Mutex<BTreeSet<TableName>>,
    /// Dedicated tables that have a lane.
    in_lanes: Mutex<BTreeSet<TableName>>,
    /// How often a dedicated table was looked at again since it was written to.
    looks: Mutex<HashMap<TableName, usize>>,
    stopping: AtomicBool,
}

impl CommitSignal {
    pub fn committed(&self, table: &TableName) {
        self.fresh.store(true, Ordering::Release);
        if *table == TableName::shared() {
            self.shared.iter().for_each(Notify::notify_one);
        } else {
            self.looks.lock().expect("no holder panics").remove(table);
            self.look_at(table);
        }
    }

    fn look_at(&self, table: &TableName) {
        self.tables.lock().expect("no holder panics").insert(table.clone());
        self.lanes.notify_one();
    }

    /// After what time a table is to be looked at again; `None` if that was done often enough.
    fn next_look(&self, table: &TableName) -> Option<Duration> {
        let mut looks = self.looks.lock().expect("no holder panics");
        let made = looks.entry(table.clone()).or_default();
        let after = LOOKS_AFTER.get(*made).copied();
        *made += 1;
        if after.is_none() {
            looks.remove(table);
        }
        after
    }

    fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Acquire)
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.shared.iter().for_each(Notify::notify_one);
        self.lanes.notify_one();
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The tables that need a lane and have none.
    fn without_lane(&self) -> Vec<TableName> {
        let mut tables = self.tables.lock().expect("no holder panics");
        let mut in_lanes = self.in_lanes.lock().expect("no holder panics");
        let free: Vec<_> = tables.difference(&in_lanes).cloned().collect();
        tables.retain(|table| in_lanes.contains(table));
        in_lanes.extend(free.iter().cloned());
        free
    }

    fn lane_ended(&self, table: &TableName) {
        self.in_lanes.lock().expect("no holder panics").remove(table);
        self.lanes.notify_one();
    }

    /// The dedicated tables that were written to, also those that have a lane.
    fn written(&self) -> BTreeSet<TableName> {
        let mut tables = self.tables.lock().expect("no holder panics");
        let mut written = std::mem::take(&mut *tables);
        written.extend(self.in_lanes.lock().expect("no holder panics").iter().cloned());
        written
    }
}

/// What the background remembers between turns.
#[derive(Debug, Default)]
pub struct Background {
    lines: Lines,
    pub lags: Lags,
    noted: written_tables::NotedTables,
    /// One turn of a kind and table goes on at a time.
    turns: Mutex<HashMap<(TableName, WorkKind), Arc<Turn>>>,
}

/// Held by the turn that goes on.
type Turn = tokio::sync::Mutex<()>;

impl Background {
    fn turn_of(&self, table: &TableName, kind: WorkKind) -> Arc<Turn> {
        let mut turns = self.turns.lock().expect("no holder panics");
        // Tables that have gone leave nothing behind.
        if turns.len() > 4096 {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(turns.entry((table.clone(), kind)).or_default())
    }
}

/// Tasks that run beside answers.
#[derive(Debug, Default)]
pub struct BackgroundTasks(Mutex<JoinSet<()>>);

impl Kernel {
    /// Does the work that commits leave, until the kernel stops. To be spawned once.
    pub async fn run_relay(self) {
        if let Err(problem) = self.look_at_written_tables().await {
            tracing::warn!(%problem, "the tables that were written to could not be listed; a job does it again");
        }
        let mut tasks = JoinSet::new();
        for kind in WorkKind::ALL {
            tasks.spawn(self.clone().relay_shared(kind));
        }
        let places = Arc::new(Semaphore::new(LANES));
        while !self.commit_signal().is_stopping() {
            for table in self.commit_signal().without_lane() {
                tasks.spawn(self.clone().relay_lane(table, Arc::clone(&places)));
            }
            // Reaps the tasks that have ended.
            while tasks.try_join_next().is_some() {}
            self.write_counted_events(self.now()).await;
            drop(tokio::time::timeout(LOOK_AGAIN, self.commit_signal().lanes.notified()).await);
        }
        while tasks.join_next().await.is_some() {}
    }

    /// One kind of work on the shared table.
    async fn relay_shared(self, kind: WorkKind) {
        let shared = TableName::shared();
        while !self.commit_signal().is_stopping() {
            match self.turn(&shared, kind).await {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => {
                    let news = &self.commit_signal().shared[kind as usize];
                    drop(tokio::time::timeout(LOOK_AGAIN, news.notified()).await);
                    tokio::time::sleep(GATHER).await;
                }
                Err(problem) => {
                    tracing::warn!(%problem, work = kind.as_str(), "work after commits is behind; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// All that waits in a dedicated table, until nothing does.
    async fn relay_lane(self, table: TableName, places: Arc<Semaphore>) {
        let mut pause = PAUSE;
        while !self.commit_signal().is_stopping() {
            let turn = {
                let _place = places.acquire().await.expect("the semaphore is never closed");
                self.turn_of_all(&table).await
            };
            match turn {
                Ok(true) => {
                    pause = PAUSE;
                    tokio::task::yield_now().await;
                }
                Ok(false) => break,
                Err(problem) => {
                    tracing::warn!(%problem, %table, "work after commits is behind in a table; it is tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        self.commit_signal().lane_ended(&table);
        if let Some(after) = self.commit_signal().next_look(&table) {
            // Nobody waits for it when the kernel stops.
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                self.commit_signal().look_at(&table);
            });
        }
    }

    /// Has the lanes look at every dedicated table. Answers how many those are.
    async fn scan_all_tables(&self) -> Result<u64> {
        let own = self.router().tables().list().await.map_err(Problem::from);
        let connected = self.features().connected_tables().await;
        let mut count = 0;
        for table in [&own, &connected].into_iter().flatten().flatten() {
            self.commit_signal().committed(table);
            count += 1;
        }
        own.and(connected).map(|_| count)
    }

    /// Does all pending work of every table once.
    pub async fn relay_once(&self) -> Result<()> {
        self.commit_signal().fresh.store(false, Ordering::Release);
        let shared = self.relay_table(&TableName::shared()).await;
        // A table that can't be reached, as where its owner has closed the way to it, holds up no other's.
        let tables = self.commit_signal().written().into_iter().map(|name| async move {
            let tended = self.relay_table(&name).await;
            if tended.is_err() {
                self.commit_signal().tables.lock().expect("no holder panics").insert(name);
            }
            tended
        });
        let tended: Vec<Result<()>> = stream::iter(tables).buffer_unordered(LANES).collect().await;
        tended.into_iter().fold(shared, Result::and)
    }

    async fn relay_table(&self, name: &TableName) -> Result<()> {
        let mut all = Ok(());
        for kind in WorkKind::ALL {
            let mut turns = 0;
            let done = loop {
                turns += 1;
                match self.turn(name, kind).await {
                    Ok(true) if turns < MOST_TURNS => {}
                    Ok(_) => break Ok(()),
                    Err(problem) => break Err(problem),
                }
            };
            all = all.and(done);
        }
        all
    }

    /// One turn of each kind of work. What one of them depends on and can't reach holds up none of the others.
    async fn turn_of_all(&self, table: &TableName) -> Result<bool> {
        let turns = WorkKind::ALL.map(|kind| self.turn(table, kind));
        let (mut more, mut failed) = (false, None);
        for turn in futures::future::join_all(turns).await {
            match turn {
                Ok(its) => more |= its,
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        failed.map_or(Ok(more), Err)
    }

    /// One turn of one kind of work on a table, for tests of what a turn takes. Answers whether more waits.
    pub async fn background_turn(&self, name: &TableName, kind: WorkKind) -> Result<bool> {
        self.turn(name, kind).await
    }

    /// One turn of one kind of work on a table. Answers whether more waits.
    async fn turn(&self, name: &TableName, kind: WorkKind) -> Result<bool> {
        let own = self.background().turn_of(name, kind);
        let _turn = own.lock().await;
        let Some(table) = self.table_named(name).await? else { return Ok(self.portion_done(name, kind, false)) };
        match kind {
            WorkKind::Copies => self.make_copies(&table, name).await,
            WorkKind::Events => self.deliver(&table, name).await,
            WorkKind::Seals => self.seal(&table, name).await,
            WorkKind::Letters => self.settle_letters(&table, name).await,
            WorkKind::Invitations => self.finish_invitations(&table, name).await,
        }
    }

    async fn table_named(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>> {
        if *name == TableName::shared() {
            return Ok(Some(Arc::clone(self.router().shared())));
        }
        match name.account() {
            Some(account) => self.router().own_table(account).await,
            None => Ok(None),
        }
    }

    /// The next portion of a line, and how long its oldest record has waited.
    async fn portion(
        &self,
        table: &dyn Table,
        name: &TableName,
        kind: WorkKind,
        line: &'static str,
    ) -> Result<line::QueueBatch> {
        let portion = self.background().lines.take(table, name.as_str(), line).await?;
        self.background().lags.found(name, kind, &portion.items, self.now());
        Ok(portion)
    }

    /// A portion was done.
    fn portion_done(&self, name: &TableName, kind: WorkKind, more: bool) -> bool {
        if !more {
            self.background().lags.nothing_waits(name, kind);
        }
        more
    }
}

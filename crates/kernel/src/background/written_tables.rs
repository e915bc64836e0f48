//! Which dedicated tables are being written to, as records of the shared table: what a process that has ended left in one of
//! them is found without a visit to all.
//!
//! INVARIANT: a commit to a dedicated table comes after a note of that table which is kept longer than the process believes
//! in it. A process that was frozen between the two can still commit after its note has gone; the job [`ALL_TABLES`] finds
//! that.

use std::{collections::HashMap, sync::Mutex};

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::LANES;
use crate::{
    Kernel,
    jobs::{Job, JobCounts},
    kinds::RecordKind,
    ports::table::{CommitError, Condition, Index, Key, Pages, Query, Range, TableName, Write},
    problem::{Problem, Result},
    record::{self, Record, RecordKeys, Stored, decode},
};

/// The kinds of record of the work after commits.
pub(crate) const KINDS: &[RecordKind] = &[WrittenTable::DECLARED];

/// A process relies on its note of a table for so long.
const BELIEVED: SignedDuration = SignedDuration::from_mins(3);
/// A note is kept this long, and longer while work waits in its table.
const KEPT: SignedDuration = SignedDuration::from_mins(6);
/// A table that can't be reached is looked at again after so long, twice as long each time, up to [`LONGEST_WAIT`].
const WAIT: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// The most tables that a process remembers to have noted.
const REMEMBERED: usize = 10_000;

pub(crate) const WRITTEN_TABLES: &str = "written-tables";
pub(crate) const ALL_TABLES: &str = "all-tables";

/// A dedicated table that was written to a short time ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenTable {
    table: TableName,
    noted_at: Timestamp,
    /// How often in succession its table could not be reached.
    #[serde(default)]
    failures: u32,
    /// When to try it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
}

impl WrittenTable {
    const PARTITION: &'static str = "WRITTEN-TABLES";

    fn failed(&self, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let wait = (WAIT * 2_i32.pow(failures.min(8) - 1)).min(LONGEST_WAIT);
        Self { failures, retry_at: Some(now + wait), ..self.clone() }
    }
}

impl Record for WrittenTable {
    const NOUN: &'static str = "written table";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, Self::PARTITION, "");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(Self::PARTITION, self.table.as_str()))
    }
}

/// When this process noted each table.
#[derive(Debug, Default)]
pub(super) struct NotedTables(Mutex<HashMap<TableName, Timestamp>>);

impl NotedTables {
    fn has(&self, table: &TableName, now: Timestamp) -> bool {
        let noted = self.0.lock().expect("no holder panics");
        // A clock that was set back makes a note old.
        noted.get(table).is_some_and(|at| *at <= now && now.duration_since(*at) < BELIEVED)
    }

    fn add(&self, table: &TableName, now: Timestamp) {
        let mut noted = self.0.lock().expect("no holder panics");
        if noted.len() >= REMEMBERED {
            noted.retain(|_, at| now.duration_since(*at) < BELIEVED);
        }
        noted.insert(table.clone(), now);
    }
}

/// What became of a visit to a noted table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visit {
    Done,
    Failed,
    NotYet,
}

impl Kernel {
    /// Notes that a dedicated table is about to be written to, unless this process has done so a short time ago.
    pub(crate) async fn note_written(&self, table: &TableName) -> Result<()> {
        let now = self.now();
        if self.background().noted.has(table, now) {
            return Ok(());
        }
        let note = WrittenTable { table: table.clone(), noted_at: now, failures: 0, retry_at: None };
        let write = Write::Put { item: record::encode(&note), when: Condition::Always };
        self.router().shared().commit(vec![write]).await.map_err(unexpected)?;
        self.background().noted.add(table, now);
        Ok(())
    }

    /// The jobs that find what processes left behind in dedicated tables.
    pub(crate) fn table_jobs(&self) -> [Job; 2] {
        let (written, all) = (self.clone(), self.clone());
        [
            Job::new(
                WRITTEN_TABLES,
                "Do the work that waits in the accounts' own tables that were written to",
                SignedDuration::from_mins(1),
                move || {
                    let kernel = written.clone();
                    async move { kernel.visit_written_tables().await }
                },
            ),
            Job::new(
                ALL_TABLES,
                "Look for work in every account's own table, whether or not it was written to",
                SignedDuration::from_hours(1),
                move || {
                    let kernel = all.clone();
                    async move { Ok([("tables".to_owned(), kernel.scan_all_tables().await?)].into()) }
                },
            ),
        ]
    }

    /// Has the lanes look at the tables that were written to before this process began.
    pub(super) async fn look_at_written_tables(&self) -> Result<()> {
        let mut pages = self.written_tables();
        while let Some(items) = pages.next().await? {
            for item in &items {
                self.commit_signal().committed(&decode::<WrittenTable>(item)?.record.table);
            }
        }
        Ok(())
    }

    async fn visit_written_tables(&self) -> Result<JobCounts> {
        let (mut done, mut failed) = (0, 0);
        let mut pages = self.written_tables();
        while let Some(items) = pages.next().await? {
            let notes = items.iter().map(decode::<WrittenTable>).collect::<Result<Vec<_>>>()?;
            let visits = notes.into_iter().map(|note| self.visit(note));
            let visits: Vec<Result<Visit>> = stream::iter(visits).buffer_unordered(LANES).collect().await;
            for visit in visits {
                match visit? {
                    Visit::Done => done += 1,
                    Visit::Failed => failed += 1,
                    Visit::NotYet => {}
                }
            }
        }
        Ok([("tables".to_owned(), done), ("unreachable".to_owned(), failed)].into())
    }

    fn written_tables(&self) -> Pages<'_> {
        let query = Query::ascending(Index::Table, WrittenTable::PARTITION, Range::All);
        Pages::new(self.router().shared().as_ref(), query)
    }

    /// Does what waits in a table. Its note goes when it is old; a newer one of the same table stays.
    async fn visit(&self, note: Stored<WrittenTable>) -> Result<Visit> {
        let now = self.now();
        if note.retry_at.is_some_and(|at| at > now) {
            return Ok(Visit::NotYet);
        }
        let (visit, write) = match self.relay_table(&note.table).await {
            Ok(()) if now.duration_since(note.noted_at) < KEPT => return Ok(Visit::Done),
            Ok(()) => (Visit::Done, record::remove(&note)),
            Err(problem) => {
                tracing::warn!(%problem, table = %note.table, "work after commits is behind in a table; it is tried again");
                (Visit::Failed, record::replace(&note, &note.failed(now)))
            }
        };
        match self.router().shared().commit(vec![write]).await {
            Ok(()) | Err(CommitError::Refused { .. }) => Ok(visit),
            Err(error) => Err(unexpected(error)),
        }
    }
}

/// The problem of a commit whose condition can't fail.
fn unexpected(error: CommitError) -> Problem {
    match error {
        CommitError::Table(error) => error.into(),
        refused @ CommitError::Refused { .. } => Problem::internal(&refused),
    }
}

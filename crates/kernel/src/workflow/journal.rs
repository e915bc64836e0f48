//! The journal of runs in the shared table: a head for each run, and its events in order.
//!
//! INVARIANT: events are appended with the head in one commit, under the head's version as the writer last saw it. So
//! of two drivers that believe they hold a run only one can append, and the other learns that it does not hold it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    event::{Event, EventKind, Failure, Status},
    plan::Plan,
    waiting::StoredAnswer,
};
use crate::{
    ids::{AccountId, ExecutionId},
    ports::table::{
        CommitError, Condition, Index, Item, Key, MAX_PAGE, NewItem, Order, Pages, Position, Query, Range, Rows, Table,
        TableError, Write,
    },
};

/// Before the id in the partition of a run.
const PARTITION: &str = "EXECUTION#";
/// The partition of `Gsi3` for open runs.
pub const OPEN: &str = "EXECUTION#OPEN";
/// The partition of `Gsi3` with the runs that rest, by the time until which they do.
const RESTING: &str = "EXECUTION#RESTING";

/// The head of a run: all that is known of it without reading its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    pub execution_id: ExecutionId,
    pub workflow: String,
    pub plan_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub status: Status,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// References, never secrets.
    pub input: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Nobody needs to look at the run before that time, unless something outside answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<Timestamp>,
    /// Answers from outside that the run has not taken yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub(super) answers: Vec<StoredAnswer>,
    /// Raised with every change of holder or direction; a worker's late write can be refused by it.
    pub fence: u64,
    /// How many events the journal holds.
    pub events: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// Why the run failed or is stuck, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailedAt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedAt {
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    #[serde(flatten)]
    pub error: Failure,
}

/// Who works on a run, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    pub holder: String,
    pub until: Timestamp,
}

/// A head as it was read or written last: the version guards the next append.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedRun {
    pub head: Head,
    pub version: u64,
}

/// Who has the run after an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHold {
    pub lease: Option<Lease>,
    pub fence: u64,
    /// See [`Head::rests_until`].
    pub rests_until: Option<Timestamp>,
}

impl RunHold {
    /// Nobody has it, and somebody should.
    pub const fn free(fence: u64) -> Self {
        Self { lease: None, fence, rests_until: None }
    }
}

/// A new run.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    pub execution: ExecutionId,
    pub plan: &'a Plan,
    pub account: Option<AccountId>,
    /// References, never secrets.
    pub input: Value,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    #[error("there is no such run")]
    NoSuchRun,
    /// Somebody else has appended since the head was read.
    #[error("somebody else holds the run")]
    Superseded,
    /// The condition of a write that came along does not hold.
    #[error("a write that came along was refused")]
    Refused,
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The writes that start a run, for the caller to commit together with its own records.
pub fn start(new: NewRun<'_>, now: Timestamp) -> Vec<Write> {
    let head = Head {
        execution_id: new.execution,
        workflow: new.plan.name.to_owned(),
        plan_version: new.plan.version,
        account_id: new.account,
        status: Status::Running,
        started_at: now,
        finished_at: None,
        input: new.input,
        lease: None,
        rests_until: None,
        answers: Vec::new(),
        fence: 0,
        events: 1,
        degraded: Vec::new(),
        failure: None,
    };
    let started = Event { number: 1, at: now, what: EventKind::Started };
    vec![put_head(&head, Condition::Absent), put_event(new.execution, &started)]
}

/// Lets a commit through only while the run is where the caller knows it: for the writes of workers.
pub fn check_fence(execution: ExecutionId, fence: u64) -> Write {
    let when = Condition::field("fence", crate::ports::table::Is::Equal, fence);
    Write::Check { key: head_key(execution), when }
}

/// The runs of one table.
#[derive(Clone)]
pub struct Journal {
    table: Arc<dyn Table>,
}

impl Journal {
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }

    pub(crate) fn table(&self) -> &Arc<dyn Table> {
        &self.table
    }

    pub async fn head(&self, execution: ExecutionId) -> Result<LoadedRun, JournalError> {
        let item = self.table.get(&head_key(execution)).await?.ok_or(JournalError::NoSuchRun)?;
        loaded(&item)
    }

    /// The run with all its events.
    pub async fn load(&self, execution: ExecutionId) -> Result<(LoadedRun, Vec<Event>), JournalError> {
        // The head first: events that come after it are left out.
        let loaded = self.head(execution).await?;
        let mut events = self.events(execution, 0).await?;
        events.retain(|event| event.number <= loaded.head.events);
        Ok((loaded, events))
    }

    /// The events after number `after`, in order.
    pub async fn events(&self, execution: ExecutionId, after: u64) -> Result<Vec<Event>, JournalError> {
        let range = Range::Between(event_sk(after + 1), event_sk(u64::MAX));
        let mut pages = Pages::new(self.table.as_ref(), Query::ascending(Index::Table, pk(execution), range));
        let mut events = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in &items {
                events.push(read(item)?);
            }
        }
        Ok(events)
    }

    /// A page of the open runs, the oldest first.
    pub async fn open(&self, after: Option<Position>) -> Result<(Vec<Head>, Option<Position>), JournalError> {
        self.heads(Index::Gsi3, OPEN.to_owned(), Range::All, Order::Ascending, MAX_PAGE, after).await
    }

    /// A page of the runs that rest until that time or an earlier one.
    pub async fn rested(
        &self,
        until: Timestamp,
        after: Option<Position>,
    ) -> Result<(Vec<Head>, Option<Position>), JournalError> {
        // Sorts behind every text of that time.
        let range = Range::Between("0".to_owned(), format!("{}~", sortable(until)));
        self.heads(Index::Gsi3, RESTING.to_owned(), range, Order::Ascending, MAX_PAGE, after).await
    }

    /// A page of all runs, the latest first.
    pub async fn all(
        &self,
        limit: usize,
        after: Option<Position>,
    ) -> Result<(Vec<Head>, Option<Position>), JournalError> {
        self.heads(Index::Gsi1, "EXECUTION".to_owned(), Range::All, Order::Descending, limit, after).await
    }

    /// The runs of an account, the latest first.
    pub async fn of_account(
        &self,
        account: AccountId,
        limit: usize,
        after: Option<Position>,
    ) -> Result<(Vec<Head>, Option<Position>), JournalError> {
        let range = Range::Prefix("EXECUTION#".to_owned());
        self.heads(Index::Gsi2, format!("ACCOUNT#{account}"), range, Order::Descending, limit, after).await
    }

    async fn heads(
        &self,
        index: Index,
        pk: String,
        range: Range,
        order: Order,
        limit: usize,
        after: Option<Position>,
    ) -> Result<(Vec<Head>, Option<Position>), JournalError> {
        let Rows { items, next } = self.table.query(&Query { index, pk, range, order, limit, after }).await?;
        Ok((items.iter().map(read).collect::<Result<_, _>>()?, next))
    }

    /// Appends events and whatever comes along, in one commit; the head follows from the events.
    pub async fn append(
        &self,
        loaded: &LoadedRun,
        hold: RunHold,
        what: &[EventKind],
        along: Vec<Write>,
        now: Timestamp,
    ) -> Result<(LoadedRun, Vec<Event>), JournalError> {
        let (next, events) = loaded.after(hold, what, now);
        let mut writes = Vec::with_capacity(1 + what.len() + along.len());
        writes.push(put_head(&next.head, Condition::Version(loaded.version)));
        writes.extend(events.iter().map(|event| put_event(next.head.execution_id, event)));
        writes.extend(along);
        match self.table.commit(writes).await {
            Ok(()) => Ok((next, events)),
            Err(CommitError::Refused { write, .. }) if write > what.len() => Err(JournalError::Refused),
            Err(CommitError::Refused { .. }) => Err(JournalError::Superseded),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// Stores an answer for the run to take, in one commit with what comes along; a run that rests is open again.
    pub(super) async fn store_answer(
        &self,
        loaded: &LoadedRun,
        answer: StoredAnswer,
        along: Vec<Write>,
    ) -> Result<(), JournalError> {
        let mut head = Head { rests_until: None, ..loaded.head.clone() };
        head.answers.push(answer);
        let mut writes = vec![put_head(&head, Condition::Version(loaded.version))];
        writes.extend(along);
        match self.table.commit(writes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused { write: 0, .. }) => Err(JournalError::Superseded),
            Err(CommitError::Refused { .. }) => Err(JournalError::Refused),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// The head that an append left whose answer was lost, if it was made.
    ///
    /// INVARIANT: only the driver that holds the run may ask. Its fence is its own; others who append the same event at
    /// the same version leave an equal head, and each would take the other's append for its own.
    pub(super) async fn appended(
        &self,
        loaded: &LoadedRun,
        hold: RunHold,
        what: &[EventKind],
        now: Timestamp,
    ) -> Result<Option<LoadedRun>, JournalError> {
        let (next, _) = loaded.after(hold, what, now);
        Ok(Some(self.head(next.head.execution_id).await?).filter(|found| *found == next))
    }
}

impl LoadedRun {
    fn after(&self, hold: RunHold, what: &[EventKind], now: Timestamp) -> (Self, Vec<Event>) {
        let RunHold { lease, fence, rests_until } = hold;
        let (head, events) = Head { lease, rests_until, fence, ..self.head.clone() }.after(what, now);
        (Self { head, version: self.version + 1 }, events)
    }
}

impl Head {
    /// The head after further events, and those events.
    pub(super) fn after(&self, what: &[EventKind], now: Timestamp) -> (Self, Vec<Event>) {
        let mut head = self.clone();
        let mut events = Vec::with_capacity(what.len());
        for what in what {
            head.follow(what, now);
            events.push(Event { number: head.events, at: now, what: what.clone() });
        }
        (head, events)
    }

    fn follow(&mut self, what: &EventKind, now: Timestamp) {
        self.events += 1;
        if let Some(status) = what.turns_to() {
            self.status = status;
            self.finished_at = (!status.is_open()).then_some(now);
            self.failure = None;
            self.answers.clear();
        }
        match what {
            EventKind::Succeeded { degraded, .. } => self.degraded.clone_from(degraded),
            EventKind::StepSucceeded { step, .. } | EventKind::StepFailed { step, .. } => {
                self.answers.retain(|stored| stored.wait.step != *step);
            }
            EventKind::Failed { step, error, .. } | EventKind::Stuck { step, error } => {
                self.failure = Some(FailedAt { state: step.state.clone(), item: step.item, error: error.clone() });
            }
            EventKind::Started
            | EventKind::Passed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepNotYet { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::ItemCaptured { .. }
            | EventKind::Resumed { .. }
            | EventKind::Redriven { .. }
            | EventKind::UndoRequested
            | EventKind::UndoStarted { .. }
            | EventKind::StepUndone { .. }
            | EventKind::UndoFailed { .. }
            | EventKind::UndoNotYet { .. }
            | EventKind::Undone => {}
        }
    }

    /// The head as it was when the journal held these events alone.
    pub fn rewind(&mut self, history: &[Event]) {
        self.status = Status::Running;
        self.finished_at = None;
        self.degraded.clear();
        self.failure = None;
        self.events = 0;
        for event in history {
            self.follow(&event.what, event.at);
        }
    }

    /// How long the run took, or takes so far.
    pub fn took(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.finished_at.unwrap_or(now).duration_since(self.started_at)).unwrap_or_default()
    }
}

/// A time as text that sorts as the times do.
pub(super) fn sortable(at: Timestamp) -> String {
    format!("{at:.6}")
}

fn pk(execution: ExecutionId) -> String {
    format!("{PARTITION}{execution}")
}

/// The run whose records a partition contains.
pub fn execution_in(partition: &str) -> Option<ExecutionId> {
    partition.strip_prefix(PARTITION)?.parse().ok()
}

/// Whether somebody holds the run whose head this is.
pub fn is_leased(head: &str) -> bool {
    /// A head has more, which does not matter here.
    #[derive(Deserialize)]
    struct LoadedRun {
        lease: Option<Lease>,
    }
    serde_json::from_str::<LoadedRun>(head).is_ok_and(|head| head.lease.is_some())
}

fn head_key(execution: ExecutionId) -> Key {
    Key::new(pk(execution), "HEAD")
}

fn event_sk(number: u64) -> String {
    format!("EVENT#{:06}", number.min(999_999))
}

fn put_head(head: &Head, when: Condition) -> Write {
    let at = sortable(head.started_at);
    let index = [
        Some(Key::new("EXECUTION", at.as_str())),
        head.account_id.map(|account| Key::new(format!("ACCOUNT#{account}"), format!("EXECUTION#{at}"))),
        head.status.is_open().then(|| match head.rests_until {
            Some(until) => Key::new(RESTING, sortable(until)),
            None => Key::new(OPEN, at.as_str()),
        }),
    ];
    Write::Put { item: NewItem { key: head_key(head.execution_id), index, expires: None, body: body(head) }, when }
}

fn put_event(execution: ExecutionId, event: &Event) -> Write {
    let key = Key::new(pk(execution), event_sk(event.number));
    let item = NewItem { key, index: [None, None, None], expires: None, body: body(event) };
    Write::Put { item, when: Condition::Absent }
}

fn body(record: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(record).expect("the journal's records are plain JSON"))
}

fn loaded(item: &Item) -> Result<LoadedRun, JournalError> {
    Ok(LoadedRun { head: read(item)?, version: item.version })
}

fn read<T: serde::de::DeserializeOwned>(item: &Item) -> Result<T, JournalError> {
    serde_json::from_slice(&item.body)
        .map_err(|error| JournalError::Damaged(format!("{} {}: {error}", item.key.pk, item.key.sk)))
}

//! Steps that failed for good, one queue for each worker: kept 14 days for somebody to look, replay or discard.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    event::{EventKind, Failure, StepName},
    journal::{Head, JournalError, sortable},
    plan::Plan,
    run_state::RunState,
    worker::WorkerName,
};
use crate::{
    ids::{AccountId, DeadLetterId, ExecutionId},
    kinds::RecordKind,
    ports::table::{
        CommitError, Condition, Index, Item, Key, MAX_KEYS, NewItem, Order, Position, Query, Range, Table, Write,
    },
    record::{self, Record, RecordKeys},
    scan::scan,
};

/// How long a dead letter is kept: 14 days, as the documents say.
pub const KEPT_HOURS: i64 = 14 * 24;

/// A step that failed for good. It holds references, never secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    pub id: DeadLetterId,
    pub worker: WorkerName,
    pub execution_id: ExecutionId,
    pub workflow: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// The item of the map: what the step was about.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub reference: Value,
    pub error: Failure,
    pub attempts: u32,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// The dead letters of one table.
#[derive(Clone)]
pub struct DeadLetters {
    table: Arc<dyn Table>,
    queued: bool,
}

/// A note that a letter was written or removed, and that the queue outside does not know it yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LetterNote {
    pub dead_letter_id: DeadLetterId,
    pub worker: WorkerName,
}

impl LetterNote {
    /// The partition of `Gsi3` in which notes wait.
    pub const PENDING: &str = "LETTERNOTE#PENDING";
}

impl Record for LetterNote {
    const NOUN: &'static str = "note of a dead letter";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "DEADLETTER#", "NOTE");

    fn place(&self) -> RecordKeys {
        let id = self.dead_letter_id;
        RecordKeys::at(Key::new(format!("DEADLETTER#{id}"), "NOTE")).by_status(Key::new(Self::PENDING, id.to_string()))
    }
}

impl DeadLetters {
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table, queued: false }
    }

    /// External queues exist and need updates.
    #[must_use]
    pub fn queued(mut self, queued: bool) -> Self {
        self.queued = queued;
        self
    }

    /// A page of the letters of one worker and one account (or of all), the latest first. Letters past their time are
    /// left out.
    pub async fn list(
        &self,
        worker: Option<&WorkerName>,
        account: Option<AccountId>,
        limit: usize,
        after: Option<Position>,
        now: Timestamp,
    ) -> Result<(Vec<DeadLetter>, Option<Position>), JournalError> {
        let (index, pk) = match worker {
            Some(worker) => (Index::Gsi3, queue(worker)),
            None => (Index::Gsi1, "DEADLETTER".to_owned()),
        };
        let query = Query { index, pk, range: Range::All, order: Order::Descending, limit, after };
        let mut letters = Vec::new();
        let found = scan(self.table.as_ref(), query, |item| {
            let letter = read(item)?;
            let kept = letter.expires_at > now && account.is_none_or(|account| letter.account_id == Some(account));
            letters.extend(kept.then_some(letter));
            Ok::<_, JournalError>(kept)
        });
        let next = found.await?.next;
        Ok((letters, next))
    }

    pub async fn get(&self, id: DeadLetterId, now: Timestamp) -> Result<Option<DeadLetter>, JournalError> {
        let item = self.table.get(&key(id)).await?;
        let letter = item.as_ref().map(read).transpose()?;
        Ok(letter.filter(|letter| letter.expires_at > now))
    }

    /// Removes a letter without acting on it; succeeds for an absent letter. `along` is committed with it.
    pub async fn discard(&self, letter: &DeadLetter, along: Vec<Write>) -> Result<(), JournalError> {
        let mut writes = self.remove(letter.id, &letter.worker);
        writes.extend(along);
        match self.table.commit(writes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused { .. }) => Err(JournalError::Refused),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// The writes that remove those of these letters that are there, so many of them at most.
    pub(super) async fn removals(
        &self,
        mut letters: Vec<(DeadLetterId, WorkerName)>,
        most: usize,
    ) -> Result<Vec<Write>, JournalError> {
        letters.truncate(MAX_KEYS);
        let keys: Vec<Key> = letters.iter().map(|(id, _)| key(*id)).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.table.batch_get(&keys).await? };
        let there = letters.iter().zip(found).filter(|(_, found)| found.is_some()).take(most);
        Ok(there.flat_map(|((id, worker), _)| self.remove(*id, worker)).collect())
    }

    fn remove(&self, id: DeadLetterId, worker: &WorkerName) -> Vec<Write> {
        let mut writes = vec![Write::Delete { key: key(id), when: Condition::Always }];
        writes.extend(self.queued.then(|| note(id, worker)));
        writes
    }
}

/// The letter of a step: one for each step of a run, so that a later failure takes the place of an earlier one.
pub fn id_of(execution: ExecutionId, step: &StepName) -> DeadLetterId {
    DeadLetterId::derived(execution.uuid(), &format!("dead-letter/{step}"))
}

/// The letters that these events bring, with their notes if there are queues outside, for the same commit.
pub(super) fn writes(
    plan: &Plan,
    run_state: &RunState,
    head: &Head,
    events: &[EventKind],
    now: Timestamp,
    queued: bool,
) -> Vec<Write> {
    let mut letters: Vec<DeadLetter> = Vec::new();
    for what in events {
        let letter = match what {
            EventKind::ItemCaptured { step, error, .. }
            | EventKind::Failed { step, error, .. }
            | EventKind::Stuck { step, error } => {
                let Some(letter) = letter(plan, run_state, head, step, error, now) else { continue };
                letter
            }
            EventKind::Started
            | EventKind::Passed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepSucceeded { .. }
            | EventKind::StepFailed { .. }
            | EventKind::StepNotYet { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::Resumed { .. }
            | EventKind::Redriven { .. }
            | EventKind::UndoRequested
            | EventKind::UndoStarted { .. }
            | EventKind::StepUndone { .. }
            | EventKind::UndoFailed { .. }
            | EventKind::UndoNotYet { .. }
            | EventKind::Succeeded { .. }
            | EventKind::Undone => continue,
        };
        // A commit touches a key once: the last event about a step has the word.
        letters.retain(|other| other.id != letter.id);
        letters.push(letter);
    }
    let notes = letters.iter().filter(|_| queued).map(|letter| note(letter.id, &letter.worker));
    letters.iter().map(put).chain(notes).collect()
}

fn note(dead_letter_id: DeadLetterId, worker: &WorkerName) -> Write {
    Write::Put { item: record::encode(&LetterNote { dead_letter_id, worker: worker.clone() }), when: Condition::Always }
}

fn letter(
    plan: &Plan,
    run_state: &RunState,
    head: &Head,
    step: &StepName,
    error: &Failure,
    now: Timestamp,
) -> Option<DeadLetter> {
    Some(DeadLetter {
        id: id_of(head.execution_id, step),
        worker: plan.state(&step.state)?.work()?.worker.into(),
        execution_id: head.execution_id,
        workflow: head.workflow.clone(),
        account_id: head.account_id,
        state: step.state.clone(),
        item: step.item,
        reference: run_state.reference(plan, step),
        error: error.clone(),
        attempts: run_state.attempts(plan, step),
        at: now,
        expires_at: now.checked_add(KEPT_HOURS.hours()).unwrap_or(Timestamp::MAX),
    })
}

fn put(letter: &DeadLetter) -> Write {
    let at = sortable(letter.at);
    let index = [
        Some(Key::new("DEADLETTER", at.as_str())),
        letter.account_id.map(|account| Key::new(format!("ACCOUNT#{account}"), format!("DEADLETTER#{at}"))),
        Some(Key::new(queue(&letter.worker), at.as_str())),
    ];
    let body = Bytes::from(serde_json::to_vec(letter).expect("a dead letter is plain JSON"));
    let item = NewItem { key: key(letter.id), index, expires: Some(letter.expires_at.as_second()), body };
    Write::Put { item, when: Condition::Always }
}

fn queue(worker: &WorkerName) -> String {
    format!("DEADLETTER#{worker}")
}

fn key(id: DeadLetterId) -> Key {
    Key::new(format!("DEADLETTER#{id}"), "DEADLETTER")
}

fn read(item: &Item) -> Result<DeadLetter, JournalError> {
    serde_json::from_slice(&item.body)
        .map_err(|error| JournalError::Damaged(format!("{} {}: {error}", item.key.pk, item.key.sk)))
}

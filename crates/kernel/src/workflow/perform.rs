//! Does or undoes one step once; with a [`Performer`], also writes it down. Both drivers come through here.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::{
    dead_letters,
    event::{BadHistory, EventKind, Failure, StepName},
    faults::{Fault, Faults},
    journal::{Head, Journal, JournalError, LoadedRun, RunHold},
    metrics::WorkflowMetrics,
    plan::Plan,
    run_state::{Answer, Direction, RunAction, RunState, Step},
    step::{self, Refusal},
    step_error::StepError,
    workers::{BoundWorkers, Call, StepOutcome, UndoOutcome, Workflow, Workflows},
};
use crate::ports::external_error::ErrorKind;
use crate::{
    ids::ExecutionId,
    ports::{clock::Clock, table::TableError},
};

/// An output is a reference or two, not a document.
const MAX_OUTPUT_BYTES: usize = 32 * 1024;
/// How often a write to the journal is tried again when another step of the same run came first.
const MAX_RACES: u32 = 50;

/// Does or undoes one step once. Panics and calls past the worker's time are passing errors.
pub(super) async fn perform(
    workers: &dyn BoundWorkers,
    call: &Call,
    faults: &Faults,
    metrics: &dyn WorkflowMetrics,
) -> Answer {
    let begun = Instant::now();
    let work = AssertUnwindSafe(with_faults(workers, call, faults)).catch_unwind();
    let answer = match timeout(call.worker.timeout(), work).await {
        Ok(Ok(Ok(answer))) => answer,
        Ok(Ok(Err(StepError { kind, code, message, fix }))) => {
            let message = message.chars().take(1000).collect::<String>();
            Answer::Failed { kind, error: Failure { code, message, fix } }
        }
        Ok(Err(_)) => failed(ErrorKind::Transient, "panicked", "the worker ended without an answer"),
        Err(_) => failed(ErrorKind::Transient, "worker_timed_out", "the worker took longer than its time"),
    };
    metrics.worker_called(call.worker, begun.elapsed(), !matches!(answer, Answer::Failed { .. }));
    answer
}

/// The call that a step makes.
pub(super) fn call(workflow: &Workflow, run_state: &RunState, head: &Head, step: &Step, fence: u64) -> Call {
    Call {
        execution: head.execution_id,
        account: head.account_id,
        workflow: workflow.plan.name,
        step: step.name.clone(),
        worker: step.worker,
        direction: step.direction,
        attempt: step.attempt,
        polls: run_state.polls(&workflow.plan, step),
        reference: run_state.reference(&workflow.plan, &step.name),
        variables: run_state.variables(),
        fence,
        round: run_state.round,
    }
}

async fn with_faults(workers: &dyn BoundWorkers, call: &Call, faults: &Faults) -> Result<Answer, StepError> {
    match faults.strike(call) {
        None => once(workers, call).await,
        Some(Fault::Error(kind)) => Err(StepError::new(kind, "fault", "failed on purpose")),
        Some(Fault::ErrorAfter) => {
            once(workers, call).await?;
            Err(StepError::transient("fault", "failed on purpose after it took effect"))
        }
        Some(Fault::CrashBefore) => match faults.crash(call).await {},
        Some(Fault::CrashAfter) => {
            once(workers, call).await?;
            match faults.crash(call).await {}
        }
        Some(Fault::Repeat) => {
            once(workers, call).await?;
            once(workers, call).await
        }
    }
}

async fn once(workers: &dyn BoundWorkers, call: &Call) -> Result<Answer, StepError> {
    match call.direction {
        Direction::Do => match workers.act(call).await? {
            StepOutcome::Done(output) if output.to_string().len() > MAX_OUTPUT_BYTES => {
                Err(StepError::permanent("output_too_large", "a step's output is at most 32 kB"))
            }
            StepOutcome::Done(output) => Ok(Answer::Done(output)),
            StepOutcome::NotYet { after } => Ok(Answer::NotYet(after)),
            StepOutcome::Waiting => Ok(Answer::Waiting),
        },
        Direction::Undo => match workers.undo(call).await? {
            UndoOutcome::Done => Ok(Answer::Done(Value::Null)),
            UndoOutcome::NotYet { after } => Ok(Answer::NotYet(after)),
        },
    }
}

fn failed(kind: ErrorKind, code: &str, message: &str) -> Answer {
    Answer::Failed { kind, error: Failure::new(code, message) }
}

/// Performs single steps for a driver outside this process, which decides order and retries by the same plan.
#[derive(Clone)]
pub struct Performer {
    pub journal: Journal,
    pub workflows: Workflows,
    pub clock: Arc<dyn Clock>,
    pub faults: Faults,
    pub metrics: Arc<dyn WorkflowMetrics>,
    /// There are queues of dead letters outside.
    pub queued: bool,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum PerformError {
    #[error("no workflow of that name and version is known here")]
    NoSuchWorkflow,
    #[error("{0} is no step of the plan")]
    NoSuchStep(StepName),
    #[error(transparent)]
    History(#[from] BadHistory),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What an append came to.
pub(super) struct Appended<T> {
    pub(super) workflow: Workflow,
    pub(super) run_state: RunState,
    pub(super) loaded: LoadedRun,
    pub(super) answer: T,
}

impl Performer {
    /// Appends the decision from the current state of the run, together with what comes along; decides again if another
    /// step of the same run came first.
    pub(super) async fn append<T>(
        &self,
        execution: ExecutionId,
        decide: impl Fn(&Workflow, &RunState, &Head, jiff::Timestamp) -> Result<(Vec<EventKind>, T), PerformError>,
    ) -> Result<Appended<T>, PerformError> {
        let mut races = 0;
        loop {
            let (loaded, history) = self.journal.load(execution).await?;
            let workflow = self.workflows.of(&loaded.head).ok_or(PerformError::NoSuchWorkflow)?.clone();
            let mut run_state = RunState::replay(&workflow.plan, &loaded.head.input, &history)?;
            let now = self.clock.now();
            let taken = taken_answers(&workflow.plan, &run_state, &loaded.head, now);
            // Answers from outside come first; then it is decided by what they make of the run.
            let (events, answer) = if taken.is_empty() {
                let (events, answer) = decide(&workflow, &run_state, &loaded.head, now)?;
                (events, Some(answer))
            } else {
                (taken, None)
            };
            for what in &events {
                run_state
                    .apply(&workflow.plan, what, now)
                    .map_err(|state| BadHistory::NoSuchState { number: loaded.head.events, state })?;
            }
            if events.is_empty()
                && let Some(answer) = answer
            {
                return Ok(Appended { workflow, run_state, loaded, answer });
            }
            let mut along = dead_letters::writes(&workflow.plan, &run_state, &loaded.head, &events, now, self.queued);
            let transition = super::workers::Transition::of(&loaded.head, &events, run_state.variables());
            if let Some(transition) = &transition {
                along.extend(workflow.workers.on_transition(transition).await?);
            }
            let rests_until = match run_state.clone().advance(&workflow.plan, now).act {
                RunAction::Rest(until) => Some(until),
                RunAction::Perform(_) | RunAction::Wait(_) | RunAction::Finished(_) => None,
            };
            let hold = RunHold { lease: loaded.head.lease.clone(), fence: loaded.head.fence, rests_until };
            let written = self.journal.append(&loaded, hold, &events, along, now).await;
            if let Some(transition) = &transition {
                workflow.workers.after_transition(transition);
            }
            match written {
                Ok((loaded, _)) => {
                    self.count(&workflow, &loaded.head, history.len(), now);
                    if let Some(answer) = answer {
                        return Ok(Appended { workflow, run_state, loaded, answer });
                    }
                }
                Err(
                    JournalError::Superseded | JournalError::Refused | JournalError::Table(TableError::Unavailable(_)),
                ) if races < MAX_RACES => races += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn count(&self, workflow: &Workflow, head: &Head, events_before: usize, now: jiff::Timestamp) {
        if events_before == 1 {
            self.metrics.execution_started(workflow.plan.name);
        }
        if !head.status.is_open() {
            let timed_out = head.failure.as_ref().is_some_and(|at| at.error.code == "timed_out");
            self.metrics.execution_ended(workflow.plan.name, head.status, timed_out, head.took(now));
        }
    }
}

/// The events that the stored answers make, with what follows from them.
fn taken_answers(plan: &Plan, run_state: &RunState, head: &Head, now: jiff::Timestamp) -> Vec<EventKind> {
    let mut run_state = run_state.clone();
    let mut events = Vec::new();
    for stored in &head.answers {
        let taken = run_state.take_answer(plan, stored);
        step::apply_all(plan, &mut run_state, &taken, now);
        events.extend(taken);
    }
    if !events.is_empty() {
        events.extend(step::settled(plan, &mut run_state, now));
    }
    events
}

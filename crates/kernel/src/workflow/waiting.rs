//! Steps that wait for something outside: the caller who answers names the wait, and the answer is stored in the run's head.
//!
//! INVARIANT: an answer changes the head under its version, as an append does. So it can't be lost between a step that asks
//! for it and the event that says that the step waits: whichever is second sees the other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    event::{BadHistory, EventKind, Failure, Status, StepName},
    journal::JournalError,
    plan::{Plan, WaitsFor},
    run_state::{RunState, StepPhase, place},
};
use crate::ids::ExecutionId;
use crate::ports::external_error::ErrorKind;

/// Names one wait of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitId {
    pub execution: ExecutionId,
    #[serde(flatten)]
    pub step: StepName,
    /// How many times the run was redriven before: an answer to an earlier try is refused.
    pub round: u32,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWait {
    pub id: WaitId,
    pub on: WaitsFor,
    /// Without an answer until then, the step fails.
    pub until: Timestamp,
}

/// The answer to a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum WaitAnswer {
    /// The step is done. The output is the state's; the slice makes it from the state's [`super::StepOutput`].
    Done { output: Value },
    /// The step has failed for good: it was refused, or what it waited for failed.
    Failed { error: Failure },
}

/// An answer that the run has not taken yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredAnswer {
    #[serde(flatten)]
    pub(super) wait: WaitId,
    pub(super) answer: WaitAnswer,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    Now,
    /// The same answer came before.
    Before,
}

/// Why an answer is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AnswerError {
    #[error("the run does not wait for this answer")]
    NotWaiting,
    #[error("the wait has another answer already")]
    AnsweredOtherwise,
    #[error("no workflow of that name and version is known here")]
    NoSuchWorkflow,
    #[error("the journal does not fit the plan: {0}")]
    History(#[from] BadHistory),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl RunState {
    /// What the run waits for, if it waits for something outside.
    pub(super) fn open_wait(&self, plan: &Plan, execution: ExecutionId) -> Option<OpenWait> {
        let state = plan.states.get(self.position).filter(|_| self.status == Status::Running)?;
        let waits = state.work()?.waits?;
        match self.forward.get(&(self.position, None))?.phase {
            StepPhase::Waiting(until) => {
                let step = StepName { state: state.name.to_owned(), item: None };
                Some(OpenWait { id: WaitId { execution, step, round: self.round }, on: waits.on, until })
            }
            StepPhase::Idle
            | StepPhase::UnderWay
            | StepPhase::Due(_)
            | StepPhase::Done
            | StepPhase::Failed(_)
            | StepPhase::Captured(_) => None,
        }
    }

    /// Whether the run can take the answer: its step waits, or has begun and may be about to.
    pub(super) fn takes(&self, plan: &Plan, wait: &WaitId) -> bool {
        let Ok(index) = place(plan, &wait.step) else { return false };
        let waits = plan.states[index.0].work().is_some_and(|task| task.waits.is_some());
        let begun = self.forward.get(&index).is_some_and(|step| match step.phase {
            StepPhase::Waiting(_) | StepPhase::UnderWay | StepPhase::Due(_) | StepPhase::Idle => true,
            StepPhase::Done | StepPhase::Failed(_) | StepPhase::Captured(_) => false,
        });
        self.status == Status::Running && self.position == index.0 && self.round == wait.round && waits && begun
    }

    /// Whether the step is done with this output already.
    pub(super) fn has_taken(&self, plan: &Plan, wait: &WaitId, answer: &WaitAnswer) -> bool {
        let Ok(index) = place(plan, &wait.step) else { return false };
        let waits = plan.states[index.0].work().is_some_and(|task| task.waits.is_some());
        let done = self.forward.get(&index).is_some_and(|step| step.phase == StepPhase::Done);
        let output = self.variables.get(&wait.step.state).unwrap_or(&Value::Null);
        let same = matches!(answer, WaitAnswer::Done { output: given } if given == output);
        waits && done && same && self.round == wait.round
    }

    /// The events that an answer makes; none if the run does not wait for it any more.
    pub(super) fn take_answer(&self, plan: &Plan, stored: &StoredAnswer) -> Vec<EventKind> {
        let StoredAnswer { wait, answer } = stored;
        if !self.takes(plan, wait) {
            return Vec::new();
        }
        let step_state = place(plan, &wait.step).ok().and_then(|index| self.forward.get(&index));
        let attempt = step_state.map_or(1, super::run_state::StepState::attempt);
        let step = wait.step.clone();
        let begun = step_state.is_some_and(|step| matches!(step.phase, StepPhase::Waiting(_) | StepPhase::UnderWay));
        let mut events = Vec::new();
        if !begun {
            events.push(EventKind::StepStarted { step: step.clone(), attempt });
        }
        events.push(match answer.clone() {
            WaitAnswer::Done { output } => EventKind::StepSucceeded { step, attempt, output },
            WaitAnswer::Failed { error } => {
                EventKind::StepFailed { step, attempt, error, kind: ErrorKind::Permanent, retry_at: None }
            }
        });
        events
    }
}

//! What a feature slice gives to the engine: its plans, and the workers that do and undo their steps.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    event::{EventKind, Failure, Status, StepName},
    journal::{self, Head},
    plan::{Plan, Worker},
    run_state::{Direction, lookup},
    step_error::StepError,
};
use crate::{
    ids::{AccountId, ExecutionId, Id},
    ports::table::Write,
};

/// Does and undoes the steps of a plan.
///
/// A call may come more than once, also after it succeeded: `act` and `undo` must be idempotent by [`Call::token`], and
/// `undo` must bear that the step never took effect or took half of it.
#[async_trait]
pub trait Workers: Send + Sync {
    async fn act(&self, call: &Call) -> Result<Done, StepError>;

    /// Removes what `act` may have left. Called for undoable steps alone.
    async fn undo(&self, call: &Call) -> Result<Undone, StepError>;

    /// Writes that stand or fall with a change of the run's status: the account's status, its audit entry, its event.
    /// At most 40. Asked again if one of their conditions was refused or the error is a passing one, so conditions should
    /// be those of a record read just now. Not asked when a run starts: the caller of [`journal::start`] commits then.
    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        let _ = transition;
        Ok(Vec::new())
    }

    /// Called after each attempt to commit such writes, also where it is not known whether it was made: what is remembered of
    /// their records is dropped here, and nowhere earlier.
    fn after_transition(&self, transition: &Transition) {
        let _ = transition;
    }
}

/// One call of a worker.
#[derive(Clone, Debug)]
pub struct Call {
    pub execution: ExecutionId,
    pub account: Option<AccountId>,
    pub workflow: &'static str,
    pub step: StepName,
    pub worker: Worker,
    pub direction: Direction,
    /// From 1; a call that was interrupted comes again under the same number.
    pub attempt: u32,
    /// The item of a map; null in a plain task.
    pub reference: Value,
    /// The input's fields and the outputs of the states so far.
    pub variables: Arc<Value>,
    pub fence: u64,
}

impl Call {
    /// The state's name.
    pub fn state(&self) -> &str {
        &self.step.state
    }

    /// A variable by its path: `cloudType`, `CreateStack.tableName`.
    pub fn variable(&self, path: &str) -> Option<&Value> {
        lookup(&self.variables, path)
    }

    /// The same for every repeat of this step in this run: its idempotency token.
    pub fn token(&self) -> String {
        format!("{}/{}", self.execution, self.step)
    }

    /// An id for a thing that this step makes: the same in every repeat.
    pub fn id<K>(&self, name: &str) -> Id<K> {
        Id::derived(self.execution.uuid(), &format!("{}/{name}", self.step))
    }

    /// A write that lets a commit through only while this driver still holds the run.
    pub fn check_fence(&self) -> Write {
        journal::check_fence(self.execution, self.fence)
    }
}

/// How an act ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// The output becomes a variable under the state's name (a list of outputs for a map). Small, and no secret.
    Now { output: Value },
    /// Look again after that time.
    NotYet { after: Duration },
}

impl Done {
    pub const fn nothing() -> Self {
        Self::Now { output: Value::Null }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    Now,
    NotYet { after: Duration },
}

/// A change of a run's status that is about to be written down.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The run before the change.
    pub head: Head,
    pub to: Status,
    /// The event that the plan names for this end.
    pub event: Option<String>,
    pub degraded: Vec<String>,
    pub failure: Option<(StepName, Failure)>,
}

impl Transition {
    /// The turn that these events make, if they make one.
    pub(super) fn of(head: &Head, events: &[EventKind]) -> Option<Self> {
        let last = events.iter().rev().find(|what| what.turns_to().is_some())?;
        let mut transition =
            Self { head: head.clone(), to: last.turns_to()?, event: None, degraded: Vec::new(), failure: None };
        match last {
            EventKind::Succeeded { event, degraded } => {
                transition.event.clone_from(event);
                transition.degraded.clone_from(degraded);
            }
            EventKind::Failed { step, error, event } => {
                transition.event.clone_from(event);
                transition.failure = Some((step.clone(), error.clone()));
            }
            EventKind::Stuck { step, error } => transition.failure = Some((step.clone(), error.clone())),
            EventKind::Started
            | EventKind::Passed { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepSucceeded { .. }
            | EventKind::StepFailed { .. }
            | EventKind::StepNotYet { .. }
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
        Some(transition)
    }
}

/// A plan with its workers.
#[derive(Clone)]
pub struct Workflow {
    pub plan: Arc<Plan>,
    pub workers: Arc<dyn Workers>,
}

/// All workflows that this process knows.
#[derive(Clone, Default)]
pub struct Workflows {
    by_name: HashMap<(String, u32), Workflow>,
}

impl Workflows {
    #[must_use]
    pub fn with(mut self, plan: Plan, workers: Arc<dyn Workers>) -> Self {
        self.register(plan, workers);
        self
    }

    /// Several versions of a plan may stand side by side while runs of the older one are open.
    pub fn register(&mut self, plan: Plan, workers: Arc<dyn Workers>) {
        self.by_name.insert((plan.name.to_owned(), plan.version), Workflow { plan: Arc::new(plan), workers });
    }

    /// The workflow by which a run goes on.
    pub fn of(&self, head: &Head) -> Option<&Workflow> {
        self.by_name.get(&(head.workflow.clone(), head.plan_version))
    }

    /// The latest version of a plan.
    pub fn latest(&self, name: &str) -> Option<&Workflow> {
        self.by_name.iter().filter(|((of, _), _)| of == name).max_by_key(|((_, version), _)| *version).map(|(_, w)| w)
    }

    pub fn all(&self) -> impl Iterator<Item = &Workflow> {
        self.by_name.values()
    }
}

//! What a feature slice gives to the engine: its plans, and the workers that do and undo their steps.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    definition::{Definition, Functions},
    event::{EventKind, Failure, Status, StepName},
    journal::{self, Head},
    outputs::{self, StepOutput},
    plan::Plan,
    run_state::{Direction, lookup},
    step_error::StepError,
    waiting::WaitId,
    worker::Worker,
};
use crate::{
    ids::{AccountId, ExecutionId, Id},
    ports::table::Write,
};

/// The side of a slice that the engine calls: it prepares each step, and takes part in the run's transitions. The functions
/// of the steps are in the [`Definition`].
///
/// A step may be done more than once, also after it succeeded: the functions must be idempotent by [`Call::token`], and
/// those that undo must work for a step that never took effect or took half of it.
#[async_trait]
pub trait Workers: Send + Sync + 'static {
    /// What the functions of the definition work on.
    type Step: Send + Sync + 'static;

    /// Prepares one call: reads what every function of the workflow needs.
    async fn step(&self, call: Call) -> Result<Self::Step, StepError>;

    /// Writes in the commit that changes the run's status: the account's status, its audit entry, its event. At most 40.
    /// Asked again if one of their conditions was refused or the error may pass, so conditions should be those of a record
    /// read just now. Not asked when a run starts: the caller of [`journal::start`] commits then.
    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        let _ = transition;
        Ok(Vec::new())
    }

    /// Called after each attempt to commit such writes, also if its result is unknown. Drop cached copies of their records
    /// here, and nowhere earlier.
    fn after_transition(&self, transition: &Transition) {
        let _ = transition;
    }
}

/// Workers with the functions of their definition, as the engine calls them.
#[async_trait]
pub(super) trait BoundWorkers: Send + Sync {
    async fn act(&self, call: &Call) -> Result<StepOutcome<Value>, StepError>;
    async fn undo(&self, call: &Call) -> Result<UndoOutcome, StepError>;
    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError>;
    fn after_transition(&self, transition: &Transition);
}

struct Bound<W: Workers> {
    workers: W,
    functions: HashMap<&'static str, Functions<W::Step>>,
}

#[async_trait]
impl<W: Workers> BoundWorkers for Bound<W> {
    async fn act(&self, call: &Call) -> Result<StepOutcome<Value>, StepError> {
        let functions = self.functions.get(call.state()).ok_or_else(|| no_function(call))?;
        (functions.does)(&self.workers.step(call.clone()).await?).await
    }

    async fn undo(&self, call: &Call) -> Result<UndoOutcome, StepError> {
        let undo = self.functions.get(call.state()).and_then(|functions| functions.undo.as_ref());
        undo.ok_or_else(|| no_function(call))?(&self.workers.step(call.clone()).await?).await
    }

    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        self.workers.on_transition(transition).await
    }

    fn after_transition(&self, transition: &Transition) {
        self.workers.after_transition(transition);
    }
}

/// A definition has a function for each state that calls a worker, so only a caller that is no driver comes here.
fn no_function(call: &Call) -> StepError {
    StepError::permanent("no_function", format!("{} has no such function", call.step))
}

/// The pauses of [`Call::look_again`]. Machines of Step Functions have the same (`asl.rs`).
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(2);
pub(super) const LOOKS_GROW_BY: f64 = 1.5;
pub(super) const LONGEST_LOOK: Duration = Duration::from_secs(15);

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
    /// How often the step was not done yet, and asked to be called again.
    pub polls: u32,
    /// The item of a map; null in a plain task.
    pub reference: Value,
    /// The input's fields and the outputs of the states so far.
    pub variables: Arc<Value>,
    pub fence: u64,
    /// How many times the run was redriven or undone before.
    pub round: u32,
}

impl Call {
    /// Names the wait of this step for the one who answers it: the same in every repeat, until an operator redrives the run.
    pub fn wait_id(&self) -> WaitId {
        WaitId { execution: self.execution, step: self.step.clone(), round: self.round }
    }

    /// The state's name.
    pub fn state(&self) -> &str {
        &self.step.state
    }

    /// A variable by its path: `cloudType`, `CreateStack.tableName`.
    pub fn variable(&self, path: &str) -> Option<&Value> {
        lookup(&self.variables, path)
    }

    /// The output of an earlier step; `None` if it gave none.
    pub fn output<Output: StepOutput>(&self) -> Result<Option<Output>, StepError> {
        outputs::output(&self.variables)
    }

    /// The outputs of an earlier map, by item; `None` for an item without one.
    pub fn outputs<Output: StepOutput>(&self) -> Result<Vec<Option<Output>>, StepError> {
        outputs::outputs(&self.variables)
    }

    /// The same for every repeat of this step in this run: its idempotency token.
    pub fn token(&self) -> String {
        format!("{}/{}", self.execution, self.step)
    }

    /// An id for a thing that this step makes: the same in every repeat.
    pub fn id<K>(&self, name: &str) -> Id<K> {
        Id::derived(self.execution.uuid(), &format!("{}/{name}", self.step))
    }

    /// After what time to look again at something that AWS or another service is making: half a second at first, then two
    /// seconds, growing to fifteen. Many runs that look at the same time would be throttled.
    pub fn look_again(&self) -> Duration {
        match self.polls {
            0 => Duration::from_millis(500),
            polls => FIRST_LOOK.mul_f64(LOOKS_GROW_BY.powi(polls.min(20).cast_signed() - 1)).min(LONGEST_LOOK),
        }
    }

    /// A write that lets a commit through only while this driver still holds the run.
    pub fn check_fence(&self) -> Write {
        journal::check_fence(self.execution, self.fence)
    }
}

/// How a step ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome<Output> {
    Done(Output),
    /// Call the step again after that time.
    NotYet {
        after: Duration,
    },
    /// Something outside gives the answer, by [`super::Driver::answer`]; the state declares it with [`super::State::waits`].
    Waiting,
}

impl<Output: StepOutput> StepOutcome<Output> {
    pub(super) fn into_json(self) -> Result<StepOutcome<Value>, StepError> {
        Ok(match self {
            Self::Done(output) => StepOutcome::Done(serde_json::to_value(output).map_err(|error| {
                StepError::permanent("output_unwritable", format!("the output is no JSON: {error}"))
            })?),
            Self::NotYet { after } => StepOutcome::NotYet { after },
            Self::Waiting => StepOutcome::Waiting,
        })
    }
}

/// How an undo ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    Done,
    /// Call it again after that time.
    NotYet {
        after: Duration,
    },
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
    /// The input's members and the outputs of the states so far.
    variables: Arc<Value>,
}

impl Transition {
    /// The output of a step of the run; `None` if it gave none.
    pub fn output<Output: StepOutput>(&self) -> Result<Option<Output>, StepError> {
        outputs::output(&self.variables)
    }

    /// The transition that these events make, if they make one.
    pub(super) fn of(head: &Head, events: &[EventKind], variables: Arc<Value>) -> Option<Self> {
        let last = events.iter().rev().find(|what| what.turns_to().is_some())?;
        let (event, degraded, failure) = (None, Vec::new(), None);
        let mut transition = Self { head: head.clone(), to: last.turns_to()?, event, degraded, failure, variables };
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
        Some(transition)
    }
}

/// A plan with its workers.
#[derive(Clone)]
pub struct Workflow {
    pub plan: Arc<Plan>,
    pub(super) workers: Arc<dyn BoundWorkers>,
}

/// All workflows that this process knows.
#[derive(Clone, Default)]
pub struct Workflows {
    by_name: HashMap<(String, u32), Workflow>,
}

impl Workflows {
    /// Adds a workflow. A process may know several versions of a plan, for runs that began with an older one.
    #[must_use]
    pub fn with<W: Workers>(mut self, definition: Definition<W::Step>, workers: W) -> Self {
        let Definition { plan, functions } = definition;
        let workers = Arc::new(Bound { workers, functions });
        self.by_name.insert((plan.name.to_owned(), plan.version), Workflow { plan: Arc::new(plan), workers });
        self
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

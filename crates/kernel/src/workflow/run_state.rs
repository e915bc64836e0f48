//! The state of a run, folded from its journal. Pure: the time is an argument.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Map as Fields, Value};

use super::{
    event::{BadHistory, Event, EventKind, Failure, Status, StepName},
    plan::{Kind, Plan},
    worker::Worker,
};
use crate::ports::external_error::ErrorKind;

/// What a plan says to do now. `record` is written down before `act` takes effect.
#[derive(Clone, Debug, PartialEq)]
pub struct NextAction {
    pub record: Vec<EventKind>,
    pub act: RunAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RunAction {
    Perform(Vec<Step>),
    /// Nothing to begin before that time; without one, before a call that is under way has answered.
    Wait(Option<Timestamp>),
    /// Nothing to do before something outside answers, or before that time: nobody needs to hold the run.
    Rest(Timestamp),
    Finished(Status),
}

/// One step to be done or undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub name: StepName,
    pub worker: Worker,
    pub attempt: u32,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    Do,
    Undo,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done(Value),
    NotYet(Duration),
    /// Something outside will answer.
    Waiting,
    Failed {
        kind: ErrorKind,
        error: Failure,
    },
}

/// A step's place in the plan, and the item.
pub(super) type StepIndex = (usize, Option<u32>);

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StepState {
    pub(super) phase: StepPhase,
    throttled: u32,
    transient: u32,
    /// How many times the step was not done yet.
    pub(super) polls: u32,
    /// The token with which the state machine that waits for the step gets its answer.
    task_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum StepPhase {
    #[default]
    Idle,
    UnderWay,
    Due(Timestamp),
    /// For something outside, until that time.
    Waiting(Timestamp),
    Done,
    Failed(Failure),
    Captured(String),
}

/// A run, as its journal tells it.
#[derive(Clone, Debug)]
pub struct RunState {
    pub(super) status: Status,
    pub(super) position: usize,
    /// Since when it is there.
    pub(super) entered: Timestamp,
    /// How many times it was redriven or undone.
    pub(super) round: u32,
    /// A step that waited and was answered, after which nothing has begun yet.
    pub(super) answered: Option<StepIndex>,
    pub(super) deadline: Timestamp,
    pub(super) variables: Arc<Value>,
    pub(super) forward: BTreeMap<StepIndex, StepState>,
    pub(super) backward: BTreeMap<StepIndex, StepState>,
    /// Every step that ever began: an undo must look at all of them.
    pub(super) touched: BTreeSet<StepIndex>,
}

impl RunState {
    pub fn replay(plan: &Plan, input: &Value, history: &[Event]) -> Result<Self, BadHistory> {
        let first = history.first().filter(|event| event.what == EventKind::Started).ok_or(BadHistory::NoStart)?;
        let variables = if input.is_object() { input.clone() } else { Value::Object(Fields::new()) };
        let mut run_state = Self {
            status: Status::Running,
            position: 0,
            entered: first.at,
            round: 0,
            answered: None,
            deadline: first.at,
            variables: Arc::new(variables),
            forward: BTreeMap::new(),
            backward: BTreeMap::new(),
            touched: BTreeSet::new(),
        };
        for event in history {
            run_state
                .apply(plan, &event.what, event.at)
                .map_err(|state| BadHistory::NoSuchState { number: event.number, state })?;
        }
        Ok(run_state)
    }

    pub const fn status(&self) -> Status {
        self.status
    }

    /// When the run (or its undoing) has taken too long.
    pub const fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// The input's fields, and each state's output under the state's name.
    pub fn variables(&self) -> Arc<Value> {
        Arc::clone(&self.variables)
    }

    /// The item that a step is about; null in a plain task.
    pub fn reference(&self, plan: &Plan, step: &StepName) -> Value {
        let list = plan.place(&step.state).and_then(|place| items_of(plan, place));
        let item = step.item.and_then(|item| usize::try_from(item).ok());
        let found = list.zip(item).and_then(|(list, item)| lookup(&self.variables, list)?.get(item));
        found.cloned().unwrap_or(Value::Null)
    }

    /// How many times a step was tried since it began or was redriven.
    pub fn attempts(&self, plan: &Plan, step: &StepName) -> u32 {
        let Ok(at) = place(plan, step) else { return 0 };
        let tried = |steps: &BTreeMap<StepIndex, StepState>| steps.get(&at).map(|step_state| step_state.attempt() - 1);
        tried(&self.backward).or_else(|| tried(&self.forward)).unwrap_or(0)
    }

    /// Whether an item failed for good and the run went on without it.
    pub fn is_captured(&self, plan: &Plan, step: &StepName) -> bool {
        let step_state = place(plan, step).ok().and_then(|at| self.forward.get(&at));
        step_state.is_some_and(|step_state| matches!(step_state.phase, StepPhase::Captured(_)))
    }

    /// The steps that failed for good and that a redrive from this step does again.
    pub fn again_after(&self, plan: &Plan, from: &StepName) -> Vec<StepName> {
        let Ok(from) = place(plan, from) else { return Vec::new() };
        let mut after = self.clone();
        after.redrive(plan, from, Timestamp::MIN);
        let gone = self.forward.iter().filter(|(at, step_state)| {
            matches!(step_state.phase, StepPhase::Captured(_) | StepPhase::Failed(_)) && !after.forward.contains_key(at)
        });
        gone.map(|(at, _)| StepName { state: plan.states[at.0].name.to_owned(), item: at.1 }).collect()
    }

    /// Whether calls were begun whose answers are not in the journal.
    pub fn is_under_way(&self) -> bool {
        self.forward.values().chain(self.backward.values()).any(|step| step.phase == StepPhase::UnderWay)
    }

    /// The event that an answer makes: retries are decided here.
    pub fn judge(&self, plan: &Plan, step: &Step, answer: Answer, now: Timestamp) -> EventKind {
        let (name, attempt) = (step.name.clone(), step.attempt);
        match (answer, step.direction) {
            (Answer::Done(output), Direction::Do) => EventKind::StepSucceeded { step: name, attempt, output },
            (Answer::Done(_), Direction::Undo) => EventKind::StepUndone { step: name, attempt },
            (Answer::NotYet(after), Direction::Do) => {
                EventKind::StepNotYet { step: name, attempt, again_at: later(now, after) }
            }
            (Answer::NotYet(after), Direction::Undo) => {
                EventKind::UndoNotYet { step: name, attempt, again_at: later(now, after) }
            }
            (Answer::Waiting, Direction::Do) => match plan.state(&name.state).and_then(|state| state.work()?.waits) {
                Some(waits) => {
                    let until = later(now, waits.at_most);
                    EventKind::StepWaiting { step: name, attempt, until, task_token: None }
                }
                None => never_waits(name, attempt, "the plan does not let this step wait"),
            },
            (Answer::Waiting, Direction::Undo) => never_waits(name, attempt, "an undo can't wait"),
            (Answer::Failed { kind, error }, direction) => {
                let retry_at = self.retry_in(plan, step, kind).map(|wait| later(now, wait));
                match direction {
                    Direction::Do => EventKind::StepFailed { step: name, attempt, error, kind, retry_at },
                    Direction::Undo => EventKind::UndoFailed { step: name, attempt, error, kind, retry_at },
                }
            }
        }
    }

    /// Folds one event in. The error is a state's name that the plan does not know.
    pub fn apply(&mut self, plan: &Plan, what: &EventKind, at: Timestamp) -> Result<(), String> {
        if let Some(status) = what.turns_to() {
            self.status = status;
            self.forget_calls();
        }
        match what {
            EventKind::Started => self.deadline = later(at, plan.timeout),
            EventKind::Passed { to, .. } => self.enter(plan.place(to).ok_or_else(|| to.clone())?, at),
            EventKind::StepStarted { step, .. } => {
                let at = place(plan, step)?;
                self.touched.insert(at);
                self.answered = None;
                self.forward.entry(at).or_default().phase = StepPhase::UnderWay;
            }
            EventKind::StepSucceeded { step, output, .. } => {
                let index = place(plan, step)?;
                let step_state = self.forward.entry(index).or_default();
                step_state.phase = StepPhase::Done;
                self.answered = step_state.task_token.is_some().then_some(index);
                self.keep(step, output);
                if let (None, Some(next)) = (step.item, plan.states[index.0].next) {
                    self.enter(plan.place(next).ok_or_else(|| next.to_owned())?, at);
                }
            }
            EventKind::StepFailed { step, error, kind, retry_at, .. } => {
                let index = place(plan, step)?;
                let step_state = self.forward.entry(index).or_default();
                step_state.failed(*kind, error, *retry_at);
                self.answered = step_state.task_token.is_some().then_some(index);
            }
            EventKind::StepNotYet { step, again_at, .. } => {
                self.forward.entry(place(plan, step)?).or_default().call_again(*again_at);
            }
            EventKind::StepWaiting { step, until, task_token, .. } => {
                let step_state = self.forward.entry(place(plan, step)?).or_default();
                step_state.phase = StepPhase::Waiting(*until);
                step_state.task_token.clone_from(task_token);
            }
            EventKind::ItemCaptured { step, error, degrades } => {
                let reason = if *degrades { format!("{step}: {}", error.code) } else { String::new() };
                self.forward.entry(place(plan, step)?).or_default().phase = StepPhase::Captured(reason);
            }
            EventKind::Resumed { .. } => self.forget_calls(),
            EventKind::Redriven { step } => {
                self.round += 1;
                self.redrive(plan, place(plan, step)?, at);
            }
            EventKind::UndoRequested => {
                self.round += 1;
                self.deadline = later(at, plan.timeout);
                self.backward.retain(|_, step| step.phase == StepPhase::Done);
            }
            EventKind::UndoStarted { step, .. } => {
                self.backward.entry(place(plan, step)?).or_default().phase = StepPhase::UnderWay;
            }
            EventKind::StepUndone { step, .. } => {
                self.backward.entry(place(plan, step)?).or_default().phase = StepPhase::Done;
            }
            EventKind::UndoFailed { step, error, kind, retry_at, .. } => {
                self.backward.entry(place(plan, step)?).or_default().failed(*kind, error, *retry_at);
            }
            EventKind::UndoNotYet { step, again_at, .. } => {
                self.backward.entry(place(plan, step)?).or_default().call_again(*again_at);
            }
            EventKind::Succeeded { .. } | EventKind::Failed { .. } | EventKind::Undone | EventKind::Stuck { .. } => {}
        }
        Ok(())
    }

    fn redrive(&mut self, plan: &Plan, from: StepIndex, at: Timestamp) {
        self.deadline = later(at, plan.timeout);
        self.answered = None;
        self.enter(from.0, at);
        match from.1 {
            None => {
                // A step that succeeded and yet led to the failure (a check that said no) is done again.
                let settled =
                    self.forward.iter().filter(|(step, _)| step.0 == from.0).all(|(_, s)| s.phase == StepPhase::Done);
                self.forward.retain(|step, step_state| {
                    step.0 < from.0 || (step_state.phase == StepPhase::Done && (step.0 > from.0 || !settled))
                });
            }
            Some(item) => {
                // The item, what later states made of it, and the later steps that look at the whole.
                let list = items_of(plan, from.0);
                self.forward.retain(|step, _| match step.1 {
                    _ if step.0 < from.0 => true,
                    None => false,
                    Some(other) => other != item || items_of(plan, step.0) != list,
                });
            }
        }
    }

    fn retry_in(&self, plan: &Plan, step: &Step, kind: ErrorKind) -> Option<Duration> {
        let at = place(plan, &step.name).ok()?;
        let task = plan.states[at.0].work()?;
        let steps = match step.direction {
            Direction::Do => &self.forward,
            Direction::Undo => &self.backward,
        };
        task.wait(kind, steps.get(&at).map_or(0, |step_state| step_state.failures(kind)) + 1)
    }

    /// How often a step was not done yet.
    pub(super) fn polls(&self, plan: &Plan, step: &Step) -> u32 {
        let steps = match step.direction {
            Direction::Do => &self.forward,
            Direction::Undo => &self.backward,
        };
        place(plan, &step.name).ok().and_then(|at| steps.get(&at)).map_or(0, |step_state| step_state.polls)
    }

    fn keep(&mut self, step: &StepName, output: &Value) {
        let Some(fields) = Arc::make_mut(&mut self.variables).as_object_mut() else { return };
        match step.item {
            None if output.is_null() => {}
            None => {
                fields.insert(step.state.clone(), output.clone());
            }
            Some(item) => {
                let list = fields.entry(step.state.as_str()).or_insert_with(|| Value::Array(Vec::new()));
                let item = usize::try_from(item).expect("an item's number fits");
                if let Some(list) = list.as_array_mut() {
                    list.resize_with(list.len().max(item + 1), || Value::Null);
                    list[item] = output.clone();
                }
            }
        }
    }

    fn enter(&mut self, position: usize, at: Timestamp) {
        self.position = position;
        self.entered = at;
    }

    fn forget_calls(&mut self) {
        for step_state in self.forward.values_mut().chain(self.backward.values_mut()) {
            if step_state.phase == StepPhase::UnderWay {
                step_state.phase = StepPhase::Idle;
            }
        }
    }
}

impl StepState {
    pub(super) fn task_token(&self) -> Option<&str> {
        self.task_token.as_deref()
    }

    fn call_again(&mut self, at: Timestamp) {
        self.phase = StepPhase::Due(at);
        self.polls += 1;
    }

    pub(super) const fn attempt(&self) -> u32 {
        self.throttled + self.transient + 1
    }

    const fn failures(&self, kind: ErrorKind) -> u32 {
        match kind {
            ErrorKind::Throttled => self.throttled,
            ErrorKind::Transient | ErrorKind::Permanent => self.transient,
        }
    }

    fn failed(&mut self, kind: ErrorKind, error: &Failure, retry_at: Option<Timestamp>) {
        match kind {
            ErrorKind::Throttled => self.throttled += 1,
            ErrorKind::Transient | ErrorKind::Permanent => self.transient += 1,
        }
        self.phase = retry_at.map_or_else(|| StepPhase::Failed(error.clone()), StepPhase::Due);
    }
}

fn never_waits(step: StepName, attempt: u32, why: &str) -> EventKind {
    let (error, kind) = (Failure::new("undeclared_wait", why), ErrorKind::Permanent);
    EventKind::StepFailed { step, attempt, error, kind, retry_at: None }
}

/// A variable by its path: `cloudType`, `VerifyProvisioning.verified`.
pub fn lookup<'a>(variables: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(variables, |value, name| value.get(name))
}

pub(super) fn place(plan: &Plan, step: &StepName) -> Result<StepIndex, String> {
    plan.place(&step.state).map(|place| (place, step.item)).ok_or_else(|| step.state.clone())
}

fn items_of(plan: &Plan, place: usize) -> Option<&'static str> {
    match &plan.states[place].kind {
        Kind::Map(map) => Some(map.items),
        Kind::Pass | Kind::Wait(_) | Kind::Task(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => {
            None
        }
    }
}

pub(super) fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

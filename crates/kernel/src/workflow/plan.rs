//! A workflow as data: states, retries and catches, from which both drivers and the States Language document are made.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    event::{BadHistory, Event},
    run_state::{NextAction, RunState},
    worker::Worker,
};
use crate::ports::external_error::ErrorKind;

/// The ceiling of a run whose definition gives no other: 15 minutes (part "Observability & Metrics" of the platform's
/// architecture).
pub const RUN_CEILING: Duration = Duration::from_mins(15);
/// At most this many items of a map run at once, so that their results fit one commit.
pub const MAX_CONCURRENCY: u32 = 40;

/// What is tried again after an error of one kind: the wait before retry `n` is `interval × backoff^(n-1)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    pub on: ErrorKind,
    pub interval_seconds: u32,
    /// Tries after the first one.
    pub max_attempts: u32,
    pub backoff_rate: f64,
}

/// The documented policy: three retries after throttling (2, 4, 8 s), two after a failed task (5, 10 s).
pub const DOCUMENTED: &[Retry] = &[
    Retry { on: ErrorKind::Throttled, interval_seconds: 2, max_attempts: 3, backoff_rate: 2.0 },
    Retry { on: ErrorKind::Transient, interval_seconds: 5, max_attempts: 2, backoff_rate: 2.0 },
];
/// For a terminal check: its first error is its last.
pub const NONE: &[Retry] = &[];

/// One call of a worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub worker: Worker,
    pub retry: &'static [Retry],
    /// The end state after a failure: a [`Kind::Fail`] state. `None` ends the run without one.
    pub catch: Option<&'static str>,
    /// Whether the step leaves something that `undo` removes.
    pub undoable: bool,
    /// The step may wait for something outside.
    pub waits: Option<Waits>,
}

/// What a step may wait for, and how long at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub on: WaitsFor,
    pub at_most: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// A system outside answers by a token.
    Callback,
    /// A person decides.
    Approval,
}

/// When a wait of a plan is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitUntil {
    /// So long after the run came to the state.
    After(Duration),
    /// At the time that a variable holds, in RFC 3339.
    At(&'static str),
}

impl Task {
    /// The wait before the next try, after `failures` errors of this kind; `None` if there is none left.
    pub fn wait(&self, kind: ErrorKind, failures: u32) -> Option<Duration> {
        let retry = self.retry.iter().find(|retry| retry.on == kind)?;
        let exponent = i32::try_from(failures.checked_sub(1)?).ok()?;
        (failures <= retry.max_attempts)
            .then(|| Duration::from_secs_f64(f64::from(retry.interval_seconds) * retry.backoff_rate.powi(exponent)))
    }
}

/// What becomes of the run when one item of a map has failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemFailure {
    /// The others go on; the run ends degraded, with the reason.
    Capture,
    /// The others go on; it is recorded and nothing more.
    Record,
    /// The run fails.
    Fail,
}

/// A value that a choice compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    Text(&'static str),
    Flag(bool),
}

impl Scalar {
    pub fn equals(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Flag(flag) => value.as_bool() == Some(flag),
        }
    }
}

impl From<&'static str> for Scalar {
    fn from(text: &'static str) -> Self {
        Self::Text(text)
    }
}
impl From<bool> for Scalar {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    pub equals: Scalar,
    pub to: &'static str,
}

/// A bounded fan-out over a list of references.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The variable that holds the list.
    pub items: &'static str,
    pub max_concurrency: u32,
    /// The inner state's name in the States Language document.
    pub inner: &'static str,
    pub task: Task,
    pub on_item_failure: ItemFailure,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Pass,
    Task(Task),
    /// Goes where the variable (`cloudType`, `VerifyProvisioning.verified`) leads.
    Choice {
        variable: &'static str,
        branches: Vec<Branch>,
        otherwise: Option<&'static str>,
    },
    Map(Map),
    /// The run rests until a time.
    Wait(WaitUntil),
    /// Ends the run well; `event` is published with the end.
    Succeed {
        event: Option<&'static str>,
    },
    /// Ends the run badly.
    Fail {
        event: Option<&'static str>,
        code: &'static str,
        message: &'static str,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub name: &'static str,
    pub kind: Kind,
    /// The state after it; choices and ends have none.
    pub next: Option<&'static str>,
}

impl State {
    /// The call that the state makes, if it makes one.
    pub const fn work(&self) -> Option<&Task> {
        match &self.kind {
            Kind::Task(task) | Kind::Map(Map { task, .. }) => Some(task),
            Kind::Pass | Kind::Wait(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => None,
        }
    }

    /// Every state that may follow, ends reached by a catch included.
    pub fn leads_to(&self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.next.into_iter().collect();
        if let Kind::Choice { branches, otherwise, .. } = &self.kind {
            all.extend(branches.iter().map(|branch| branch.to).chain(*otherwise));
        }
        all.extend(self.work().and_then(|task| task.catch));
        all
    }
}

/// A workflow. It begins at its first state.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub name: &'static str,
    /// Raised with every change of the states: a run goes on by the version that it began with.
    pub version: u32,
    /// How long a run (or its undoing) may take from its start or last redrive.
    pub timeout: Duration,
    pub states: Vec<State>,
}

/// Why a list of states is not a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPlan {
    #[error("a plan has at least one state")]
    Empty,
    #[error("two states are named {0}")]
    Twice(&'static str),
    #[error("{from} leads to {to}, which is not a state of the plan")]
    NoSuchState { from: &'static str, to: &'static str },
    #[error("{0} is the last state and is no end")]
    NoEnd(&'static str),
    #[error("{0} catches with a state that is no failure")]
    CatchIsNoFailure(&'static str),
    #[error("{0} must run 1 to {MAX_CONCURRENCY} items at once")]
    Concurrency(&'static str),
    #[error("{0} leads back to a state before it")]
    Loop(&'static str),
    #[error("{0} calls a worker, and names no function that does it")]
    NoFunction(&'static str),
    #[error("{state} gives the output of {of}")]
    OutputOfAnother { state: &'static str, of: &'static str },
    #[error("{0} may wait as long as the whole run or longer")]
    WaitsPastCeiling(&'static str),
    #[error("{0} is a map, whose items can't wait for something outside")]
    MapWaits(&'static str),
    #[error("the worker {0} has two timeouts")]
    TwoTimeouts(&'static str),
}

impl Plan {
    /// The lifecycle events that its ends publish.
    pub fn events(&self) -> impl Iterator<Item = &'static str> {
        self.states.iter().filter_map(|state| match state.kind {
            Kind::Succeed { event } | Kind::Fail { event, .. } => event,
            Kind::Pass | Kind::Wait(_) | Kind::Task(_) | Kind::Choice { .. } | Kind::Map(_) => None,
        })
    }

    /// Lays the states out in order and checks that they make a plan.
    pub(super) fn new(
        name: &'static str,
        version: u32,
        timeout: Duration,
        states: Vec<State>,
    ) -> Result<Self, BadPlan> {
        let mut plan = Self { name, version, timeout, states };
        plan.link()?;
        plan.check()?;
        Ok(plan)
    }

    /// What is to be done now, by the run's input and its journal alone.
    pub fn next(&self, input: &Value, history: &[Event], now: Timestamp) -> Result<NextAction, BadHistory> {
        Ok(RunState::replay(self, input, history)?.advance(self, now))
    }

    /// The workers that its states call, each once.
    pub fn workers(&self) -> BTreeSet<Worker> {
        self.states.iter().filter_map(State::work).map(|task| task.worker).collect()
    }

    pub fn place(&self, state: &str) -> Option<usize> {
        self.states.iter().position(|one| one.name == state)
    }

    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|one| one.name == name)
    }

    fn link(&mut self) -> Result<(), BadPlan> {
        let names: Vec<_> = self.states.iter().map(|state| state.name).collect();
        for (place, state) in self.states.iter_mut().enumerate() {
            match state.kind {
                Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => {}
                Kind::Pass | Kind::Wait(_) | Kind::Task(_) | Kind::Map(_) => {
                    let following = names.get(place + 1).copied();
                    state.next = Some(state.next.or(following).ok_or(BadPlan::NoEnd(state.name))?);
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), BadPlan> {
        if self.states.is_empty() {
            return Err(BadPlan::Empty);
        }
        let twice = |(place, state): &(usize, &State)| self.place(state.name) != Some(*place);
        if let Some((_, state)) = self.states.iter().enumerate().find(twice) {
            return Err(BadPlan::Twice(state.name));
        }
        let workers: Vec<_> = self.workers().into_iter().collect();
        if let Some(pair) = workers.windows(2).find(|pair| pair[0].name() == pair[1].name()) {
            return Err(BadPlan::TwoTimeouts(pair[0].name()));
        }
        for (place, state) in self.states.iter().enumerate() {
            for to in state.leads_to() {
                let target = self.place(to).ok_or(BadPlan::NoSuchState { from: state.name, to })?;
                // Forward only: so a run ends, and an undo knows the order.
                if target <= place {
                    return Err(BadPlan::Loop(state.name));
                }
            }
            let catch = state.work().and_then(|task| task.catch).and_then(|name| self.state(name));
            if catch.is_some_and(|end| !matches!(end.kind, Kind::Fail { .. })) {
                return Err(BadPlan::CatchIsNoFailure(state.name));
            }
            if state.work().and_then(|task| task.waits).is_some_and(|waits| waits.at_most >= self.timeout)
                || matches!(state.kind, Kind::Wait(WaitUntil::After(time)) if time >= self.timeout)
            {
                return Err(BadPlan::WaitsPastCeiling(state.name));
            }
            if matches!(&state.kind, Kind::Map(map) if map.task.waits.is_some()) {
                return Err(BadPlan::MapWaits(state.name));
            }
            if let Kind::Map(map) = &state.kind
                && !(1..=MAX_CONCURRENCY).contains(&map.max_concurrency)
            {
                return Err(BadPlan::Concurrency(state.name));
            }
        }
        Ok(())
    }
}

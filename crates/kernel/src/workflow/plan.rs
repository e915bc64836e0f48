//! A workflow as data: states, retries and catches, from which both drivers and the States Language document are made.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    event::{BadHistory, ErrorKind, Event},
    situation::{Next, Situation},
};

/// The ceiling of a run: 15 minutes (part "Observability & Metrics" of the platform's architecture).
pub const RUN_CEILING: Duration = Duration::from_mins(15);
/// At most this many items of a map run at once, so that their results fit one commit.
pub const MAX_CONCURRENCY: u32 = 40;

/// The four kinds of worker; each has a dead-letter queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Worker {
    DynamodbProvisioner,
    CognitoProvisioner,
    SesNotification,
    ProvisioningVerifier,
}

impl Worker {
    pub const ALL: [Self; 4] =
        [Self::DynamodbProvisioner, Self::CognitoProvisioner, Self::SesNotification, Self::ProvisioningVerifier];

    pub const fn name(self) -> &'static str {
        match self {
            Self::DynamodbProvisioner => "dynamodb-provisioner",
            Self::CognitoProvisioner => "cognito-provisioner",
            Self::SesNotification => "ses-notification",
            Self::ProvisioningVerifier => "provisioning-verifier",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|worker| worker.name() == name)
    }

    /// How long one call may take, as the documents give it for each worker.
    pub const fn timeout(self) -> Duration {
        match self {
            Self::DynamodbProvisioner => Duration::from_mins(5),
            Self::CognitoProvisioner => Duration::from_mins(1),
            Self::SesNotification => Duration::from_secs(30),
            Self::ProvisioningVerifier => Duration::from_mins(2),
        }
    }
}

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
    /// The end that a failure leads to: a [`Kind::Fail`] state. `None` ends the run without one.
    pub catch: Option<&'static str>,
    /// Whether the step leaves something that `undo` removes.
    pub undoable: bool,
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
    /// Where it goes on; [`Plan::new`] sets the following state where none is given. Choices and ends have none.
    pub next: Option<&'static str>,
}

impl State {
    const fn of(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, next: None }
    }

    pub const fn pass(name: &'static str) -> Self {
        Self::of(name, Kind::Pass)
    }

    /// A call of a worker with the documented retries, not undoable and without a catch.
    pub const fn task(name: &'static str, worker: Worker) -> Self {
        Self::of(name, Kind::Task(Task { worker, retry: DOCUMENTED, catch: None, undoable: false }))
    }

    pub const fn choice(name: &'static str, variable: &'static str) -> Self {
        Self::of(name, Kind::Choice { variable, branches: Vec::new(), otherwise: None })
    }

    /// A call of a worker for each item of a list, by default one at a time and failing with its first item.
    pub const fn map(name: &'static str, items: &'static str, inner: &'static str, worker: Worker) -> Self {
        let task = Task { worker, retry: DOCUMENTED, catch: None, undoable: false };
        let map = Map { items, max_concurrency: 1, inner, task, on_item_failure: ItemFailure::Fail };
        Self::of(name, Kind::Map(map))
    }

    pub const fn succeed(name: &'static str, event: &'static str) -> Self {
        Self::of(name, Kind::Succeed { event: Some(event) })
    }

    pub const fn fail(name: &'static str, event: &'static str, code: &'static str, message: &'static str) -> Self {
        Self::of(name, Kind::Fail { event: Some(event), code, message })
    }

    /// Goes on there instead of at the following state.
    #[must_use]
    pub fn to(mut self, next: &'static str) -> Self {
        self.next = Some(next);
        self
    }

    #[must_use]
    pub fn when(mut self, equals: impl Into<Scalar>, to: &'static str) -> Self {
        if let Kind::Choice { branches, .. } = &mut self.kind {
            branches.push(Branch { equals: equals.into(), to });
        }
        self
    }

    #[must_use]
    pub fn otherwise(mut self, to: &'static str) -> Self {
        if let Kind::Choice { otherwise, .. } = &mut self.kind {
            *otherwise = Some(to);
        }
        self
    }

    #[must_use]
    pub fn undoable(self) -> Self {
        self.with_task(|task| task.undoable = true)
    }

    #[must_use]
    pub fn retry(self, retry: &'static [Retry]) -> Self {
        self.with_task(|task| task.retry = retry)
    }

    #[must_use]
    pub fn catch(self, end: &'static str) -> Self {
        self.with_task(|task| task.catch = Some(end))
    }

    #[must_use]
    pub fn at_once(mut self, max_concurrency: u32) -> Self {
        if let Kind::Map(map) = &mut self.kind {
            map.max_concurrency = max_concurrency;
        }
        self
    }

    #[must_use]
    pub fn on_item_failure(mut self, then: ItemFailure) -> Self {
        if let Kind::Map(map) = &mut self.kind {
            map.on_item_failure = then;
        }
        self
    }

    fn with_task(mut self, change: impl FnOnce(&mut Task)) -> Self {
        match &mut self.kind {
            Kind::Task(task) | Kind::Map(Map { task, .. }) => change(task),
            Kind::Pass | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => {}
        }
        self
    }

    /// The call that the state makes, if it makes one.
    pub const fn work(&self) -> Option<&Task> {
        match &self.kind {
            Kind::Task(task) | Kind::Map(Map { task, .. }) => Some(task),
            Kind::Pass | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => None,
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
}

impl Plan {
    /// The lifecycle events that its ends publish.
    pub fn events(&self) -> impl Iterator<Item = &'static str> {
        self.states.iter().filter_map(|state| match state.kind {
            Kind::Succeed { event } | Kind::Fail { event, .. } => event,
            Kind::Pass | Kind::Task(_) | Kind::Choice { .. } | Kind::Map(_) => None,
        })
    }

    /// Lays the states out in order and checks that they make a plan.
    pub fn new(name: &'static str, version: u32, states: Vec<State>) -> Result<Self, BadPlan> {
        let mut plan = Self { name, version, timeout: RUN_CEILING, states };
        plan.link()?;
        plan.check()?;
        Ok(plan)
    }

    /// What is to be done now, by the run's input and its journal alone.
    pub fn next(&self, input: &Value, history: &[Event], now: Timestamp) -> Result<Next, BadHistory> {
        Ok(Situation::replay(self, input, history)?.advance(self, now))
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
                Kind::Pass | Kind::Task(_) | Kind::Map(_) => {
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
            if let Kind::Map(map) = &state.kind
                && !(1..=MAX_CONCURRENCY).contains(&map.max_concurrency)
            {
                return Err(BadPlan::Concurrency(state.name));
            }
        }
        Ok(())
    }
}

//! Where a run stands, folded from its journal, and what follows from that. Pure: the time is an argument.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Map as Fields, Value};

use super::{
    event::{BadHistory, ErrorKind, Event, Failure, Status, StepName, What},
    plan::{ItemFailure, Kind, Map, Plan, Task, Worker},
};

/// What a plan says to do now. `record` is written down before `act` takes effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub record: Vec<What>,
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Perform(Vec<Step>),
    /// Nothing to begin before that time; without one, before a call that is under way has answered.
    Wait(Option<Timestamp>),
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
    Failed { kind: ErrorKind, error: Failure },
}

/// A step's place in the plan, and the item.
type At = (usize, Option<u32>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Standing {
    mark: Mark,
    throttled: u32,
    transient: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Mark {
    #[default]
    Idle,
    UnderWay,
    Due(Timestamp),
    Done,
    Failed(Failure),
    Captured(String),
}

/// A run, as its journal tells it.
#[derive(Clone, Debug)]
pub struct Situation {
    status: Status,
    position: usize,
    deadline: Timestamp,
    variables: Arc<Value>,
    forward: BTreeMap<At, Standing>,
    backward: BTreeMap<At, Standing>,
    /// Every step that ever began: an undo must look at all of them.
    touched: BTreeSet<At>,
}

enum Decision {
    Record(Vec<What>),
    Act(Act),
}

impl Situation {
    pub fn replay(plan: &Plan, input: &Value, history: &[Event]) -> Result<Self, BadHistory> {
        let first = history.first().filter(|event| event.what == What::Started).ok_or(BadHistory::NoStart)?;
        let variables = if input.is_object() { input.clone() } else { Value::Object(Fields::new()) };
        let mut situation = Self {
            status: Status::Running,
            position: 0,
            deadline: first.at,
            variables: Arc::new(variables),
            forward: BTreeMap::new(),
            backward: BTreeMap::new(),
            touched: BTreeSet::new(),
        };
        for event in history {
            situation
                .apply(plan, &event.what, event.at)
                .map_err(|state| BadHistory::NoSuchState { number: event.number, state })?;
        }
        Ok(situation)
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
        let tried = |steps: &BTreeMap<At, Standing>| steps.get(&at).map(|standing| standing.attempt() - 1);
        tried(&self.backward).or_else(|| tried(&self.forward)).unwrap_or(0)
    }

    /// Whether an item failed for good and the run went on without it.
    pub fn is_captured(&self, plan: &Plan, step: &StepName) -> bool {
        let standing = place(plan, step).ok().and_then(|at| self.forward.get(&at));
        standing.is_some_and(|standing| matches!(standing.mark, Mark::Captured(_)))
    }

    /// The steps that failed for good and that a redrive from this step does again.
    pub fn again_after(&self, plan: &Plan, from: &StepName) -> Vec<StepName> {
        let Ok(from) = place(plan, from) else { return Vec::new() };
        let mut after = self.clone();
        after.redrive(plan, from, Timestamp::MIN);
        let gone = self.forward.iter().filter(|(at, standing)| {
            matches!(standing.mark, Mark::Captured(_) | Mark::Failed(_)) && !after.forward.contains_key(at)
        });
        gone.map(|(at, _)| StepName { state: plan.states[at.0].name.to_owned(), item: at.1 }).collect()
    }

    /// Whether calls were begun whose answers are not in the journal.
    pub fn is_under_way(&self) -> bool {
        self.forward.values().chain(self.backward.values()).any(|step| step.mark == Mark::UnderWay)
    }

    /// Takes what follows now, step by step, until the world must move.
    pub fn advance(&mut self, plan: &Plan, now: Timestamp) -> Next {
        let mut record = Vec::new();
        let mut steps = Vec::new();
        loop {
            match self.decide(plan, now) {
                Decision::Record(events) => {
                    for what in events {
                        self.apply(plan, &what, now).expect("a decision names states of the plan alone");
                        steps.extend(step_begun(plan, &what));
                        record.push(what);
                    }
                }
                Decision::Act(act) if steps.is_empty() => return Next { record, act },
                Decision::Act(_) => return Next { record, act: Act::Perform(steps) },
            }
        }
    }

    /// The event that an answer makes: retries are decided here.
    pub fn judge(&self, plan: &Plan, step: &Step, answer: Answer, now: Timestamp) -> What {
        let (name, attempt) = (step.name.clone(), step.attempt);
        match (answer, step.direction) {
            (Answer::Done(output), Direction::Do) => What::StepSucceeded { step: name, attempt, output },
            (Answer::Done(_), Direction::Undo) => What::StepUndone { step: name, attempt },
            (Answer::NotYet(after), Direction::Do) => {
                What::StepNotYet { step: name, attempt, again_at: later(now, after) }
            }
            (Answer::NotYet(after), Direction::Undo) => {
                What::UndoNotYet { step: name, attempt, again_at: later(now, after) }
            }
            (Answer::Failed { kind, error }, direction) => {
                let retry_at = self.retry_in(plan, step, kind).map(|wait| later(now, wait));
                match direction {
                    Direction::Do => What::StepFailed { step: name, attempt, error, kind, retry_at },
                    Direction::Undo => What::UndoFailed { step: name, attempt, error, kind, retry_at },
                }
            }
        }
    }

    /// Folds one event in. The error is a state's name that the plan does not know.
    pub fn apply(&mut self, plan: &Plan, what: &What, at: Timestamp) -> Result<(), String> {
        if let Some(status) = what.turns_to() {
            self.status = status;
            self.forget_calls();
        }
        match what {
            What::Started => self.deadline = later(at, plan.timeout),
            What::Passed { to, .. } => self.position = plan.place(to).ok_or_else(|| to.clone())?,
            What::StepStarted { step, .. } => {
                let at = place(plan, step)?;
                self.touched.insert(at);
                self.forward.entry(at).or_default().mark = Mark::UnderWay;
            }
            What::StepSucceeded { step, output, .. } => {
                let at = place(plan, step)?;
                self.forward.entry(at).or_default().mark = Mark::Done;
                self.keep(step, output);
                if let (None, Some(next)) = (step.item, plan.states[at.0].next) {
                    self.position = plan.place(next).ok_or_else(|| next.to_owned())?;
                }
            }
            What::StepFailed { step, error, kind, retry_at, .. } => {
                self.forward.entry(place(plan, step)?).or_default().failed(*kind, error, *retry_at);
            }
            What::StepNotYet { step, again_at, .. } => {
                self.forward.entry(place(plan, step)?).or_default().mark = Mark::Due(*again_at);
            }
            What::ItemCaptured { step, error, degrades } => {
                let reason = if *degrades { format!("{step}: {}", error.code) } else { String::new() };
                self.forward.entry(place(plan, step)?).or_default().mark = Mark::Captured(reason);
            }
            What::Resumed { .. } => self.forget_calls(),
            What::Redriven { step } => self.redrive(plan, place(plan, step)?, at),
            What::UndoRequested => {
                self.deadline = later(at, plan.timeout);
                self.backward.retain(|_, step| step.mark == Mark::Done);
            }
            What::UndoStarted { step, .. } => {
                self.backward.entry(place(plan, step)?).or_default().mark = Mark::UnderWay;
            }
            What::StepUndone { step, .. } => {
                self.backward.entry(place(plan, step)?).or_default().mark = Mark::Done;
            }
            What::UndoFailed { step, error, kind, retry_at, .. } => {
                self.backward.entry(place(plan, step)?).or_default().failed(*kind, error, *retry_at);
            }
            What::UndoNotYet { step, again_at, .. } => {
                self.backward.entry(place(plan, step)?).or_default().mark = Mark::Due(*again_at);
            }
            What::Succeeded { .. } | What::Failed { .. } | What::Undone | What::Stuck { .. } => {}
        }
        Ok(())
    }

    fn redrive(&mut self, plan: &Plan, from: At, at: Timestamp) {
        self.deadline = later(at, plan.timeout);
        self.position = from.0;
        match from.1 {
            None => {
                // A step that succeeded and yet led to the failure (a check that said no) is done again.
                let settled =
                    self.forward.iter().filter(|(step, _)| step.0 == from.0).all(|(_, s)| s.mark == Mark::Done);
                self.forward.retain(|step, standing| {
                    step.0 < from.0 || (standing.mark == Mark::Done && (step.0 > from.0 || !settled))
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

    fn decide(&self, plan: &Plan, now: Timestamp) -> Decision {
        match self.status {
            Status::Running => self.decide_forward(plan, now),
            Status::Undoing => self.decide_backward(plan, now),
            Status::Succeeded | Status::Failed | Status::Undone | Status::Stuck => {
                Decision::Act(Act::Finished(self.status))
            }
        }
    }

    fn decide_forward(&self, plan: &Plan, now: Timestamp) -> Decision {
        let state = &plan.states[self.position];
        let here = |item| StepName { state: state.name.to_owned(), item };
        let pass = |to: &str| Decision::Record(vec![What::Passed { state: state.name.to_owned(), to: to.to_owned() }]);
        if now >= self.deadline {
            let step = if state.work().is_some() { here(None) } else { self.last_step(plan) };
            return fail(step, Failure::new("timed_out", "the run took longer than its ceiling"), None);
        }
        match &state.kind {
            Kind::Pass => pass(state.next.expect("a linked plan goes on after a pass")),
            Kind::Choice { variable, branches, otherwise } => {
                let value = lookup(&self.variables, variable).unwrap_or(&Value::Null);
                let taken = branches.iter().find(|branch| branch.equals.equals(value)).map(|branch| branch.to);
                match taken.or(*otherwise) {
                    Some(to) => pass(to),
                    None => fail(
                        self.last_step(plan),
                        Failure::new("no_choice", format!("{} has no branch for its variable", state.name)),
                        None,
                    ),
                }
            }
            Kind::Task(task) => {
                let Some(standing) = self.forward.get(&(self.position, None)) else {
                    return Decision::Record(vec![What::StepStarted { step: here(None), attempt: 1 }]);
                };
                match &standing.mark {
                    Mark::Done | Mark::Captured(_) => pass(state.next.expect("a linked plan goes on after a task")),
                    Mark::Failed(error) => fail(here(None), error.clone(), event_of(plan, task)),
                    Mark::UnderWay => Decision::Act(Act::Wait(None)),
                    Mark::Due(at) if *at > now => Decision::Act(Act::Wait(Some(*at))),
                    Mark::Due(_) | Mark::Idle => {
                        Decision::Record(vec![What::StepStarted { step: here(None), attempt: standing.attempt() }])
                    }
                }
            }
            Kind::Map(map) => self.decide_map(plan, map, now),
            Kind::Succeed { event } => {
                Decision::Record(vec![What::Succeeded { event: event.map(str::to_owned), degraded: self.degraded() }])
            }
            Kind::Fail { event, code, message } => {
                fail(self.last_step(plan), Failure::new(*code, *message), event.map(str::to_owned))
            }
        }
    }

    fn decide_map(&self, plan: &Plan, map: &Map, now: Timestamp) -> Decision {
        let state = &plan.states[self.position];
        let here = |item| StepName { state: state.name.to_owned(), item };
        let items = lookup(&self.variables, map.items).and_then(Value::as_array).map(Vec::len);
        let Some(items) = items.and_then(|items| u32::try_from(items).ok()) else {
            let message = format!("{} is no list", map.items);
            return fail(here(None), Failure::new("no_items", message), event_of(plan, &map.task));
        };
        let all: Vec<At> = (0..items).map(|item| (self.position, Some(item))).collect();
        let group = Group::of(&self.forward, &all, map.max_concurrency, now);
        match (group.failed.first(), map.on_item_failure) {
            (None, _) => {}
            (Some((item, error)), ItemFailure::Fail) => {
                return if group.under_way == 0 {
                    fail(here(item.1), error.clone(), event_of(plan, &map.task))
                } else {
                    Decision::Act(Act::Wait(None))
                };
            }
            (Some(_), tolerance @ (ItemFailure::Capture | ItemFailure::Record)) => {
                let degrades = tolerance == ItemFailure::Capture;
                let captured = group.failed.into_iter().map(|(item, error)| What::ItemCaptured {
                    step: here(item.1),
                    error,
                    degrades,
                });
                return Decision::Record(captured.collect());
            }
        }
        if group.settled {
            let to = state.next.expect("a linked plan goes on after a map").to_owned();
            return Decision::Record(vec![What::Passed { state: state.name.to_owned(), to }]);
        }
        group.go_on(|item, attempt| What::StepStarted { step: here(item.1), attempt })
    }

    fn decide_backward(&self, plan: &Plan, now: Timestamp) -> Decision {
        let undone = |at: &At| self.backward.get(at).is_some_and(|step| step.mark == Mark::Done);
        let left = |at: &&At| plan.states[at.0].work().is_some_and(|task| task.undoable) && !undone(at);
        // States only lead forward, so the last of the plan was the last to begin.
        let Some(last) = self.touched.iter().rev().find(left) else {
            return Decision::Record(vec![What::Undone]);
        };
        let state = &plan.states[last.0];
        let here = |item| StepName { state: state.name.to_owned(), item };
        let stuck = |item, error| Decision::Record(vec![What::Stuck { step: here(item), error }]);
        if now >= self.deadline {
            return stuck(last.1, Failure::new("timed_out", "the undoing took longer than its ceiling"));
        }
        let all: Vec<At> = self.touched.iter().filter(|at| at.0 == last.0).copied().collect();
        let at_once = match &state.kind {
            Kind::Map(map) => map.max_concurrency,
            Kind::Pass | Kind::Task(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => 1,
        };
        let group = Group::of(&self.backward, &all, at_once, now);
        match group.failed.first() {
            Some((item, error)) if group.under_way == 0 => stuck(item.1, error.clone()),
            Some(_) => Decision::Act(Act::Wait(None)),
            None => group.go_on(|item, attempt| What::UndoStarted { step: here(item.1), attempt }),
        }
    }

    fn retry_in(&self, plan: &Plan, step: &Step, kind: ErrorKind) -> Option<Duration> {
        let at = place(plan, &step.name).ok()?;
        let task = plan.states[at.0].work()?;
        let steps = match step.direction {
            Direction::Do => &self.forward,
            Direction::Undo => &self.backward,
        };
        task.wait(kind, steps.get(&at).map_or(0, |standing| standing.failures(kind)) + 1)
    }

    /// Why the run is degraded: the items that were captured.
    fn degraded(&self) -> Vec<String> {
        self.forward
            .values()
            .filter_map(|standing| match &standing.mark {
                Mark::Captured(reason) if !reason.is_empty() => Some(reason.clone()),
                Mark::Captured(_) | Mark::Idle | Mark::UnderWay | Mark::Due(_) | Mark::Done | Mark::Failed(_) => None,
            })
            .collect()
    }

    /// The last step that began: what a redrive after an end without an error goes on from.
    fn last_step(&self, plan: &Plan) -> StepName {
        let last = self.touched.range(..(self.position + 1, None)).next_back();
        let place = last.map_or(self.position, |at| at.0);
        StepName { state: plan.states[place].name.to_owned(), item: None }
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

    fn forget_calls(&mut self) {
        for standing in self.forward.values_mut().chain(self.backward.values_mut()) {
            if standing.mark == Mark::UnderWay {
                standing.mark = Mark::Idle;
            }
        }
    }
}

impl Standing {
    const fn attempt(&self) -> u32 {
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
        self.mark = retry_at.map_or_else(|| Mark::Failed(error.clone()), Mark::Due);
    }
}

/// The steps of one state, sorted by what they want.
struct Group {
    ready: Vec<(At, u32)>,
    due: Option<Timestamp>,
    failed: Vec<(At, Failure)>,
    under_way: usize,
    settled: bool,
}

impl Group {
    fn of(standings: &BTreeMap<At, Standing>, all: &[At], at_once: u32, now: Timestamp) -> Self {
        let mut group = Self { ready: Vec::new(), due: None, failed: Vec::new(), under_way: 0, settled: true };
        let idle = Standing::default();
        for at in all {
            let standing = standings.get(at).unwrap_or(&idle);
            match &standing.mark {
                Mark::Done | Mark::Captured(_) => continue,
                Mark::UnderWay => group.under_way += 1,
                Mark::Failed(error) => group.failed.push((*at, error.clone())),
                Mark::Due(due) if *due > now => group.due = Some(group.due.map_or(*due, |other| other.min(*due))),
                Mark::Due(_) | Mark::Idle => group.ready.push((*at, standing.attempt())),
            }
            group.settled = false;
        }
        let room = usize::try_from(at_once).expect("a plan's concurrency is small").saturating_sub(group.under_way);
        group.ready.truncate(room);
        group
    }

    fn go_on(self, begin: impl Fn(At, u32) -> What) -> Decision {
        if self.ready.is_empty() {
            return Decision::Act(Act::Wait(self.due));
        }
        Decision::Record(self.ready.into_iter().map(|(at, attempt)| begin(at, attempt)).collect())
    }
}

/// A variable by its path: `cloudType`, `VerifyProvisioning.verified`.
pub fn lookup<'a>(variables: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(variables, |value, name| value.get(name))
}

fn step_begun(plan: &Plan, what: &What) -> Option<Step> {
    let (step, attempt, direction) = match what {
        What::StepStarted { step, attempt } => (step, attempt, Direction::Do),
        What::UndoStarted { step, attempt } => (step, attempt, Direction::Undo),
        What::Started
        | What::Passed { .. }
        | What::StepSucceeded { .. }
        | What::StepFailed { .. }
        | What::StepNotYet { .. }
        | What::ItemCaptured { .. }
        | What::Resumed { .. }
        | What::Redriven { .. }
        | What::UndoRequested
        | What::StepUndone { .. }
        | What::UndoFailed { .. }
        | What::UndoNotYet { .. }
        | What::Succeeded { .. }
        | What::Failed { .. }
        | What::Undone
        | What::Stuck { .. } => return None,
    };
    let worker = plan.state(&step.state)?.work()?.worker;
    Some(Step { name: step.clone(), worker, attempt: *attempt, direction })
}

fn place(plan: &Plan, step: &StepName) -> Result<At, String> {
    plan.place(&step.state).map(|place| (place, step.item)).ok_or_else(|| step.state.clone())
}

fn items_of(plan: &Plan, place: usize) -> Option<&'static str> {
    match &plan.states[place].kind {
        Kind::Map(map) => Some(map.items),
        Kind::Pass | Kind::Task(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => None,
    }
}

fn event_of(plan: &Plan, task: &Task) -> Option<String> {
    match &plan.state(task.catch?)?.kind {
        Kind::Fail { event, .. } => event.map(str::to_owned),
        Kind::Pass | Kind::Task(_) | Kind::Choice { .. } | Kind::Map(_) | Kind::Succeed { .. } => None,
    }
}

fn fail(step: StepName, error: Failure, event: Option<String>) -> Decision {
    Decision::Record(vec![What::Failed { step, error, event }])
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

//! The decision from the state of a run: the next steps, the waits, the ends. Pure, like the plan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    event::{EventKind, Failure, Status, StepName},
    plan::{ItemFailure, Kind, Map, Plan, Task, WaitUntil},
    run_state::{Direction, NextAction, RunAction, RunState, Step, StepIndex, StepPhase, StepState, later, lookup},
};
use crate::ports::external_error::ErrorKind;

enum Decision {
    Record(Vec<EventKind>),
    Act(RunAction),
}

impl RunState {
    /// Takes what follows now, step by step, until the world must move.
    pub fn advance(&mut self, plan: &Plan, now: Timestamp) -> NextAction {
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
                Decision::Act(act) if steps.is_empty() => return NextAction { record, act },
                Decision::Act(_) => return NextAction { record, act: RunAction::Perform(steps) },
            }
        }
    }

    fn decide(&self, plan: &Plan, now: Timestamp) -> Decision {
        match self.status {
            Status::Running => self.decide_forward(plan, now),
            Status::Undoing => self.decide_backward(plan, now),
            Status::Succeeded | Status::Failed | Status::Undone | Status::Stuck => {
                Decision::Act(RunAction::Finished(self.status))
            }
        }
    }

    fn decide_forward(&self, plan: &Plan, now: Timestamp) -> Decision {
        let state = &plan.states[self.position];
        let here = |item| StepName { state: state.name.to_owned(), item };
        let pass =
            |to: &str| Decision::Record(vec![EventKind::Passed { state: state.name.to_owned(), to: to.to_owned() }]);
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
                let Some(step_state) = self.forward.get(&(self.position, None)) else {
                    return Decision::Record(vec![EventKind::StepStarted { step: here(None), attempt: 1 }]);
                };
                match &step_state.phase {
                    StepPhase::Done | StepPhase::Captured(_) => {
                        pass(state.next.expect("a linked plan goes on after a task"))
                    }
                    StepPhase::Failed(error) => fail(here(None), error.clone(), event_of(plan, task)),
                    StepPhase::UnderWay => Decision::Act(RunAction::Wait(None)),
                    StepPhase::Due(at) if *at > now => Decision::Act(RunAction::Wait(Some(*at))),
                    StepPhase::Waiting(until) if *until > now => {
                        Decision::Act(RunAction::Rest((*until).min(self.deadline)))
                    }
                    StepPhase::Waiting(_) => Decision::Record(vec![wait_timed_out(here(None), step_state.attempt())]),
                    StepPhase::Due(_) | StepPhase::Idle => Decision::Record(vec![EventKind::StepStarted {
                        step: here(None),
                        attempt: step_state.attempt(),
                    }]),
                }
            }
            Kind::Map(map) => self.decide_map(plan, map, now),
            Kind::Wait(until) => match self.wait_is_over(*until) {
                Some(at) if at > now => Decision::Act(RunAction::Rest(at.min(self.deadline))),
                Some(_) => pass(state.next.expect("a linked plan goes on after a wait")),
                None => fail(
                    self.last_step(plan),
                    Failure::new("no_time", format!("{} finds no time in its variable", state.name)),
                    None,
                ),
            },
            Kind::Succeed { event } => Decision::Record(vec![EventKind::Succeeded {
                event: event.map(str::to_owned),
                degraded: self.degraded(),
            }]),
            Kind::Fail { event, code, message } => {
                fail(self.last_step(plan), Failure::new(*code, *message), event.map(str::to_owned))
            }
        }
    }

    fn wait_is_over(&self, until: WaitUntil) -> Option<Timestamp> {
        match until {
            WaitUntil::After(time) => Some(later(self.entered, time)),
            WaitUntil::At(variable) => lookup(&self.variables, variable)?.as_str()?.parse().ok(),
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
        let all: Vec<StepIndex> = (0..items).map(|item| (self.position, Some(item))).collect();
        let group = Group::of(&self.forward, &all, map.max_concurrency, now);
        match (group.failed.first(), map.on_item_failure) {
            (None, _) => {}
            (Some((item, error)), ItemFailure::Fail) => {
                return if group.under_way == 0 {
                    fail(here(item.1), error.clone(), event_of(plan, &map.task))
                } else {
                    Decision::Act(RunAction::Wait(None))
                };
            }
            (Some(_), tolerance @ (ItemFailure::Capture | ItemFailure::Record)) => {
                let degrades = tolerance == ItemFailure::Capture;
                let captured = group.failed.into_iter().map(|(item, error)| EventKind::ItemCaptured {
                    step: here(item.1),
                    error,
                    degrades,
                });
                return Decision::Record(captured.collect());
            }
        }
        if group.settled {
            let to = state.next.expect("a linked plan goes on after a map").to_owned();
            return Decision::Record(vec![EventKind::Passed { state: state.name.to_owned(), to }]);
        }
        group.go_on(|item, attempt| EventKind::StepStarted { step: here(item.1), attempt })
    }

    fn decide_backward(&self, plan: &Plan, now: Timestamp) -> Decision {
        let undone = |at: &StepIndex| self.backward.get(at).is_some_and(|step| step.phase == StepPhase::Done);
        let left = |at: &&StepIndex| plan.states[at.0].work().is_some_and(|task| task.undoable) && !undone(at);
        // States only lead forward, so the last of the plan was the last to begin.
        let Some(last) = self.touched.iter().rev().find(left) else {
            return Decision::Record(vec![EventKind::Undone]);
        };
        let state = &plan.states[last.0];
        let here = |item| StepName { state: state.name.to_owned(), item };
        let stuck = |item, error| Decision::Record(vec![EventKind::Stuck { step: here(item), error }]);
        if now >= self.deadline {
            return stuck(last.1, Failure::new("timed_out", "the undoing took longer than its ceiling"));
        }
        let all: Vec<StepIndex> = self.touched.iter().filter(|at| at.0 == last.0).copied().collect();
        let at_once = match &state.kind {
            Kind::Map(map) => map.max_concurrency,
            Kind::Pass
            | Kind::Wait(_)
            | Kind::Task(_)
            | Kind::Choice { .. }
            | Kind::Succeed { .. }
            | Kind::Fail { .. } => 1,
        };
        let group = Group::of(&self.backward, &all, at_once, now);
        match group.failed.first() {
            Some((item, error)) if group.under_way == 0 => stuck(item.1, error.clone()),
            Some(_) => Decision::Act(RunAction::Wait(None)),
            None => group.go_on(|item, attempt| EventKind::UndoStarted { step: here(item.1), attempt }),
        }
    }

    /// Why the run is degraded: the items that were captured.
    fn degraded(&self) -> Vec<String> {
        self.forward
            .values()
            .filter_map(|step_state| match &step_state.phase {
                StepPhase::Captured(reason) if !reason.is_empty() => Some(reason.clone()),
                StepPhase::Captured(_)
                | StepPhase::Idle
                | StepPhase::Waiting(_)
                | StepPhase::UnderWay
                | StepPhase::Due(_)
                | StepPhase::Done
                | StepPhase::Failed(_) => None,
            })
            .collect()
    }

    /// The last step that began: what a redrive after an end without an error goes on from.
    fn last_step(&self, plan: &Plan) -> StepName {
        let last = self.touched.range(..(self.position + 1, None)).next_back();
        let place = last.map_or(self.position, |at| at.0);
        StepName { state: plan.states[place].name.to_owned(), item: None }
    }
}

/// The steps of one state, sorted by what they want.
struct Group {
    ready: Vec<(StepIndex, u32)>,
    due: Option<Timestamp>,
    failed: Vec<(StepIndex, Failure)>,
    under_way: usize,
    settled: bool,
}

impl Group {
    fn of(steps: &BTreeMap<StepIndex, StepState>, all: &[StepIndex], at_once: u32, now: Timestamp) -> Self {
        let mut group = Self { ready: Vec::new(), due: None, failed: Vec::new(), under_way: 0, settled: true };
        let idle = StepState::default();
        for at in all {
            let step_state = steps.get(at).unwrap_or(&idle);
            match &step_state.phase {
                StepPhase::Done | StepPhase::Captured(_) => continue,
                StepPhase::UnderWay | StepPhase::Waiting(_) => group.under_way += 1,
                StepPhase::Failed(error) => group.failed.push((*at, error.clone())),
                StepPhase::Due(due) if *due > now => group.due = Some(group.due.map_or(*due, |other| other.min(*due))),
                StepPhase::Due(_) | StepPhase::Idle => group.ready.push((*at, step_state.attempt())),
            }
            group.settled = false;
        }
        let room = usize::try_from(at_once).expect("a plan's concurrency is small").saturating_sub(group.under_way);
        group.ready.truncate(room);
        group
    }

    fn go_on(self, begin: impl Fn(StepIndex, u32) -> EventKind) -> Decision {
        if self.ready.is_empty() {
            return Decision::Act(RunAction::Wait(self.due));
        }
        Decision::Record(self.ready.into_iter().map(|(at, attempt)| begin(at, attempt)).collect())
    }
}

fn step_begun(plan: &Plan, what: &EventKind) -> Option<Step> {
    let (step, attempt, direction) = match what {
        EventKind::StepStarted { step, attempt } => (step, attempt, Direction::Do),
        EventKind::UndoStarted { step, attempt } => (step, attempt, Direction::Undo),
        EventKind::Started
        | EventKind::Passed { .. }
        | EventKind::StepSucceeded { .. }
        | EventKind::StepFailed { .. }
        | EventKind::StepNotYet { .. }
        | EventKind::StepWaiting { .. }
        | EventKind::ItemCaptured { .. }
        | EventKind::Resumed { .. }
        | EventKind::Redriven { .. }
        | EventKind::UndoRequested
        | EventKind::StepUndone { .. }
        | EventKind::UndoFailed { .. }
        | EventKind::UndoNotYet { .. }
        | EventKind::Succeeded { .. }
        | EventKind::Failed { .. }
        | EventKind::Undone
        | EventKind::Stuck { .. } => return None,
    };
    let worker = plan.state(&step.state)?.work()?.worker;
    Some(Step { name: step.clone(), worker, attempt: *attempt, direction })
}

/// A step that waited for something outside has had no answer in its time.
pub(super) fn wait_timed_out(step: StepName, attempt: u32) -> EventKind {
    let error = Failure::new("wait_timed_out", "no answer came in the time that the plan gives");
    EventKind::StepFailed { step, attempt, error, kind: ErrorKind::Permanent, retry_at: None }
}

fn event_of(plan: &Plan, task: &Task) -> Option<String> {
    match &plan.state(task.catch?)?.kind {
        Kind::Fail { event, .. } => event.map(str::to_owned),
        Kind::Pass | Kind::Wait(_) | Kind::Task(_) | Kind::Choice { .. } | Kind::Map(_) | Kind::Succeed { .. } => None,
    }
}

fn fail(step: StepName, error: Failure, event: Option<String>) -> Decision {
    Decision::Record(vec![EventKind::Failed { step, error, event }])
}

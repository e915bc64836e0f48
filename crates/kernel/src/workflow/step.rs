//! One step for a machine outside this process, which decides order and retries by the same plan.
//!
//! INVARIANT: whatever is invoked twice, late or out of turn, the journal holds each step as it went. What is done is
//! answered from the journal; an invocation of a machine whose turn is over is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    decide::wait_timed_out,
    event::{EventKind, Failure, Status, StepName},
    journal::JournalError,
    perform::{PerformError, Performer, call, perform},
    plan::{Kind, Plan},
    run_state::{Answer, Direction, RunState, Step, StepIndex, StepPhase, StepState, lookup},
};
use crate::ports::external_error::ErrorKind;
use crate::{
    ids::ExecutionId,
    ports::machines::{MachinesError, TaskReport},
};

/// The maximum number of events of lost steps in one commit; each may bring others.
const MOST_LOST: usize = 20;

/// What a task of a machine gives to the function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invocation {
    pub execution_id: ExecutionId,
    /// Which of the run's machines asks: the run's fence when that machine was started.
    pub turn: u64,
    /// A state that calls a worker, or the end that the machine has come to; absent at an end that the plan doesn't name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
    /// The machine goes on when this token is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<String>,
}

impl Invocation {
    const fn direction(&self) -> Direction {
        if self.undo { Direction::Undo } else { Direction::Do }
    }
}

/// Why a step did not succeed, by the names that the machine's retries and catches know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{error_type}: {error_message}")]
pub struct Refusal {
    pub error_type: &'static str,
    pub error_message: String,
}

impl Refusal {
    pub const THROTTLED: &str = "Step.Throttled";
    pub const TRANSIENT: &str = "Step.Transient";
    pub const PERMANENT: &str = "Step.Permanent";
    /// The step waits for something: ask again.
    pub const NOT_YET: &str = "Step.NotYet";

    fn of(kind: ErrorKind, error: &Failure) -> Self {
        let error_type = match kind {
            ErrorKind::Throttled => Self::THROTTLED,
            ErrorKind::Transient => Self::TRANSIENT,
            ErrorKind::Permanent => Self::PERMANENT,
        };
        Self { error_type, error_message: format!("{}: {}", error.code, error.message) }
    }

    fn permanent(code: &str, message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Permanent, &Failure::new(code, message))
    }
}

impl From<MachinesError> for Refusal {
    fn from(error: MachinesError) -> Self {
        let kind = match error {
            MachinesError::Unavailable(_) => ErrorKind::Transient,
            MachinesError::Refused { .. } => ErrorKind::Permanent,
        };
        Self::of(kind, &Failure::new("machine_unreachable", error.to_string()))
    }
}

impl From<PerformError> for Refusal {
    fn from(error: PerformError) -> Self {
        match error {
            PerformError::NoSuchWorkflow | PerformError::NoSuchStep(_) | PerformError::History(_) => {
                Self::permanent("no_such_step", error.to_string())
            }
            PerformError::Refused(refusal) => refusal,
            PerformError::Step(error) => Self::of(error.kind, &Failure::new(error.code, error.message)),
            PerformError::Journal(JournalError::NoSuchRun | JournalError::Damaged(_)) => {
                Self::permanent("no_such_run", error.to_string())
            }
            PerformError::Journal(JournalError::Superseded | JournalError::Refused | JournalError::Table(_)) => {
                Self::of(ErrorKind::Transient, &Failure::new("journal_unavailable", error.to_string()))
            }
        }
    }
}

/// What an invocation comes to before a worker is called.
enum Begun {
    /// States before it were left first: look again.
    Further,
    Answered(Result<Value, Refusal>),
    /// The step waits for something outside.
    Waiting,
    Work(Step),
}

impl Performer {
    /// Does what a machine asks for: writes down that the step begins, does it once, and writes down what came of it
    /// and what follows without a worker. What was done before is answered from the journal.
    ///
    /// `None` if the step waits for something outside.
    pub async fn step(&self, invocation: &Invocation) -> Result<Option<Value>, Refusal> {
        loop {
            let begun = self.append(invocation.execution_id, |workflow, run_state, head, now| {
                in_turn(invocation, head.fence)?;
                begin(&workflow.plan, run_state, invocation, now)
            });
            let done = begun.await?;
            match done.answer {
                Begun::Further => {}
                Begun::Answered(answer) => return answer.map(Some),
                Begun::Waiting => return Ok(None),
                Begun::Work(step) => {
                    let call = call(&done.workflow, &done.run_state, &done.loaded.head, &step, invocation.turn);
                    let workers = done.workflow.workers.as_ref();
                    let answer = perform(workers, &call, &self.faults, self.metrics.as_ref()).await;
                    return self.ended(invocation, &step, answer).await;
                }
            }
        }
    }

    /// Ends a run whose machine ended without it, or could not be started: what it had begun counts as lost.
    pub async fn give_up(&self, execution: ExecutionId, turn: u64, why: &Failure) -> Result<(), PerformError> {
        loop {
            let given_up = self.append(execution, |workflow, run_state, head, now| {
                if head.fence != turn {
                    return Ok((Vec::new(), true));
                }
                let events = lead_up(&workflow.plan, run_state.clone(), None, why, now);
                Ok((events.clone(), events.is_empty()))
            });
            if given_up.await?.answer {
                return Ok(());
            }
        }
    }

    /// Ends a run that has taken longer than its ceiling; its machine is stopped by its own.
    pub async fn overdue(&self, execution: ExecutionId) -> Result<(), PerformError> {
        let looked = self.append(execution, |workflow, run_state, _, now| {
            let late = run_state.status().is_open() && now >= run_state.deadline();
            let events = if late { settled(&workflow.plan, &mut run_state.clone(), now) } else { Vec::new() };
            Ok((events, ()))
        });
        looked.await.map(drop)
    }

    /// Has the run take the answers that are stored for it. Returns the report for a machine that waits.
    pub(super) async fn take_answers(
        &self,
        execution: ExecutionId,
    ) -> Result<Option<(String, TaskReport)>, PerformError> {
        let taken = self.append(execution, |_, _, _, _| Ok((Vec::new(), ()))).await?;
        let (plan, run_state) = (&taken.workflow.plan, &taken.run_state);
        let Some(index) = run_state.answered else { return Ok(None) };
        let step_state = run_state.forward.get(&index);
        let Some(token) = step_state.and_then(StepState::task_token) else { return Ok(None) };
        let report = match step_state.map(|step| &step.phase) {
            Some(StepPhase::Failed(error)) => TaskReport::Failed(Refusal::of(ErrorKind::Permanent, error)),
            Some(
                StepPhase::Done
                | StepPhase::Idle
                | StepPhase::UnderWay
                | StepPhase::Due(_)
                | StepPhase::Waiting(_)
                | StepPhase::Captured(_),
            )
            | None => {
                let name = StepName { state: plan.states[index.0].name.to_owned(), item: index.1 };
                TaskReport::Done(output(run_state, &name, Direction::Do))
            }
        };
        Ok(Some((token.to_owned(), report)))
    }

    async fn ended(&self, invocation: &Invocation, step: &Step, answer: Answer) -> Result<Option<Value>, Refusal> {
        let written = self.append(invocation.execution_id, |workflow, run_state, head, now| {
            in_turn(invocation, head.fence)?;
            let open = match step.direction {
                Direction::Do => Status::Running,
                Direction::Undo => Status::Undoing,
            };
            if run_state.status() != open {
                return Err(superseded("the run ended meanwhile").into());
            }
            let plan = &workflow.plan;
            if !is_under_way(plan, run_state, step) {
                // Another try of the same step was faster, or has taken its place.
                let place = plan.place(&step.name.state).ok_or_else(|| PerformError::NoSuchStep(step.name.clone()))?;
                let known = known(run_state, (place, step.name.item), &step.name, step.direction);
                return Ok((Vec::new(), Some(known.unwrap_or_else(|| Err(another_try())))));
            }
            let mut what = run_state.judge(&workflow.plan, step, answer.clone(), now);
            if let EventKind::StepWaiting { task_token, .. } = &mut what {
                task_token.clone_from(&invocation.task_token);
            }
            let mut after = run_state.clone();
            let mut events = vec![what];
            apply_all(&workflow.plan, &mut after, &events, now);
            events.extend(settled(&workflow.plan, &mut after, now));
            Ok((events, None))
        });
        if let Some(known) = written.await?.answer {
            return known.map(Some);
        }
        match answer {
            Answer::Done(output) => Ok(Some(output)),
            Answer::Waiting => Ok(None),
            Answer::NotYet(_) => Err(Refusal { error_type: Refusal::NOT_YET, error_message: "not yet".to_owned() }),
            Answer::Failed { kind, error } => Err(Refusal::of(kind, &error)),
        }
    }
}

fn is_under_way(plan: &Plan, run_state: &RunState, step: &Step) -> bool {
    let steps = match step.direction {
        Direction::Do => &run_state.forward,
        Direction::Undo => &run_state.backward,
    };
    let step_state = plan.place(&step.name.state).and_then(|place| steps.get(&(place, step.name.item)));
    step_state.is_some_and(|step_state| step_state.phase == StepPhase::UnderWay && step_state.attempt() == step.attempt)
}

fn another_try() -> Refusal {
    Refusal::of(ErrorKind::Transient, &Failure::new("another_try", "another try of the step is under way"))
}

fn superseded(why: &str) -> Refusal {
    Refusal::permanent("superseded", why)
}

fn in_turn(invocation: &Invocation, fence: u64) -> Result<(), PerformError> {
    if invocation.turn == fence { Ok(()) } else { Err(superseded("another machine has the run now").into()) }
}

fn begin(
    plan: &Plan,
    run_state: &RunState,
    invocation: &Invocation,
    now: Timestamp,
) -> Result<(Vec<EventKind>, Begun), PerformError> {
    let lost = Failure::new("worker_lost", "the worker ended without an answer, or was never reached");
    let named = invocation.state.as_deref().map(|state| {
        let name = || StepName { state: state.to_owned(), item: invocation.item };
        let place = plan.place(state).ok_or_else(|| PerformError::NoSuchStep(name()))?;
        Ok::<_, PerformError>((place, name()))
    });
    let Some((place, name)) = named.transpose()? else {
        return Ok(come_to_an_end(plan, run_state, invocation, &lost, now));
    };
    let at = (place, name.item);
    let worker = match &plan.states[place].kind {
        Kind::Succeed { .. } | Kind::Fail { .. } => return Ok(come_to_an_end(plan, run_state, invocation, &lost, now)),
        Kind::Task(task) if name.item.is_none() => task.worker,
        Kind::Map(map) if name.item.is_some() && has_item(run_state, map.items, name.item) => map.task.worker,
        Kind::Pass | Kind::Wait(_) | Kind::Choice { .. } | Kind::Task(_) | Kind::Map(_) => {
            return Err(PerformError::NoSuchStep(name));
        }
    };
    let direction = invocation.direction();
    if let Some(events) = waits_already(run_state, at, &name, invocation) {
        return Ok((events, Begun::Waiting));
    }
    if let Some(answer) = known(run_state, at, &name, direction) {
        return Ok((Vec::new(), Begun::Answered(answer)));
    }
    if direction == Direction::Do {
        let before = lead_up(plan, run_state.clone(), Some(place), &lost, now);
        let mut there = run_state.clone();
        apply_all(plan, &mut there, &before, now);
        if !there.status().is_open() || there.position < place && !before.is_empty() {
            return Ok((before, Begun::Further));
        }
        if there.position != place {
            let message = format!("the run stands at {}", plan.states[there.position].name);
            return Err(Refusal::permanent("out_of_order", message).into());
        }
        let (mut events, step) = started(plan, &there, Step { name, worker, attempt: 0, direction }, now);
        events.splice(0..0, before);
        return Ok((events, Begun::Work(step)));
    }
    let (events, step) = started(plan, run_state, Step { name, worker, attempt: 0, direction }, now);
    Ok((events, Begun::Work(step)))
}

/// For a step that waits for something outside already: the event with the token of this machine.
fn waits_already(
    run_state: &RunState,
    at: StepIndex,
    name: &StepName,
    invocation: &Invocation,
) -> Option<Vec<EventKind>> {
    let step_state =
        run_state.forward.get(&at).filter(|_| !invocation.undo && run_state.status() == Status::Running)?;
    let StepPhase::Waiting(until) = step_state.phase else { return None };
    if step_state.task_token() == invocation.task_token.as_deref() {
        return Some(Vec::new());
    }
    let (step, attempt, task_token) = (name.clone(), step_state.attempt(), invocation.task_token.clone());
    Some(vec![EventKind::StepWaiting { step, attempt, until, task_token }])
}

fn has_item(run_state: &RunState, items: &str, item: Option<u32>) -> bool {
    let variables = run_state.variables();
    let item = item.and_then(|item| usize::try_from(item).ok());
    item.is_some_and(|item| lookup(&variables, items).and_then(|list| list.get(item)).is_some())
}

/// The answer that the journal has, if it has one.
fn known(run_state: &RunState, at: StepIndex, name: &StepName, direction: Direction) -> Option<Result<Value, Refusal>> {
    let (steps, open) = match direction {
        Direction::Do => (&run_state.forward, Status::Running),
        Direction::Undo => (&run_state.backward, Status::Undoing),
    };
    match steps.get(&at).map(|step_state| &step_state.phase) {
        Some(StepPhase::Done) => return Some(Ok(output(run_state, name, direction))),
        Some(StepPhase::Failed(error)) => return Some(Err(Refusal::of(ErrorKind::Permanent, error))),
        Some(StepPhase::Captured(_)) => {
            return Some(Err(Refusal::permanent("captured", "it failed before, and the others went on")));
        }
        Some(StepPhase::Idle | StepPhase::UnderWay | StepPhase::Waiting(_) | StepPhase::Due(_)) | None => {}
    }
    if direction == Direction::Undo && !run_state.touched.contains(&at) {
        return Some(Ok(Value::Null));
    }
    if run_state.status() == open {
        return None;
    }
    Some(Err(superseded("the run has ended, or goes the other way")))
}

fn output(run_state: &RunState, name: &StepName, direction: Direction) -> Value {
    let variables = run_state.variables();
    let found = match (direction, name.item.map(usize::try_from)) {
        (Direction::Undo, _) | (Direction::Do, Some(Err(_))) => None,
        (Direction::Do, None) => variables.get(&name.state),
        (Direction::Do, Some(Ok(item))) => variables.get(&name.state).and_then(|list| list.get(item)),
    };
    found.cloned().unwrap_or(Value::Null)
}

/// The events that begin a step. A try that never answered failed.
fn started(plan: &Plan, run_state: &RunState, mut step: Step, now: Timestamp) -> (Vec<EventKind>, Step) {
    let mut events = Vec::new();
    let mut run_state = run_state.clone();
    let (at, steps) = (
        plan.place(&step.name.state).map(|place| (place, step.name.item)),
        match step.direction {
            Direction::Do => &run_state.forward,
            Direction::Undo => &run_state.backward,
        },
    );
    let attempt = |step_state: Option<&StepState>| step_state.map_or(1, StepState::attempt);
    let step_state = at.and_then(|at| steps.get(&at));
    if step_state.is_some_and(|step_state| step_state.phase == StepPhase::UnderWay) {
        let error = Failure::new("worker_lost", "the worker ended without an answer");
        let what = ended_badly(&step.name, attempt(step_state), step.direction, error, Some(now));
        events.push(what);
        apply_all(plan, &mut run_state, &events, now);
    }
    let steps = match step.direction {
        Direction::Do => &run_state.forward,
        Direction::Undo => &run_state.backward,
    };
    step.attempt = attempt(at.and_then(|at| steps.get(&at)));
    let (name, attempt) = (step.name.clone(), step.attempt);
    events.push(match step.direction {
        Direction::Do => EventKind::StepStarted { step: name, attempt },
        Direction::Undo => EventKind::UndoStarted { step: name, attempt },
    });
    (events, step)
}

fn ended_badly(
    step: &StepName,
    attempt: u32,
    direction: Direction,
    error: Failure,
    retry_at: Option<Timestamp>,
) -> EventKind {
    let (step, kind) = (step.clone(), ErrorKind::Transient);
    match direction {
        Direction::Do => EventKind::StepFailed { step, attempt, error, kind, retry_at },
        Direction::Undo => EventKind::UndoFailed { step, attempt, error, kind, retry_at },
    }
}

/// The machine is at an end: so is the run, by whatever it had begun and not ended.
fn come_to_an_end(
    plan: &Plan,
    run_state: &RunState,
    invocation: &Invocation,
    lost: &Failure,
    now: Timestamp,
) -> (Vec<EventKind>, Begun) {
    let open = match invocation.direction() {
        Direction::Do => Status::Running,
        Direction::Undo => Status::Undoing,
    };
    if run_state.status() == open {
        let events = lead_up(plan, run_state.clone(), None, lost, now);
        if !events.is_empty() {
            return (events, Begun::Further);
        }
    }
    let ends = invocation.state.as_deref().and_then(|state| plan.state(state)).map(|state| &state.kind);
    let expected = match (invocation.undo, ends) {
        (true, _) => Status::Undone,
        (false, Some(Kind::Succeed { .. })) => Status::Succeeded,
        (
            false,
            Some(Kind::Pass | Kind::Wait(_) | Kind::Task(_) | Kind::Choice { .. } | Kind::Map(_) | Kind::Fail { .. })
            | None,
        ) => Status::Failed,
    };
    if run_state.status() == expected {
        return (Vec::new(), Begun::Answered(Ok(Value::Null)));
    }
    let message = format!("the run is {:?}, and the machine took it for {expected:?}", run_state.status());
    (Vec::new(), Begun::Answered(Err(Refusal::permanent("other_end", message))))
}

/// What leads the run to a state, or to its end: what follows without a worker, and for steps that the machine has left
/// behind unfinished, that they were lost. A part of it, if it is much.
fn lead_up(plan: &Plan, mut run_state: RunState, to: Option<usize>, why: &Failure, now: Timestamp) -> Vec<EventKind> {
    let mut events = Vec::new();
    let direction = match run_state.status() {
        Status::Undoing => Direction::Undo,
        Status::Running | Status::Succeeded | Status::Failed | Status::Undone | Status::Stuck => Direction::Do,
    };
    while run_state.status().is_open() && to.is_none_or(|to| run_state.position < to) && events.len() < MOST_LOST {
        let mut more = settled(plan, &mut run_state, now);
        if more.is_empty() {
            more = lost(plan, &run_state, direction, why);
            more.truncate(MOST_LOST);
            apply_all(plan, &mut run_state, &more, now);
        }
        if more.is_empty() {
            break;
        }
        events.append(&mut more);
    }
    events
}

/// The unfinished steps before the run's next state, as lost.
fn lost(plan: &Plan, run_state: &RunState, direction: Direction, why: &Failure) -> Vec<EventKind> {
    let mut next = run_state.clone();
    // Whatever waits is due, so that what would begin now is everything that is left, in the plan's order.
    for step_state in next.forward.values_mut().chain(next.backward.values_mut()) {
        if let StepPhase::Due(at) = &mut step_state.phase {
            *at = Timestamp::MIN;
        }
    }
    let steps = match direction {
        Direction::Do => &next.forward,
        Direction::Undo => &next.backward,
    };
    let mut events = Vec::new();
    for ((place, item), step_state) in steps.iter().filter(|(_, step_state)| step_state.phase == StepPhase::UnderWay) {
        let name = StepName { state: plan.states[*place].name.to_owned(), item: *item };
        events.push(ended_badly(&name, step_state.attempt(), direction, why.clone(), None));
    }
    for ((place, item), step_state) in steps.iter().filter(|(_, step)| matches!(step.phase, StepPhase::Waiting(_))) {
        let name = StepName { state: plan.states[*place].name.to_owned(), item: *item };
        events.push(wait_timed_out(name, step_state.attempt()));
    }
    // The machine has waited by its own clock.
    if let (Direction::Do, Kind::Wait(_), Some(next)) =
        (direction, &plan.states[run_state.position].kind, plan.states[run_state.position].next)
    {
        let state = plan.states[run_state.position].name.to_owned();
        events.push(EventKind::Passed { state, to: next.to_owned() });
    }
    if events.is_empty() {
        let begins = next.advance(plan, Timestamp::MIN).record;
        for what in begins {
            let (EventKind::StepStarted { step, attempt } | EventKind::UndoStarted { step, attempt }) = &what else {
                continue;
            };
            let failed = ended_badly(step, *attempt, direction, why.clone(), None);
            events.extend([what, failed]);
        }
    }
    events
}

/// What follows without a worker: states passed, items captured, the run's end.
pub(super) fn settled(plan: &Plan, run_state: &mut RunState, now: Timestamp) -> Vec<EventKind> {
    let mut next = run_state.clone().advance(plan, now).record;
    next.retain(|what| !matches!(what, EventKind::StepStarted { .. } | EventKind::UndoStarted { .. }));
    apply_all(plan, run_state, &next, now);
    next
}

pub(super) fn apply_all(plan: &Plan, run_state: &mut RunState, events: &[EventKind], now: Timestamp) {
    for what in events {
        run_state.apply(plan, what, now).expect("these events name states of the plan alone");
    }
}

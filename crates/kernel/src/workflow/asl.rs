//! A plan as documents of the Amazon States Language: one machine that does a run, and one that undoes it.
//!
//! A machine decides what comes next and what is tried again. Everything else is done by the function that each of its
//! tasks calls ([`super::step`]), which also writes the journal. So a machine may be started again for a run that is
//! half-way: the steps that are done answer at once from the journal.

use serde_json::{Map as Fields, Value, json};

use super::{
    plan::{Branch, ItemFailure, Kind, Map, Plan, Retry, Scalar, State, Task, WaitUntil},
    run_state::Direction,
    step::Refusal,
    workers::{FIRST_LOOK, LONGEST_LOOK, LOOKS_GROW_BY},
};
use crate::ports::external_error::ErrorKind;

/// The placeholder of the function's ARN in the documents; the deployment replaces it.
pub const FUNCTION: &str = "${StepFunction}";
/// Where a machine of a failed run ends.
const FAILED: &str = "RunFailed";
/// Tells the journal of a failure that no state of the plan catches.
const RECORD_FAILURE: &str = "RecordFailure";
/// Tells the journal of the end of an undoing.
const RECORD_UNDONE: &str = "RecordUndone";
/// The function answers in its worker's time, and has this long for the journal and for starting cold.
const GRACE_SECONDS: u64 = 30;
/// How long the journal may take for the end of a run.
const END_SECONDS: u64 = 30;

/// A machine, and the document that defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub name: String,
    pub definition: Value,
}

/// What a plan's machine is called: runs go on by the version that they began with.
pub fn machine_name(plan: &str, version: u32, direction: Direction) -> String {
    match direction {
        Direction::Do => format!("{plan}-v{version}"),
        Direction::Undo => format!("{plan}-v{version}-undo"),
    }
}

/// The machines of a plan.
pub fn machines(plan: &Plan) -> [Machine; 2] {
    [Direction::Do, Direction::Undo].map(|direction| Machine {
        name: machine_name(plan.name, plan.version, direction),
        definition: match direction {
            Direction::Do => forward(plan),
            Direction::Undo => backward(plan),
        },
    })
}

fn forward(plan: &Plan) -> Value {
    let mut states = Fields::new();
    for state in &plan.states {
        states.insert(state.name.to_owned(), of(plan, state));
    }
    if plan.states.iter().any(falls_through) {
        states.insert(RECORD_FAILURE.to_owned(), end(plan, None, Direction::Do, Some(FAILED)));
    }
    states.insert(FAILED.to_owned(), failed());
    document(plan, &format!("{} v{}", plan.name, plan.version), plan.states[0].name, states)
}

fn backward(plan: &Plan) -> Value {
    let mut states = Fields::new();
    let undoable = plan.states.iter().rev().filter(|state| state.work().is_some_and(|task| task.undoable));
    let undoable: Vec<&State> = undoable.collect();
    let name = |state: &State| format!("Undo{}", state.name);
    for (place, state) in undoable.iter().enumerate() {
        let next = undoable.get(place + 1).map_or_else(|| RECORD_UNDONE.to_owned(), |state| name(state));
        let mut fields = match &state.kind {
            Kind::Map(map) => fan_out(plan, state, map, &format!("Undo{}", map.inner), Direction::Undo),
            Kind::Task(task) => call(plan, state.name, task, Direction::Undo, false),
            Kind::Pass | Kind::Wait(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => continue,
        };
        fields.insert("Catch".to_owned(), catch(RECORD_UNDONE));
        fields.insert("Next".to_owned(), json!(next));
        states.insert(name(state), Value::Object(fields));
    }
    // An undoing that got stuck has the journal say so, and the function refuse to call it an end.
    states.insert(RECORD_UNDONE.to_owned(), end(plan, None, Direction::Undo, None));
    states.insert(FAILED.to_owned(), failed());
    let first = undoable.first().map_or_else(|| RECORD_UNDONE.to_owned(), |state| name(state));
    document(plan, &format!("undoes {} v{}", plan.name, plan.version), &first, states)
}

fn document(plan: &Plan, comment: &str, start: &str, states: Fields<String, Value>) -> Value {
    json!({
        "Comment": format!("{comment}: generated from the plan, see `make codegen`"),
        "StartAt": start,
        "TimeoutSeconds": plan.timeout.as_secs(),
        "States": states,
    })
}

fn of(plan: &Plan, state: &State) -> Value {
    let mut fields = match &state.kind {
        Kind::Pass => fields(json!({ "Type": "Pass" })),
        Kind::Wait(WaitUntil::After(time)) => fields(json!({ "Type": "Wait", "Seconds": time.as_secs() })),
        Kind::Wait(WaitUntil::At(variable)) => fields(json!({ "Type": "Wait", "TimestampPath": path(plan, variable) })),
        Kind::Task(task) => call(plan, state.name, task, Direction::Do, is_read(plan, state.name)),
        Kind::Map(map) => fan_out(plan, state, map, map.inner, Direction::Do),
        Kind::Choice { variable, branches, otherwise } => {
            return choice(&path(plan, variable), branches, otherwise.unwrap_or(RECORD_FAILURE));
        }
        Kind::Succeed { .. } => return end(plan, Some(state.name), Direction::Do, None),
        Kind::Fail { .. } => return end(plan, Some(state.name), Direction::Do, Some(FAILED)),
    };
    if let Some(task) = state.work() {
        fields.insert("Catch".to_owned(), catch(task.catch.unwrap_or(RECORD_FAILURE)));
    }
    if let Some(next) = state.next {
        fields.insert("Next".to_owned(), json!(next));
    }
    Value::Object(fields)
}

/// Whether a failure of the state is caught by none of the plan's.
fn falls_through(state: &State) -> bool {
    match &state.kind {
        Kind::Task(task) | Kind::Map(Map { task, .. }) => task.catch.is_none(),
        Kind::Choice { otherwise, .. } => otherwise.is_none(),
        Kind::Pass | Kind::Wait(_) | Kind::Succeed { .. } | Kind::Fail { .. } => false,
    }
}

/// Whether a choice or a wait looks at the state's output.
fn is_read(plan: &Plan, name: &str) -> bool {
    plan.states.iter().any(|state| match &state.kind {
        Kind::Choice { variable, .. } | Kind::Wait(WaitUntil::At(variable)) => variable.split('.').next() == Some(name),
        Kind::Pass
        | Kind::Wait(WaitUntil::After(_))
        | Kind::Task(_)
        | Kind::Map(_)
        | Kind::Succeed { .. }
        | Kind::Fail { .. } => false,
    })
}

/// The path of a variable in the machine's data.
fn path(plan: &Plan, variable: &str) -> String {
    match variable.split_once('.') {
        Some((state, field)) if plan.state(state).is_some() => format!("$.{state}.output.{field}"),
        Some(_) | None => format!("$.{variable}"),
    }
}

fn choice(path: &str, branches: &[Branch], otherwise: &str) -> Value {
    let choices = branches.iter().map(|branch| {
        let equals = match branch.equals {
            Scalar::Text(text) => json!({ "Variable": path, "StringEquals": text }),
            Scalar::Flag(flag) => json!({ "Variable": path, "BooleanEquals": flag }),
        };
        // A variable that is not there would end the machine.
        json!({ "And": [{ "Variable": path, "IsPresent": true }, equals], "Next": branch.to })
    });
    json!({ "Type": "Choice", "Choices": choices.collect::<Vec<_>>(), "Default": otherwise })
}

/// One call of the function for a step, without catch and successor.
fn call(plan: &Plan, state: &str, task: &Task, direction: Direction, keeps_output: bool) -> Fields<String, Value> {
    let waits = task.waits.filter(|_| direction == Direction::Do);
    let timeout = task.worker.timeout().as_secs() + GRACE_SECONDS + waits.map_or(0, |waits| waits.at_most.as_secs());
    let mut payload = payload(Some(state), direction);
    if waits.is_some() {
        payload["taskToken.$"] = json!("$$.Task.Token");
    }
    let mut fields = invoke(payload, timeout);
    if waits.is_some() {
        // The task ends when its token is answered, not when the function returns.
        fields.insert("Resource".to_owned(), json!("arn:aws:states:::lambda:invoke.waitForTaskToken"));
    }
    if keeps_output {
        // The answer to a token is the output itself; a function's comes with the status of its call.
        let output = if waits.is_some() { "$" } else { "$.Payload" };
        fields.insert("ResultSelector".to_owned(), json!({ "output.$": output }));
        fields.insert("ResultPath".to_owned(), json!(format!("$.{state}")));
    } else {
        fields.insert("ResultPath".to_owned(), Value::Null);
    }
    let mut retries = retries(task.retry, plan.timeout.as_secs());
    if let (Some(_), Value::Array(retries)) = (waits, &mut retries) {
        // No answer in time is a failure for good.
        retries.insert(0, json!({ "ErrorEquals": ["States.Timeout"], "MaxAttempts": 0 }));
    }
    fields.insert("Retry".to_owned(), retries);
    fields
}

fn fan_out(plan: &Plan, state: &State, map: &Map, inner: &str, direction: Direction) -> Fields<String, Value> {
    let mut step = call(plan, state.name, &map.task, direction, false);
    if let Some(payload) = step.get_mut("Parameters").and_then(|parameters| parameters.get_mut("Payload")) {
        payload["item.$"] = json!("$.item");
    }
    step.insert("End".to_owned(), json!(true));
    let mut states = Fields::new();
    let tolerates = match (direction, map.on_item_failure) {
        (Direction::Do, ItemFailure::Capture | ItemFailure::Record) => true,
        (Direction::Do, ItemFailure::Fail) | (Direction::Undo, _) => false,
    };
    if tolerates {
        let captured = format!("{inner}Failed");
        step.insert("Catch".to_owned(), catch(&captured));
        states.insert(inner.to_owned(), Value::Object(step));
        states.insert(captured, json!({ "Type": "Pass", "Comment": "The others go on.", "End": true }));
    } else {
        states.insert(inner.to_owned(), Value::Object(step));
    }
    fields(json!({
        "Type": "Map",
        "ItemsPath": format!("$.{}", map.items),
        "MaxConcurrency": map.max_concurrency,
        "ItemSelector": {
            "executionId.$": "$.executionId",
            "turn.$": "$.turn",
            "item.$": "$$.Map.Item.Index",
        },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "INLINE" },
            "StartAt": inner,
            "States": states,
        },
        "ResultPath": null,
    }))
}

/// Tells the function that the machine has come to an end, so that the journal does too.
fn end(plan: &Plan, state: Option<&str>, direction: Direction, next: Option<&str>) -> Value {
    let timeout = END_SECONDS + GRACE_SECONDS;
    let mut fields = invoke(payload(state, direction), timeout);
    fields.insert("ResultPath".to_owned(), Value::Null);
    fields.insert("Retry".to_owned(), retries(super::plan::DOCUMENTED, plan.timeout.as_secs()));
    fields.insert("Catch".to_owned(), catch(FAILED));
    match next {
        Some(next) => fields.insert("Next".to_owned(), json!(next)),
        None => fields.insert("End".to_owned(), json!(true)),
    };
    Value::Object(fields)
}

fn invoke(payload: Value, timeout: u64) -> Fields<String, Value> {
    fields(json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": FUNCTION, "Payload": payload },
        "TimeoutSeconds": timeout,
    }))
}

fn payload(state: Option<&str>, direction: Direction) -> Value {
    let mut payload = json!({ "executionId.$": "$.executionId", "turn.$": "$.turn" });
    if let Some(state) = state {
        payload["state"] = json!(state);
    }
    if direction == Direction::Undo {
        payload["undo"] = json!(true);
    }
    payload
}

/// The documented retries, by the names that Lambda and the function give to errors. Each list is counted by itself.
fn retries(policy: &[Retry], ceiling: u64) -> Value {
    let mut all = vec![
        json!({
            "ErrorEquals": [Refusal::NOT_YET], "IntervalSeconds": FIRST_LOOK.as_secs(), "MaxAttempts": ceiling,
            "BackoffRate": LOOKS_GROW_BY, "MaxDelaySeconds": LONGEST_LOOK.as_secs(),
        }),
        json!({ "ErrorEquals": [Refusal::PERMANENT], "MaxAttempts": 0 }),
    ];
    for kind in [ErrorKind::Throttled, ErrorKind::Transient, ErrorKind::Permanent] {
        let names = match kind {
            ErrorKind::Throttled => {
                &["Lambda.ServiceException", "Lambda.TooManyRequestsException", Refusal::THROTTLED][..]
            }
            ErrorKind::Transient => &["States.TaskFailed", "States.Timeout", Refusal::TRANSIENT][..],
            ErrorKind::Permanent => continue,
        };
        if let Some(retry) = policy.iter().find(|retry| retry.on == kind) {
            all.push(json!({
                "ErrorEquals": names,
                "IntervalSeconds": retry.interval_seconds,
                "MaxAttempts": retry.max_attempts,
                "BackoffRate": retry.backoff_rate,
            }));
        }
    }
    Value::Array(all)
}

fn catch(next: &str) -> Value {
    json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next }])
}

fn failed() -> Value {
    json!({ "Type": "Fail", "Error": FAILED, "Cause": "The run's journal tells why." })
}

fn fields(value: Value) -> Fields<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Fields::new(),
    }
}

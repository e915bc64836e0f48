//! Plans as pure data: what is refused, what follows from a journal, and that every run ends.

use std::time::Duration;

use jiff::Timestamp;
use plane::features::accounts::workers::SES_NOTIFICATION;
use plane::workflow::{
    Answer, Definition, ErrorKind, Event, EventKind, Failure, Faults, Plan, RunAction, RunState, State, Status, Step,
    StepError, StepOutcome, Worker,
    plan::{BadPlan, DOCUMENTED},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::workflow::check_journal;

use super::toy::{Verdict, plan};

fn start() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

#[test]
fn retries_wait_as_documented() {
    let plan = plan();
    let task = plan.state("WriteCoreRecords").unwrap().work().unwrap();
    let waits =
        |kind| (1..).map_while(|failures| task.wait(kind, failures)).map(|wait| wait.as_secs()).collect::<Vec<_>>();
    assert_eq!(task.retry, DOCUMENTED);
    assert_eq!(waits(ErrorKind::Throttled), [2, 4, 8]);
    assert_eq!(waits(ErrorKind::Transient), [5, 10]);
    assert_eq!(waits(ErrorKind::Permanent), [0; 0]);
}

#[test]
fn what_is_no_plan_is_refused() {
    async fn nothing((): &()) -> Result<StepOutcome<()>, StepError> {
        Ok(StepOutcome::Done(()))
    }
    async fn verdict((): &()) -> Result<StepOutcome<Verdict>, StepError> {
        Ok(StepOutcome::Done(Verdict { verified: true }))
    }
    let of = |states: Vec<State<()>>| Definition::new("bad", 1, states).map(drop).unwrap_err();
    let end = || State::succeed("End", "done");
    let task = |name| State::task(name, SES_NOTIFICATION).does(nothing);
    assert_eq!(of(vec![]), BadPlan::Empty);
    assert_eq!(of(vec![task("A"), task("A"), end()]), BadPlan::Twice("A"));
    assert_eq!(of(vec![task("A")]), BadPlan::NoEnd("A"));
    assert_eq!(of(vec![task("A").to("Z"), end()]), BadPlan::NoSuchState { from: "A", to: "Z" });
    assert_eq!(of(vec![task("A"), task("B").to("A"), end()]), BadPlan::Loop("B"));
    assert_eq!(of(vec![task("A").catch("End"), end()]), BadPlan::CatchIsNoFailure("A"));
    let map = || State::map("M", "users", "One", SES_NOTIFICATION).does(nothing);
    assert_eq!(of(vec![map().at_once(0), end()]), BadPlan::Concurrency("M"));
    assert_eq!(of(vec![map().at_once(41), end()]), BadPlan::Concurrency("M"));
    assert_eq!(of(vec![State::task("A", SES_NOTIFICATION), end()]), BadPlan::NoFunction("A"));
    let slower = Worker::new("ses-notification", Duration::from_hours(1));
    let two = vec![task("A"), State::task("B", slower).does(nothing), end()];
    assert_eq!(of(two), BadPlan::TwoTimeouts("ses-notification"));
    let verdict = State::task("A", SES_NOTIFICATION).does(verdict);
    assert_eq!(of(vec![verdict, end()]), BadPlan::OutputOfAnother { state: "A", of: "VerifyProvisioning" });
}

#[test]
fn faults_are_read_as_they_are_written() {
    for good in ["", "A:transient", "A[0]:throttled*2, undo.B:crash-after*always,C:repeat"] {
        assert!(good.parse::<Faults>().is_ok(), "{good}");
    }
    for bad in ["A", ":transient", "A:often", "A[x]:transient", "A]:transient", "A:transient*many"] {
        assert!(bad.parse::<Faults>().is_err(), "{bad}");
    }
}

#[test]
fn events_keep_their_form() {
    let failed = Event {
        number: 4,
        at: start(),
        what: EventKind::StepFailed {
            step: plane::workflow::StepName { state: "ProvisionCognitoUsers".into(), item: Some(1) },
            attempt: 2,
            error: Failure::new("limit_exceeded", "too many users"),
            kind: ErrorKind::Throttled,
            retry_at: Some(start()),
        },
    };
    let text = serde_json::to_value(&failed).unwrap();
    assert_eq!(
        text,
        json!({
            "number": 4, "at": "2026-11-20T12:00:00Z", "type": "stepFailed", "state": "ProvisionCognitoUsers", "item": 1,
            "attempt": 2, "error": { "code": "limit_exceeded", "message": "too many users" }, "kind": "throttled",
            "retryAt": "2026-11-20T12:00:00Z",
        })
    );
    assert_eq!(serde_json::from_value::<Event>(text).unwrap(), failed);
}

#[derive(Clone, Debug)]
enum Move {
    /// One of the calls under way answers.
    Answer(usize, Answer),
    /// The process ends and another takes the run up.
    Crash,
}

fn answers() -> impl Strategy<Value = Answer> {
    let failed = |kind| Answer::Failed { kind, error: Failure::new("toy", "failed") };
    prop_oneof![
        6 => Just(Answer::Done(json!({ "verified": true }))),
        1 => Just(Answer::Done(Value::Null)),
        1 => (1_u64..120).prop_map(|seconds| Answer::NotYet(Duration::from_secs(seconds))),
        1 => Just(failed(ErrorKind::Transient)),
        1 => Just(failed(ErrorKind::Throttled)),
        1 => Just(failed(ErrorKind::Permanent)),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![9 => (any::<usize>(), answers()).prop_map(|(at, answer)| Move::Answer(at, answer)), 1 => Just(Move::Crash)];
    proptest::collection::vec(one, 1..80)
}

/// A run without a driver: the moves come round and round until it ends.
struct Sketch {
    plan: Plan,
    input: Value,
    history: Vec<Event>,
    now: Timestamp,
    calls: Vec<Step>,
    most: usize,
}

impl Sketch {
    fn write(&mut self, what: Vec<EventKind>) {
        for what in what {
            let number = self.history.len() as u64 + 1;
            self.history.push(Event { number, at: self.now, what });
        }
    }

    fn run(&mut self, moves: &[Move]) -> Status {
        for one in moves.iter().cycle().take(5000) {
            let next = self.plan.next(&self.input, &self.history, self.now).unwrap();
            self.write(next.record);
            match next.act {
                RunAction::Finished(status) => return status,
                RunAction::Perform(steps) => self.calls.extend(steps),
                RunAction::Wait(_) | RunAction::Rest(_) => {}
            }
            let maps = self.calls.iter().filter(|step| step.name.item.is_some()).count();
            self.most = self.most.max(maps);
            assert!(maps <= 5, "more items at once than the plan allows");
            match one {
                Move::Crash if !self.calls.is_empty() => {
                    self.calls.clear();
                    self.now += Duration::from_secs(5);
                    self.write(vec![EventKind::Resumed { holder: "next".into() }]);
                }
                Move::Answer(at, answer) if !self.calls.is_empty() => {
                    let step = self.calls.remove(at % self.calls.len());
                    let run_state = RunState::replay(&self.plan, &self.input, &self.history).unwrap();
                    let what = run_state.judge(&self.plan, &step, answer.clone(), self.now);
                    self.write(vec![what]);
                }
                Move::Crash | Move::Answer(..) => self.now += Duration::from_secs(1),
            }
        }
        panic!("no end: {:#?}", self.history);
    }
}

proptest! {
    #[test]
    fn every_run_ends_and_begins_nothing_twice_without_a_reason(
        moves in moves(), private in any::<bool>(), users in 0_usize..9, undo in any::<bool>()
    ) {
        let mut plan = plan();
        for state in &mut plan.states {
            if let plane::workflow::plan::Kind::Map(map) = &mut state.kind {
                map.max_concurrency = 5;
            }
        }
        let users: Vec<_> = (0..users).collect();
        let input = json!({ "cloudType": if private { "private" } else { "public" }, "users": users });
        let started = Event { number: 1, at: start(), what: EventKind::Started };
        let mut sketch = Sketch { plan, input, history: vec![started], now: start(), calls: vec![], most: 0 };
        let mut status = sketch.run(&moves);
        prop_assert!(matches!(status, Status::Succeeded | Status::Failed));
        if status == Status::Failed {
            sketch.calls.clear();
            let Some(EventKind::Failed { step, .. }) = sketch.history.last().map(|event| event.what.clone()) else {
                panic!("a failed run ends with its failure")
            };
            let step = plane::workflow::StepName { item: None, ..step };
            sketch.write(vec![if undo { EventKind::UndoRequested } else { EventKind::Redriven { step } }]);
            status = sketch.run(&moves);
            let expected = if undo { [Status::Undone, Status::Stuck] } else { [Status::Succeeded, Status::Failed] };
            prop_assert!(expected.contains(&status));
        }
        check_journal(&sketch.history);
        // Whatever prefix of the journal is left, something follows from it.
        for cut in 1..sketch.history.len() {
            sketch.plan.next(&sketch.input, &sketch.history[..cut], sketch.now).unwrap();
        }
    }
}

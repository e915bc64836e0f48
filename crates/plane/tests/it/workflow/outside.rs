//! Machines outside the process lead runs: what comes twice, late, out of turn, or not at all.

use std::sync::{Arc, Mutex, atomic::Ordering};

use async_trait::async_trait;
use plane::{
    ports::machines::{ExecutionStatus, Machines, MachinesError, Start, TaskReport},
    workflow::{Driver, EventKind, Invocation, Refusal, RunAction, Settings, Status, outside},
};
use serde_json::{Value, json};
use testkit::workflow::{Subject, World, check_journal, suite::reference};

use tokio::sync::Notify;

use super::toy::{Toy, execution, plan};

/// Machines that a test leads by hand.
pub(super) struct ByHand {
    pub(super) answer: Mutex<Result<ExecutionStatus, MachinesError>>,
    started: Mutex<Vec<Start>>,
    pub(super) reports: Mutex<Vec<(String, TaskReport)>>,
    /// The next report does not go through.
    pub(super) report_fails: Mutex<bool>,
}

impl ByHand {
    pub(super) fn answering(answer: Result<ExecutionStatus, MachinesError>) -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(answer),
            started: Mutex::default(),
            reports: Mutex::default(),
            report_fails: Mutex::default(),
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        let started = self.started.lock().unwrap();
        let mut names: Vec<_> = started.iter().map(|start| format!("{} {}", start.machine, start.name)).collect();
        names.dedup();
        names
    }
}

#[async_trait]
impl Machines for ByHand {
    async fn start(&self, start: &Start) -> Result<ExecutionStatus, MachinesError> {
        self.started.lock().unwrap().push(start.clone());
        self.answer.lock().unwrap().clone()
    }

    async fn report(&self, token: &str, report: &TaskReport) -> Result<(), MachinesError> {
        if std::mem::take(&mut *self.report_fails.lock().unwrap()) {
            return Err(MachinesError::Unavailable("no answer".into()));
        }
        self.reports.lock().unwrap().push((token.to_owned(), report.clone()));
        Ok(())
    }
}

pub(super) fn led(world: &World, machines: &Arc<ByHand>, faults: &str) -> Driver {
    let machines = Some(Arc::clone(machines) as Arc<dyn Machines>);
    let settings = Settings { machines, faults: faults.parse().unwrap(), ..Settings::new("only") };
    Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), settings)
}

fn asked(world: &World, turn: u64, state: &str, item: Option<u32>) -> Invocation {
    Invocation {
        execution_id: world.execution,
        turn,
        state: Some(state.to_owned()),
        item,
        undo: false,
        task_token: None,
    }
}

async fn step(driver: &Driver, world: &World, state: &str) -> Result<Value, Refusal> {
    driver.step(&asked(world, 0, state, None)).await
}

/// Leads a run to its end, each invocation so many times at once.
async fn lead(driver: &Driver, world: &World, times: usize) {
    let plan = plan();
    loop {
        let head = world.head().await;
        let next = plan.next(&head.input, &world.events().await, world.clock.now()).unwrap();
        let RunAction::Perform(steps) = next.act else { break };
        let calls = steps.into_iter().flat_map(|step| {
            let invocation = asked(world, head.fence, &step.name.state, step.name.item);
            (0..times).map(move |_| {
                let invocation = invocation.clone();
                async move { driver.step(&invocation).await }
            })
        });
        for done in futures::future::join_all(calls).await {
            // Of two tries at once, one may be told so.
            assert!(done.is_ok() || times > 1, "{done:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn steps_that_come_one_by_one_leave_the_same_journal() {
    let expected = reference(&Toy::public()).await;
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    lead(&driver, &world, 1).await;
    check_journal(&world.events().await);
    assert_eq!(world.head().await.status, Status::Succeeded);
    assert_eq!(((world.effects)().await, world.events().await.len()), (expected.effects, expected.events));
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_answered_and_not_done_again() {
    let expected = reference(&Toy::public()).await;
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    lead(&driver, &world, 1).await;
    let events = world.events().await;
    let all = events.iter().filter_map(|event| match &event.what {
        EventKind::StepSucceeded { step, output, .. } => Some((step.clone(), output.clone())),
        _ => None,
    });
    for (name, output) in all {
        let again = driver.step(&asked(&world, 0, &name.state, name.item)).await;
        assert_eq!(again, Ok(output), "{name}");
    }
    assert_eq!(step(&driver, &world, "PublishSuccess").await, Ok(Value::Null));
    assert_eq!(world.events().await, events, "nothing was written");
    assert_eq!((world.effects)().await, expected.effects);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_asked_for_twice_at_once_takes_effect_once() {
    let expected = reference(&Toy::public()).await;
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    lead(&driver, &world, 2).await;
    assert_eq!(world.head().await.status, Status::Succeeded);
    assert_eq!((world.effects)().await, expected.effects);
}

/// A try that was given up answers when the run is further on: the run must not be taken back to there.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_changes_nothing() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    let go = Arc::new(Notify::new());
    *ledger.first_waits.lock().unwrap() = Some(Arc::clone(&go));
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    let (late, invocation) = (driver.clone(), asked(&world, 0, "ProvisionDynamoDB", None));
    let late = tokio::spawn(async move { late.step(&invocation).await });
    while ledger.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    for state in ["ProvisionDynamoDB", "RegisterSSM", "WriteCoreRecords"] {
        step(&driver, &world, state).await.unwrap();
    }
    let before = world.events().await;
    go.notify_one();
    let answer = late.await.unwrap();
    assert!(answer.is_ok(), "the step was done: {answer:?}");
    assert_eq!(world.events().await, before);
    lead(&driver, &world, 1).await;
    check_journal(&world.events().await);
    assert_eq!(world.head().await.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn errors_have_the_names_that_retries_and_catches_know() {
    for (fault, name) in
        [("transient", Refusal::TRANSIENT), ("throttled", Refusal::THROTTLED), ("permanent", Refusal::PERMANENT)]
    {
        let world = Toy::public().world().await;
        let driver =
            led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), &format!("ProvisionDynamoDB:{fault}"));
        let refusal = step(&driver, &world, "ProvisionDynamoDB").await.unwrap_err();
        assert_eq!(refusal.error_type, name);
        assert_eq!(world.head().await.status == Status::Failed, name == Refusal::PERMANENT);
        let told = serde_json::to_value(&refusal).unwrap();
        assert_eq!(told, json!({ "errorType": name, "errorMessage": "fault: failed on purpose" }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_out_of_order_or_out_of_turn_is_refused() {
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    let users = "ProvisionCognitoUsers";
    for (state, item) in [("NoState", None), (users, None), (users, Some(3)), ("CloudType", None)] {
        let refusal = driver.step(&asked(&world, 0, state, item)).await.unwrap_err();
        assert_eq!(refusal.error_type, Refusal::PERMANENT, "{state}: {refusal}");
        assert_eq!(world.events().await.len(), 1, "{state}: {refusal}");
    }
    let late = driver.step(&asked(&world, 1, "ProvisionDynamoDB", None)).await.unwrap_err();
    assert!(late.error_message.starts_with("superseded"), "{late}");
    let nobody = Invocation { execution_id: execution(99), ..asked(&world, 0, "ProvisionDynamoDB", None) };
    assert!(driver.step(&nobody).await.is_err());
    // Who asks for a later step has given up those before it, and they were needed.
    step(&driver, &world, "CreateStack").await.unwrap_err();
    let failure = world.head().await.failure.unwrap();
    assert_eq!((failure.state.as_str(), failure.error.code.as_str()), ("ProvisionDynamoDB", "worker_lost"));
    check_journal(&world.events().await);
}

/// A worker that is lost counts as a failure in passing; a machine that goes on without it has given it up.
#[tokio::test(start_paused = true)]
async fn lost_workers_are_written_down_by_whoever_comes_next() {
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "ProvisionDynamoDB:crash-before");
    let lost = driver.clone();
    let invocation = asked(&world, 0, "ProvisionDynamoDB", None);
    let calling = tokio::spawn(async move { lost.step(&invocation).await });
    while world.events().await.len() < 3 {
        tokio::task::yield_now().await;
    }
    calling.abort();
    step(&driver, &world, "ProvisionDynamoDB").await.unwrap();
    check_journal(&world.events().await);
    let lost = world.events().await.iter().any(
        |event| matches!(&event.what, EventKind::StepFailed { error, attempt: 1, .. } if error.code == "worker_lost"),
    );
    assert!(lost, "{:#?}", world.events().await);
    lead(&driver, &world, 1).await;
    assert_eq!(world.head().await.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn items_that_never_reached_a_worker_are_captured() {
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    for state in ["ProvisionDynamoDB", "RegisterSSM", "WriteCoreRecords"] {
        step(&driver, &world, state).await.unwrap();
    }
    driver.step(&asked(&world, 0, "ProvisionCognitoUsers", Some(1))).await.unwrap();
    // The machine goes on with the next state: the two others were caught before they came here.
    driver.step(&asked(&world, 0, "SendCredentialNotifications", Some(1))).await.unwrap();
    driver.step(&asked(&world, 0, "SendCredentialNotifications", Some(0))).await.unwrap();
    driver.step(&asked(&world, 0, "SendCredentialNotifications", Some(2))).await.unwrap();
    step(&driver, &world, "VerifyProvisioning").await.unwrap();
    let head = world.head().await;
    check_journal(&world.events().await);
    let degraded = ["ProvisionCognitoUsers[0]: worker_lost", "ProvisionCognitoUsers[2]: worker_lost"];
    assert_eq!((head.status, head.degraded), (Status::Succeeded, degraded.map(str::to_owned).to_vec()));
}

#[tokio::test(start_paused = true)]
async fn a_run_without_its_machine_fails_by_name_and_can_be_redriven() {
    let refused = MachinesError::Refused { cause: "there is none".into(), fix: "deploy it" };
    for (answer, code) in [(Ok(ExecutionStatus::Ended), "machine_ended"), (Err(refused), "machine_refused")] {
        let expected = reference(&Toy::public()).await;
        let world = Toy::public().world().await;
        let machines = ByHand::answering(answer);
        let driver = led(&world, &machines, "");
        let head = world.run(&driver).await;
        assert_eq!((head.status, head.failure.unwrap().error.code.as_str()), (Status::Failed, code));

        *machines.answer.lock().unwrap() = Ok(ExecutionStatus::Running);
        driver.redrive(world.execution, vec![]).await.unwrap();
        while machines.names().len() < 2 {
            tokio::task::yield_now().await;
        }
        let run = world.execution;
        assert_eq!(machines.names(), [format!("onboarding-v1 {run}"), format!("onboarding-v1 {run}-1")]);
        lead(&driver, &world, 1).await;
        assert_eq!(world.head().await.status, Status::Succeeded);
        assert_eq!((world.effects)().await, expected.effects);
    }
}

#[tokio::test(start_paused = true)]
async fn machines_that_cannot_be_reached_are_tried_until_the_runs_ceiling() {
    let world = Toy::public().world().await;
    let machines = ByHand::answering(Err(MachinesError::Unavailable("no answer".into())));
    let driver = led(&world, &machines, "");
    driver.resume().await.unwrap();
    let head = world.closed(&driver).await;
    assert_eq!(head.failure.unwrap().error.code, "timed_out");
    assert!(machines.started.lock().unwrap().len() > 20);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_never_calls_leaves_a_run_that_timed_out() {
    let world = Toy::public().world().await;
    let driver = led(&world, &ByHand::answering(Ok(ExecutionStatus::Running)), "");
    driver.resume().await.unwrap();
    let head = world.closed(&driver).await;
    assert_eq!(head.failure.unwrap().error.code, "timed_out");
}

#[tokio::test(start_paused = true)]
async fn an_undoing_has_a_machine_of_its_own() {
    let world = Toy::public().world().await;
    let machines = ByHand::answering(Ok(ExecutionStatus::Running));
    let driver = led(&world, &machines, "WriteCoreRecords:permanent");
    for state in ["ProvisionDynamoDB", "RegisterSSM"] {
        step(&driver, &world, state).await.unwrap();
    }
    step(&driver, &world, "WriteCoreRecords").await.unwrap_err();
    driver.undo(world.execution, vec![]).await.unwrap();
    let start = outside::start_of(&world.head().await);
    assert_eq!((start.machine.as_str(), start.input["turn"].as_u64()), ("onboarding-v1-undo", Some(1)));
    let undo = |state: &str| Invocation { undo: true, ..asked(&world, 1, state, None) };
    // What was never begun is nothing to undo.
    for state in ["CreateStack", "WriteCoreRecords", "RegisterSSM", "ProvisionDynamoDB"] {
        assert_eq!(driver.step(&undo(state)).await, Ok(Value::Null), "{state}");
    }
    assert_eq!(driver.step(&Invocation { state: None, ..undo("") }).await, Ok(Value::Null));
    assert_eq!(world.head().await.status, Status::Undone);
    assert_eq!((world.leftovers)().await, Vec::<String>::new());
    let late = driver.step(&asked(&world, 1, "WriteCoreRecords", None)).await;
    assert!(late.is_err(), "{late:?}");
    check_journal(&world.events().await);
}

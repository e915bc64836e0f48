//! Runs that wait for something outside, led by state machines: a task waits for its token, by which it gets the answer.

use std::{sync::Arc, time::Duration};

use plane::{
    ports::machines::{ExecutionStatus, TaskReport},
    workflow::{Answered, Driver, Failure, Invocation, Refusal, Status, WaitAnswer},
};
use serde_json::{Value, json};
use testkit::workflow::{
    World, check_journal,
    release::{self, APPROVAL, COOLING, Outside},
};

use super::outside::{ByHand, led};

fn asked(world: &World, turn: u64, state: &str, token: Option<&str>) -> Invocation {
    let (execution_id, task_token) = (world.execution, token.map(str::to_owned));
    Invocation { execution_id, turn, state: Some(state.to_owned()), item: None, undo: false, task_token }
}

async fn step(driver: &Driver, world: &World, state: &str, token: Option<&str>) -> Result<Value, Refusal> {
    driver.step(&asked(world, 0, state, token)).await
}

async fn until(holds: impl AsyncFn() -> bool) {
    while !holds().await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn answer(driver: &Driver, outside: &Outside, state: &str, answer: WaitAnswer) -> Answered {
    driver.answer(&outside.asked(state).unwrap(), &answer, Vec::new()).await.unwrap()
}

fn output(value: Value) -> WaitAnswer {
    WaitAnswer::Done { output: value }
}

async fn led_world() -> (World, Arc<Outside>, Arc<ByHand>, Driver) {
    let (world, outside) = release::world().await;
    let machines = ByHand::answering(Ok(ExecutionStatus::Running));
    let driver = led(&world, &machines, "");
    driver.resume().await.unwrap();
    (world, outside, machines, driver)
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_told_the_answer_by_its_token() {
    let (world, outside, machines, driver) = led_world().await;
    step(&driver, &world, "Prepare", None).await.unwrap();
    assert_eq!(step(&driver, &world, "AskForApproval", Some("token-1")).await, Ok(Value::Null));
    let head = world.head().await;
    assert!(head.rests_until.is_some() && machines.reports.lock().unwrap().is_empty(), "the machine waits: {head:?}");
    // The machine has lost the answer of the function, and asks again by another token.
    assert_eq!(step(&driver, &world, "AskForApproval", Some("token-2")).await, Ok(Value::Null));
    assert_eq!(world.events().await.len(), 6);

    let approval = json!({ "by": "ada" });
    assert_eq!(answer(&driver, &outside, "AskForApproval", output(approval.clone())).await, Answered::Now);
    until(async || !machines.reports.lock().unwrap().is_empty()).await;
    assert_eq!(machines.reports.lock().unwrap()[0], ("token-2".to_owned(), TaskReport::Done(approval.clone())));
    assert_eq!(answer(&driver, &outside, "AskForApproval", output(approval)).await, Answered::Before);

    // The machine has cooled down by its own clock, which is ahead of ours.
    tokio::time::sleep(COOLING.checked_sub(Duration::from_secs(2)).unwrap()).await;
    step(&driver, &world, "RunBuild", Some("token-3")).await.unwrap();
    let build = json!({ "artifact": "app-1.zip" });
    answer(&driver, &outside, "RunBuild", output(build.clone())).await;
    until(async || machines.reports.lock().unwrap().last().unwrap().0 == "token-3").await;
    assert_eq!(machines.reports.lock().unwrap().last().unwrap().1, TaskReport::Done(build));
    step(&driver, &world, "Publish", None).await.unwrap();
    step(&driver, &world, "Released", None).await.unwrap();
    assert_eq!(world.head().await.status, Status::Succeeded);
    check_journal(&world.events().await);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_and_the_run_fails() {
    let (world, outside, machines, driver) = led_world().await;
    step(&driver, &world, "Prepare", None).await.unwrap();
    step(&driver, &world, "AskForApproval", Some("token")).await.unwrap();
    let error = Failure::new("refused", "not before Monday");
    answer(&driver, &outside, "AskForApproval", WaitAnswer::Failed { error }).await;
    until(async || !machines.reports.lock().unwrap().is_empty()).await;
    let (token, report) = machines.reports.lock().unwrap()[0].clone();
    let TaskReport::Failed(refusal) = report else { panic!("{report:?}") };
    assert_eq!((token.as_str(), refusal.error_type), ("token", Refusal::PERMANENT));
    assert_eq!(refusal.error_message, "refused: not before Monday");
    assert_eq!(step(&driver, &world, "NotReleased", None).await, Ok(Value::Null));
    assert_eq!(world.head().await.failure.unwrap().error.code, "refused");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_does_not_go_through_is_sent_again() {
    let (world, outside, machines, driver) = led_world().await;
    step(&driver, &world, "Prepare", None).await.unwrap();
    step(&driver, &world, "AskForApproval", Some("token")).await.unwrap();
    *machines.report_fails.lock().unwrap() = true;
    answer(&driver, &outside, "AskForApproval", output(json!({ "by": "ada" }))).await;
    until(async || !machines.reports.lock().unwrap().is_empty()).await;
    assert_eq!(machines.reports.lock().unwrap()[0].0, "token");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_before_the_function_returns_is_told() {
    let (world, outside, machines, driver) = led_world().await;
    step(&driver, &world, "Prepare", None).await.unwrap();
    let go = Arc::new(tokio::sync::Notify::new());
    *outside.held.lock().unwrap() = Some(Arc::clone(&go));
    let (calling, invocation) = (driver.clone(), asked(&world, 0, "AskForApproval", Some("token")));
    let calling = tokio::spawn(async move { calling.step(&invocation).await });
    until(async || outside.asked("AskForApproval").is_some()).await;
    answer(&driver, &outside, "AskForApproval", output(json!({ "by": "ada" }))).await;
    go.notify_one();
    assert_eq!(calling.await.unwrap(), Ok(Value::Null));
    until(async || !machines.reports.lock().unwrap().is_empty()).await;
    assert_eq!(machines.reports.lock().unwrap()[0], ("token".to_owned(), TaskReport::Done(json!({ "by": "ada" }))));
    check_journal(&world.events().await);
}

/// The machine's own limit is over: it goes to the plan's failure without the step.
#[tokio::test(start_paused = true)]
async fn a_machine_that_has_waited_long_enough_fails_the_run() {
    let (world, _, _, driver) = led_world().await;
    step(&driver, &world, "Prepare", None).await.unwrap();
    step(&driver, &world, "AskForApproval", Some("token")).await.unwrap();
    tokio::time::sleep(APPROVAL.checked_sub(Duration::from_secs(1)).unwrap()).await;
    assert_eq!(step(&driver, &world, "NotReleased", None).await, Ok(Value::Null));
    let head = world.head().await;
    assert_eq!((head.status, head.failure.unwrap().error.code.as_str()), (Status::Failed, "wait_timed_out"));
}

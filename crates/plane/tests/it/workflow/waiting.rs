//! Runs that wait for something outside: an approval, a callback, a time. They rest in the store meanwhile.

use std::{sync::Arc, time::Duration};

use plane::workflow::{
    AnswerError, Answered, Definition, Driver, EventKind, Failure, Faults, State, Status, StepError, StepOutcome,
    WaitAnswer, WaitId, WaitUntil, WaitsFor, asl,
    plan::BadPlan,
    progress::{Progress, StepStatus},
};
use serde_json::json;
use testkit::workflow::{
    Cut, CutTable, World, check_journal,
    release::{self, APPROVAL, BUILD, COOLING, Outside, RELEASER},
};
use tokio::sync::Notify;

fn approved() -> WaitAnswer {
    WaitAnswer::Done { output: json!({ "by": "ada" }) }
}

fn built() -> WaitAnswer {
    WaitAnswer::Done { output: json!({ "artifact": "app-1.zip" }) }
}

fn refused() -> WaitAnswer {
    WaitAnswer::Failed { error: Failure::new("refused", "not before Monday") }
}

const EFFECTS: [&str; 3] = ["Prepare \"Prepare\"", "Publish \"app-1.zip approved by ada\"", "RunBuild \"build\""];

/// Waits until the step waits and the run rests in the store.
async fn asked(world: &World, outside: &Outside, state: &str) -> WaitId {
    loop {
        if let Some(wait) = outside.asked(state) {
            let driver = world.driver("reader", Faults::default());
            if driver.open_wait(world.execution).await.unwrap().is_some_and(|open| open.id == wait) {
                return wait;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn started(world: &World) -> Driver {
    let driver = world.driver("only", Faults::default());
    driver.resume().await.unwrap();
    driver
}

#[tokio::test(start_paused = true)]
async fn a_release_rests_until_it_is_approved_cooled_and_built() {
    let (world, outside) = release::world().await;
    let driver = started(&world).await;
    let wait = asked(&world, &outside, "AskForApproval").await;
    assert!(driver.settle(Duration::from_secs(1)).await, "nothing in the process holds the run");
    let head = world.head().await;
    assert_eq!((head.status, &head.lease), (Status::Running, &None));
    let open = driver.open_wait(world.execution).await.unwrap().unwrap();
    assert_eq!((open.on, Some(open.until)), (WaitsFor::Approval, head.rests_until));
    assert_eq!(open.until.duration_since(head.started_at).as_secs(), i64::try_from(APPROVAL.as_secs()).unwrap());
    assert!(world.journal().open(None).await.unwrap().0.is_empty(), "no sweep comes upon it");
    let progress = Progress::of(&release::plan(), &head, &world.events().await);
    assert_eq!(progress.steps[1].report.status, StepStatus::Waiting);

    tokio::time::sleep(Duration::from_hours(50)).await;
    let before = world.clock.now();
    assert_eq!(driver.answer(&wait, &approved(), Vec::new()).await.unwrap(), Answered::Now);
    assert_eq!(driver.answer(&wait, &approved(), Vec::new()).await.unwrap(), Answered::Before);
    let wait = asked(&world, &outside, "RunBuild").await;
    let cooled = world.clock.now().duration_since(before).as_secs();
    let cooling = i64::try_from(COOLING.as_secs()).unwrap();
    assert!((cooling..cooling + 5).contains(&cooled), "it cooled for {cooled} s");
    assert_eq!(driver.answer(&wait, &built(), Vec::new()).await.unwrap(), Answered::Now);
    let head = world.closed(&driver).await;
    assert_eq!((head.status, (world.effects)().await), (Status::Succeeded, EFFECTS.map(str::to_owned).to_vec()));

    // The run has ended: the same answer changes nothing, another one is refused.
    assert_eq!(driver.answer(&wait, &built(), Vec::new()).await.unwrap(), Answered::Before);
    let late = driver.answer(&wait, &refused(), Vec::new()).await;
    assert!(matches!(late, Err(AnswerError::NotWaiting)), "{late:?}");
    assert_eq!(world.head().await, head);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_fails_the_run_and_a_redrive_asks_again() {
    let (world, outside) = release::world().await;
    let driver = started(&world).await;
    let first = asked(&world, &outside, "AskForApproval").await;
    driver.answer(&first, &refused(), Vec::new()).await.unwrap();
    let head = world.closed(&driver).await;
    let failure = head.failure.unwrap();
    assert_eq!((head.status, failure.state.as_str()), (Status::Failed, "AskForApproval"));
    assert_eq!(failure.error, Failure::new("refused", "not before Monday"));
    let (letters, _) = world.dead_letters().list(None, None, 10, None, world.clock.now()).await.unwrap();
    assert_eq!((letters.len(), letters[0].worker.as_str()), (1, "releaser"));

    driver.redrive(world.execution, Vec::new()).await.unwrap();
    let second = asked(&world, &outside, "AskForApproval").await;
    assert_eq!(second.round, 1);
    let stale = driver.answer(&first, &approved(), Vec::new()).await;
    assert!(matches!(stale, Err(AnswerError::NotWaiting)), "an answer to the first question: {stale:?}");
    driver.answer(&second, &refused(), Vec::new()).await.unwrap();
    world.closed(&driver).await;
    driver.undo(world.execution, Vec::new()).await.unwrap();
    assert_eq!(world.closed(&driver).await.status, Status::Undone);
    assert_eq!((world.leftovers)().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_step_fails_in_its_time() {
    let (world, outside) = release::world().await;
    let driver = started(&world).await;
    let wait = asked(&world, &outside, "AskForApproval").await;
    let head = world.closed(&driver).await;
    let failure = head.failure.clone().unwrap();
    assert_eq!((head.status, failure.error.code.as_str()), (Status::Failed, "wait_timed_out"));
    let took = head.took(world.clock.now());
    assert!(took >= APPROVAL && took < APPROVAL + Duration::from_mins(2), "it failed after {took:?}");
    let late = driver.answer(&wait, &approved(), Vec::new()).await;
    assert!(matches!(late, Err(AnswerError::NotWaiting)), "{late:?}");
}

/// The process ends at every commit, before it took effect and after; the next one takes the run up and gets the answers.
#[tokio::test(start_paused = true)]
async fn a_process_that_ends_at_any_commit_costs_nothing() {
    for cut in [Cut::Before, Cut::After] {
        let mut commits = 0;
        loop {
            let (world, outside) = release::world().await;
            let table = CutTable::new(Arc::clone(&world.table), commits, cut);
            let first = world.driver_on(Arc::clone(&table) as _, "first", Faults::default());
            first.resume().await.unwrap();
            let through = tokio::select! {
                () = finish(&world, &outside, &first) => true,
                () = table.happened.notified() => false,
            };
            first.abandon();
            if through {
                break;
            }
            let second = world.driver("second", Faults::default());
            second.resume().await.unwrap();
            finish(&world, &outside, &second).await;
            assert_eq!((world.effects)().await, EFFECTS.map(str::to_owned).to_vec(), "{cut:?} commit {commits}");
            commits += 1;
        }
        assert!(commits > 8, "{commits} commits");
    }
}

/// Answers whatever the run waits for until it has succeeded.
async fn finish(world: &World, outside: &Outside, driver: &Driver) {
    let answers = async {
        loop {
            for (state, answer) in [("AskForApproval", approved()), ("RunBuild", built())] {
                if let Some(wait) = outside.asked(state) {
                    let told = driver.answer(&wait, &answer, Vec::new()).await;
                    assert!(matches!(told, Ok(_) | Err(AnswerError::NotWaiting)), "{told:?}");
                }
            }
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
    };
    tokio::select! {
        head = world.closed(driver) => assert_eq!(head.status, Status::Succeeded, "{head:?}"),
        () = answers => {}
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_process_ends_is_taken_by_the_next() {
    let (world, outside) = release::world().await;
    let driver = started(&world).await;
    let wait = asked(&world, &outside, "AskForApproval").await;
    driver.abandon();
    // It drives nothing any more, as a process that ends right after the commit.
    assert_eq!(driver.answer(&wait, &approved(), Vec::new()).await.unwrap(), Answered::Now);
    let otherwise = driver.answer(&wait, &refused(), Vec::new()).await;
    assert!(matches!(otherwise, Err(AnswerError::AnsweredOtherwise)), "{otherwise:?}");
    let next = world.driver("next", Faults::default());
    assert_eq!(next.resume().await.unwrap(), 1);
    asked(&world, &outside, "RunBuild").await;
    check_journal(&world.events().await);
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_comes_before_the_step_waits_is_kept() {
    let (world, outside) = release::world().await;
    let go = Arc::new(Notify::new());
    *outside.held.lock().unwrap() = Some(Arc::clone(&go));
    let driver = started(&world).await;
    let wait = loop {
        match outside.asked("AskForApproval") {
            Some(wait) => break wait,
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    assert_eq!(driver.open_wait(world.execution).await.unwrap(), None, "the step has not returned");
    assert_eq!(driver.answer(&wait, &approved(), Vec::new()).await.unwrap(), Answered::Now);
    go.notify_one();
    *outside.held.lock().unwrap() = None;
    asked(&world, &outside, "RunBuild").await;
    check_journal(&world.events().await);
    let waited =
        |what: &EventKind| matches!(what, EventKind::StepWaiting { step, .. } if step.state == "AskForApproval");
    assert!(!world.events().await.iter().any(|event| waited(&event.what)), "it never had to wait");
}

#[test]
fn waits_are_checked_with_the_plan() {
    async fn waits((): &()) -> Result<StepOutcome<()>, StepError> {
        Ok(StepOutcome::Waiting)
    }
    let of = |state: State<()>| {
        let states = vec![state, State::succeed("End", "done")];
        Definition::new("bad", 1, states).map(drop).unwrap_err()
    };
    let long = Duration::from_hours(1);
    assert_eq!(
        of(State::task("A", RELEASER).does(waits).waits(WaitsFor::Callback, long)),
        BadPlan::WaitsPastCeiling("A")
    );
    assert_eq!(of(State::wait("A", WaitUntil::After(long))), BadPlan::WaitsPastCeiling("A"));
    let map = State::map("A", "users", "One", RELEASER).does(waits);
    assert_eq!(of(map.waits(WaitsFor::Callback, Duration::from_secs(1))), BadPlan::MapWaits("A"));
}

#[test]
fn a_machine_waits_in_the_terms_of_step_functions() {
    let [machine, _] = asl::machines(&release::plan());
    let definition = machine.definition;
    assert_eq!(definition["TimeoutSeconds"], 30 * 24 * 3600);
    let states = &definition["States"];
    assert_eq!(states["CoolDown"], json!({ "Type": "Wait", "Seconds": 3600, "Next": "RunBuild" }));
    let build = &states["RunBuild"];
    assert_eq!(build["Resource"], "arn:aws:states:::lambda:invoke.waitForTaskToken");
    assert_eq!(build["Parameters"]["Payload"]["taskToken.$"], "$$.Task.Token");
    assert_eq!(build["TimeoutSeconds"], BUILD.as_secs() + 60 + 30);
    assert_eq!(build["Retry"][0], json!({ "ErrorEquals": ["States.Timeout"], "MaxAttempts": 0 }));
    assert_eq!(states["Prepare"]["Resource"], "arn:aws:states:::lambda:invoke");
}

//! The embedded driver: bounds, time, takeover, shutdown, and a store that falters.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use plane::{
    features::accounts::workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, PROVISIONING_VERIFIER, SES_NOTIFICATION},
    ids::ExecutionId,
    ports::table::{CommitError, Item, Key, Query, Rows, Table, TableError, Write},
    workflow::{Driver, Event, EventKind, Faults, Settings, Status, Worker, WorkflowMetrics, journal},
};
use testkit::workflow::{Subject, World, check_journal, suite::reference};

use super::toy::{Toy, execution, plan};

fn driver(world: &World, settings: Settings) -> Driver {
    Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), settings)
}

fn shared(holder: &str) -> Settings {
    Settings { exclusive: false, ..Settings::new(holder) }
}

async fn until(world: &World, holds: impl Fn(&[Event]) -> bool) {
    while !holds(&world.events().await) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn begun(events: &[Event], state: &str) -> usize {
    let of = |event: &&Event| matches!(&event.what, EventKind::StepStarted { step, .. } if step.state == state);
    events.iter().filter(of).count()
}

#[tokio::test(start_paused = true)]
async fn a_run_takes_few_commits() {
    let public = reference(&Toy::public()).await;
    assert!(public.commits <= 10, "{public:?}");
    let private = reference(&Toy::private()).await;
    assert!(private.commits <= 12, "{private:?}");
}

#[tokio::test(start_paused = true)]
async fn a_map_reaches_its_bound_and_keeps_it() {
    let (world, ledger) = Toy::public().with_users(23).world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(2);
    let head = world.run(&world.driver("only", Faults::default())).await;
    assert_eq!(head.status, Status::Succeeded);
    assert_eq!(ledger.most.load(Ordering::SeqCst), 5);
    // Five rounds of two seconds.
    assert_eq!(head.took(world.clock.now()).as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_wide_map_stays_within_the_tables_limits() {
    let (world, _) = Toy::public().with_users(300).world_and_ledger().await;
    let driver = world.driver("only", "ProvisionCognitoUsers:permanent*always".parse().unwrap());
    let head = world.run(&driver).await;
    assert_eq!((head.status, head.degraded.len()), (Status::Succeeded, 300));
}

#[tokio::test(start_paused = true)]
async fn a_run_past_its_ceiling_fails_and_can_be_undone() {
    let (world, ledger) = Toy::private().world_and_ledger().await;
    ledger.stack_hangs.store(true, Ordering::SeqCst);
    let driver = world.driver("only", Faults::default());
    let head = world.run(&driver).await;
    let failure = head.failure.as_ref().unwrap();
    assert_eq!((head.status, failure.state.as_str()), (Status::Failed, "CreateStack"));
    assert_eq!(failure.error.code, "timed_out");
    assert_eq!(head.took(world.clock.now()).as_secs(), 15 * 60);
    driver.undo(world.execution, vec![]).await.unwrap();
    assert_eq!(world.closed(&driver).await.status, Status::Undone);
    assert_eq!((world.leftovers)().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_past_its_time_is_a_passing_error() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    *ledger.slow.lock().unwrap() = COGNITO_PROVISIONER.timeout() * 2;
    let head = world.run(&world.driver("only", Faults::default())).await;
    assert_eq!(head.status, Status::Succeeded);
    assert_eq!(head.degraded.len(), 3);
    assert!(head.degraded[0].contains("ProvisionCognitoUsers[0]: worker_timed_out"), "{:?}", head.degraded);
}

#[tokio::test(start_paused = true)]
async fn another_driver_waits_for_the_lease_of_one_that_is_gone() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(50);
    let one = driver(&world, shared("one"));
    one.wake(world.execution);
    until(&world, |events| begun(events, "ProvisionCognitoUsers") == 3).await;
    // Under way for longer than a lease: it is renewed.
    tokio::time::sleep(Duration::from_secs(40)).await;
    let lease = world.head().await.lease.unwrap();
    assert!(lease.holder == "one" && lease.until > world.clock.now());
    one.abandon();
    let two = driver(&world, shared("two"));
    two.resume().await.unwrap();
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(world.head().await.lease.unwrap(), lease, "nobody takes what is leased");
    let head = world.closed(&two).await;
    assert_eq!((head.status, head.fence), (Status::Succeeded, 2));
    let resumed =
        world.events().await.into_iter().find(|event| matches!(event.what, EventKind::Resumed { .. })).unwrap();
    assert!(resumed.at >= lease.until);
    assert_eq!((world.effects)().await, reference(&Toy::public()).await.effects);
}

#[tokio::test(start_paused = true)]
async fn what_a_stale_driver_still_does_is_refused() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(20);
    let stale = driver(&world, Settings::new("stale"));
    stale.wake(world.execution);
    until(&world, |events| begun(events, "ProvisionCognitoUsers") == 3).await;
    *ledger.slow.lock().unwrap() = Duration::ZERO;
    let next = driver(&world, Settings::new("next"));
    let head = world.run(&next).await;
    assert_eq!((head.status, head.fence), (Status::Succeeded, 2));
    let late = world.table.commit(vec![journal::check_fence(world.execution, 1)]).await;
    assert!(matches!(late, Err(CommitError::Refused { .. })));
    let events = world.events().await;
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(world.events().await, events, "a late append is refused");
    assert!(stale.drain(Duration::ZERO).await, "the stale driver has let go");
}

#[tokio::test(start_paused = true)]
async fn draining_lets_steps_end_and_begins_none() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(5);
    let one = driver(&world, shared("one"));
    one.wake(world.execution);
    until(&world, |events| begun(events, "ProvisionCognitoUsers") == 3).await;
    assert!(one.drain(Duration::from_secs(30)).await);
    let events = world.events().await;
    let done = events
        .iter()
        .filter(|event| matches!(&event.what, EventKind::StepSucceeded { step, .. } if step.item.is_some()));
    assert_eq!((done.count(), begun(&events, "SendCredentialNotifications")), (3, 0));
    let left = world.head().await;
    assert_eq!((left.status, left.lease), (Status::Running, None));
    one.wake(world.execution);
    assert_eq!(world.events().await, events, "a drained driver takes nothing up");
    // Nobody holds it, so another goes on at once.
    let before = world.clock.now();
    let two = driver(&world, shared("two"));
    assert_eq!(two.resume().await.unwrap(), 1);
    assert_eq!(world.closed(&two).await.status, Status::Succeeded);
    assert!(world.clock.now().duration_since(before).as_secs() < 1);
}

#[tokio::test(start_paused = true)]
async fn draining_does_not_wait_for_ever() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(50);
    let one = driver(&world, Settings::new("one"));
    one.wake(world.execution);
    until(&world, |events| begun(events, "ProvisionCognitoUsers") == 3).await;
    assert!(!one.drain(Duration::from_secs(1)).await);
    *ledger.slow.lock().unwrap() = Duration::ZERO;
    let two = driver(&world, Settings::new("two"));
    two.resume().await.unwrap();
    assert_eq!(world.closed(&two).await.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn so_many_runs_work_at_once_and_waiting_takes_no_place() {
    let (world, ledger) = Toy::private().with_users(1).world_and_ledger().await;
    *ledger.slow.lock().unwrap() = Duration::from_secs(1);
    let plan = plan();
    let toy = Toy::public().with_users(1);
    for number in 1..=10 {
        world.table.commit(journal::start(toy.new_run(&plan, execution(number)), world.clock.now())).await.unwrap();
    }
    let driver = driver(&world, Settings { at_once: 2, ..Settings::new("only") });
    assert_eq!(driver.resume().await.unwrap(), 11);
    let waiting = world.closed(&driver).await.finished_at.unwrap();
    assert_eq!(ledger.most.load(Ordering::SeqCst), 2);
    for number in 1..=10 {
        let head = driver.journal().head(execution(number)).await.unwrap().head;
        assert!(head.finished_at.unwrap() < waiting, "it need not wait for the one that waits for its stack");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_open_runs_are_taken_up_at_once() {
    let (world, _) = Toy::public().with_users(1).world_and_ledger().await;
    let plan = plan();
    let toy = Toy::public().with_users(1);
    for number in 1..1000 {
        world.table.commit(journal::start(toy.new_run(&plan, execution(number)), world.clock.now())).await.unwrap();
    }
    let driver = driver(&world, Settings::new("only"));
    let begun = std::time::Instant::now();
    assert_eq!(driver.resume().await.unwrap(), 1000);
    // The first run goes on while the others still come.
    let second = std::pin::pin!(driver.watch(world.execution, 1)).next().await;
    let took = begun.elapsed();
    assert!(second.is_some());
    assert!(took < Duration::from_secs(1), "the first run goes on after {took:?}");
    for number in 0..1000 {
        let mut run = std::pin::pin!(driver.watch(execution(number), 0));
        while run.next().await.is_some() {}
        assert_eq!(driver.journal().head(execution(number)).await.unwrap().head.status, Status::Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_may_come_at_any_event_and_misses_none() {
    let told = reference(&Toy::private()).await.events as u64;
    for after in 0..=told {
        let world = Toy::private().world().await;
        let driver = world.driver("only", Faults::default());
        // One that waits before it begins, one that comes midway, one that comes when all is over.
        let early = tokio::spawn(driver.watch(world.execution, after).try_collect::<Vec<_>>());
        driver.wake(world.execution);
        until(&world, |events| events.len() as u64 >= after.max(2)).await;
        let midway = driver.watch(world.execution, after).try_collect::<Vec<_>>().await.unwrap();
        let early = early.await.unwrap().unwrap();
        let late = driver.watch(world.execution, after).try_collect::<Vec<_>>().await.unwrap();
        let expected: Vec<_> = world.events().await.into_iter().skip(usize::try_from(after).unwrap()).collect();
        assert_eq!(expected.len() as u64, told - after);
        assert_eq!((&early, &midway, &late), (&expected, &expected, &expected));
    }
}

/// A store that takes its time, and falters now and then: before a commit takes effect or after.
struct Faltering {
    inner: Arc<dyn Table>,
    commits: AtomicUsize,
    takes: Duration,
    falters: bool,
}

#[async_trait]
impl Table for Faltering {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.inner.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.inner.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.inner.query(query).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        tokio::time::sleep(self.takes).await;
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let lost = || TableError::Unavailable("on purpose".into()).into();
        match number % 4 {
            1 if self.falters => Err(lost()),
            2 if self.falters => {
                self.inner.commit(writes).await?;
                Err(lost())
            }
            _ => self.inner.commit(writes).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_falters_costs_time_and_nothing_else() {
    let world = Toy::private().world().await;
    let table = Faltering {
        inner: Arc::clone(&world.table),
        commits: AtomicUsize::new(0),
        takes: Duration::from_millis(1),
        falters: true,
    };
    let driver = world.driver_on(Arc::new(table), "only", Faults::default());
    assert_eq!(world.run(&driver).await.status, Status::Succeeded);
    let reference = reference(&Toy::private()).await;
    assert_eq!(((world.effects)().await, world.events().await.len()), (reference.effects, reference.events));
}

#[tokio::test(start_paused = true)]
async fn runs_do_not_wait_for_each_other() {
    let mut took = Vec::new();
    for runs in [1, 32] {
        let world = Toy::public().world().await;
        let plan = plan();
        for number in 1..runs {
            let new = Toy::public().new_run(&plan, execution(number));
            let writes = journal::start(journal::NewRun { account: None, ..new }, world.clock.now());
            world.table.commit(writes).await.unwrap();
        }
        let table = Faltering {
            inner: Arc::clone(&world.table),
            commits: AtomicUsize::new(0),
            takes: Duration::from_millis(1),
            falters: false,
        };
        let before = world.clock.now();
        let driver = world.driver_on(Arc::new(table), "only", Faults::default());
        driver.resume().await.unwrap();
        for number in 0..runs {
            let events: Vec<_> = driver.watch(execution(number), 0).try_collect().await.unwrap();
            check_journal(&events);
        }
        took.push(world.clock.now().duration_since(before).as_millis());
    }
    assert!(took[1] <= took[0] + 5, "milliseconds for one run and for 32: {took:?}");
}

#[derive(Default)]
struct Counts {
    calls: Mutex<Vec<(Worker, bool)>>,
    started: AtomicUsize,
    ended: Mutex<Vec<(Status, bool)>>,
}

impl WorkflowMetrics for Counts {
    fn worker_called(&self, worker: Worker, _: Duration, succeeded: bool) {
        self.calls.lock().unwrap().push((worker, succeeded));
    }

    fn execution_started(&self, workflow: &str) {
        assert_eq!(workflow, "onboarding");
        self.started.fetch_add(1, Ordering::SeqCst);
    }

    fn execution_ended(&self, _: &str, status: Status, timed_out: bool, _: Duration) {
        self.ended.lock().unwrap().push((status, timed_out));
    }
}

#[tokio::test(start_paused = true)]
async fn calls_and_ends_are_counted() {
    let world = Toy::public().world().await;
    let counts = Arc::new(Counts::default());
    let faults = "ProvisionDynamoDB:transient,VerifyProvisioning:permanent".parse().unwrap();
    let settings = Settings { faults, metrics: Arc::clone(&counts) as _, ..Settings::new("only") };
    let driver = driver(&world, settings);
    world.run(&driver).await;
    driver.redrive(world.execution, vec![]).await.unwrap();
    world.closed(&driver).await;
    let of =
        |worker, succeeded| counts.calls.lock().unwrap().iter().filter(|call| **call == (worker, succeeded)).count();
    assert_eq!((of(DYNAMODB_PROVISIONER, true), of(DYNAMODB_PROVISIONER, false)), (3, 1));
    assert_eq!((of(COGNITO_PROVISIONER, true), of(SES_NOTIFICATION, true)), (3, 3));
    assert_eq!((of(PROVISIONING_VERIFIER, true), of(PROVISIONING_VERIFIER, false)), (1, 1));
    assert_eq!(counts.started.load(Ordering::SeqCst), 1);
    assert_eq!(*counts.ended.lock().unwrap(), [(Status::Failed, false), (Status::Succeeded, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_there_is_said_to_be_so() {
    let world = Toy::public().world().await;
    let nobody: ExecutionId = execution(99);
    let driver = world.driver("only", Faults::default());
    assert!(driver.redrive(nobody, vec![]).await.is_err());
    assert!(driver.watch(nobody, 0).try_collect::<Vec<_>>().await.is_err());
}

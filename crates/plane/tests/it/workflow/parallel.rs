//! Several drivers at once: late commits, and real threads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::TryStreamExt;
use plane::{
    ports::table::{CommitError, Item, Key, Query, Rows, Table, TableError, Write},
    workflow::{Driver, Faults, Settings, Status, journal},
};
use testkit::workflow::{Subject, check_journal, suite::reference};
use tokio::sync::Notify;

use super::toy::{Toy, execution, plan};

/// Holds one commit back until it is let go: a process that was stopped and goes on much later.
struct Paused {
    inner: Arc<dyn Table>,
    left: AtomicUsize,
    stopped: Notify,
    go_on: Notify,
    refused: AtomicUsize,
}

#[async_trait]
impl Table for Paused {
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
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Err(0) {
            self.stopped.notify_one();
            self.go_on.notified().await;
        }
        let done = self.inner.commit(writes).await;
        if matches!(done, Err(CommitError::Refused { .. })) {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        done
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_comes_late_is_refused() {
    for toy in [Toy::public(), Toy::private()] {
        let reference = reference(&toy).await;
        for commits in 0..reference.commits {
            let world = toy.world().await;
            let table = Arc::new(Paused {
                inner: Arc::clone(&world.table),
                left: AtomicUsize::new(commits),
                stopped: Notify::new(),
                go_on: Notify::new(),
                refused: AtomicUsize::new(0),
            });
            let stopped = world.driver_on(Arc::clone(&table) as _, "stopped", Faults::default());
            stopped.wake(world.execution);
            table.stopped.notified().await;
            let next = world.driver("next", Faults::default());
            assert_eq!(world.run(&next).await.status, Status::Succeeded);
            let events = world.events().await;
            table.go_on.notify_one();
            assert!(stopped.drain(Duration::from_mins(1)).await, "it has let go");
            assert_eq!(table.refused.load(Ordering::SeqCst), 1, "the late commit");
            assert_eq!((world.events().await, (world.effects)().await), (events, reference.effects.clone()));
        }
    }
}

/// Two drivers on four threads take the same runs up, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_real_threads_every_run_ends_once() {
    const RUNS: u128 = 100;
    let (world, _) = Toy::public().world_and_ledger().await;
    let plan = plan();
    for number in 1..RUNS {
        let new = Toy::public().new_run(&plan, execution(number));
        let new = journal::NewRun { account: None, ..new };
        world.table.commit(journal::start(new, world.clock.now())).await.unwrap();
    }
    let driver = |holder| {
        Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), Settings::new(holder))
    };
    let (one, two) = (driver("one"), driver("two"));
    let begun = Instant::now();
    one.resume().await.unwrap();
    for number in 0..RUNS {
        two.wake(execution(number));
        one.wake(execution(number));
    }
    for number in 0..RUNS {
        let events: Vec<_> = two.watch(execution(number), 0).try_collect().await.unwrap();
        check_journal(&events);
        assert_eq!(two.journal().head(execution(number)).await.unwrap().head.status, Status::Succeeded);
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(one.drain(Duration::from_secs(10)).await && two.drain(Duration::from_secs(10)).await);
}

/// What the engine itself costs: uncontested runs on a table without a disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_engine_itself_costs_little() {
    const RUNS: u128 = 32;
    let (world, _) = Toy::public().world_and_ledger().await;
    let plan = plan();
    for number in 1..RUNS {
        let new = journal::NewRun { account: None, ..Toy::public().new_run(&plan, execution(number)) };
        world.table.commit(journal::start(new, world.clock.now())).await.unwrap();
    }
    let driver =
        Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), Settings::new("only"));
    let begun = Instant::now();
    driver.resume().await.unwrap();
    for number in 0..RUNS {
        driver.watch(execution(number), 0).try_collect::<Vec<_>>().await.unwrap();
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

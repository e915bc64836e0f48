//! The suite itself: one function for each way in which a run is disturbed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use plane::workflow::{Driver, EventKind, Faults, Head, Status};
use tokio::sync::Notify;

use super::{
    Subject, World, check_journal,
    cut::{CountTable, Cut, CutTable},
};

/// How an undisturbed run goes.
#[derive(Debug)]
pub struct Reference {
    pub effects: Vec<String>,
    /// Every step, as faults name it.
    pub steps: Vec<String>,
    /// Commits of the driver.
    pub commits: usize,
    pub events: usize,
}

/// Everything below, one after the other.
pub async fn all(subject: &dyn Subject) {
    fails_each_step(subject).await;
    fails_each_pair(subject).await;
    cuts_after_each_commit(subject).await;
    crashes_around_each_effect(subject).await;
    repeats_each_step(subject).await;
    undoes_after_each_failure(subject).await;
    races_two_drivers(subject).await;
}

/// Runs undisturbed: it must succeed, and leave something.
pub async fn reference(subject: &dyn Subject) -> Reference {
    let world = subject.world().await;
    assert_eq!((world.leftovers)().await, Vec::<String>::new(), "a fresh world holds nothing");
    let count = Arc::new(CountTable { inner: Arc::clone(&world.table), commits: AtomicUsize::new(0) });
    let driver = world.driver_on(Arc::clone(&count) as _, "only", Faults::default());
    let head = world.run(&driver).await;
    assert_eq!((head.status, &head.degraded), (Status::Succeeded, &vec![]), "an undisturbed run succeeds: {head:?}");
    let events = world.events().await;
    let mut steps = Vec::new();
    for event in &events {
        if let EventKind::StepStarted { step, .. } = &event.what
            && !steps.contains(&step.to_string())
        {
            steps.push(step.to_string());
        }
    }
    let effects = (world.effects)().await;
    assert!(!effects.is_empty() && !steps.is_empty(), "a run does something");
    Reference { effects, steps, commits: count.commits.load(Ordering::SeqCst), events: events.len() }
}

/// Each step fails once in each way; what does not mend itself is redriven or replayed.
pub async fn fails_each_step(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for step in &reference.steps {
        for fault in ["transient", "throttled", "permanent", "error-after", "transient*3", "throttled*4"] {
            let told = format!("{step}:{fault}");
            let world = subject.world().await;
            let driver = world.driver("only", faults(&told));
            let head = world.run(&driver).await;
            if head.status == Status::Failed {
                let failure = head.failure.as_ref().expect("a failed run says where");
                let state = step.split('[').next().unwrap_or(step);
                assert_eq!(failure.state, state, "{told}: it fails where the fault is");
                assert_eq!(letters(&world).await.len(), 1, "{told}: a failed run leaves its letter");
            }
            mend(&world, &driver, head, &reference, &told).await;
        }
    }
}

/// Each pair of steps fails for good once.
pub async fn fails_each_pair(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for (first, second) in pairs(&reference.steps) {
        let told = format!("{first}:permanent,{second}:permanent");
        let world = subject.world().await;
        let driver = world.driver("only", faults(&told));
        let head = world.run(&driver).await;
        mend(&world, &driver, head, &reference, &told).await;
    }
}

/// The process ends at every commit, before it took effect and after, forward and while undoing.
pub async fn cuts_after_each_commit(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for cut in [Cut::Before, Cut::After] {
        for commits in 0..reference.commits {
            let told = format!("cut {cut:?} commit {commits}");
            let world = subject.world().await;
            let table = CutTable::new(Arc::clone(&world.table), commits, cut);
            let first = world.driver_on(Arc::clone(&table) as _, "first", Faults::default());
            first.wake(world.execution);
            table.happened.notified().await;
            first.abandon();
            let head = resumed(&world, "second", Faults::default()).await.0;
            assert_eq!(head.status, Status::Succeeded, "{told}: {head:?}");
            assert_eq!((world.effects)().await, reference.effects, "{told}");
        }
    }
    if !subject.can_be_undone() {
        return;
    }
    let last = reference.steps.last().expect("a run has steps");
    for cut in [Cut::Before, Cut::After] {
        // As many commits as an undo takes, and then one that goes through.
        for commits in 0.. {
            let told = format!("undo, cut {cut:?} commit {commits}");
            let world = subject.world().await;
            let Some(failed) = failed_at(&world, last).await else { return };
            failed.abandon();
            let table = CutTable::new(Arc::clone(&world.table), commits + 1, cut);
            let first = world.driver_on(Arc::clone(&table) as _, "second", Faults::default());
            first.undo(world.execution, Vec::new()).await.expect("a failed run can be undone");
            let whole = tokio::select! {
                head = world.closed(&first) => Some(head),
                () = table.happened.notified() => None,
            };
            first.abandon();
            if whole.is_some() {
                break;
            }
            let head = resumed(&world, "third", Faults::default()).await.0;
            assert_eq!(head.status, Status::Undone, "{told}: {head:?}");
            assert_eq!((world.leftovers)().await, Vec::<String>::new(), "{told}");
        }
    }
}

/// The process ends before each effect, and after it and before its record; and again around another step.
pub async fn crashes_around_each_effect(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for step in &reference.steps {
        for kind in ["crash-before", "crash-after"] {
            let told = format!("{step}:{kind}");
            crash_through(subject, &reference, &[told]).await;
        }
    }
    for (first, second) in pairs(&reference.steps) {
        crash_through(subject, &reference, &[format!("{first}:crash-after"), format!("{second}:crash-before")]).await;
        crash_through(subject, &reference, &[format!("{first}:crash-before"), format!("{second}:crash-after")]).await;
    }
    if !subject.can_be_undone() {
        return;
    }
    let last = reference.steps.last().expect("a run has steps");
    for step in &reference.steps {
        for kind in ["crash-before", "crash-after"] {
            let told = format!("undo.{step}:{kind}");
            let world = subject.world().await;
            let Some(failed) = failed_at(&world, last).await else { return };
            failed.abandon();
            let (faults, crashed) = crashing(&told);
            let second = world.driver("second", faults);
            second.undo(world.execution, Vec::new()).await.expect("a failed run can be undone");
            let whole = tokio::select! {
                head = world.closed(&second) => Some(head),
                () = crashed.notified() => None,
            };
            second.abandon();
            let head = match whole {
                Some(head) => head,
                None => resumed(&world, "third", Faults::default()).await.0,
            };
            assert_eq!(head.status, Status::Undone, "{told}: {head:?}");
            assert_eq!((world.leftovers)().await, Vec::<String>::new(), "{told}");
        }
    }
}

/// Each step twice in a row, and each undo; all of them at once too.
pub async fn repeats_each_step(subject: &dyn Subject) {
    let reference = reference(subject).await;
    let every = reference.steps.iter().map(|step| format!("{step}:repeat")).collect::<Vec<_>>();
    for told in every.iter().cloned().chain([every.join(",")]) {
        let world = subject.world().await;
        let head = world.run(&world.driver("only", faults(&told))).await;
        assert_eq!(head.status, Status::Succeeded, "{told}: {head:?}");
        assert_eq!((world.effects)().await, reference.effects, "{told}");
    }
    if !subject.can_be_undone() {
        return;
    }
    let last = reference.steps.last().expect("a run has steps");
    let world = subject.world().await;
    let Some(failed) = failed_at(&world, last).await else { return };
    failed.abandon();
    let told = reference.steps.iter().map(|step| format!("undo.{step}:repeat")).collect::<Vec<_>>().join(",");
    undone(&world, &told).await;
}

/// Fails for good at each step, with and without having taken effect, and is undone; the undoing fails too.
pub async fn undoes_after_each_failure(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for step in &reference.steps {
        for fault in ["permanent*always", "transient*always", "error-after*always"] {
            let told = format!("{step}:{fault}");
            let world = subject.world().await;
            let driver = world.driver("only", faults(&told));
            let head = world.run(&driver).await;
            driver.abandon();
            if head.status == Status::Failed {
                undone(&world, "").await;
            }
        }
    }
    let last = reference.steps.last().expect("a run has steps");
    for step in &reference.steps {
        for fault in ["transient", "throttled*2", "error-after", "permanent"] {
            let world = subject.world().await;
            let Some(failed) = failed_at(&world, last).await else { return };
            failed.abandon();
            undone(&world, &format!("undo.{step}:{fault}")).await;
        }
    }
}

/// Two drivers that both believe to hold the run.
pub async fn races_two_drivers(subject: &dyn Subject) {
    let reference = reference(subject).await;
    for turns in 0..20 {
        let world = subject.world().await;
        let (one, two) = (world.driver("one", Faults::default()), world.driver("two", Faults::default()));
        one.wake(world.execution);
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        two.wake(world.execution);
        let (head, same) = tokio::join!(world.closed(&one), world.closed(&two));
        assert_eq!(head, same);
        // The one that lost has its last words before anything is compared.
        for driver in [&one, &two] {
            assert!(driver.drain(Duration::from_mins(1)).await, "a driver without runs is at rest");
        }
        assert_eq!(world.head().await.status, Status::Succeeded, "{turns} turns: {head:?}");
        assert_eq!((world.effects)().await, reference.effects, "{turns} turns");
        check_journal(&world.events().await);
    }
}

async fn crash_through(subject: &dyn Subject, reference: &Reference, crashes: &[String]) {
    let world = subject.world().await;
    for (start, told) in crashes.iter().enumerate() {
        let (faults, crashed) = crashing(told);
        let driver = world.driver(&format!("start {start}"), faults);
        driver.resume().await.expect("open runs can be listed");
        tokio::select! {
            _ = world.closed(&driver) => {}
            () = crashed.notified() => {}
        }
        driver.abandon();
    }
    let head = resumed(&world, "last", Faults::default()).await.0;
    assert_eq!(head.status, Status::Succeeded, "{crashes:?}: {head:?}");
    assert_eq!((world.effects)().await, reference.effects, "{crashes:?}");
}

async fn resumed(world: &World, holder: &str, faults: Faults) -> (Head, Driver) {
    let driver = world.driver(holder, faults);
    driver.resume().await.expect("open runs can be listed");
    (world.closed(&driver).await, driver)
}

/// Redrives and replays until the run ended as the undisturbed one.
async fn mend(world: &World, driver: &Driver, mut head: Head, reference: &Reference, told: &str) {
    for round in 0..6 {
        let letters = letters(world).await;
        match head.status {
            Status::Succeeded if letters.is_empty() => {
                assert_eq!((world.effects)().await, reference.effects, "{told}");
                assert!(head.degraded.is_empty(), "{told}: nothing is missing, so it is not degraded: {head:?}");
                return;
            }
            Status::Succeeded => {
                // One may only go through after another: each has its turn.
                let letter = letters[round % letters.len()];
                driver.replay(letter, Vec::new()).await.expect("an item can be replayed");
            }
            Status::Failed => {
                drop(driver.redrive(world.execution, Vec::new()).await.expect("a failed run can be redriven"));
            }
            Status::Running | Status::Undoing | Status::Undone | Status::Stuck => panic!("{told}: {head:?}"),
        }
        head = world.closed(driver).await;
    }
    panic!("{told}: not mended: {head:?}");
}

/// Undoes a failed run with a fresh driver; one that gets stuck is redriven.
async fn undone(world: &World, told: &str) {
    let driver = world.driver("undoing", faults(told));
    driver.undo(world.execution, Vec::new()).await.expect("a failed run can be undone");
    let mut head = world.closed(&driver).await;
    if head.status == Status::Stuck {
        assert!(told.contains("permanent"), "{told}: {head:?}");
        driver.redrive(world.execution, Vec::new()).await.expect("a stuck run can be redriven");
        head = world.closed(&driver).await;
    }
    assert_eq!(head.status, Status::Undone, "{told}: {head:?}");
    assert_eq!((world.leftovers)().await, Vec::<String>::new(), "{told}");
}

/// Runs until it failed at that step; `None` if the step's failure does not fail the run.
async fn failed_at(world: &World, step: &str) -> Option<Driver> {
    let driver = world.driver("failing", faults(&format!("{step}:permanent*always")));
    let head = world.run(&driver).await;
    (head.status == Status::Failed).then_some(driver)
}

async fn letters(world: &World) -> Vec<plane::ids::DeadLetterId> {
    let page = world.dead_letters().list(None, None, 100, None, world.clock.now()).await;
    page.expect("letters can be listed").0.into_iter().map(|letter| letter.id).collect()
}

fn crashing(told: &str) -> (Faults, Arc<Notify>) {
    let crashed = Arc::new(Notify::new());
    let tell = Arc::clone(&crashed);
    (faults(told).on_crash(move |_| tell.notify_one()), crashed)
}

fn faults(told: &str) -> Faults {
    told.parse().expect("the suite writes faults as they are read")
}

fn pairs(steps: &[String]) -> impl Iterator<Item = (&String, &String)> {
    steps.iter().enumerate().flat_map(|(place, first)| steps[place + 1..].iter().map(move |second| (first, second)))
}

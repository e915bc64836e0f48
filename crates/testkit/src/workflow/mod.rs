//! One suite for every workflow: a slice gives its plan and workers in a fresh world, and the suite fails each step and
//! each pair of steps, cuts the journal after every commit, crashes around every effect, repeats everything, races two
//! drivers, redrives and undoes. Whatever happens, the run ends, and ends like the undisturbed one or with nothing left.
//!
//! Run it under `#[tokio::test(start_paused = true)]` with a [`TimerClock`]: retries then take no time.

pub mod cut;
pub mod real;
pub mod release;
pub mod suite;

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, future::BoxFuture};
use jiff::Timestamp;
use plane::{
    ids::ExecutionId,
    ports::{clock::Clock, table::Table},
    workflow::{DeadLetters, Driver, Event, EventKind, Faults, Head, Journal, Settings, Workflows},
};

pub use self::cut::{Cut, CutTable};

/// Reads what exists in a world: one line for each thing, in order, the same in every world of the subject.
pub type Census = Arc<dyn Fn() -> BoxFuture<'static, Vec<String>> + Send + Sync>;

/// A fresh world in which one run is written down and not yet begun.
pub struct World {
    /// The table with the run.
    pub table: Arc<dyn Table>,
    pub clock: Arc<dyn Clock>,
    pub workflows: Workflows,
    /// The same in every world of the subject, so that derived ids are the same too.
    pub execution: ExecutionId,
    /// Everything that the workers made, wherever it is. Compared with that of an undisturbed run.
    pub effects: Census,
    /// What should be gone after an undo: must be empty then.
    pub leftovers: Census,
}

/// A workflow under test.
#[async_trait]
pub trait Subject: Sync {
    async fn world(&self) -> World;

    /// Whether a failed run can be undone; one that only takes down is redriven until it is through.
    fn can_be_undone(&self) -> bool {
        true
    }
}

impl World {
    /// A driver of its own on this world, as after a start of the process.
    pub fn driver(&self, holder: &str, faults: Faults) -> Driver {
        self.driver_on(Arc::clone(&self.table), holder, faults)
    }

    pub fn driver_on(&self, table: Arc<dyn Table>, holder: &str, faults: Faults) -> Driver {
        let settings = Settings { faults, ..Settings::new(holder) };
        Driver::new(table, self.workflows.clone(), Arc::clone(&self.clock), settings)
    }

    pub fn journal(&self) -> Journal {
        Journal::new(Arc::clone(&self.table))
    }

    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(Arc::clone(&self.table))
    }

    pub async fn head(&self) -> Head {
        self.journal().head(self.execution).await.expect("the run is there").head
    }

    pub async fn events(&self) -> Vec<Event> {
        self.journal().events(self.execution, 0).await.expect("the journal can be read")
    }

    /// Has the run go on until it is closed.
    pub async fn run(&self, driver: &Driver) -> Head {
        driver.wake(self.execution);
        self.closed(driver).await
    }

    pub async fn closed(&self, driver: &Driver) -> Head {
        let mut events = std::pin::pin!(driver.watch(self.execution, 0));
        while let Some(event) = events.next().await {
            event.expect("the journal can be read");
        }
        let head = self.head().await;
        assert!(!head.status.is_open(), "a watch ends with its run");
        check_journal(&self.events().await);
        head
    }
}

/// A clock that goes as tokio's timers go: with time paused, it jumps to whatever is waited for.
pub struct TimerClock {
    start: Timestamp,
    begun: tokio::time::Instant,
}

impl TimerClock {
    pub fn new(start: Timestamp) -> Self {
        Self { start, begun: tokio::time::Instant::now() }
    }
}

impl Clock for TimerClock {
    fn now(&self) -> Timestamp {
        self.start.checked_add(self.begun.elapsed()).expect("no test takes so long")
    }
}

/// What must hold of every journal: numbered without a gap, no result without a beginning, and no step begun again
/// without a reason in the journal.
pub fn check_journal(events: &[Event]) {
    use std::collections::BTreeMap;
    let mut under_way: BTreeMap<String, bool> = BTreeMap::new();
    let mut may_begin: BTreeMap<String, bool> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event.number, place as u64 + 1, "events are numbered without a gap");
        let told = || format!("event {} ({:?}) of {events:#?}", event.number, event.what);
        match &event.what {
            EventKind::StepStarted { step, .. } => {
                let key = step.to_string();
                assert!(may_begin.insert(key.clone(), false).unwrap_or(true), "begun twice: {}", told());
                under_way.insert(key, true);
            }
            EventKind::UndoStarted { step, .. } => {
                let key = format!("undo {step}");
                assert!(may_begin.insert(key.clone(), false).unwrap_or(true), "undone twice: {}", told());
                under_way.insert(key, true);
            }
            EventKind::StepSucceeded { step, .. } => {
                assert_eq!(under_way.insert(step.to_string(), false), Some(true), "not begun: {}", told());
            }
            EventKind::StepFailed { step, retry_at, .. } => {
                assert_eq!(under_way.insert(step.to_string(), false), Some(true), "not begun: {}", told());
                may_begin.insert(step.to_string(), retry_at.is_some());
            }
            EventKind::StepWaiting { step, .. } => {
                assert_eq!(under_way.get(&step.to_string()), Some(&true), "not begun: {}", told());
            }
            EventKind::StepNotYet { step, .. } => {
                assert_eq!(under_way.insert(step.to_string(), false), Some(true), "not begun: {}", told());
                may_begin.insert(step.to_string(), true);
            }
            EventKind::StepUndone { step, .. } => {
                assert_eq!(under_way.insert(format!("undo {step}"), false), Some(true), "not begun: {}", told());
            }
            EventKind::UndoFailed { step, retry_at, .. } => {
                assert_eq!(under_way.insert(format!("undo {step}"), false), Some(true), "not begun: {}", told());
                may_begin.insert(format!("undo {step}"), retry_at.is_some());
            }
            EventKind::UndoNotYet { step, .. } => {
                assert_eq!(under_way.insert(format!("undo {step}"), false), Some(true), "not begun: {}", told());
                may_begin.insert(format!("undo {step}"), true);
            }
            EventKind::Resumed { .. } => {
                for (step, _) in std::mem::take(&mut under_way).into_iter().filter(|(_, under_way)| *under_way) {
                    may_begin.insert(step, true);
                }
            }
            EventKind::Redriven { .. } | EventKind::UndoRequested => may_begin.clear(),
            EventKind::Failed { .. } => under_way.clear(),
            EventKind::Started
            | EventKind::Passed { .. }
            | EventKind::ItemCaptured { .. }
            | EventKind::Succeeded { .. }
            | EventKind::Undone
            | EventKind::Stuck { .. } => {}
        }
    }
}

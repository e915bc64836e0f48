//! A sample plan whose runs take days: a release that a person approves, that waits an hour, and whose build is done by a
//! system outside, which calls back.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plane::{
    ids::ExecutionId,
    ports::{
        clock::Clock,
        table::{
            CommitError, Condition, Index, Key, NewItem, Order, Query, Range, Table, TableName, Tables as _, Write,
        },
    },
    workflow::{
        Call, Definition, NewRun, Plan, State, StepError, StepOutcome, StepOutput, UndoOutcome, WaitId, WaitUntil,
        WaitsFor, Worker, Workers, Workflows, journal,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Census, TimerClock, World};
use crate::memory::MemoryTables;

pub const RELEASER: Worker = Worker::new("releaser", Duration::from_mins(1));
/// How long the plan waits for an approval, between approval and build, for the build, and a run takes at most.
pub const APPROVAL: Duration = Duration::from_hours(7 * 24);
pub const COOLING: Duration = Duration::from_hours(1);
pub const BUILD: Duration = Duration::from_hours(2);
pub const CEILING: Duration = Duration::from_hours(30 * 24);

/// Who has approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub by: String,
}

impl StepOutput for Approval {
    const STATE: Option<&'static str> = Some("AskForApproval");
}

/// What was built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    pub artifact: String,
}

impl StepOutput for Build {
    const STATE: Option<&'static str> = Some("RunBuild");
}

pub fn plan() -> Plan {
    definition().into_plan()
}

pub fn definition() -> Definition<ReleaseStep> {
    let states = vec![
        State::task("Prepare", RELEASER).does(ReleaseStep::write).undo(ReleaseStep::remove).catch("NotReleased"),
        State::task("AskForApproval", RELEASER)
            .does(ReleaseStep::ask_for_approval)
            .waits(WaitsFor::Approval, APPROVAL)
            .catch("NotReleased"),
        State::wait("CoolDown", WaitUntil::After(COOLING)),
        State::task("RunBuild", RELEASER)
            .does(ReleaseStep::start_build)
            .undo(ReleaseStep::remove)
            .waits(WaitsFor::Callback, BUILD)
            .catch("NotReleased"),
        State::task("Publish", RELEASER).does(ReleaseStep::publish).undo(ReleaseStep::remove).catch("NotReleased"),
        State::succeed("Released", "release.succeeded"),
        State::fail("NotReleased", "release.failed", "not_released", "the release has failed"),
    ];
    Definition::with_ceiling("release", 1, CEILING, states).expect("the sample is a plan")
}

/// The world outside: what it was asked for.
#[derive(Default)]
pub struct Outside {
    asked: Mutex<Vec<WaitId>>,
    /// A step that has asked for an answer returns after this.
    pub held: Mutex<Option<Arc<Notify>>>,
}

impl Outside {
    /// The last that was asked for, in this state.
    pub fn asked(&self, state: &str) -> Option<WaitId> {
        let asked = self.asked.lock().expect("no holder panics");
        asked.iter().rev().find(|wait| wait.step.state == state).cloned()
    }
}

/// The workers of the plan.
pub struct Release {
    table: Arc<dyn Table>,
    outside: Arc<Outside>,
}

impl Release {
    pub fn new(table: Arc<dyn Table>, outside: Arc<Outside>) -> Self {
        Self { table, outside }
    }
}

/// One call of a worker.
pub struct ReleaseStep {
    table: Arc<dyn Table>,
    outside: Arc<Outside>,
    call: Call,
}

#[async_trait]
impl Workers for Release {
    type Step = ReleaseStep;

    async fn step(&self, call: Call) -> Result<ReleaseStep, StepError> {
        Ok(ReleaseStep { table: Arc::clone(&self.table), outside: Arc::clone(&self.outside), call })
    }
}

impl ReleaseStep {
    async fn write(&self) -> Result<StepOutcome<()>, StepError> {
        self.keep(self.call.state()).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn remove(&self) -> Result<UndoOutcome, StepError> {
        self.commit(Write::Delete { key: self.key(), when: Condition::Always }).await?;
        Ok(UndoOutcome::Done)
    }

    async fn ask_for_approval(&self) -> Result<StepOutcome<Approval>, StepError> {
        self.ask().await;
        Ok(StepOutcome::Waiting)
    }

    async fn start_build(&self) -> Result<StepOutcome<Build>, StepError> {
        self.keep("build").await?;
        self.ask().await;
        Ok(StepOutcome::Waiting)
    }

    async fn publish(&self) -> Result<StepOutcome<()>, StepError> {
        let approval = self.call.output::<Approval>()?.ok_or_else(|| missing("approval"))?;
        let build = self.call.output::<Build>()?.ok_or_else(|| missing("build"))?;
        self.keep(&format!("{} approved by {}", build.artifact, approval.by)).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn ask(&self) {
        self.outside.asked.lock().expect("no holder panics").push(self.call.wait_id());
        let held = self.outside.held.lock().expect("no holder panics").clone();
        if let Some(held) = held {
            held.notified().await;
        }
    }

    fn key(&self) -> Key {
        Key::new("LEDGER", self.call.step.to_string())
    }

    async fn keep(&self, text: &str) -> Result<(), StepError> {
        let body = Bytes::from(json!(text).to_string());
        let item = NewItem { key: self.key(), index: [None, None, None], expires: None, body };
        self.commit(Write::Put { item, when: Condition::Always }).await
    }

    async fn commit(&self, write: Write) -> Result<(), StepError> {
        match self.table.commit(vec![write, self.call.check_fence()]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Table(error)) => Err(error.into()),
            Err(CommitError::Refused { .. }) => Err(StepError::transient("superseded", "somebody else holds the run")),
        }
    }
}

fn missing(what: &str) -> StepError {
    StepError::permanent("no_output", format!("there is no {what}"))
}

/// A world in which one release is written down and not yet begun; and the world outside it.
pub async fn world() -> (World, Arc<Outside>) {
    let table = MemoryTables::default().create(&TableName::shared()).await.expect("memory takes a table");
    let start = "2026-11-20T12:00:00Z".parse().expect("a moment");
    let clock: Arc<dyn Clock> = Arc::new(TimerClock::new(start));
    let outside = Arc::new(Outside::default());
    let execution = ExecutionId::from_uuid(Uuid::from_u128(0xe000));
    let new = NewRun { execution, plan: &plan(), account: None, input: json!({}) };
    table.commit(journal::start(new, clock.now())).await.expect("memory takes a run");
    let workers = Release::new(Arc::clone(&table), Arc::clone(&outside));
    let effects = census(&table);
    let leftovers = census(&table);
    let workflows = Workflows::default().with(definition(), workers);
    (World { table, clock, workflows, execution, effects, leftovers }, outside)
}

fn census(table: &Arc<dyn Table>) -> Census {
    let table = Arc::clone(table);
    Arc::new(move || {
        let table = Arc::clone(&table);
        Box::pin(async move {
            let query = Query {
                index: Index::Table,
                pk: "LEDGER".into(),
                range: Range::All,
                order: Order::Ascending,
                limit: 100,
                after: None,
            };
            let rows = table.query(&query).await.expect("memory answers");
            rows.items.iter().map(|item| format!("{} {}", item.key.sk, String::from_utf8_lossy(&item.body))).collect()
        })
    })
}

//! A plan of the documents' shape, with workers that write into a ledger in the same table.

use std::{
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plane::{
    features::accounts::workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, PROVISIONING_VERIFIER, SES_NOTIFICATION},
    ids::{AccountId, ExecutionId, ExecutionKind, Id},
    ports::{
        clock::Clock,
        table::{CommitError, Condition, Index, Key, NewItem, Order, Query, Range, Table, TableName, Tables, Write},
    },
    workflow::{
        Call, Definition, ItemFailure, NewRun, Plan, State, StepError, StepOutcome, StepOutput, Transition,
        UndoOutcome, Workers, Workflows, journal, plan,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{
    memory::MemoryTables,
    workflow::{Census, Subject, TimerClock, World},
};
use tokio::sync::Notify;
use uuid::Uuid;

pub(super) struct Toy {
    cloud_type: &'static str,
    users: usize,
}

impl Toy {
    pub(super) fn public() -> Self {
        Self { cloud_type: "public", users: 3 }
    }

    pub(super) fn private() -> Self {
        Self { cloud_type: "private", users: 3 }
    }

    pub(super) fn with_users(self, users: usize) -> Self {
        Self { users, ..self }
    }

    /// A world and its ledger, for tests that look closer.
    pub(super) async fn world_and_ledger(&self) -> (World, Arc<Ledger>) {
        let table = MemoryTables::default().create(&TableName::shared()).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TimerClock::new("2026-11-20T12:00:00Z".parse().unwrap()));
        let ledger = Arc::new(Ledger::on(Arc::clone(&table)));
        let plan = plan();
        let execution = execution(0);
        table.commit(journal::start(self.new_run(&plan, execution), clock.now())).await.unwrap();
        let workflows = Workflows::default().with(definition(), Books(Arc::clone(&ledger)));
        let world = World {
            effects: census(&table, "LEDGER"),
            leftovers: census(&table, "LEDGER#UNDOABLE"),
            table,
            clock,
            workflows,
            execution,
        };
        (world, ledger)
    }

    pub(super) fn new_run<'a>(&self, plan: &'a Plan, execution: ExecutionId) -> NewRun<'a> {
        let users: Vec<_> = (0..self.users).map(|user| format!("user-{user}")).collect();
        let account = Some(AccountId::from_uuid(Uuid::from_u128(7)));
        NewRun { execution, plan, account, input: json!({ "cloudType": self.cloud_type, "users": users }) }
    }
}

#[async_trait]
impl Subject for Toy {
    async fn world(&self) -> World {
        self.world_and_ledger().await.0
    }
}

pub(super) fn execution(number: u128) -> Id<ExecutionKind> {
    ExecutionId::from_uuid(Uuid::from_u128(0xe000 + number))
}

pub(super) fn plan() -> Plan {
    definition().into_plan()
}

pub(super) fn definition() -> Definition<ToyStep> {
    let states = vec![
        State::pass("ValidateInput"),
        State::task("ProvisionDynamoDB", DYNAMODB_PROVISIONER)
            .does(ToyStep::make)
            .undo(ToyStep::remove)
            .catch("HandleFailure"),
        State::choice("CloudType", "cloudType").when("public", "RegisterSSM").when("private", "CreateStack"),
        State::task("RegisterSSM", DYNAMODB_PROVISIONER)
            .does(ToyStep::make)
            .undo(ToyStep::remove)
            .catch("HandleFailure")
            .to("WriteCoreRecords"),
        State::task("CreateStack", DYNAMODB_PROVISIONER)
            .does(ToyStep::make_stack)
            .undo(ToyStep::remove_stack)
            .catch("HandleFailure"),
        State::task("WriteCoreRecords", DYNAMODB_PROVISIONER)
            .does(ToyStep::make)
            .undo(ToyStep::remove)
            .catch("HandleFailure"),
        State::map("ProvisionCognitoUsers", "users", "ProvisionSingleUser", COGNITO_PROVISIONER)
            .does(ToyStep::make_identity)
            .undo(ToyStep::remove)
            .at_once(5)
            .on_item_failure(ItemFailure::Capture),
        State::map("SendCredentialNotifications", "users", "SendSingleNotification", SES_NOTIFICATION)
            .does(ToyStep::make)
            .at_once(10)
            .on_item_failure(ItemFailure::Record),
        State::task("VerifyProvisioning", PROVISIONING_VERIFIER)
            .does(ToyStep::verify)
            .retry(plan::NONE)
            .catch("HandleFailure"),
        State::choice("Verified", "VerifyProvisioning.verified")
            .when(true, "PublishSuccess")
            .otherwise("HandleFailure"),
        State::succeed("PublishSuccess", "account.provisioning.succeeded"),
        State::fail("HandleFailure", "account.provisioning.failed", "not_provisioned", "the verifier said no"),
    ];
    Definition::new("onboarding", 1, states).unwrap()
}

/// A thing that a step made.
#[derive(Serialize, Deserialize)]
pub(super) struct Thing {
    id: Id<ExecutionKind>,
}

impl StepOutput for Thing {
    const STATE: Option<&'static str> = None;
}

/// The verdict of the verifier.
#[derive(Serialize, Deserialize)]
pub(super) struct Verdict {
    pub(super) verified: bool,
}

impl StepOutput for Verdict {
    const STATE: Option<&'static str> = Some("VerifyProvisioning");
}

/// Workers whose effects are entries in a ledger, made once whatever happens.
pub(super) struct Ledger {
    pub(super) table: Arc<dyn Table>,
    /// Calls under way, and the most that ever were.
    pub(super) now: AtomicUsize,
    pub(super) most: AtomicUsize,
    /// Answers of the verifier; empty means yes.
    pub(super) verdicts: Mutex<Vec<bool>>,
    /// How long a user's identity takes.
    pub(super) slow: Mutex<Duration>,
    /// The stack is never ready.
    pub(super) stack_hangs: AtomicBool,
    /// The first call waits for this.
    pub(super) first_waits: Mutex<Option<Arc<Notify>>>,
    pub(super) calls: AtomicUsize,
}

impl Ledger {
    fn on(table: Arc<dyn Table>) -> Self {
        Self {
            table,
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            verdicts: Mutex::default(),
            slow: Mutex::default(),
            stack_hangs: AtomicBool::new(false),
            first_waits: Mutex::default(),
            calls: AtomicUsize::new(0),
        }
    }
}

/// The workers of the plan.
pub(super) struct Books(pub(super) Arc<Ledger>);

/// One call of a worker.
pub(super) struct ToyStep {
    ledger: Arc<Ledger>,
    call: Call,
}

type Made = Result<StepOutcome<Thing>, StepError>;

impl ToyStep {
    fn entry(&self) -> Key {
        let kind = if self.call.worker == SES_NOTIFICATION { "LEDGER#MAIL" } else { "LEDGER#UNDOABLE" };
        Key::new("LEDGER", format!("{kind}#{}", self.call.step))
    }

    async fn is_made(&self) -> Result<bool, StepError> {
        Ok(self.ledger.table.get(&self.entry()).await?.is_some())
    }

    async fn write(&self, write: Write) -> Result<(), StepError> {
        match self.ledger.table.commit(vec![write, self.call.check_fence()]).await {
            // The entry is there: a repeat.
            Ok(()) | Err(CommitError::Refused { write: 0, .. }) => Ok(()),
            Err(error) => Err(StepError::transient("ledger", error.to_string())),
        }
    }

    async fn make(&self) -> Made {
        let id: Id<ExecutionKind> = self.call.id("thing");
        let body = Bytes::from(json!({ "id": id, "token": self.call.token() }).to_string());
        let item = NewItem { key: self.entry(), index: [None, None, None], expires: None, body };
        self.write(Write::Put { item, when: Condition::Absent }).await?;
        Ok(StepOutcome::Done(Thing { id }))
    }

    async fn remove(&self) -> Result<UndoOutcome, StepError> {
        self.write(Write::Delete { key: self.entry(), when: Condition::Always }).await?;
        Ok(UndoOutcome::Done)
    }

    async fn make_stack(&self) -> Made {
        let begun = self.is_made().await?;
        let made = self.make().await?;
        if begun && !self.ledger.stack_hangs.load(Ordering::SeqCst) {
            return Ok(made);
        }
        Ok(StepOutcome::NotYet { after: Duration::from_secs(20) })
    }

    async fn remove_stack(&self) -> Result<UndoOutcome, StepError> {
        let made = self.is_made().await?;
        self.remove().await?;
        Ok(if made { UndoOutcome::NotYet { after: Duration::from_secs(20) } } else { UndoOutcome::Done })
    }

    async fn make_identity(&self) -> Made {
        let ledger = &self.ledger;
        let now = ledger.now.fetch_add(1, Ordering::SeqCst) + 1;
        ledger.most.fetch_max(now, Ordering::SeqCst);
        let slow = *ledger.slow.lock().unwrap();
        tokio::time::sleep(slow).await;
        ledger.now.fetch_sub(1, Ordering::SeqCst);
        assert_eq!(self.call.reference, json!(format!("user-{}", self.call.step.item.unwrap())));
        self.make().await
    }

    fn verify(&self) -> Ready<Result<StepOutcome<Verdict>, StepError>> {
        let verified = self.ledger.verdicts.lock().unwrap().pop().unwrap_or(true);
        ready(Ok(StepOutcome::Done(Verdict { verified })))
    }
}

#[async_trait]
impl Workers for Books {
    type Step = ToyStep;

    async fn step(&self, call: Call) -> Result<ToyStep, StepError> {
        let ledger = Arc::clone(&self.0);
        if ledger.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let first_waits = ledger.first_waits.lock().unwrap().clone();
            if let Some(go) = first_waits {
                go.notified().await;
            }
        }
        Ok(ToyStep { ledger, call })
    }

    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        let status = serde_json::to_value(transition.to).unwrap();
        let body = Bytes::from(json!({ "status": status, "event": transition.event }).to_string());
        let Some(account) = transition.head.account_id else { return Ok(vec![]) };
        let key = Key::new(format!("ACCOUNT#{account}"), "ACCOUNT");
        let item = NewItem { key, index: [None, None, None], expires: None, body };
        Ok(vec![Write::Put { item, when: Condition::Always }])
    }
}

/// The slice's own record, as the last turn of the run left it.
pub(super) async fn account(world: &World) -> Value {
    let key = Key::new(format!("ACCOUNT#{}", Uuid::from_u128(7)), "ACCOUNT");
    serde_json::from_slice(&world.table.get(&key).await.unwrap().unwrap().body).unwrap()
}

fn census(table: &Arc<dyn Table>, prefix: &'static str) -> Census {
    let table = Arc::clone(table);
    Arc::new(move || {
        let table = Arc::clone(&table);
        Box::pin(async move {
            let query = Query {
                index: Index::Table,
                pk: "LEDGER".into(),
                range: Range::Prefix(prefix.into()),
                order: Order::Ascending,
                limit: 1000,
                after: None,
            };
            let rows = table.query(&query).await.unwrap();
            rows.items.iter().map(|item| format!("{} {}", item.key.sk, String::from_utf8_lossy(&item.body))).collect()
        })
    })
}

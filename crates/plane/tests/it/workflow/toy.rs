//! A plan of the documents' shape, with workers that write into a ledger in the same table.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plane::{
    ids::{AccountId, ExecutionId, ExecutionKind, Id},
    ports::{
        clock::Clock,
        table::{CommitError, Condition, Index, Key, NewItem, Order, Query, Range, Table, TableName, Tables, Write},
    },
    workflow::{
        Call, Done, ItemFailure, NewRun, Plan, State, StepError, Undone, Worker, Workers, Workflows, journal, plan,
    },
};
use serde_json::{Value, json};
use testkit::{
    memory::MemoryTables,
    workflow::{Census, Subject, TimerClock, World},
};
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
        let workflows = Workflows::default().with(plan, Arc::clone(&ledger) as Arc<dyn Workers>);
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
    use Worker::{CognitoProvisioner, DynamodbProvisioner, ProvisioningVerifier, SesNotification};
    Plan::new(
        "onboarding",
        1,
        vec![
            State::pass("ValidateInput"),
            State::task("ProvisionDynamoDB", DynamodbProvisioner).undoable().catch("HandleFailure"),
            State::choice("CloudType", "cloudType").when("public", "RegisterSSM").when("private", "CreateStack"),
            State::task("RegisterSSM", DynamodbProvisioner).undoable().catch("HandleFailure").to("WriteCoreRecords"),
            State::task("CreateStack", DynamodbProvisioner).undoable().catch("HandleFailure"),
            State::task("WriteCoreRecords", DynamodbProvisioner).undoable().catch("HandleFailure"),
            State::map("ProvisionCognitoUsers", "users", "ProvisionSingleUser", CognitoProvisioner)
                .at_once(5)
                .undoable()
                .on_item_failure(ItemFailure::Capture),
            State::map("SendCredentialNotifications", "users", "SendSingleNotification", SesNotification)
                .at_once(10)
                .on_item_failure(ItemFailure::Record),
            State::task("VerifyProvisioning", ProvisioningVerifier).retry(plan::NONE).catch("HandleFailure"),
            State::choice("Verified", "VerifyProvisioning.verified")
                .when(true, "PublishSuccess")
                .otherwise("HandleFailure"),
            State::succeed("PublishSuccess", "account.provisioning.succeeded"),
            State::fail("HandleFailure", "account.provisioning.failed", "not_provisioned", "the verifier said no"),
        ],
    )
    .unwrap()
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
        }
    }

    fn entry(call: &Call) -> Key {
        let kind = if call.worker == Worker::SesNotification { "LEDGER#MAIL" } else { "LEDGER#UNDOABLE" };
        Key::new("LEDGER", format!("{kind}#{}", call.step))
    }

    async fn write(&self, call: &Call, write: Write) -> Result<(), StepError> {
        match self.table.commit(vec![write, call.check_fence()]).await {
            // The entry is there: a repeat.
            Ok(()) | Err(CommitError::Refused { write: 0, .. }) => Ok(()),
            Err(error) => Err(StepError::transient("ledger", error.to_string())),
        }
    }

    async fn user(&self, call: &Call) -> Result<(), StepError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let slow = *self.slow.lock().unwrap();
        tokio::time::sleep(slow).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        assert_eq!(call.reference, json!(format!("user-{}", call.step.item.unwrap())));
        Ok(())
    }
}

#[async_trait]
impl Workers for Ledger {
    async fn act(&self, call: &Call) -> Result<Done, StepError> {
        if call.worker == Worker::CognitoProvisioner {
            self.user(call).await?;
        }
        if call.worker == Worker::ProvisioningVerifier {
            let verdict = self.verdicts.lock().unwrap().pop().unwrap_or(true);
            return Ok(Done::Now { output: json!({ "verified": verdict }) });
        }
        let entry = Self::entry(call);
        let made = self.table.get(&entry).await.map_err(|error| StepError::transient("ledger", error.to_string()))?;
        let id: Id<ExecutionKind> = call.id("thing");
        let body = Bytes::from(json!({ "id": id, "token": call.token() }).to_string());
        let item = NewItem { key: entry, index: [None, None, None], expires: None, body };
        self.write(call, Write::Put { item, when: Condition::Absent }).await?;
        if call.state() == "CreateStack" && (made.is_none() || self.stack_hangs.load(Ordering::SeqCst)) {
            return Ok(Done::NotYet { after: Duration::from_secs(20) });
        }
        Ok(Done::Now { output: json!({ "id": id }) })
    }

    async fn undo(&self, call: &Call) -> Result<Undone, StepError> {
        let made = self.table.get(&Self::entry(call)).await;
        let made = made.map_err(|error| StepError::transient("ledger", error.to_string()))?;
        self.write(call, Write::Delete { key: Self::entry(call), when: Condition::Always }).await?;
        if call.state() == "CreateStack" && made.is_some() {
            return Ok(Undone::NotYet { after: Duration::from_secs(20) });
        }
        Ok(Undone::Now)
    }

    async fn on_transition(&self, transition: &plane::workflow::Transition) -> Result<Vec<Write>, StepError> {
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

//! What a process left in a dedicated table is found by another one, which visits no table that is quiet.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use plane::{
    audit::AuditEntry,
    ids::AccountId,
    ports::table::{CommitError, Index, Order, Query, Range, Table, TableError, TableName, Tables, Write},
    settings::Settings,
};
use serde_json::json;
use testkit::{
    hooked::{CommitHook, HookedTables},
    keys::MemoryKeys,
    memory::MemoryTables,
    story::Tenant,
    world::World,
};

/// Fails the commits that seal while it is set.
#[derive(Default)]
struct Broken(AtomicBool);

#[async_trait]
impl CommitHook for Broken {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError> {
        if self.0.load(Ordering::SeqCst) && writes.iter().any(|write| write.key().sk == "AUDITHEAD") {
            return Err(TableError::Full.into());
        }
        table.commit(writes).await
    }
}

/// Two processes over one store. The first has a private account and does none of its work after commits.
struct Two {
    writer: World,
    cleaner: World,
    acme: Tenant,
    broken: Arc<Broken>,
}

impl Two {
    async fn start() -> Self {
        let broken = Arc::new(Broken::default());
        let tables: Arc<dyn Tables> =
            Arc::new(HookedTables::new(Arc::new(MemoryTables::default()), Arc::clone(&broken)));
        let settings = Settings { alone: false, ..Settings::default() };
        let writer = World::over_with(Arc::clone(&tables), settings.clone(), MemoryKeys::default()).await;
        writer.set_up().await;
        let acme = writer.tenant("Acme", "private", 3).await;
        writer.plane.stop(std::time::Duration::from_secs(5)).await;
        writer.plane.relay_once().await.unwrap();
        let cleaner = World::over_with(tables, settings, MemoryKeys::default()).await;
        let two = Self { writer, cleaner, acme, broken };
        // The jobs that have never run are due.
        two.round().await;
        two
    }

    async fn write(&self, name: &str) {
        let stream = json!({ "accountId": self.acme.id, "enterpriseId": self.acme.offer.enterprise, "name": name });
        self.writer.operator().await.post("/api/workstreams", stream).await.expect(201);
        assert!(self.waits().await, "the writer does no work after its commits");
    }

    /// Whether anything waits in the account's own table.
    async fn waits(&self) -> bool {
        let account: AccountId = self.acme.id.parse().unwrap();
        let own = self.writer.tables.open(&TableName::dedicated(account)).await.unwrap().unwrap();
        let query = Query {
            index: Index::Gsi3,
            pk: AuditEntry::UNSEALED.into(),
            range: Range::All,
            order: Order::Ascending,
            limit: 10,
            after: None,
        };
        !own.query_now(&query).await.unwrap().items.is_empty()
    }

    fn advance(&self, minutes: i64) {
        for world in [&self.writer, &self.cleaner] {
            world.advance(SignedDuration::from_mins(minutes));
        }
    }

    /// Runs the jobs of the second process. Answers how many tables the visits reached, and how many not.
    async fn round(&self) -> (u64, u64) {
        self.cleaner.plane.run_due_jobs().await.unwrap();
        let job = self.writer.operator().await.get("/api/jobs/written-tables").await.expect(200);
        assert_eq!(job["lastRun"]["outcome"], "succeeded", "{job}");
        let counts = &job["lastRun"]["counts"];
        (counts["tables"].as_u64().unwrap(), counts["unreachable"].as_u64().unwrap())
    }
}

#[tokio::test]
async fn what_another_process_left_is_done_and_quiet_tables_are_not_visited() {
    let two = Two::start().await;
    two.advance(1);
    two.write("Payments").await;
    assert_eq!(two.round().await, (1, 0));
    assert!(!two.waits().await);

    // The note is kept longer than the writer relies on it, and then goes.
    two.advance(10);
    assert_eq!(two.round().await, (1, 0));
    two.advance(1);
    assert_eq!(two.round().await, (0, 0), "nobody has written to it since");

    two.write("Refunds").await;
    two.advance(1);
    assert_eq!(two.round().await, (1, 0));
    assert!(!two.waits().await);
    // Within the time in which the writer notes nothing anew.
    two.advance(2);
    two.write("Chargebacks").await;
    assert_eq!(two.round().await, (1, 0));
    assert!(!two.waits().await);
}

#[tokio::test]
async fn a_process_finds_at_its_start_what_the_one_before_left() {
    let two = Two::start().await;
    two.write("Payments").await;
    let keys = MemoryKeys::default();
    let next = World::over_with(Arc::clone(&two.writer.tables), Settings::default(), keys).await;
    let done = async {
        while two.waits().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done).await.expect("it looks at the table by itself");
    next.plane.stop(std::time::Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_table_that_cannot_be_reached_is_tried_less_and_less_often() {
    let two = Two::start().await;
    two.write("Payments").await;
    two.broken.0.store(true, Ordering::SeqCst);
    let mut tried = Vec::new();
    for minute in 1..=16 {
        two.advance(1);
        if two.round().await == (0, 1) {
            tried.push(minute);
        }
    }
    assert_eq!(tried, [1, 2, 4, 8, 16]);
    two.broken.0.store(false, Ordering::SeqCst);
    two.advance(61);
    assert_eq!(two.round().await, (1, 0), "it is as late as an hour, and not lost");
    assert!(!two.waits().await);
}

#[tokio::test]
async fn a_note_that_was_lost_costs_an_hour_at_most() {
    let two = Two::start().await;
    two.write("Payments").await;
    let note = two.writer.table().query(&notes()).await.unwrap().items.remove(0);
    let removal = Write::Delete { key: note.key, when: plane::ports::table::Condition::Always };
    two.writer.table().commit(vec![removal]).await.unwrap();
    two.advance(61);
    two.round().await;
    let done = async {
        while two.waits().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done).await.expect("all tables are looked at");
}

fn notes() -> Query {
    Query {
        index: Index::Table,
        pk: "WRITTEN-TABLES".into(),
        range: Range::All,
        order: Order::Ascending,
        limit: 10,
        after: None,
    }
}

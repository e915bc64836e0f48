//! Work after commits is fair: however much waits of one account, a turn does some of everybody's.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use plane::{
    audit::{AuditEntry, Author, EntryDraft},
    background::WorkKind,
    ids::AccountId,
    ports::table::{CommitError, Index, Order, Query, Range, Table, TableName, Tables, Write},
    record::decode,
    settings::Settings,
};
use testkit::{
    hooked::{CommitHook, HookedTables},
    memory::MemoryTables,
    world::World,
};
use uuid::Uuid;

/// Counts the commits that seal, and refuses some of them, as if another sealer had been faster.
#[derive(Clone, Default)]
struct Seals {
    count: Arc<AtomicUsize>,
    /// So many of the next are refused.
    refused: Arc<AtomicUsize>,
}

#[async_trait]
impl CommitHook for Seals {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError> {
        if writes.iter().any(|write| write.key().sk == "AUDITHEAD") {
            self.count.fetch_add(1, Ordering::SeqCst);
            let take = |left: usize| left.checked_sub(1);
            if self.refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                return Err(CommitError::Refused { write: 0, current: None });
            }
        }
        table.commit(writes).await
    }
}

/// Tables in memory whose seals are counted.
fn counting(seals: &Seals) -> Arc<dyn Tables> {
    Arc::new(HookedTables::new(Arc::new(MemoryTables::default()), Arc::new(seals.clone())))
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

async fn entries(world: &World, table: &dyn Table, account: AccountId, count: usize) {
    let author = || Author::System { name: "test".into() };
    let drafts: Vec<EntryDraft> = (0..count).map(|_| EntryDraft::new(account, author(), "flood")).collect();
    for drafts in drafts.chunks(100) {
        table.commit(drafts.iter().map(|draft| world.plane.entry_write(draft)).collect()).await.unwrap();
    }
}

/// How many entries of each account wait for their seal.
async fn unsealed(table: &dyn Table) -> BTreeMap<AccountId, usize> {
    let mut query = Query {
        index: Index::Gsi3,
        pk: AuditEntry::UNSEALED.into(),
        range: Range::All,
        order: Order::Ascending,
        limit: 1000,
        after: None,
    };
    let mut waiting = BTreeMap::new();
    loop {
        let rows = table.query_now(&query).await.unwrap();
        for item in &rows.items {
            *waiting.entry(decode::<AuditEntry>(item).unwrap().account_id).or_default() += 1;
        }
        query.after = rows.next;
        if query.after.is_none() {
            return waiting;
        }
    }
}

/// A world whose background does nothing by itself.
async fn quiet(tables: Arc<dyn Tables>) -> World {
    let world = World::over(tables, Settings::default()).await;
    world.set_up().await;
    world.plane.stop(std::time::Duration::from_secs(5)).await;
    // The loops have seen that they are to end; what they were at is done.
    world.plane.relay_once().await.unwrap();
    world
}

#[tokio::test]
async fn a_turn_takes_some_of_every_account_and_a_bounded_portion() {
    let world = quiet(Arc::new(MemoryTables::default())).await;
    let shared = Arc::clone(world.table());
    // The flood sorts before all others.
    entries(&world, shared.as_ref(), account(1), 5_000).await;
    for quiet in 2..=6 {
        entries(&world, shared.as_ref(), account(quiet), 3).await;
    }
    assert!(world.plane.background_turn(&TableName::shared(), WorkKind::Seals).await.unwrap(), "more waits");
    let left = unsealed(shared.as_ref()).await;
    assert_eq!(left.len(), 1, "the quiet ones are sealed: {left:?}");
    let flood = left[&account(1)];
    assert!((4_600..5_000).contains(&flood), "a bounded part of the flood: {flood}");
    world.plane.relay_once().await.unwrap();
    assert!(unsealed(shared.as_ref()).await.is_empty());
}

#[tokio::test]
async fn more_accounts_than_a_turn_holds_take_turns() {
    let world = quiet(Arc::new(MemoryTables::default())).await;
    let shared = Arc::clone(world.table());
    for flood in 1..=30 {
        entries(&world, shared.as_ref(), account(flood), 300).await;
    }
    // All of them are reached before any of them is done.
    for _ in 0..8 {
        world.plane.background_turn(&TableName::shared(), WorkKind::Seals).await.unwrap();
    }
    let left = unsealed(shared.as_ref()).await;
    assert_eq!(left.len(), 30, "{left:?}");
    assert!(left.values().all(|left| *left < 300), "each has had a turn: {left:?}");
    world.plane.relay_once().await.unwrap();
    assert!(unsealed(shared.as_ref()).await.is_empty());
}

/// A world whose background does nothing by itself, with a private account and its own table.
async fn private_account(seals: &Seals) -> (World, AccountId, Arc<dyn Table>) {
    let world = World::over(counting(seals), Settings::default()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "private", 3).await;
    world.plane.stop(std::time::Duration::from_secs(5)).await;
    world.plane.relay_once().await.unwrap();
    let acme: AccountId = acme.id.parse().unwrap();
    let own = world.tables.open(&TableName::dedicated(acme)).await.unwrap().unwrap();
    (world, acme, own)
}

#[tokio::test]
async fn entries_of_a_dedicated_table_are_sealed_many_at_once() {
    let seals = Seals::default();
    let (world, acme, own) = private_account(&seals).await;
    entries(&world, own.as_ref(), acme, 500).await;
    let name = TableName::dedicated(acme);
    let before = seals.count.load(Ordering::SeqCst);
    let mut turns = 0;
    while world.plane.background_turn(&name, WorkKind::Seals).await.unwrap() {
        turns += 1;
        assert!(turns < 50);
    }
    assert!(unsealed(own.as_ref()).await.is_empty());
    let commits = seals.count.load(Ordering::SeqCst) - before;
    assert!(commits <= 12, "{commits} commits for 500 entries");
    let report = world.plane.verify_audit(acme, plane::features::audit::Depth::Full).await.unwrap();
    assert!(report.valid, "{report:?}");
}

/// Nobody looks at a dedicated table after its lane has ended, so what another sealer was faster with keeps the lane open.
#[tokio::test]
async fn entries_of_a_dedicated_table_whose_seal_was_refused_have_another_turn() {
    let seals = Seals::default();
    let (world, acme, own) = private_account(&seals).await;
    entries(&world, own.as_ref(), acme, 3).await;
    let name = TableName::dedicated(acme);
    seals.refused.store(1, Ordering::SeqCst);
    assert!(world.plane.background_turn(&name, WorkKind::Seals).await.unwrap(), "more waits");
    assert_eq!(unsealed(own.as_ref()).await, [(acme, 3)].into());
    assert!(!world.plane.background_turn(&name, WorkKind::Seals).await.unwrap());
    assert!(unsealed(own.as_ref()).await.is_empty());
}

#[tokio::test]
async fn what_waits_shows_in_the_lag_until_it_is_done() {
    let world = quiet(Arc::new(MemoryTables::default())).await;
    let shared = Arc::clone(world.table());
    entries(&world, shared.as_ref(), account(1), 250).await;
    world.advance(jiff::SignedDuration::from_secs(40));
    world.plane.background_turn(&TableName::shared(), WorkKind::Seals).await.unwrap();
    let lag = world.plane.background_lag();
    assert!(lag.seals >= 40.0 && lag.events == 0.0, "{lag:?}");
    assert_eq!(lag.behind, ["seals"]);
    let ready = world.nobody().get("/ready").await.expect(200);
    assert_eq!(ready["backgroundLag"]["behind"], serde_json::json!(["seals"]));
    world.plane.relay_once().await.unwrap();
    assert_eq!(world.plane.background_lag(), plane::background::BackgroundLag::default());
}

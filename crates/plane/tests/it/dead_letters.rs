//! Dead letters in queues outside: they come after the commit, stay while anything is down, and go when somebody has
//! looked after them.

use std::sync::Arc;

use plane::{
    features::accounts::workers::{COGNITO_PROVISIONER, PROVISIONING_VERIFIER, SES_NOTIFICATION},
    ids::DeadLetterId,
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::{conformance::dead_letters, keys::MemoryKeys, memory::MemoryTables, queues::MemoryQueues, world::World};

async fn world_over(tables: &MemoryTables, queues: &Arc<MemoryQueues>, faults: &str) -> World {
    let settings = Settings { faults: faults.parse().unwrap(), ..Settings::default() };
    let queues = Arc::clone(queues);
    World::over_ports(Arc::new(tables.clone()), settings, MemoryKeys::default(), |ports| {
        ports.dead_letters = Some(queues);
    })
    .await
}

/// A world in which an account was taken on by a run with these faults; and the account's id.
async fn taken_on(faults: &str) -> (World, Arc<MemoryQueues>, String) {
    let queues = Arc::new(MemoryQueues::default());
    let world = world_over(&MemoryTables::default(), &queues, faults).await;
    world.set_up().await;
    let account = onboard(&world).await;
    (world, queues, account)
}

async fn onboard(world: &World) -> String {
    let offer = world.offer("Acme").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    account["id"].as_str().unwrap().to_owned()
}

async fn letters(world: &World) -> Vec<Value> {
    let letters = world.operator().await.get("/api/dead-letters").await.expect(200);
    letters["items"].as_array().unwrap().clone()
}

async fn notes(world: &World) -> usize {
    let dump = world.tables.open(&plane::ports::table::TableName::shared()).await.unwrap().unwrap();
    let query = plane::ports::table::Query {
        index: plane::ports::table::Index::Gsi3,
        pk: "LETTERNOTE#PENDING".into(),
        range: plane::ports::table::Range::All,
        order: plane::ports::table::Order::Ascending,
        limit: 100,
        after: None,
    };
    dump.query_now(&query).await.unwrap().items.len()
}

#[tokio::test]
async fn queues_in_memory_conform() {
    let count = dead_letters::check(async || {
        let queues = Arc::new(MemoryQueues::default());
        (Arc::clone(&queues) as _, queues as _)
    })
    .await;
    println!("queues in memory: {count} cases");
}

#[tokio::test]
async fn a_letter_is_in_its_queue_until_it_is_replayed() {
    let (world, queues, account) = taken_on("ProvisionCognitoUsers[0]:permanent").await;
    world.plane.relay_once().await.unwrap();
    let kept = queues.letters();
    assert_eq!(kept.len(), letters(&world).await.len());
    let letter = kept.iter().find(|letter| letter.worker == COGNITO_PROVISIONER).unwrap();
    assert_eq!(letter.account_id.map(|id| id.to_string()), Some(account.clone()));
    let path = format!("/api/dead-letters/{}/replay", letter.id);
    world.operator().await.post_empty(&path).await.expect(202);
    world.run_ended(&account).await;
    world.plane.relay_once().await.unwrap();
    assert_eq!((queues.letters(), letters(&world).await.len(), notes(&world).await), (vec![], 0, 0));
}

#[tokio::test]
async fn a_letter_that_is_discarded_leaves_its_queue() {
    let (world, queues, _) = taken_on("SendCredentialNotifications[0]:permanent").await;
    world.plane.relay_once().await.unwrap();
    let [letter] = queues.letters().try_into().unwrap();
    assert_eq!(letter.worker, SES_NOTIFICATION);
    world.operator().await.delete(&format!("/api/dead-letters/{}", letter.id)).await.expect(204);
    world.plane.relay_once().await.unwrap();
    assert_eq!((queues.letters(), notes(&world).await), (vec![], 0));
}

#[tokio::test]
async fn a_redrive_takes_the_letters_of_what_it_tries_again() {
    let (world, queues, account) = taken_on("VerifyProvisioning:permanent").await;
    world.plane.relay_once().await.unwrap();
    let workers: Vec<_> = queues.letters().iter().map(|letter| letter.worker.clone()).collect();
    assert_eq!(workers, [PROVISIONING_VERIFIER]);
    world.operator().await.post("/api/provisioning", json!({ "accountId": account })).await.expect(202);
    assert_eq!(world.run_ended(&account).await["status"], "succeeded");
    world.plane.relay_once().await.unwrap();
    assert_eq!(queues.letters(), []);
}

#[tokio::test]
async fn queues_that_are_down_hold_up_nothing_else_and_lose_nothing() {
    let (tables, queues) = (MemoryTables::default(), Arc::new(MemoryQueues::default()));
    let world = world_over(&tables, &queues, "SendCredentialNotifications[0]:permanent").await;
    world.set_up().await;
    queues.break_down(true);
    let mut bus = world.bus.listen();
    let account = onboard(&world).await;
    world.plane.relay_once().await.unwrap_err();
    let operator = world.operator().await;
    let verified = operator.get(&format!("/api/audit/verify?accountId={account}")).await.expect(200);
    assert_eq!(verified["unsealed"].as_u64().unwrap_or_default(), 0, "{verified}");
    assert!(bus.try_recv().is_ok(), "events went out");
    assert_eq!((queues.letters(), notes(&world).await), (vec![], 1));

    // The process dies; another one finds the note.
    world.plane.stop(std::time::Duration::from_secs(5)).await;
    queues.break_down(false);
    let next = World::over_ports(Arc::new(tables.clone()), Settings::default(), MemoryKeys::default(), |ports| {
        ports.dead_letters = Some(Arc::clone(&queues) as _);
    })
    .await;
    next.plane.relay_once().await.unwrap();
    let [letter] = queues.letters().try_into().unwrap();
    assert_eq!(notes(&next).await, 0);
    // What was removed before it was ever posted is not posted any more.
    let gone: DeadLetterId = letter.id;
    queues.break_down(true);
    let letters = next.plane.driver().dead_letters();
    let letter = letters.get(gone, next.plane.now()).await.unwrap().unwrap();
    letters.discard(&letter, Vec::new()).await.unwrap();
    next.plane.relay_once().await.unwrap_err();
    queues.break_down(false);
    next.plane.relay_once().await.unwrap();
    assert_eq!((queues.letters(), notes(&next).await), (vec![], 0));
}

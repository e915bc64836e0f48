//! What AWS does and the emulators do not, by the gate's switches: transactions that overlap on an item cancel each other,
//! backups of new tables come late, keys of KMS are their owners'.

use std::{sync::Arc, time::Duration};

use aws::{
    accounts::{AccountTables, Endpoints},
    connect::Limits,
    cross_account::StsCrossAccountAccess,
    dynamodb::{DynamoTables, Options, Protection},
};
use futures::future::join_all;
use kernel::{
    ports::{
        cross_account::{CrossAccountAccess as _, CrossAccountError},
        table::{Condition, CrossAccountRole, TableName, Tables as _},
    },
    router::Route,
};
use serde_json::json;
use testkit::{
    clock::FakeClock,
    gate::{Answer, Behind, Gate, Strictness},
    world::{Person, World, unlimited},
};
use tokio::time::Instant;

use crate::emulator::{Shared, connection};

const RACING: usize = 64;

/// Statuses and latencies of creates that start at once.
async fn race(person: &Person, path: &str, body: impl Fn(usize) -> serde_json::Value) -> Vec<(u16, Duration)> {
    let creates = (0..RACING).map(|number| {
        let (person, body) = (person.clone(), body(number));
        async move {
            let begun = Instant::now();
            let answer = person.post(path, body).await;
            (answer.status, begun.elapsed())
        }
    });
    let mut answers = join_all(creates).await;
    answers.sort_by_key(|(_, took)| *took);
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn creates_that_race_in_one_account_are_all_answered() {
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    let options = Options { endpoint: Some(gate.endpoint()), ..Options::default() };
    let limits = Limits { answer: Duration::from_secs(30), ..Limits::default() };
    let tables = DynamoTables::new(&connection(limits).await, options, Arc::new(Shared));
    let world = World::over(Arc::new(tables), unlimited()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 500).await;
    world.plane.relay_once().await.unwrap();
    let operator = world.operator().await;
    operator.get(&format!("/api/workstreams?accountId={}", acme.id)).await.expect(200);
    let offer = &acme.offer;

    gate.be(Strictness { transactions: Some(Duration::from_millis(5)), ..Strictness::default() });
    let workstream =
        |number| json!({ "accountId": acme.id, "enterpriseId": offer.enterprise, "name": format!("Stream {number}") });
    let streams = race(&operator, "/api/workstreams", workstream).await;
    let conflicts = gate.conflicts();
    let p99 = streams[RACING * 99 / 100].1;
    println!("{RACING} workstreams: p50 {:?}, p99 {p99:?}, {conflicts} conflicts", streams[RACING / 2].1);
    assert!(streams.iter().all(|(status, _)| *status == 201), "{streams:?}");

    // What all writes of an account met on before there were fences.
    let account = acme.id.parse().unwrap();
    let route = world.plane.router().route(account).await.unwrap();
    let alone = Route { fences: 0, ..(*route).clone() };
    world.table().commit(alone.puts(Condition::Present)).await.unwrap();
    world.plane.router().forget(account);
    gate.conflicts();
    let river =
        |number| json!({ "accountId": acme.id, "enterpriseId": offer.enterprise, "name": format!("River {number}") });
    let rivers = race(&operator, "/api/workstreams", river).await;
    let without = gate.conflicts();
    let p99_without = rivers[RACING * 99 / 100].1;
    println!(
        "{RACING} workstreams, no fences: p50 {:?}, p99 {p99_without:?}, {without} conflicts",
        rivers[RACING / 2].1
    );
    assert!(without > 2 * conflicts, "{without} conflicts without fences, {conflicts} with them");
    world.table().commit(route.puts(Condition::Present)).await.unwrap();
    world.plane.router().forget(account);
    gate.conflicts();

    let user = |number| {
        json!({ "accountId": acme.id, "enterpriseId": offer.enterprise, "productId": offer.product,
        "serviceId": offer.service, "firstName": "Grace", "lastName": "Hopper", "startDate": world.today(),
        "email": format!("grace{number}@acme.example") })
    };
    let users = race(&operator, "/api/users", user).await;
    let conflicts = gate.conflicts();
    let users_p99 = users[RACING * 99 / 100].1;
    println!("{RACING} users of one license: p50 {:?}, p99 {users_p99:?}, {conflicts} conflicts", users[RACING / 2].1);
    assert!(users.iter().all(|(status, _)| *status == 201), "{users:?}");
    assert!(conflicts < RACING, "they wait in line for the seats: {conflicts} conflicts");
}

#[tokio::test]
async fn a_table_is_backed_up_though_its_backups_come_late() {
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    gate.be(Strictness { backups_come_late: 3, ..Strictness::default() });
    let protection = Protection { point_in_time: true, from_deletion: false };
    let options = Options { endpoint: Some(gate.endpoint()), protection, ..Options::default() };
    let tables = DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared));
    tables.create(&TableName::shared()).await.unwrap();
    let asked = gate.calls().into_iter().filter(|call| call.operation == "UpdateContinuousBackups").count();
    assert_eq!((asked, tables.switches().await.backed_up), (4, Ok(true)));
}

#[tokio::test]
async fn a_table_under_its_owners_key_is_read_by_a_role_and_verified_by_reading() {
    const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-acme";
    const EXTERNAL: &str = "0123456789abcdef0123456789abcdef";
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    behind.owners_stack("acme-table", ROLE, EXTERNAL).await;
    gate.be(Strictness { owners_keys: true, ..Strictness::default() });
    let config = connection(Limits::default()).await;
    let endpoint = Some(gate.endpoint());
    let home =
        DynamoTables::new(&config, Options { endpoint: endpoint.clone(), ..Options::default() }, Arc::new(Shared));
    let endpoints = Endpoints { dynamodb: endpoint.clone(), sts: endpoint.clone() };
    let tables = AccountTables::new(home, &config, endpoints, Arc::new(FakeClock::default()), Arc::new(Shared));
    let platform = Some("arn:aws:iam::123456789012:role/freehold".to_owned());
    let cross_account = StsCrossAccountAccess::new(tables.clone(), &config, endpoint, platform, Arc::new(Shared));
    let grant = CrossAccountRole { role: ROLE.into(), external_id: EXTERNAL.into(), region: "eu-central-1".into() };
    let table = TableName::try_from("acme-table".to_owned()).unwrap();
    assert!(cross_account.check(&grant, &table).await.is_ok());

    // The owner disables the key: the table is described as before.
    gate.script(|call| {
        let reads = call.service == "dynamodb" && call.operation == "GetItem";
        let message = "arn:aws:kms:eu-central-1:210987654321:key/1 is disabled";
        reads.then(|| Answer::error(400, "KMSDisabledException", message))
    });
    let Err(CrossAccountError::Refused { cause, fix }) = cross_account.check(&grant, &table).await else {
        panic!("a table that can't be read is no connection")
    };
    assert!(cause.contains("can't be read by the role") && fix.contains("KmsKey"), "{cause}; {fix}");
}

//! Writes that race in one account, where transactions that overlap on an item cancel each other, as DynamoDB has them.

use std::{sync::Arc, time::Duration};

use aws::{connect::Limits, dynamodb::DynamoTables};
use futures::future::join_all;
use serde_json::json;
use testkit::{
    gate::{Behind, Gate, Strictness},
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
    let options = aws::dynamodb::Options { endpoint: Some(gate.endpoint()), ..aws::dynamodb::Options::default() };
    let limits = Limits { answer: Duration::from_secs(30), ..Limits::default() };
    let tables = DynamoTables::new(&connection(limits).await, options, Arc::new(Shared));
    let world = World::over(Arc::new(tables), unlimited()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 500).await;
    world.plane.tend_once().await.unwrap();
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

    let user = |number| {
        json!({ "accountId": acme.id, "enterpriseId": offer.enterprise, "productId": offer.product,
        "serviceId": offer.service, "firstName": "Grace", "lastName": "Hopper", "startDate": world.today(),
        "email": format!("grace{number}@acme.example") })
    };
    let users = race(&operator, "/api/users", user).await;
    let conflicts = gate.conflicts();
    let users_p99 = users[RACING * 99 / 100].1;
    println!("{RACING} users of one license: p50 {:?}, p99 {users_p99:?}, {conflicts} conflicts", users[RACING / 2].1);
    assert!(users.iter().all(|(status, _)| [201, 503].contains(status)), "{users:?}");
    assert!(p99 <= Duration::from_secs(1), "{p99:?}");
}

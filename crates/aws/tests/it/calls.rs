//! How often the product asks DynamoDB: once for a list that somebody reads again, one transaction for a create.

use std::sync::Arc;

use aws::{connect::Limits, dynamodb::DynamoTables};
use kernel::settings::Settings;
use serde_json::json;
use testkit::{
    emulator::{Recorder, Seen, dynoxide},
    world::World,
};

use crate::emulator::{Shared, connection};

/// What is asked while a call is answered; what goes on beside the calls looks at its waiting lines alone.
fn of_call(seen: &[Seen]) -> Vec<&str> {
    let beside = |seen: &Seen| ["GSI3", "AUDIT", "EXECUTION"].iter().any(|line| seen.body.contains(line));
    seen.iter().filter(|seen| !beside(seen)).map(|seen| seen.operation.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_warm_list_asks_once_and_a_create_is_one_transaction() {
    let emulator = dynoxide().await;
    let recorder = Recorder::before(&emulator).await;
    let options = aws::dynamodb::Options { endpoint: Some(recorder.endpoint()), ..aws::dynamodb::Options::default() };
    let tables = DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared));
    let world = World::over(Arc::new(tables), Settings { alone: false, ..Settings::default() }).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 3).await;
    world.plane.relay_once().await.unwrap();
    for path in ["/api/users", "/api/groups", "/api/roles", "/api/workstreams"] {
        acme.technical.get(path).await.expect(200);
        recorder.seen();
        acme.technical.get(path).await.expect(200);
        let seen = recorder.seen();
        assert_eq!(of_call(&seen), ["Query"], "{path}: {seen:#?}");
    }
    // Somebody who has just read: what a create asks beside its transaction, it needs for the answer.
    for name in ["Ledger", "Mailer"] {
        let operator = world.operator().await;
        operator.get("/api/services").await.expect(200);
        recorder.seen();
        operator.post("/api/services", json!({ "name": name })).await.expect(201);
        let seen = recorder.seen();
        let writes: Vec<_> = seen.iter().filter(|seen| seen.body.contains(name)).collect();
        assert!(matches!(writes.as_slice(), [one] if one.operation == "TransactWriteItems"), "{writes:#?}");
    }
}

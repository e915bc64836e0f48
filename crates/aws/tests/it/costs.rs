//! What a create costs in write units of DynamoDB, with all that it leaves to be done: its audit entry is sealed, its event
//! delivered. dynoxide counts as DynamoDB does: each begun KiB, twice in a transaction, and what changes in an index.

use std::sync::Arc;

use aws::{connect::Limits, dynamodb::DynamoTables};
use kernel::settings::Settings;
use serde_json::json;
use testkit::{
    emulator::dynoxide,
    meter::{Meter, Metered, units},
    world::World,
};

use crate::emulator::{Shared, connection};

/// What one create cost, told by its calls.
struct Cost {
    units: f64,
    told: String,
}

fn cost(of: &str, writes: &[Metered]) -> Cost {
    let lines = writes.iter().map(|write| {
        let of = write.body.matches("\"Key\"").count();
        format!("  {} of {of}: table {}, indexes {}", write.operation, write.table, write.indexes)
    });
    let told = format!("{of}: {} write units\n{}", units(writes), lines.collect::<Vec<_>>().join("\n"));
    println!("{told}");
    Cost { units: units(writes), told }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_create_costs_no_more_than_documented() {
    let emulator = dynoxide().await;
    let meter = Meter::before(&emulator).await;
    let options = aws::dynamodb::Options { endpoint: Some(meter.endpoint()), ..aws::dynamodb::Options::default() };
    let tables = DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared));
    let world = World::over(Arc::new(tables), Settings::default()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 50).await;
    world.plane.relay_once().await.unwrap();

    let operator = world.operator().await;
    meter.writes();
    let user = json!({ "accountId": acme.id,
        "enterpriseId": acme.offer.enterprise, "productId": acme.offer.product, "serviceId": acme.offer.service,
        "firstName": "Grace", "lastName": "Hopper", "email": "grace@acme.example", "startDate": world.today()
    });
    operator.post("/api/users", user).await.expect(201);
    world.plane.relay_once().await.unwrap();
    let user = cost("a user", &meter.writes());

    let workstream = json!({ "accountId": acme.id, "enterpriseId": acme.offer.enterprise, "name": "Payments", "description": "Money in", "tools": [
        { "tool": "git", "url": "https://git.example.com/acme", "settings": { "branch": "main" } }
    ] });
    operator.post("/api/workstreams", workstream).await.expect(201);
    world.plane.relay_once().await.unwrap();
    let workstream = cost("a workstream", &meter.writes());

    // With whole records in every index, and every field of a record twice, a workstream was 24, and a user without its event
    // 30, now 20. What is left is what a transaction costs at least: two units a record.
    assert!(user.units <= 25.0, "{}", user.told);
    assert!(workstream.units <= 21.0, "{}", workstream.told);
}

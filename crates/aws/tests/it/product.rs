//! The product itself over tables in DynamoDB: accounts of every cloud type come up, are used, and go.

use std::sync::Arc;

use aws::{connect::Limits, dynamodb::DynamoTables};
use kernel::settings::Settings;
use testkit::world::World;

use crate::emulator::{Shared, connection, dynoxide};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_of_every_cloud_type_come_up_are_used_and_go() {
    let emulator = dynoxide().await;
    let options = aws::dynamodb::Options { endpoint: Some(emulator.endpoint()), ..aws::dynamodb::Options::default() };
    let tables = DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared));
    let world = World::over(Arc::new(tables), Settings::default()).await;
    world.set_up().await;
    for cloud in ["public", "private", "hybrid"] {
        let acme = world.tenant(&format!("Acme-{cloud}"), cloud, 3).await;
        let users = acme.technical.get("/api/users").await.expect(200);
        assert_eq!(users["items"][0]["id"], acme.technical_id.as_str(), "{cloud}: {users}");
        world.plane.relay_once().await.unwrap();
        let report = acme.technical.get("/api/audit/verify").await.expect(200);
        assert_eq!(report["valid"], true, "{cloud}: {report}");

        let operator = world.operator().await;
        let path = format!("/api/accounts/{}", acme.id);
        operator.delete(&format!("{path}?confirm={}", acme.name)).await.expect(202);
        let progress = world.run_ended(&acme.id).await;
        assert_eq!(progress["status"], "succeeded", "{cloud}: {progress:#}");
        let receipt = operator.get(&format!("{path}/receipt")).await.expect(200);
        assert_eq!(receipt["table"].is_string(), cloud != "public", "{receipt}");
    }
}

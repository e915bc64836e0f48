//! Over tables whose indexes lag behind, as DynamoDB's do: what decides still decides by what is there.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plane::settings::Settings;
use serde_json::json;
use testkit::{lagging::LaggingTables, world::World};

use crate::{
    people::{id, new_user},
    tenants::tenant,
};

const LAG: Duration = Duration::from_millis(200);

async fn lagging() -> World {
    let world = World::over(Arc::new(LaggingTables::new(LAG)), Settings::default()).await;
    world.set_up().await;
    world
}

#[tokio::test]
async fn accounts_of_every_cloud_type_come_up_and_go() {
    let world = lagging().await;
    for cloud in ["public", "private", "hybrid"] {
        let acme = world.tenant(&format!("Acme-{cloud}"), cloud, 3).await;
        let operator = world.operator().await;
        let path = format!("/api/accounts/{}", acme.id);
        operator.delete(&format!("{path}?confirm={}", acme.name)).await.expect(202);
        let progress = world.run_ended(&acme.id).await;
        assert_eq!(progress["status"], "succeeded", "{cloud}: {progress:#}");
        assert_eq!(operator.get(&path).await.expect(200)["status"], "deleted");
    }
}

#[tokio::test]
async fn events_that_went_out_do_not_go_out_again() {
    let world = lagging().await;
    let mut bus = world.bus.listen();
    world.tenant("Acme", "private", 3).await;
    tokio::time::sleep(LAG * 2).await;
    world.plane.relay_once().await.unwrap();
    world.plane.relay_once().await.unwrap();
    let mut heard = BTreeMap::new();
    while let Ok(event) = bus.try_recv() {
        *heard.entry(event.id).or_insert(0) += 1;
    }
    assert!(!heard.is_empty());
    assert!(heard.values().all(|times| *times == 1), "{heard:?}");
}

#[tokio::test]
async fn a_group_goes_with_its_members() {
    let world = lagging().await;
    let acme = tenant(&world, "Acme").await;
    let group = acme.group("Crew", &[]).await;
    let mut user = new_user(&world, &acme, "grace@acme.example");
    user["groupIds"] = json!([group]);
    let user = id(&acme.admin.post("/api/users", user).await.expect(201));
    tokio::time::sleep(LAG * 2).await;
    acme.admin.delete(&format!("/api/groups/{group}?confirm=in-use")).await.expect(204);
    let groups = acme.admin.get(&format!("/api/users/{user}/groups")).await.expect(200);
    assert_eq!(groups["items"], json!([]));
}

#[tokio::test]
async fn an_audit_log_that_was_sealed_just_now_is_whole() {
    let world = lagging().await;
    let acme = world.tenant("Acme", "private", 3).await;
    world.plane.relay_once().await.unwrap();
    let report = acme.technical.get("/api/audit/verify").await.expect(200);
    assert_eq!(report["valid"], true, "{report}");
}

#[tokio::test]
async fn what_is_written_to_a_dedicated_table_is_sealed_though_its_index_shows_it_late() {
    let world = lagging().await;
    let acme = world.tenant("Acme", "private", 3).await;
    world.plane.relay_once().await.unwrap();
    world.plane.start().await.unwrap();
    let operator = world.operator().await;
    let stream = json!({ "accountId": acme.id, "enterpriseId": acme.offer.enterprise, "name": "Payments" });
    operator.post("/api/workstreams", stream).await.expect(201);
    let sealed = async {
        loop {
            let found = acme.technical.get("/api/audit?limit=100").await.expect(200);
            let mut entries = found["items"].as_array().unwrap().iter();
            if entries.any(|entry| entry["target"]["kind"] == "workstream" && entry["seal"].is_object()) {
                return;
            }
            tokio::time::sleep(LAG).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sealed).await.expect("it is looked at again");
    world.plane.stop(Duration::from_secs(1)).await;
}

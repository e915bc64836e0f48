//! A removal that failed: it is found, says so, and names the way out.

use plane::settings::Settings;
use serde_json::{Value, json};
use testkit::world::World;

async fn names(world: &World, filter: &str) -> Vec<String> {
    let found = world.operator().await.get(&format!("/api/accounts?status={filter}")).await.expect(200);
    found["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_removal_that_failed_is_found_and_names_the_way_out() {
    let faults = "RemoveRecords:permanent*2".parse().unwrap();
    let world = World::with(Settings { faults, ..Settings::default() }).await;
    world.set_up().await;
    let operator = world.operator().await;
    let offer = world.offer("Acme").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    let path = format!("/api/accounts/{}", account["id"].as_str().unwrap());
    let id = account["id"].as_str().unwrap();
    operator.delete(&format!("{path}?confirm=Acme")).await.expect(202);
    let progress = world.run_ended(id).await;
    assert_eq!(progress["status"], "failed", "{progress}");

    // The account says which of its states failed, and both filters find it.
    let shown = operator.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["provisioning"]["status"]), (&json!("deprovisioning"), &json!("failed")));
    assert_eq!(
        (names(&world, "failed").await, names(&world, "deprovisioning").await),
        (vec!["Acme".to_owned()], vec!["Acme".to_owned()])
    );

    // What refuses names the request that goes on.
    let way_out = json!({ "accountId": id });
    let redrive = format!("POST /api/provisioning with {{\"accountId\": \"{id}\"}}");
    for refused in [
        operator.delete(&format!("{path}?confirm=Acme")).await,
        operator.delete(&format!("{path}?confirm=Acme&now=true")).await,
        operator.post_empty(&format!("{path}/restore")).await,
        operator.put(&path, json!({ "name": "Other" })).await,
    ] {
        let problem: Value = refused.expect(409);
        assert_eq!(problem["detail"], "the removal of the account has failed", "{problem}");
        assert!(problem["help"].as_str().unwrap().contains(&redrive), "{problem}");
    }

    // It fails again while the cause is there, and is removed when it is gone.
    for outcome in ["failed", "succeeded"] {
        operator.post("/api/provisioning", way_out.clone()).await.expect(202);
        assert_eq!(world.run_ended(id).await["status"], outcome);
    }
    assert!(names(&world, "failed").await.is_empty());
    assert_eq!(operator.get(&path).await.expect(200)["status"], "deleted");
}

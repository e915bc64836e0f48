//! Workstreams: an account's own, named once in an enterprise, with tools within bounds.

use axum::http::Method;
use plane::{
    features::{users::model::Assignment, workstreams::model::Workstream},
    ids::{UserId, WorkstreamId, known},
    ports::table::{Condition, TableName},
    record,
    router::{FENCES, Route, RouteState},
};
use serde_json::{Value, json};
use testkit::world::World;

use crate::{
    master_data::walk,
    tenants::{tenant, triple},
};

fn tools() -> Value {
    json!([{ "tool": "git", "url": "https://git.example.com/acme", "settings": { "branch": "main", "depth.max": "10" } }])
}

#[tokio::test]
async fn a_workstream_is_made_changed_and_deleted() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let body = json!({ "name": "Payments", "description": "Money in", "tools": tools() });
    let created = acme.admin.post("/api/workstreams", body).await;
    let location = created.header("location").unwrap().to_owned();
    let created = created.expect(201);
    assert_eq!(
        (created["accountId"].clone(), created["enterpriseId"].clone()),
        (json!(acme.account), json!(acme.enterprise))
    );
    assert_eq!(created["tools"], tools());
    let seen = acme.admin.get(&location).await;
    let etag = seen.etag();
    assert_eq!(seen.expect(200), created);
    let body = json!({ "name": "Payouts", "tools": [], "description": null });
    let changed = acme.admin.send(Method::PUT, &location, Some(body), &[("if-match", &etag)]).await.expect(200);
    assert_eq!((changed["name"].clone(), changed["tools"].clone()), (json!("Payouts"), json!([])));
    let lost = acme.admin.send(Method::PUT, &location, Some(json!({ "name": "X" })), &[("if-match", &etag)]).await;
    assert_eq!(lost.refused(412), "precondition_failed");
    // The old name is free, the new one is not.
    acme.admin.post("/api/workstreams", json!({ "name": "PAYMENTS" })).await.expect(201);
    assert_eq!(acme.admin.post("/api/workstreams", json!({ "name": "payouts" })).await.refused(409), "name_taken");
    assert_eq!(acme.admin.put(&location, json!({ "name": "payments" })).await.refused(409), "name_taken");

    let id: WorkstreamId = created["id"].as_str().unwrap().parse().unwrap();
    let people: Vec<UserId> = (0..120).map(|n| UserId::derived(uuid::Uuid::nil(), &n.to_string())).collect();
    for people in people.chunks(60) {
        let assigned = |user: &UserId| Assignment { account_id: acme.account, user_id: *user, workstream_id: id };
        let writes = people.iter().map(|user| record::create(&assigned(user))).collect();
        world.table().commit(writes).await.unwrap();
    }
    acme.admin.delete(&location).await.expect(204);
    assert_eq!(acme.admin.get(&location).await.refused(404), "not_found");
    for user in people {
        let assignment = Assignment { account_id: acme.account, user_id: user, workstream_id: id };
        let key = record::Record::place(&assignment).key;
        assert!(world.table().get(&key).await.unwrap().is_none(), "nobody is left in it");
    }
    acme.admin.post("/api/workstreams", json!({ "name": "Payouts" })).await.expect(201);
}

#[tokio::test]
async fn bad_input_names_the_field() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let tool = |tool: Value| json!({ "name": "x", "tools": [tool] });
    let many: serde_json::Map<String, Value> = (0..17).map(|n| (format!("k{n}"), json!("v"))).collect();
    for (body, pointer) in [
        (json!({}), "/name"),
        (json!({ "name": "x", "tools": {} }), "/tools"),
        (json!({ "name": "x", "tools": vec![json!({ "tool": "git" }); 17] }), "/tools"),
        (tool(json!({})), "/tools/0/tool"),
        (tool(json!({ "tool": "git", "token": "x" })), "/tools/0/token"),
        (tool(json!({ "tool": "git", "url": "file:///etc/passwd" })), "/tools/0/url"),
        (tool(json!({ "tool": "git", "url": "https://user@host/" })), "/tools/0/url"),
        (tool(json!({ "tool": "git", "settings": { "a b": "c" } })), "/tools/0/settings"),
        (tool(json!({ "tool": "git", "settings": { "a": 1 } })), "/tools/0/settings/a"),
        (tool(json!({ "tool": "git", "settings": many })), "/tools/0/settings"),
    ] {
        let refused = acme.admin.post("/api/workstreams", body.clone()).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    let two = json!({ "name": "x", "accountId": acme.account });
    let path = format!("/api/workstreams?accountId={}", known::ROOT_ACCOUNT);
    assert_eq!(acme.admin.post(&path, two).await.refused(400), "account_mismatch");
}

#[tokio::test]
async fn the_fullest_workstream_fits_a_record() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let settings: serde_json::Map<String, Value> =
        (0..16).map(|n| (format!("{n:064}"), json!("🏭".repeat(200)))).collect();
    let url = format!("https://h/{}", "x".repeat(1990));
    let tool = json!({ "tool": "🏭".repeat(200), "url": url, "settings": settings });
    let body = json!({
        "name": "🏭".repeat(200), "description": "🏭".repeat(2000), "tools": vec![tool; 16]
    });
    acme.admin.post("/api/workstreams", body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_default_one_is_made_once() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let admin = acme.admin.clone();
            tokio::spawn(async move { admin.post_empty("/api/workstreams/ensure-default").await.expect(200) })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        let default = call.await.unwrap();
        assert_eq!(default["name"], "Default");
        ids.insert(default["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(walk(&acme.admin, "/api/workstreams?limit=9").await, ["Default"]);
    // An operator makes it for another account: in the enterprise that the account is licensed for.
    let bolt = tenant(&world, "Bolt").await;
    let operator = world.operator().await;
    let there = format!("/api/workstreams/ensure-default?accountId={}", bolt.account);
    let made = operator.post_empty(&there).await.expect(200);
    assert_eq!(made["enterpriseId"], bolt.enterprise.to_string());
    assert_eq!(bolt.admin.post_empty("/api/workstreams/ensure-default").await.expect(200), made);
    let root = operator.post_empty("/api/workstreams/ensure-default").await.expect(200);
    assert_eq!(root["id"], known::DEFAULT_WORKSTREAM.to_string());
    let (foreign, ..) = triple(&world, "Unlicensed").await;
    let body = json!({ "accountId": bolt.account, "enterpriseId": foreign, "name": "x" });
    assert_eq!(operator.post("/api/workstreams", body).await.refused(404), "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_race_for_a_name_or_a_version_one_wins() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let admin = acme.admin.clone();
            tokio::spawn(async move { admin.post("/api/workstreams", json!({ "name": "Same" })).await })
        })
        .collect();
    let mut made = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status {
            201 => made.push(answer.expect(201)),
            _ => assert_eq!(answer.refused(409), "name_taken"),
        }
    }
    assert_eq!(made.len(), 1);
    let path = format!("/api/workstreams/{}", made[0]["id"].as_str().unwrap());
    let calls: Vec<_> = (0..50)
        .map(|n| {
            let (admin, path) = (acme.admin.clone(), path.clone());
            let body = Some(json!({ "description": format!("by {n}") }));
            tokio::spawn(async move { admin.send(Method::PUT, &path, body, &[("if-match", "\"1\"")]).await.status })
        })
        .collect();
    let mut won = 0;
    for call in calls {
        match call.await.unwrap() {
            200 => won += 1,
            status => assert_eq!(status, 412),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn keys_pages_and_filters_hold() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for n in 0..210 {
        acme.admin.post("/api/workstreams", json!({ "name": format!("W{n:03}") })).await.expect(201);
    }
    assert_eq!(walk(&acme.admin, "/api/workstreams?limit=200").await.len(), 210);
    assert_eq!(walk(&acme.admin, "/api/workstreams?limit=60&name=w007").await, ["W007"]);
    let key = [("idempotency-key", "w")];
    let body = || Some(json!({ "name": "Once" }));
    let first = acme.admin.send(Method::POST, "/api/workstreams", body(), &key).await.expect(201);
    assert_eq!(acme.admin.send(Method::POST, "/api/workstreams", body(), &key).await.expect(201), first);
}

#[tokio::test]
async fn another_account_sees_nothing_and_the_platforms_own_stay() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let made = acme.admin.post("/api/workstreams", json!({ "name": "Secret" })).await.expect(201);
    let path = format!("/api/workstreams/{}", made["id"].as_str().unwrap());
    assert_eq!(bolt.admin.get(&path).await.refused(404), "not_found");
    assert_eq!(bolt.admin.put(&path, json!({ "name": "Mine" })).await.refused(404), "not_found");
    assert_eq!(bolt.admin.delete(&path).await.refused(404), "not_found");
    let foreign = bolt.admin.get(&format!("{path}?accountId={}", acme.account)).await;
    assert_eq!(foreign.refused(403), "forbidden");
    assert_eq!(bolt.admin.get("/api/workstreams").await.expect(200)["items"], json!([]));
    let enterprise = format!("/api/workstreams?enterpriseId={}", bolt.enterprise);
    assert_eq!(acme.admin.get(&enterprise).await.refused(403), "forbidden");
    bolt.admin.post("/api/workstreams", json!({ "name": "Secret" })).await.expect(201);

    let operator = world.operator().await;
    assert_eq!(walk(&operator, "/api/workstreams?limit=9").await, ["Global", "Default"]);
    for id in [known::GLOBAL_WORKSTREAM, known::DEFAULT_WORKSTREAM] {
        let path = format!("/api/workstreams/{id}");
        assert_eq!(operator.delete(&path).await.refused(409), "protected");
        assert_eq!(operator.put(&path, json!({ "name": "Mine" })).await.refused(409), "protected");
        operator.put(&path, json!({ "tools": tools() })).await.expect(200);
    }
}

#[tokio::test]
async fn of_an_account_with_a_table_of_its_own_they_stand_there() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let name = TableName::dedicated(acme.account);
    let dedicated = world.tables.create(&name).await.unwrap();
    let moved = Route {
        account_id: acme.account,
        table: name,
        copies_directory: false,
        version: 2,
        state: RouteState::Open,
        grant: None,
        fences: FENCES,
    };
    dedicated.commit(moved.puts(Condition::Always)).await.unwrap();
    world.table().commit(moved.puts(Condition::Always)).await.unwrap();
    world.plane.router().forget(acme.account);

    let key = [("idempotency-key", "d")];
    let body = || Some(json!({ "name": "Apart" }));
    let made = acme.admin.send(Method::POST, "/api/workstreams", body(), &key).await.expect(201);
    let id: WorkstreamId = made["id"].as_str().unwrap().parse().unwrap();
    let place = Workstream::key(acme.account, id);
    assert!(dedicated.get(&place).await.unwrap().is_some());
    assert!(world.table().get(&place).await.unwrap().is_none());
    let again = acme.admin.send(Method::POST, "/api/workstreams", body(), &key).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again:?}");
    assert_eq!(acme.admin.post("/api/workstreams", json!({ "name": "apart" })).await.refused(409), "name_taken");
    acme.admin.post_empty("/api/workstreams/ensure-default").await.expect(200);
    assert_eq!(walk(&acme.admin, "/api/workstreams?limit=9").await.len(), 2);
    acme.admin.delete(&format!("/api/workstreams/{id}")).await.expect(204);
}

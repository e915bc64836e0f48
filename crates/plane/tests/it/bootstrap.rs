//! Day-0: fourteen steps, once, under concurrent attempts and interruptions.

use std::sync::Arc;

use plane::{
    features::bootstrap::{Admin, StepState},
    ids::known,
    ports::{
        identity::{Identity as _, SignIn, SignedIn},
        table::{Condition, Key, Write},
    },
    settings::Settings,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use testkit::world::World;

use crate::faults::Faults;

const TOKEN: &str = "the-set-up-token";

async fn offered() -> World {
    let world = World::empty().await;
    assert!(world.plane.offer_bootstrap(&TOKEN.into()).await.unwrap());
    world
}

async fn sign_in(world: &World, email: &str, password: &str) -> Result<SignedIn, String> {
    let attempt = SignIn {
        email: email.into(),
        account: None,
        password: password.into(),
        ip: [127, 0, 0, 1].into(),
        user_agent: "test".into(),
    };
    world.identity.sign_in(attempt).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_token_opens_it_once() {
    let world = offered().await;
    let nobody = world.nobody();
    assert_eq!(nobody.get("/ready").await.status, 503);
    for body in
        [json!({}), json!({ "setupToken": null }), json!({ "setupToken": "" }), json!({ "setupToken": "guess" })]
    {
        assert_eq!(nobody.post("/api/bootstrap", body).await.refused(403), "setup_token_invalid");
    }
    let answer = nobody.post("/api/bootstrap", json!({ "setupToken": TOKEN })).await.expect(201);
    assert_eq!(answer["steps"].as_array().unwrap().len(), 14);
    assert!(answer["steps"].as_array().unwrap().iter().all(|step| step["made"] == true), "{answer}");
    assert_eq!(answer["adminEmail"], "admin@adminplatform.com");
    let password = answer["initialPassword"].as_str().unwrap();
    assert!(matches!(sign_in(&world, "admin@adminplatform.com", password).await.unwrap(), SignedIn::Challenge { .. }));
    for token in [TOKEN, "guess"] {
        let again = nobody.post("/api/bootstrap", json!({ "setupToken": token })).await;
        assert_eq!(again.refused(409), "already_bootstrapped");
    }
    assert_eq!(nobody.post("/api/bootstrap", json!({})).await.refused(409), "already_bootstrapped");
    assert_eq!(nobody.get("/ready").await.status, 200);
    let marker = world.table().get(&Key::new("PLATFORM", "BOOTSTRAP")).await.unwrap().unwrap();
    let marker: Value = serde_json::from_slice(&marker.body).unwrap();
    assert_eq!(marker["setupTokenHash"], Value::Null, "a spent token leaves nothing");
    assert!(!world.plane.offer_bootstrap(&TOKEN.into()).await.unwrap());
}

#[tokio::test]
async fn the_documented_password_and_weak_ones_are_refused_before_anything_is_written() {
    let world = offered().await;
    let before = world.table().get(&Key::new("PLATFORM", "BOOTSTRAP")).await.unwrap();
    for password in ["Adminuser@123", "adminUSER@123456", "short", "password-Password1"] {
        let body = json!({ "setupToken": TOKEN, "adminPassword": password });
        let refused = world.nobody().post("/api/bootstrap", body).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], "/adminPassword", "{password}");
    }
    assert_eq!(world.table().get(&Key::new("PLATFORM", "BOOTSTRAP")).await.unwrap(), before);
    let body =
        json!({ "setupToken": TOKEN, "adminEmail": "Chief@Example.com", "adminPassword": "Violet-9-harbour-moss" });
    let answer = world.nobody().post("/api/bootstrap", body).await.expect(201);
    assert_eq!(answer["adminEmail"], "chief@example.com");
    assert!(answer.get("initialPassword").is_none());
    let signed_in = sign_in(&world, "chief@example.com", "Violet-9-harbour-moss").await.unwrap();
    assert!(matches!(signed_in, SignedIn::Challenge { .. }), "the first sign-in asks for another password");
}

#[tokio::test]
async fn bad_bodies_name_the_field() {
    let world = offered().await;
    for (body, pointer) in [
        (json!({ "token": TOKEN }), "/token"),
        (json!({ "setupToken": 7 }), "/setupToken"),
        (json!({ "setupToken": "x".repeat(513) }), "/setupToken"),
        (json!({ "setupToken": TOKEN, "adminEmail": "nobody" }), "/adminEmail"),
    ] {
        let refused = world.nobody().post("/api/bootstrap", body).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_that_race_one_wins() {
    let world = offered().await;
    let calls = (0..1000).map(|number| {
        // From as many addresses: one alone would be limited.
        let nobody = world.nobody().at(std::net::Ipv4Addr::from_bits(0x0a00_0000 + number).into());
        tokio::spawn(async move { nobody.post("/api/bootstrap", json!({ "setupToken": TOKEN })).await })
    });
    let mut won = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        match answer.status {
            201 => won.push(answer.body),
            _ => assert_eq!(answer.refused(409), "already_bootstrapped"),
        }
    }
    assert_eq!(won.len(), 1);
    let password = won[0]["initialPassword"].as_str().unwrap();
    assert!(sign_in(&world, "admin@adminplatform.com", password).await.is_ok());
    assert!(world.plane.verify_bootstrap(false).await.unwrap().ok);
}

#[tokio::test]
async fn the_administrator_works_and_everything_is_as_documented() {
    let world = World::new().await;
    let operator = world.operator().await;
    let user = operator.get(&format!("/api/users/{}", known::ADMIN_USER)).await.expect(200);
    assert_eq!(user["firstName"], "ABC");
    assert_eq!(user["email"], testkit::world::ADMIN);
    assert_eq!(operator.get("/api/outbox").await.status, 200, "the administrator is an operator");
    let report = world.plane.verify_bootstrap(false).await.unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.steps.len(), 14);
    assert!(world.plane.bootstrap_if_needed(&Admin::default()).await.unwrap().is_none());
    world.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(world.operator().await.get("/api/users").await.status, 200, "the world signs in anew");
    let seats = raw(&world, &format!("ACCOUNT#{}", known::ROOT_ACCOUNT), &global_seats()).await;
    assert_eq!((seats["seats"].as_u64(), seats["used"].as_u64()), (Some(100), Some(1)));
}

fn global_seats() -> String {
    format!("SEATS#{}#{}#{}", known::GLOBAL_ENTERPRISE, known::GLOBAL_PRODUCT, known::GLOBAL_SERVICE)
}

async fn raw(world: &World, pk: &str, sk: &str) -> Value {
    let item = world.table().get(&Key::new(pk, sk)).await.unwrap().unwrap();
    serde_json::from_slice(&item.body).unwrap()
}

#[tokio::test]
async fn cut_after_any_write_it_is_taken_up_and_completed() {
    let mut cuts = 0;
    for commits in 0.. {
        let tables = Faults::default();
        let world = World::over(Arc::new(tables.clone()), Settings::default()).await;
        tables.break_after(commits);
        let first = world.plane.bootstrap(&Admin::default()).await;
        tables.mend();
        if first.is_ok() {
            break;
        }
        cuts += 1;
        let done = world.plane.bootstrap_if_needed(&Admin::default()).await.unwrap().expect("it was not complete");
        let password: SecretString = done.generated_password.expect("none was configured");
        assert!(sign_in(&world, "admin@adminplatform.com", password.expose_secret()).await.is_ok(), "cut at {commits}");
        let report = world.plane.verify_bootstrap(false).await.unwrap();
        assert!(report.ok, "cut at {commits}: {report:?}");
        let seats = raw(&world, &format!("ACCOUNT#{}", known::ROOT_ACCOUNT), &global_seats()).await;
        assert_eq!(seats["used"], 1, "cut at {commits}");
    }
    assert!(cuts > 14, "every write was a place to cut: {cuts}");
}

#[tokio::test]
async fn a_dead_run_is_taken_up_through_the_api_when_its_lease_is_over() {
    let tables = Faults::default();
    let world = World::over(Arc::new(tables.clone()), Settings::default()).await;
    world.plane.offer_bootstrap(&TOKEN.into()).await.unwrap();
    tables.break_after(6);
    let cut = world.nobody().post("/api/bootstrap", json!({ "setupToken": TOKEN })).await;
    assert_eq!(cut.refused(503), "unavailable");
    tables.mend();
    let early = world.nobody().post("/api/bootstrap", json!({ "setupToken": TOKEN })).await;
    assert_eq!(early.refused(409), "already_bootstrapped");
    world.advance(jiff::SignedDuration::from_secs(61));
    world.nobody().post("/api/bootstrap", json!({ "setupToken": TOKEN })).await.expect(201);
}

#[tokio::test]
async fn verifying_finds_each_step_and_fixing_adds_only_what_is_missing() {
    let world = World::new().await;
    let table = Arc::clone(world.table());
    let root = format!("ACCOUNT#{}", known::ROOT_ACCOUNT);
    let gone = [
        (2, Key::new(format!("MASTER#ENTERPRISE#{}", known::GLOBAL_ENTERPRISE), "METADATA")),
        (8, Key::new(&root, format!("PERMISSIONS#{}", known::PLATFORM_ADMIN_ROLE))),
        (11, Key::new(&root, format!("GROUPROLE#{}#{}", known::ROOT_TECHNICAL_GROUP, known::ROOT_TECHNICAL_ROLE))),
        (12, Key::new(format!("SUBJECT#{}", known::ADMIN_USER), "HOME")),
        (14, Key::new(&root, format!("WORKSTREAM#{}", known::DEFAULT_WORKSTREAM))),
    ];
    for (_, key) in &gone {
        table.commit(vec![Write::Delete { key: key.clone(), when: Condition::Present }]).await.unwrap();
    }
    let report = world.plane.verify_bootstrap(false).await.unwrap();
    assert!(!report.ok);
    for step in &report.steps {
        let missing = gone.iter().any(|(number, _)| *number == step.step) || step.step == 5;
        assert_eq!(step.state == StepState::Missing, missing, "{step:?}");
    }
    let report = world.plane.verify_bootstrap(true).await.unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.steps.iter().filter(|step| step.state == StepState::Fixed).count(), 6);
    assert!(world.plane.verify_bootstrap(false).await.unwrap().ok);
    // The password is still the one that the administrator chose.
    assert_eq!(world.operator().await.get("/api/users").await.status, 200);
}

#[tokio::test]
async fn before_day_0_everything_is_missing_and_nothing_can_be_mended() {
    let world = World::empty().await;
    let report = world.plane.verify_bootstrap(false).await.unwrap();
    assert!(report.steps.iter().all(|step| step.state == StepState::Missing));
    assert!(world.plane.verify_bootstrap(true).await.is_err());
}

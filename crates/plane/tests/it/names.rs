//! Names: which are accepted, which are the same, and those that an earlier version stored.

use jiff::SignedDuration;
use plane::{
    change::NameClaim,
    features::workstreams::model::Workstream,
    record::{self, Record as _},
    text::Name,
};
use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::tenants::{Tenant, tenant};

async fn field_message(who: &Person, path: &str, body: Value) -> (String, String) {
    let answer = who.post(path, body).await.expect(400);
    let error = &answer["errors"][0];
    (error["pointer"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn scripts_that_need_joiners_can_write_their_names() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for name in ["علی\u{200c}رضا", "ශ්\u{200d}රී", "अ\u{94d}\u{200d}क", "👩\u{200d}💻", "❤\u{fe0f}", "葛\u{e0100}西"]
    {
        let made = acme.admin.post("/api/workstreams", json!({ "name": name })).await.expect(201);
        assert_eq!(made["name"], name);
    }
    let (pointer, message) =
        field_message(&acme.admin, "/api/workstreams", json!({ "name": "Pay\u{200d}ments" })).await;
    assert_eq!(pointer, "/name");
    assert!(message.contains("U+200D (zero-width joiner) as character 4"), "{message}");
    let (_, message) = field_message(&acme.admin, "/api/workstreams", json!({ "name": "a\u{202e}b" })).await;
    assert!(message.contains("U+202E (text direction mark), which is its character 2"), "{message}");
}

#[tokio::test]
async fn names_show_something_and_do_not_look_like_others() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let operator = world.operator().await;
    for hidden in
        ["\u{115f}", "\u{1160}", "\u{3164}", "\u{ffa0}", "\u{2800}", "\u{fe0f}", "\u{34f}", "\u{3164}\u{2800}"]
    {
        for path in ["/api/enterprises", "/api/workstreams", "/api/groups", "/api/roles", "/api/services"] {
            let who = if path == "/api/enterprises" || path == "/api/services" { &operator } else { &acme.admin };
            let (pointer, message) = field_message(who, path, json!({ "name": hidden })).await;
            assert_eq!((pointer.as_str(), message.as_str()), ("/name", "this has only invisible characters"));
        }
    }
    operator.post("/api/enterprises", json!({ "name": "Northwind Straße" })).await.expect(201);
    for twin in [
        "northwind STRASSE",
        "Northwind\u{fe0f} Straße",
        "North\u{3164}wind Straße",
        "Northwind\u{2800}Straße",
        "Νorthwind Straße",
        "Nоrthwind  Strasse",
    ] {
        let refused = operator.post("/api/enterprises", json!({ "name": twin })).await;
        assert_eq!(refused.refused(409), "name_taken", "{twin:?}");
    }
    operator.post("/api/enterprises", json!({ "name": "Northwind Strase" })).await.expect(201);
}

#[tokio::test]
async fn no_role_or_group_takes_a_name_of_authority_in_disguise() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for name in ["admin", "adm\u{1160}in", "pl\u{1160}atform admin", "аdmin", "𝐚𝐝𝐦𝐢𝐧", "adm\u{200d}in", "r\u{2800}oot"]
    {
        for path in ["/api/roles", "/api/groups"] {
            let body = json!({ "enterpriseId": acme.enterprise, "name": name });
            let (pointer, _) = field_message(&acme.admin, path, body).await;
            assert_eq!(pointer, "/name", "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_renamed_or_deleted_record_leaves_no_claim() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let path = make(&acme, "Straße").await;
    // To a name that is the same, and to another.
    acme.admin.put(&path, json!({ "name": "STRASSE" })).await.expect(200);
    acme.admin.put(&path, json!({ "name": "Strаße" })).await.expect(200);
    assert_eq!(acme.admin.post("/api/workstreams", json!({ "name": "strasse" })).await.refused(409), "name_taken");
    acme.admin.put(&path, json!({ "name": "Москва" })).await.expect(200);
    let taken = make(&acme, "Straße").await;
    assert_eq!(acme.admin.put(&path, json!({ "name": "strasse" })).await.refused(409), "name_taken");
    acme.admin.delete(&taken).await.expect(204);
    acme.admin.delete(&path).await.expect(204);
    for name in ["Straße", "STRASSE", "Strаße", "Москва"] {
        assert_eq!(holders(&world, &acme, name).await, 0, "{name}");
    }
}

#[tokio::test]
async fn names_of_an_earlier_version_stay_unique() {
    let world = World::new().await;
    let mut acme = tenant(&world, "Acme").await;
    let street = make(&acme, "Straße").await;
    let (one, twin) = (make(&acme, "Cафе").await, make(&acme, "Northwind").await);
    for (path, name) in [(&street, "Straße"), (&one, "Cафе")] {
        as_of_an_earlier_version(&world, &acme, path, name).await;
    }
    // The name as it is is still taken.
    assert_eq!(acme.admin.post("/api/workstreams", json!({ "name": "STRAßE" })).await.refused(409), "name_taken");

    // Before the job ran, a record of an earlier version is renamed and deleted.
    acme.admin.put(&street, json!({ "name": "Allee" })).await.expect(200);
    assert_eq!(holders(&world, &acme, "Straße").await, 0);
    acme.admin.put(&street, json!({ "name": "Straße" })).await.expect(200);
    as_of_an_earlier_version(&world, &acme, &street, "Straße").await;
    acme.admin.delete(&street).await.expect(204);
    assert_eq!(holders(&world, &acme, "Straße").await, 0);

    // The job claims the others.
    let missing = name_claim(&acme, "Cафе").claims().len() - 1;
    assert_eq!(holders(&world, &acme, "Cафе").await, 1);
    world.advance(SignedDuration::from_hours(6));
    world.plane.run_due_jobs().await.unwrap();
    let job = world.operator().await.get("/api/jobs/name-claims").await.expect(200);
    assert_eq!(
        (&job["lastRun"]["outcome"], &job["lastRun"]["counts"]["claimed"]),
        (&json!("succeeded"), &json!(1)),
        "{job}"
    );
    assert_eq!(holders(&world, &acme, "Cафе").await, 1 + missing);
    acme.sign_in_again(&world).await;
    assert_eq!(acme.admin.put(&twin, json!({ "name": "САФЕ" })).await.refused(409), "name_taken");
    // It has nothing to do again.
    world.advance(SignedDuration::from_hours(6));
    world.plane.run_due_jobs().await.unwrap();
    let job = world.operator().await.get("/api/jobs/name-claims").await.expect(200);
    assert_eq!(job["lastRun"]["counts"]["claimed"], 0, "{job}");
}

/// Makes a workstream and answers its address.
async fn make(acme: &Tenant, name: &str) -> String {
    let made = acme.admin.post("/api/workstreams", json!({ "name": name })).await;
    made.header("location").unwrap_or_else(|| panic!("{name}")).to_owned()
}

fn name_claim(acme: &Tenant, name: &str) -> NameClaim {
    let id = plane::ids::WorkstreamId::from_uuid(uuid::Uuid::nil());
    Workstream::claim_on(acme.account, acme.enterprise, &Name::try_from(name).unwrap(), id)
}

/// How many claims on a name are stored, for whomever.
async fn holders(world: &World, acme: &Tenant, name: &str) -> usize {
    let mut found = 0;
    for claim in name_claim(acme, name).claims() {
        found += usize::from(world.table().get(&claim.place().key).await.unwrap().is_some());
    }
    found
}

/// Removes the claims that an earlier version did not make: all but the last.
async fn as_of_an_earlier_version(world: &World, acme: &Tenant, path: &str, name: &str) {
    let claim = name_claim(acme, name);
    let (_, later) = claim.claims().split_last().unwrap();
    assert!(!later.is_empty(), "{name} at {path} has one form");
    world.table().commit(later.iter().map(record::delete).collect()).await.unwrap();
}

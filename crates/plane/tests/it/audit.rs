//! Who sees which entries of the audit log, and how its chain is checked.

use std::collections::BTreeSet;

use plane::{
    audit::{AuditEntry, Author, ChainReport, EntryDraft},
    features::audit::Depth,
    ids::{AccountId, AuditId},
    ports::table::{Condition, Index, Key, Order, Query, Range, Write},
    record::{create, decode, encode, partition},
};
use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::{
    people::{all, busy_world, id, menu},
    tenants::{Tenant, license_of, tenant, triple},
};

/// Somebody of another enterprise of a tenant's account, with these permissions.
async fn neighbour(world: &World, acme: &Tenant, permissions: Value) -> (String, Person) {
    let (enterprise, product, service) = triple(world, "West").await;
    let operator = world.operator().await;
    let body = license_of(world, acme.account, (enterprise, product, service), 5);
    operator.post("/api/licenses", body).await.expect(201);
    let named = json!({ "accountId": acme.account, "enterpriseId": enterprise });
    let with = |more: Value| {
        let mut body = named.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let role = id(&operator.post("/api/roles", with(json!({ "name": "Reader" }))).await.expect(201));
    let path = format!("/api/roles/{role}/permissions?accountId={}", acme.account);
    operator.put(&path, json!({ "permissions": permissions })).await.expect(200);
    let group = with(json!({ "name": "Readers", "roleIds": [role] }));
    let group = id(&operator.post("/api/groups", group).await.expect(201));
    let user = with(json!({
        "productId": product, "serviceId": service, "firstName": "Wes", "lastName": "Ter",
        "email": "wes@west.example", "startDate": world.today(), "groupIds": [group]
    }));
    operator.post("/api/users/provision", user).await.expect(201);
    (enterprise.to_string(), world.accept_invitation("wes@west.example").await)
}

#[tokio::test]
async fn a_viewer_sees_the_entries_of_their_enterprise_alone() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let (west, wes) = neighbour(&world, &acme, json!([menu("overview", "v")])).await;
    acme.role("Secret of the east", json!([])).await;
    let seen = all(&wes, "/api/audit", 20).await;
    let enterprises: BTreeSet<_> = seen.iter().map(|entry| entry["enterpriseId"].as_str().unwrap()).collect();
    assert_eq!(enterprises, BTreeSet::from([west.as_str()]));
    let mine: Vec<_> = seen.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(mine.contains(&"role_create") && mine.contains(&"auth_login"), "{mine:?}");
    // To view everything is not to view the whole account.
    assert_eq!(wes.get("/api/audit/account").await.refused(403), "forbidden");
    assert_eq!(wes.get("/api/audit/checkpoint").await.refused(403), "forbidden");
    let foreign = format!("/api/audit?enterpriseId={}", acme.enterprise);
    assert_eq!(wes.get(&foreign).await.refused(403), "forbidden");
    assert_eq!(wes.get("/api/audit/verify?full=true").await.refused(403), "forbidden");
    assert_eq!(wes.get("/api/audit/verify").await.expect(200)["valid"], true);
    // Who administers the account sees all of it, entries of no enterprise included.
    let whole = all(&acme.admin, "/api/audit/account", 50).await;
    let of = |of: Option<&str>| whole.iter().any(|entry| entry["enterpriseId"].as_str() == of);
    assert!(of(Some(&west)) && of(Some(&acme.enterprise.to_string())), "{whole:#?}");
    let named = format!("/api/audit?accountId={}&limit=200", acme.account);
    let every = world.operator().await.get(&named).await.expect(200);
    assert!(every["items"].as_array().unwrap().iter().all(|entry| entry["enterpriseId"].is_string()), "{every:#}");
}

#[tokio::test]
async fn entries_without_an_enterprise_are_read_by_the_right_to_the_whole_account() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let reader = acme.member(&world, "reader", json!([menu("overview", "v")])).await;
    // As it was written before entries had an enterprise.
    let old = json!({
        "id": AuditId::new(world.plane.now(), world.plane.rng()), "accountId": acme.account, "at": world.plane.now(),
        "author": { "kind": "system", "name": "old" }, "action": "old_act", "requestId": "r-1"
    });
    let old: AuditEntry = serde_json::from_value(old).unwrap();
    world.table().commit(vec![create(&old)]).await.unwrap();
    let count = async |person: &Person, path: &str| {
        all(person, path, 50).await.iter().filter(|entry| entry["action"] == "old_act").count()
    };
    assert_eq!(count(&reader.person, "/api/audit").await, 0);
    assert_eq!(count(&acme.admin, "/api/audit").await, 0);
    assert_eq!(count(&acme.admin, "/api/audit/account").await, 1);
}

#[tokio::test]
async fn a_tenant_sees_the_enterprises_of_its_scope_alone() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let (west, wes) = neighbour(&world, &acme, json!([menu("overview", "v")])).await;
    let names = |page: Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(wes.get("/api/enterprises").await.expect(200)), std::slice::from_ref(&west));
    assert_eq!(names(acme.admin.get("/api/enterprises").await.expect(200)), [acme.enterprise.to_string()]);
    assert_eq!(wes.get(&format!("/api/enterprises/{}", acme.enterprise)).await.refused(404), "not_found");
    wes.get(&format!("/api/enterprises/{west}")).await.expect(200);
}

async fn fill(world: &World, account: AccountId, count: usize) {
    let drafts = (0..count)
        .map(|number| EntryDraft::new(account, Author::System { name: "test".into() }, format!("act_{number}")));
    let writes: Vec<Write> = drafts.map(|draft| world.plane.entry_write(&draft)).collect();
    for writes in writes.chunks(100) {
        world.table().commit(writes.to_vec()).await.unwrap();
    }
    world.plane.relay_once().await.unwrap();
}

async fn check(world: &World, account: AccountId, depth: Depth) -> ChainReport {
    world.plane.verify_audit(account, depth).await.unwrap()
}

/// Changes a sealed entry behind the product's back.
async fn tamper(world: &World, account: AccountId, action: &str) {
    let table = world.table();
    let query = Query {
        index: Index::Table,
        pk: partition(account),
        range: Range::Prefix("AUDIT#".into()),
        order: Order::Ascending,
        limit: 1000,
        after: None,
    };
    let items = table.query(&query).await.unwrap().items;
    let mut found = items
        .iter()
        .map(|item| decode::<AuditEntry>(item).unwrap().record)
        .find(|entry| entry.action == action)
        .unwrap();
    found.action = "nothing".into();
    table.commit(vec![Write::Put { item: encode(&found), when: Condition::Always }]).await.unwrap();
}

#[tokio::test]
async fn a_check_reads_what_was_sealed_since_the_last_one() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await.account;
    fill(&world, acme, 300).await;
    let first = check(&world, acme, Depth::SinceCheckpoint).await;
    assert!(first.valid && first.checked_from == 0 && first.entries >= 300, "{first:?}");
    fill(&world, acme, 20).await;
    let second = check(&world, acme, Depth::SinceCheckpoint).await;
    assert_eq!((second.valid, second.checked_from, second.entries), (true, first.entries, first.entries + 20));
    let third = check(&world, acme, Depth::SinceCheckpoint).await;
    assert_eq!((third.checked_from, third.entries), (second.entries, second.entries));
    // An old entry is read again by a full check alone; a new one by every check.
    tamper(&world, acme, "act_250").await;
    assert!(check(&world, acme, Depth::SinceCheckpoint).await.valid);
    let full = check(&world, acme, Depth::Full).await;
    assert!(
        !full.valid && full.broken.as_deref().is_some_and(|what| what.contains("not as it was written")),
        "{full:?}"
    );
}

#[tokio::test]
async fn a_chain_that_was_broken_or_cut_is_not_signed() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    fill(&world, acme.account, 5).await;
    tamper(&world, acme.account, "act_3").await;
    assert!(!check(&world, acme.account, Depth::SinceCheckpoint).await.valid);
    assert_eq!(acme.admin.get("/api/audit/checkpoint").await.refused(409), "conflict");
    // A head that was put back to before the checkpoint shows.
    fill(&world, bolt.account, 5).await;
    let signed = bolt.admin.get("/api/audit/checkpoint").await.expect(200);
    let keys = world.nobody().get("/.well-known/audit-keys.json").await.expect(200);
    let checkpoint: plane::audit::Checkpoint = serde_json::from_value(signed).unwrap();
    assert!(checkpoint.is_signed_by(&keys) && checkpoint.sequence >= 5, "{checkpoint:?}");
    let head = plane::audit::ChainHead::first(bolt.account);
    let key = Key::new(partition(bolt.account), "AUDITHEAD");
    let table = world.table();
    table.commit(vec![Write::Put { item: encode(&head), when: Condition::Present }]).await.unwrap();
    assert!(table.get(&key).await.unwrap().is_some());
    let report = check(&world, bolt.account, Depth::SinceCheckpoint).await;
    assert!(report.broken.as_deref().is_some_and(|what| what.contains("was signed up to")), "{report:?}");
}

#[tokio::test]
async fn checks_of_one_account_that_come_together_are_one() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await.account;
    fill(&world, acme, 1_000).await;
    let checks = (0..50).map(|_| check(&world, acme, Depth::SinceCheckpoint));
    let reports = futures::future::join_all(checks).await;
    let from: BTreeSet<u64> = reports.iter().map(|report| report.checked_from).collect();
    assert_eq!(from, BTreeSet::from([0]), "they share the report of the first");
    assert!(reports.iter().all(|report| report.valid && report.entries == reports[0].entries));
}

/// The latest entry of an action.
async fn latest(world: &World, account: impl std::fmt::Display, action: &str) -> Value {
    let path = format!("/api/audit/account?accountId={account}&action={action}&limit=1");
    world.operator().await.get(&path).await.expect(200)["items"][0].clone()
}

/// The changes of an entry, by field.
fn change(entry: &Value, field: &str) -> Value {
    let changes = entry["changes"].as_array().into_iter().flatten();
    changes.into_iter().find(|change| change["field"] == field).cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_entry_says_who_was_deleted_and_what_was_lost() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let role = acme.role("Reader", json!([menu("builds", "v")])).await;
    let group = json!({ "enterpriseId": acme.enterprise, "name": "Readers", "roleIds": [role] });
    let group = id(&acme.admin.post("/api/groups", group).await.expect(201));
    let mia = acme.member(&world, "mia", json!([])).await;
    let path = format!("/api/users/{}", mia.id);
    let before = acme.admin.get(&format!("{path}/groups")).await.expect(200);
    acme.admin.put(&format!("{path}/groups"), json!({ "groupIds": [group] })).await.expect(200);
    let entry = latest(&world, acme.account, "user_edit").await;
    let lost = &before["items"][0];
    assert_eq!(
        entry["changes"],
        json!([{
            "field": "groups",
            "added": [{ "id": group, "name": "Readers" }],
            "removed": [{ "id": lost["id"], "name": lost["name"] }]
        }])
    );
    acme.admin.put(&path, json!({ "lastName": "Renamed" })).await.expect(200);
    let entry = latest(&world, acme.account, "user_edit").await;
    let renamed = change(&entry, "lastName");
    assert_eq!(renamed["after"], "Renamed");
    // The name at that time is the one before.
    assert!(entry["targetName"].as_str().unwrap().ends_with(renamed["before"].as_str().unwrap()), "{entry}");

    acme.admin.delete(&path).await.expect(204);
    let entry = latest(&world, acme.account, "user_delete").await;
    assert!(entry["targetName"].as_str().unwrap().ends_with("Renamed"), "{entry}");
    assert_eq!(change(&entry, "email"), json!({ "field": "email", "before": mia.email }));
    assert_eq!(change(&entry, "status")["before"], "active");
    assert_eq!(change(&entry, "groups")["removed"], json!([{ "id": group, "name": "Readers" }]));

    acme.admin.delete(&format!("/api/groups/{group}")).await.expect(204);
    let entry = latest(&world, acme.account, "group_delete").await;
    assert_eq!(
        (&entry["targetName"], &change(&entry, "roles")["removed"][0]["name"]),
        (&json!("Readers"), &json!("Reader"))
    );
    acme.admin.delete(&format!("/api/roles/{role}")).await.expect(204);
    let entry = latest(&world, acme.account, "role_delete").await;
    assert_eq!(change(&entry, "permissions.builds.canView")["before"], true);
    world.plane.drain(std::time::Duration::from_secs(20)).await.unwrap();
    let report = world.plane.verify_audit(acme.account, Depth::Full).await.unwrap();
    assert!(report.valid, "{report:?}");
}

#[tokio::test]
async fn a_license_is_named_by_what_it_is_for_and_a_role_shows_each_right() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let triple = triple(&world, "West").await;
    let operator = world.operator().await;
    let license = id(&operator.post("/api/licenses", license_of(&world, acme.account, triple, 5)).await.expect(201));
    let entry = latest(&world, acme.account, "license_create").await;
    let name = entry["targetName"].as_str().unwrap();
    assert_eq!((name.matches(" / ").count(), name.matches("West").count()), (2, 3), "{entry}");
    assert_eq!(entry["changes"], Value::Null, "a new record has its name alone");
    let path = format!("/api/licenses/{license}?accountId={}", acme.account);
    operator.put(&path, json!({ "numberOfUsers": 77 })).await.expect(200);
    let entry = latest(&world, acme.account, "license_edit").await;
    assert_eq!(entry["changes"], json!([{ "field": "numberOfUsers", "before": 5, "after": 77 }]));

    let role = acme.role("Reader", json!([menu("builds", "v")])).await;
    let path = format!("/api/roles/{role}/permissions");
    acme.admin.put(&path, json!({ "permissions": [menu("builds", "ve")] })).await.expect(200);
    let entry = latest(&world, acme.account, "role_edit").await;
    assert_eq!(entry["targetName"], "Reader");
    assert_eq!(change(&entry, "permissions.builds.canEdit")["after"], true);
    assert_eq!(change(&entry, "permissions.builds.canView"), Value::Null);
}

#[tokio::test]
async fn the_size_of_an_entry_grows_by_a_name_and_a_field() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let bytes = |entry: &Value, without: &[&str]| {
        let mut entry = entry.clone();
        for member in without {
            entry.as_object_mut().unwrap().remove(*member);
        }
        entry.to_string().len()
    };
    let user = crate::people::new_user(&world, &acme, "one@acme.example");
    let user = id(&acme.admin.post("/api/users", user).await.expect(201));
    let entry = latest(&world, acme.account, "user_create").await;
    let more = bytes(&entry, &[]) - bytes(&entry, &["targetName", "changes"]);
    assert!(more <= 60, "{more} bytes: {entry}");
    acme.admin.put(&format!("/api/users/{user}"), json!({ "lastName": "New" })).await.expect(200);
    let entry = latest(&world, acme.account, "user_edit").await;
    let more = bytes(&entry, &[]) - bytes(&entry, &["targetName", "changes"]);
    assert!(more <= 120, "{more} bytes: {entry}");
    acme.admin.delete(&format!("/api/users/{user}")).await.expect(204);
    let entry = latest(&world, acme.account, "user_delete").await;
    let more = bytes(&entry, &[]) - bytes(&entry, &["targetName", "changes"]);
    assert!(more <= 1000, "{more} bytes: {entry}");
}

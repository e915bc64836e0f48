//! Every update and deletion of a record honours `If-Match`, also when it races another: a stale tag changes nothing.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    elsewhere::Elsewhere,
    operations::{Operation, operations},
    store,
    world::{Answer, Person, World},
};

use crate::{
    people::{busy_world, id, new_user},
    tenants::{Tenant, tenant},
};

/// Updates and deletions without a precondition.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("me_end", "a session has no version: it is there or it has ended"),
    ("me_end_all", "all sessions but one end, whichever there are"),
    ("provisioning_discard", "a dead letter is never changed: it is there or not"),
];

/// Operations whose tag is that of another path.
const TAGGED_ELSEWHERE: &[(&str, &str)] = &[("provisioning_deprovision", "/api/accounts/{accountId}")];

fn honouring() -> Vec<Operation> {
    let changes = |operation: &Operation| matches!(operation.method, Method::PUT | Method::PATCH | Method::DELETE);
    let is_exception = |operation: &Operation| EXCEPTIONS.iter().any(|(id, _)| *id == operation.id);
    operations().into_iter().filter(|operation| changes(operation) && !is_exception(operation)).collect()
}

/// The path that tells the tag for an operation.
fn tagged(operation: &Operation) -> String {
    let elsewhere = TAGGED_ELSEWHERE.iter().find(|(id, _)| *id == operation.id);
    elsewhere.map_or_else(|| operation.path.clone(), |(_, path)| (*path).to_owned())
}

#[test]
fn the_document_declares_each_precondition_and_where_its_tag_is() {
    let all = operations();
    for operation in honouring() {
        let name = &operation.id;
        assert!(operation.parameters("header").any(|header| header["name"] == "If-Match"), "{name}");
        assert!(operation.answers(412), "{name}");
        let path = tagged(&operation);
        let read = all.iter().find(|read| read.method == Method::GET && read.path == path);
        let read = read.unwrap_or_else(|| panic!("{name}: nobody can read the tag of {path}"));
        let headers = &read.described["responses"]["200"]["headers"];
        assert!(headers.get("ETag").is_some(), "{}: {headers}", read.id);
    }
    for (name, _) in EXCEPTIONS.iter().chain(TAGGED_ELSEWHERE) {
        assert!(all.iter().any(|operation| operation.id == *name), "{name} is no operation");
    }
}

#[tokio::test]
async fn a_precondition_that_nothing_judges_is_refused() {
    let world = busy_world().await;
    let operator = world.operator().await;
    for path in ["/api/users/me/sessions", "/api/users/me/sessions/01930000-0000-7000-8000-000000000001"] {
        let answer = operator.send(Method::DELETE, path, None, &[("if-match", "\"1\"")]).await.expect(400);
        assert_eq!(answer["errors"][0]["pointer"], "/if-match", "{path}: {answer}");
    }
    assert_eq!(operator.get("/api/users/me/sessions").await.status, 200, "nothing was ended");
}

/// A record of each kind, by the name of its id.
async fn records(world: &World, acme: &Tenant) -> BTreeMap<&'static str, String> {
    let operator = world.operator().await;
    let of_acme = json!({ "enterpriseId": acme.enterprise, "name": "Crew" });
    let connection = json!({ "name": "Elm's own", "region": "eu-central-1" });
    BTreeMap::from([
        ("accountId", acme.account.to_string()),
        ("enterpriseId", acme.enterprise.to_string()),
        ("productId", acme.product.to_string()),
        ("serviceId", acme.service.to_string()),
        ("licenseId", acme.license.to_string()),
        ("roleId", id(&acme.admin.post("/api/roles", of_acme.clone()).await.expect(201))),
        ("groupId", id(&acme.admin.post("/api/groups", of_acme.clone()).await.expect(201))),
        ("workstreamId", id(&acme.admin.post("/api/workstreams", of_acme).await.expect(201))),
        ("userId", id(&acme.admin.post("/api/users", new_user(world, acme, "one@acme.example")).await.expect(201))),
        ("connectionId", id(&operator.post("/api/connections", connection).await.expect(201))),
    ])
}

#[tokio::test]
async fn a_stale_tag_is_refused_and_changes_nothing() {
    let world = World::beside(&Elsewhere::new(store::tables().await)).await;
    let acme = tenant(&world, "Acme").await;
    let records = records(&world, &acme).await;
    let operator = world.operator().await;
    let in_acme = |operation: &Operation, path: &str| {
        let mut path = path.to_owned();
        for (name, id) in &records {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        assert!(!path.contains('{'), "no record for {path}");
        let names_account = operation.parameters("query").any(|parameter| parameter["name"] == "accountId");
        if names_account { format!("{path}?accountId={}", acme.account) } else { path }
    };
    let some = |name: &str| records.get(name).cloned().unwrap_or_else(|| acme.account.to_string());
    for operation in honouring() {
        let name = &operation.id;
        let read = in_acme(&operation, &tagged(&operation));
        let before = operator.get(&read).await;
        let tag = before.header("etag").unwrap_or_else(|| panic!("{read} has no tag")).to_owned();
        let sample = operation.sample(&world.today().to_string(), &some);
        let mut path = in_acme(&operation, &operation.path);
        for (name, value) in sample.query.iter().filter(|(name, _)| name != "accountId") {
            let between = if path.contains('?') { "&" } else { "?" };
            path.extend([between, name.as_str(), "=", value.as_str()]);
        }
        for stale in ["\"999999\"", "\"999998\", W/\"999999\""] {
            let headers = [("if-match", stale)];
            let answer = operator.send(operation.method.clone(), &path, sample.body.clone(), &headers).await;
            assert_eq!(answer.refused(412), "precondition_failed", "{name}");
        }
        let after = operator.get(&read).await;
        assert_eq!((after.header("etag"), &after.body), (Some(tag.as_str()), &before.body), "{name}");
    }
}

/// Sends two requests at once with the tag that a path has now.
async fn race(person: &Person, tagged: &str, requests: [(Method, &str, Option<Value>); 2]) -> [Answer; 2] {
    let read = person.get(tagged).await;
    let tag = read.header("etag").unwrap().to_owned();
    let headers = [("if-match", tag.as_str())];
    let [one, two] = requests.map(|(method, path, body)| person.send(method, path, body, &headers));
    let (one, two) = tokio::join!(one, two);
    [one, two]
}

/// One of two requests got through.
fn one_won(answers: &[Answer; 2]) {
    let mut statuses = [answers[0].status, answers[1].status];
    statuses.sort_unstable();
    assert!(statuses[0] < 300 && statuses[1] == 412, "{statuses:?}: {answers:?}");
}

#[tokio::test]
async fn of_two_with_one_tag_one_gets_through() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let [red, blue] = [acme.group("Red", &[]).await, acme.group("Blue", &[]).await];
    let [reader, writer] = [acme.role("Reader", json!([])).await, acme.role("Writer", json!([])).await];
    let stream = |name: &str| json!({ "enterpriseId": acme.enterprise, "name": name });
    let one = id(&acme.admin.post("/api/workstreams", stream("One")).await.expect(201));
    let two = id(&acme.admin.post("/api/workstreams", stream("Two")).await.expect(201));
    let user = id(&acme.admin.post("/api/users", new_user(&world, &acme, "one@acme.example")).await.expect(201));
    let [groups, streams] = ["groups", "workstreams"].map(|list| format!("/api/users/{user}/{list}"));
    let roles = format!("/api/groups/{red}/roles");
    for _ in 0..8 {
        for (path, field, [a, b]) in [
            (&groups, "groupIds", [&red, &blue]),
            (&streams, "workstreamIds", [&one, &two]),
            (&roles, "roleIds", [&reader, &writer]),
        ] {
            acme.admin.put(path, json!({ field: [] })).await.expect(200);
            let put = |id: &String| (Method::PUT, path.as_str(), Some(json!({ field: [id] })));
            let answers = race(&acme.admin, path, [put(a), put(b)]).await;
            one_won(&answers);
            let won = answers.iter().find(|answer| answer.status == 200).unwrap();
            let stored = acme.admin.get(path).await;
            assert_eq!((&stored.body, stored.header("etag")), (&won.body, won.header("etag")));
        }
    }
    // A change of something else does not make the tag of a list stale.
    let tag = acme.admin.get(&groups).await.header("etag").unwrap().to_owned();
    acme.admin.put(&format!("/api/users/{user}"), json!({ "lastName": "New" })).await.expect(200);
    let body = Some(json!({ "groupIds": [] }));
    acme.admin.send(Method::PUT, &groups, body, &[("if-match", &tag)]).await.expect(200);
}

#[tokio::test]
async fn a_deletion_with_a_tag_does_not_take_what_somebody_changes_meanwhile() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    for round in 0..4 {
        let named = |name: &str| json!({ "enterpriseId": acme.enterprise, "name": format!("{name} {round}") });
        let user = new_user(&world, &acme, &format!("u{round}@acme.example"));
        for (kind, body, change) in [
            ("groups", named("Crew"), json!({ "description": "kept" })),
            ("roles", named("Crew"), json!({ "description": "kept" })),
            ("workstreams", named("Crew"), json!({ "description": "kept" })),
            ("users", user, json!({ "lastName": "Kept" })),
        ] {
            let path = format!("/api/{kind}/{}", id(&acme.admin.post(&format!("/api/{kind}"), body).await.expect(201)));
            let requests = [(Method::PUT, path.as_str(), Some(change.clone())), (Method::DELETE, path.as_str(), None)];
            let [update, deletion] = race(&acme.admin, &path, requests).await;
            if deletion.status == 204 {
                assert!(matches!(update.status, 404 | 412), "{kind}: {}", update.status);
                acme.admin.get(&path).await.refused(404);
            } else {
                assert_eq!((deletion.status, update.status), (412, 200), "{kind}");
                let stored = acme.admin.get(&path).await.expect(200);
                for (field, value) in change.as_object().unwrap() {
                    assert_eq!(&stored[field], value, "{kind}");
                }
                assert_ne!(stored["status"], "inactive", "{kind}: {stored}");
                // Without a tag it goes.
                acme.admin.delete(&path).await.expect(204);
            }
        }
    }
}

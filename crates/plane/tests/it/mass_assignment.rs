//! What the server owns is not taken from a request: neither from a body, at any depth, nor from the query.

use std::collections::BTreeSet;

use plane::ids::known;
use serde_json::{Map, Value, json};
use testkit::{
    operations::{Operation, operations},
    world::Answer,
};

use crate::people::busy_world;

/// Fields that only the server sets, somewhere.
fn owned() -> Map<String, Value> {
    let id = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";
    let owned = json!({
        "id": id, "accountId": known::ROOT_ACCOUNT, "enterpriseId": known::GLOBAL_ENTERPRISE, "status": "active",
        "createdAt": "2020-01-01T00:00:00Z", "updatedAt": "2020-01-01T00:00:00Z", "version": 99, "operator": true,
        "kind": "platform", "builtIn": true, "technical": true, "technicalUserId": id, "identityStatus": "confirmed",
        "licenseId": id, "usedSeats": 0, "used": 0, "seats": 1000, "degraded": false, "deletesAt": null,
        "provisioning": null, "roleId": id, "admin": true, "subject": id, "everyEnterprise": true,
        "__proto__": {}, "role": "admin", "mask": 32767, "createdBy": id, "table": "shared",
    });
    let Value::Object(owned) = owned else { unreachable!("it was written as an object") };
    owned
}

/// Where a body may name what the server owns elsewhere. Reviewed: a new line here lets callers set something.
const TAKEN: &[(&str, &str)] = &[
    // The guard has let the caller into these.
    ("auth_login", "/accountId"),
    ("auth_refresh", "/accountId"),
    ("groups_create", "/accountId"),
    ("groups_create", "/enterpriseId"),
    ("groups_update", "/accountId"),
    ("licenses_create", "/accountId"),
    ("licenses_create", "/enterpriseId"),
    ("licenses_update", "/accountId"),
    ("provisioning_start", "/accountId"),
    ("roles_create", "/accountId"),
    ("roles_create", "/enterpriseId"),
    ("roles_update", "/accountId"),
    ("users_create", "/accountId"),
    ("users_create", "/enterpriseId"),
    ("users_provision", "/accountId"),
    ("users_provision", "/enterpriseId"),
    ("users_update", "/accountId"),
    ("workstreams_create", "/accountId"),
    ("workstreams_create", "/enterpriseId"),
    ("workstreams_update", "/accountId"),
    ("workstreams_update", "/enterpriseId"),
    // For operators alone: what a new account is licensed for.
    ("accounts_create", "/licenses/0/enterpriseId"),
    // Nobody gives more than they hold.
    ("roles_create", "/mask"),
    ("roles_update", "/mask"),
    // Deactivates a user and takes them back.
    ("users_update", "/status"),
];

#[tokio::test]
async fn no_body_takes_a_field_that_the_server_owns() {
    let world = busy_world().await;
    let operator = world.operator().await;
    let (mut tried, mut taken) = (0, BTreeSet::new());
    for operation in operations().into_iter().filter(|operation| operation.body().is_some()) {
        let sample = operation.sample(&world.today().to_string(), &own_id);
        let body = sample.body.clone().unwrap();
        for pointer in objects(&body) {
            for (field, value) in owned() {
                let mut body = body.clone();
                let object = body.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
                if object.contains_key(&field) {
                    taken.insert((operation.id.clone(), format!("{pointer}/{field}")));
                    continue;
                }
                // First of all, so that nothing else in the body is complained about before.
                *object = std::iter::once((field.clone(), value)).chain(std::mem::take(object)).collect();
                let answer = operator.send(sample.method.clone(), &sample.uri(), Some(body), &[]).await;
                refused_for(answer, &operation, &format!("{pointer}/{field}"));
                tried += 1;
            }
        }
    }
    let reviewed = TAKEN.iter().map(|(id, field)| ((*id).to_owned(), (*field).to_owned())).collect();
    assert_eq!(taken, reviewed);
    assert!(tried > 800, "{tried}");
}

#[tokio::test]
async fn no_query_takes_a_field_that_the_server_owns() {
    let world = busy_world().await;
    let operator = world.operator().await;
    let mut tried = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let known: BTreeSet<_> =
            operation.parameters("query").filter_map(|parameter| parameter["name"].as_str()).collect();
        let sample = operation.sample(&world.today().to_string(), &own_id);
        for (field, _) in owned() {
            if known.contains(field.as_str()) || matches!(field.as_str(), "accountId" | "enterpriseId") {
                continue;
            }
            let mut sample = sample.clone();
            sample.query.insert(0, (field.clone(), "1".into()));
            let answer = operator.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await;
            refused_for(answer, &operation, &format!("/{field}"));
            tried += 1;
        }
    }
    assert!(tried > 2_000, "{tried}");
}

fn own_id(name: &str) -> String {
    match name {
        "accountId" => known::ROOT_ACCOUNT.to_string(),
        "enterpriseId" => known::GLOBAL_ENTERPRISE.to_string(),
        _ => "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned(),
    }
}

#[track_caller]
fn refused_for(answer: Answer, operation: &Operation, pointer: &str) {
    let why = format!("{} {pointer}: {}", operation.id, answer.body);
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid_request")), "{why}");
    assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{why}");
}

/// Where objects stand in a body.
fn objects(body: &Value) -> Vec<String> {
    fn find(value: &Value, pointer: String, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| find(value, format!("{pointer}/{name}"), found));
                // An empty one is a map, which takes any name.
                if !fields.is_empty() {
                    found.push(pointer);
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(place, item)| find(item, format!("{pointer}/{place}"), found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    find(body, String::new(), &mut found);
    found
}

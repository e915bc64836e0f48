//! A request body is one JSON object, read once. Every other form is refused before any effect.

use serde_json::{Value, json};
use testkit::{
    operations::{Operation, operations},
    store::Store,
    world::{Answer, Person, World, unlimited},
};

use super::{JSON, body_of, own_id, records};
use crate::tenants::tenant;

const MAX_BODY: usize = 1024 * 1024;

/// A world without rate limits, and its store.
async fn world() -> (World, Store) {
    let store = Store::new().await;
    let world = World::over(store.tables(), unlimited()).await;
    world.set_up().await;
    (world, store)
}

async fn send(world: &World, operation: &Operation, body: Vec<u8>) -> Answer {
    let sample = operation.sample(&world.today().to_string(), &own_id);
    let person: Person = if operation.guarded { world.operator().await } else { world.nobody() };
    person.send_raw(sample.method.clone(), &sample.uri(), body, &[JSON]).await
}

#[tokio::test]
async fn every_body_that_is_not_one_object_is_refused_before_any_effect() {
    let (world, store) = world().await;
    world.operator().await;
    let before = records(&store).await;
    let mut sent = 0;
    for operation in operations() {
        let forms = body_of(&world, &operation).map_or_else(forms_where_none_is_taken, |body| forms(&body));
        for (form, body) in forms {
            if body.is_empty() && operation.described["requestBody"]["required"] != true {
                continue;
            }
            let answer = send(&world, &operation, body.into_bytes()).await;
            assert_eq!(answer.refused(400), "invalid_request", "{}: {form}", operation.id);
            sent += 1;
        }
    }
    assert!(sent > 800, "{sent}");
    assert_eq!(records(&store).await, before, "a refused body left something");
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_any_effect() {
    let (world, store) = world().await;
    world.operator().await;
    let before = records(&store).await;
    for operation in operations() {
        let Some(body) = body_of(&world, &operation) else { continue };
        let longest = if operation.guarded { MAX_BODY } else { 16 * 1024 };
        let padded = format!("{body}{}", " ".repeat(longest + 1 - body.to_string().len()));
        assert_eq!(send(&world, &operation, padded.into_bytes()).await.refused(413), "body_too_large");
    }
    assert_eq!(records(&store).await, before, "a refused body left something");
}

#[tokio::test]
async fn an_account_or_enterprise_of_a_wrong_form_is_never_nothing_named() {
    let (world, store) = world().await;
    let acme = tenant(&world, "Acme").await;
    let before = records(&store).await;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let Some(body) = body_of(&world, &operation) else { continue };
        for field in ["accountId", "enterpriseId"] {
            for wrong in [json!(7), json!(true), json!([]), json!([acme.account]), json!({}), json!(""), json!("x")] {
                let mut body = body.clone();
                body[field] = wrong.clone();
                let answer = send(&world, &operation, body.to_string().into_bytes()).await;
                assert_eq!(answer.refused(400), "invalid_request", "{}: {field} {wrong}", operation.id);
            }
        }
    }
    assert_eq!(records(&store).await, before, "a refused body left something");
}

/// The array that names a foreign enterprise, where the same values as an object are refused.
#[tokio::test]
async fn no_form_of_body_gets_past_the_enterprise_check() {
    let (world, store) = world().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let before = records(&store).await;
    let object = json!({ "enterpriseId": bolt.enterprise, "name": "Intruders" });
    for path in ["/api/groups", "/api/roles"] {
        assert_eq!(acme.admin.post(path, object.clone()).await.refused(403), "forbidden");
        for array in [
            json!([null, bolt.enterprise, "Intruders", null, []]),
            json!([null, bolt.enterprise, null, null, "Intruders", null, null]),
        ] {
            assert_eq!(acme.admin.post(path, array).await.refused(400), "invalid_request");
        }
    }
    let user = json!([
        null,
        bolt.enterprise,
        bolt.product,
        bolt.service,
        "Mal",
        "Lory",
        "mal@evil.example",
        world.today(),
        null,
        [],
        []
    ]);
    for path in ["/api/users", "/api/users/provision"] {
        assert_eq!(acme.admin.post(path, user.clone()).await.refused(400), "invalid_request");
    }
    let groups = format!("/api/users/{}/groups", own_id("userId"));
    assert_eq!(acme.admin.put(&groups, json!([[]])).await.refused(400), "invalid_request");
    assert_eq!(records(&store).await, before, "a refused body left something");
}

/// A caller without a token or right gets that refusal, whatever the body is.
#[tokio::test]
async fn the_token_is_judged_before_the_body() {
    let (world, _) = world().await;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let sample = operation.sample(&world.today().to_string(), &own_id);
        for body in ["[]".to_owned(), "x".repeat(MAX_BODY + 1)] {
            let answer = world.nobody().send_raw(sample.method.clone(), &sample.uri(), body.into(), &[JSON]).await;
            assert_eq!(answer.refused(401), "unauthenticated", "{}", operation.id);
        }
    }
}

fn forms_where_none_is_taken() -> Vec<(String, String)> {
    ["[]", "{ }", "{\"a\":1}", "null", "x", " "]
        .into_iter()
        .map(|body| ("a body".to_owned(), body.to_owned()))
        .collect()
}

/// A valid body made wrong, in every way that a lenient reader accepts.
fn forms(body: &Value) -> Vec<(String, String)> {
    let mut forms: Vec<(String, String)> = Vec::new();
    let mut add = |form: &str, body: String| forms.push((form.to_owned(), body));
    for scalar in ["", "null", "true", "1", "\"text\"", "[]", "[{}]"] {
        add("no object", scalar.to_owned());
    }
    add("an object in an array", json!([body]).to_string());
    add("text after the object", format!("{body} {{}}"));
    add("text after the object", format!("{body},"));
    for pointer in objects(body) {
        let fields = body.pointer(&pointer).and_then(Value::as_object).expect("it was found there");
        let mut with_array = body.clone();
        *with_array.pointer_mut(&pointer).expect("it was found there") = fields.values().cloned().collect();
        add("an array in place of an object", with_array.to_string());
        let Some((name, value)) = fields.iter().next() else { continue };
        for repeated in [json!(name).to_string(), escaped(name)] {
            let object = Value::Object(fields.clone()).to_string();
            let twice = format!("{},{repeated}:{value}}}", &object[..object.len() - 1]);
            let marker = "\"the object that has a key twice\"";
            let mut with_marker = body.clone();
            *with_marker.pointer_mut(&pointer).expect("it was found there") = json!("the object that has a key twice");
            add("a key that stands twice", with_marker.to_string().replacen(marker, &twice, 1));
        }
    }
    forms
}

/// A key as JSON, with its first letter escaped.
fn escaped(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("\"\\u{:04x}{rest}\"", u32::from(first.chars().next().expect("a key has a letter")))
}

/// Where objects with fields stand in a body, the whole body among them.
fn objects(body: &Value) -> Vec<String> {
    fn find(value: &Value, pointer: String, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| find(value, format!("{pointer}/{name}"), found));
                found.push(pointer);
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

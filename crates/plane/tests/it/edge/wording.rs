//! What refusals of a body, a query and a path say: what a value must be, in no words of a parser or of Rust. Ids are read in
//! either case.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    operations::{Operation, Place, Sample, operations},
    world::{Answer, World},
};

use super::own_id;
use crate::tenants::{license_of, tenant};

/// Words of parsers and of Rust's types.
const FOREIGN: &[&str] = &[
    "struct",
    "enum",
    "variant",
    "variants",
    "tuple",
    "newtype",
    "map",
    "seq",
    "sequence",
    "unit",
    "char",
    "bool",
    "str",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "f32",
    "f64",
    "option",
    "none",
    "vec",
    "serde",
    "visitor",
    "deserialize",
    "eof",
    "uuid::error",
    "parseinterror",
    "digit",
    "untagged",
    "identifier",
];
const FOREIGN_PHRASES: &[&str] = &[
    "invalid type",
    "invalid value",
    "invalid length",
    "missing field",
    "unknown field",
    "unknown variant",
    "expected ",
];

/// Fails if a refusal has words that its caller can't know.
#[track_caller]
fn check_words(answer: &Answer, why: &str) {
    let mut texts = vec![answer.body["detail"].clone(), answer.body["help"].clone()];
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    texts.extend(errors.map(|error| error["message"].clone()));
    for text in texts.iter().filter_map(Value::as_str) {
        // A pointer and a value that the caller sent are the caller's own.
        let text = text.rsplit_once(": ").map_or(text, |(_, message)| message).to_lowercase();
        let foreign = text.split(|c: char| !c.is_alphanumeric() && c != ':').find(|word| FOREIGN.contains(word));
        assert_eq!(foreign, None, "{why}: {text}");
        for phrase in FOREIGN_PHRASES {
            assert!(!text.contains(phrase), "{why}: {text}");
        }
    }
}

/// Every place of a value in a body, the members of lists and of objects in it among them.
fn places(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                places(item, format!("{pointer}/{place}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if !pointer.is_empty() {
        found.push(pointer);
    }
}

fn with_body(sample: &Sample, body: Value) -> Sample {
    let mut sample = sample.clone();
    sample.body = Some(body);
    sample
}

async fn send(world: &World, operation: &Operation, sample: &Sample) -> Answer {
    let person = if operation.guarded { world.operator().await } else { world.nobody() };
    person.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_refused_in_plain_words() {
    let world = World::unlimited().await;
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("\u{1}"),
        json!([]),
        json!([7]),
        json!({}),
        json!({"x": 7}),
    ];
    let mut refused = 0;
    for operation in operations() {
        let sample = operation.sample(&world.today().to_string(), &own_id);
        let Some(body) = &sample.body else { continue };
        let mut pointers = Vec::new();
        places(body, String::new(), &mut pointers);
        for pointer in &pointers {
            for value in &wrong {
                let mut body = body.clone();
                *body.pointer_mut(pointer).unwrap() = value.clone();
                let answer = send(&world, &operation, &with_body(&sample, body)).await;
                if answer.status == 400 {
                    check_words(&answer, &format!("{} {pointer} {value}", operation.id));
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[tokio::test]
async fn a_field_that_is_missing_or_unknown_is_refused_in_plain_words() {
    let world = World::unlimited().await;
    let mut refused = 0;
    for operation in operations() {
        let sample = operation.sample(&world.today().to_string(), &own_id);
        let Some(body) = &sample.body else { continue };
        let mut pointers = Vec::new();
        places(body, String::new(), &mut pointers);
        for pointer in &pointers {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut bodies = vec![body.clone(), body.clone()];
            let Some(fields) = bodies[0].pointer_mut(parent).unwrap().as_object_mut() else { continue };
            fields.remove(name);
            bodies[1].pointer_mut(parent).unwrap()["unheardOf"] = json!(1);
            for body in bodies {
                let answer = send(&world, &operation, &with_body(&sample, body)).await;
                if answer.status == 400 {
                    check_words(&answer, &format!("{} without {pointer}", operation.id));
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 200, "{refused}");
}

#[tokio::test]
async fn a_bad_parameter_is_refused_in_plain_words() {
    let world = World::unlimited().await;
    let mut refused = 0;
    for operation in operations() {
        let sample = operation.sample(&world.today().to_string(), &own_id);
        let named = |place| operation.parameters(place).map(|one| one["name"].as_str().unwrap().to_owned());
        let places: Vec<_> = named("path").map(Place::Path).chain(named("query").map(Place::Query)).collect();
        for place in &places {
            for value in [
                "x",
                "-1",
                "1.5",
                "99999999999999999999",
                "true",
                "null",
                "%7B%7D",
                "{0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d}",
            ] {
                let answer = send(&world, &operation, &sample.clone().with(place, &value.replace('{', "%7B"))).await;
                if answer.status == 400 {
                    check_words(&answer, &format!("{} {place:?} {value}", operation.id));
                    refused += 1;
                }
            }
        }
        let answer = send(&world, &operation, &sample.clone().with(&Place::Query("unheardOf".into()), "1")).await;
        check_words(&answer, &operation.id);
    }
    assert!(refused > 500, "{refused}");
}

#[tokio::test]
async fn a_refusal_says_what_a_value_must_be() {
    let world = World::unlimited().await;
    let acme = tenant(&world, "Acme").await;
    let operator = world.operator().await;
    let triple = (acme.enterprise, acme.product, acme.service);
    let license = license_of(&world, acme.account, triple, 5);
    for (field, value, said) in [
        ("numberOfUsers", json!("five"), "must be a whole number from 1 to 1000000"),
        ("numberOfUsers", json!(1.5), "must be a whole number from 1 to 1000000"),
        ("contact", json!("Ada"), "must be an object or null"),
        ("startDate", json!(20_260_101), "must be a day of the calendar such as \"2026-01-31\""),
        ("productId", json!([]), "must be an id, a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"),
        ("seats", json!(5), "there is no such field"),
    ] {
        let mut body = license.clone();
        body[field] = value;
        let refused = operator.post("/api/licenses", body).await.expect(400);
        assert_eq!(refused["errors"], json!([{ "pointer": format!("/{field}"), "message": said }]));
    }
    for (path, pointer, said) in [
        ("/api/users?limit=many", "/limit", "must be a whole number from 1 to 200"),
        ("/api/users?status=gone", "/status", "must be one of active, inactive, ended"),
        ("/api/users?licenseId=7", "/licenseId", "an id is a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"),
        ("/api/users/7", "/userId", "an id is a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"),
        ("/api/users?pages=1", "/pages", "this operation has no such parameter"),
    ] {
        let refused = acme.admin.get(path).await.expect(400);
        assert_eq!(refused["errors"], json!([{ "pointer": pointer, "message": said }]), "{path}");
    }
    let broken = [
        ("{\"name\":", "it ends in the middle of a value, at line 1, column 8"),
        ("{'name'}", "key must be a string, at line 1, column 2"),
    ];
    for (body, said) in broken {
        let answer = operator.send_raw(Method::POST, "/api/services", body.into(), &[super::JSON]).await;
        assert_eq!(answer.body["errors"][0]["message"], format!("the body is not JSON: {said}"));
    }
}

/// A call with an id in capitals has the answer of the same call with the id in lower case, wherever the id is.
#[tokio::test]
async fn an_id_in_capitals_is_the_same_id() {
    let world = World::unlimited().await;
    let acme = tenant(&world, "Acme").await;
    let id = |name: &str| match name {
        "accountId" => acme.account.to_string(),
        "enterpriseId" => acme.enterprise.to_string(),
        "productId" => acme.product.to_string(),
        "serviceId" => acme.service.to_string(),
        _ => own_id(name),
    };
    let mut tried = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded && operation.method == "GET") {
        let sample = operation.sample(&world.today().to_string(), &id);
        for place in operation.id_places(&sample) {
            let [lower, capitals] =
                [id(place.name()), id(place.name()).to_uppercase()].map(|id| sample.clone().with(&place, &id));
            let (lower, capitals) = (send(&world, &operation, &lower).await, send(&world, &operation, &capitals).await);
            let of = |answer: &Answer| {
                (answer.status, answer.body["items"].clone(), answer.body["id"].clone(), answer.body["code"].clone())
            };
            assert_eq!(of(&lower), of(&capitals), "{} {place:?}", operation.id);
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");

    // In bodies, of records that there are.
    let capitals = |id: &dyn std::fmt::Display| id.to_string().to_uppercase();
    let (account, enterprise) = (capitals(&acme.account), capitals(&acme.enterprise));
    let group = json!({ "accountId": account, "enterpriseId": enterprise, "name": "Finance" });
    let group = world.operator().await.post("/api/groups", group).await.expect(201);
    assert_eq!((&group["accountId"], &group["enterpriseId"]), (&json!(acme.account), &json!(acme.enterprise)));
    let of_group = format!("/api/groups/{}", group["id"].as_str().unwrap().to_uppercase());
    assert_eq!(acme.admin.get(&of_group).await.expect(200)["id"], group["id"]);
    acme.admin.send(Method::DELETE, &of_group, None, &[]).await.expect(204);
}

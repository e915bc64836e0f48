//! What is wrong with a request is said as a problem document that names the field.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::world::{Answer, Person, World};

use crate::{
    people::new_user,
    tenants::{Tenant, tenant},
};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn raw(person: &Person, body: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Answer {
    person.send_raw(Method::POST, "/api/groups", body.into(), headers).await
}

/// Every refusal is a whole problem document.
#[track_caller]
fn document(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.body["status"], status);
    assert_eq!(answer.body["requestId"].as_str(), answer.header("x-request-id"));
    for field in ["type", "title", "detail"] {
        assert!(answer.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", answer.body);
    }
}

fn group(tenant: &Tenant) -> Value {
    json!({ "enterpriseId": tenant.enterprise, "name": "Crew" })
}

#[tokio::test]
async fn the_request_itself_is_judged() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let good = group(&acme).to_string();
    for kind in ["text/plain", "application/xml", "application/jsonx", "multipart/form-data", ""] {
        document(&raw(&acme.admin, good.clone(), &[("content-type", kind)]).await, 415, "unsupported_media_type");
    }
    document(&raw(&acme.admin, good.clone(), &[]).await, 415, "unsupported_media_type");
    let over = format!("{}{}", good, " ".repeat(1024 * 1024 + 1 - good.len()));
    document(&raw(&acme.admin, over, &[JSON]).await, 413, "body_too_large");
    for (method, path, allow) in [
        (Method::PATCH, "/api/groups", "GET,HEAD,POST"),
        (Method::DELETE, "/api/groups", "GET,HEAD,POST"),
        (Method::PUT, "/api/auth/login", "POST"),
        (Method::POST, "/health", "GET,HEAD"),
    ] {
        let answer = acme.admin.send(method.clone(), path, None, &[]).await;
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        document(&answer, 405, "method_not_allowed");
    }
    for path in ["/api/nothing", "/", "/api", "/api/users/", "/api//users", "/API/users"] {
        document(&acme.admin.get(path).await, 404, "not_found");
    }
    document(&world.nobody().get("/api/users").await, 401, "unauthenticated");
    // The largest body that is allowed is read to its end.
    let full = format!("{}{}", good, " ".repeat(1024 * 1024 - good.len()));
    raw(&acme.admin, full, &[("content-type", "application/json; charset=utf-8")]).await.expect(201);
}

#[tokio::test]
async fn the_field_that_is_wrong_is_named() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let id = acme.enterprise;
    for (body, pointer) in [
        (json!({ "enterpriseId": id, "name": "Crew", "colour": "red" }), "/colour"),
        (json!({ "enterpriseId": id }), "/name"),
        (json!({ "enterpriseId": id, "name": null }), "/name"),
        (json!({ "enterpriseId": id, "name": 5 }), "/name"),
        (json!({ "enterpriseId": id, "name": "" }), "/name"),
        (json!({ "enterpriseId": id, "name": " " }), "/name"),
        (json!({ "enterpriseId": id, "name": "x".repeat(10_000) }), "/name"),
        (json!({ "enterpriseId": id, "name": "a\u{0}b" }), "/name"),
        (json!({ "enterpriseId": id, "name": "Crew", "description": "x".repeat(100_000) }), "/description"),
        (json!({ "enterpriseId": id, "name": "Crew", "roleIds": {} }), "/roleIds"),
        (json!({ "enterpriseId": id, "name": "Crew", "roleIds": [id, 7] }), "/roleIds/1"),
        (json!({ "enterpriseId": id, "name": "Crew", "roleIds": [id, "x"] }), "/roleIds/1"),
        (json!({ "enterpriseId": id, "name": "Crew", "roleIds": vec![id; 1000] }), "/roleIds"),
        (json!({ "enterpriseId": "x", "name": "Crew" }), "/enterpriseId"),
        (json!({ "enterpriseId": 7, "name": "Crew" }), "/enterpriseId"),
        (json!({ "enterpriseId": id, "name": "Crew", "accountId": [] }), "/accountId"),
    ] {
        let answer = acme.admin.post("/api/groups", body.clone()).await;
        document(&answer, 400, "invalid_request");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{body}: {}", answer.body);
    }
    for body in ["", "{", "[]", "null", "\"x\"", "{\"a\":1}x", "{'a':1}", "\u{feff}{}", "{\"name\":\"\\ud800\"}"] {
        document(&raw(&acme.admin, body, &[JSON]).await, 400, "invalid_request");
    }
    document(&raw(&acme.admin, vec![b'{', b'"', 0xff, 0xfe, b'"', b'}'], &[JSON]).await, 400, "invalid_request");
    // A key that stands twice is no key.
    let twice = format!("{{\"enterpriseId\":\"{id}\",\"name\":\"One\",\"name\":\"Two\"}}");
    document(&raw(&acme.admin, twice, &[JSON]).await, 400, "invalid_request");
    for deep in [format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)), "{\"a\":".repeat(100_000)] {
        document(&raw(&acme.admin, deep, &[JSON]).await, 400, "invalid_request");
    }
    let mut user = new_user(&world, &acme, "grace@acme.example");
    user["startDate"] = json!("2026-02-30");
    let answer = acme.admin.post("/api/users", user).await;
    assert_eq!(answer.body["errors"][0]["pointer"], "/startDate", "{}", answer.body);
    for path in ["/api/users/x", "/api/users/..%2f..", "/api/users/%00"] {
        let answer = acme.admin.get(path).await;
        document(&answer, 400, "invalid_request");
        assert_eq!(answer.body["errors"][0]["pointer"], "/userId");
    }
}

#[tokio::test]
async fn every_field_that_is_missing_is_named() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let missing = |answer: &Answer| {
        let errors = answer.body["errors"].as_array().unwrap().clone();
        assert!(errors.iter().all(|error| error["message"] == "this is required"), "{errors:?}");
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let answer = acme.admin.post("/api/users", json!({ "firstName": "Grace" })).await;
    document(&answer, 400, "invalid_request");
    let named = missing(&answer);
    for field in ["enterpriseId", "productId", "serviceId", "lastName", "email", "startDate"] {
        assert!(named.contains(&format!("/{field}")), "{field}: {}", answer.body);
    }
    assert!(!named.contains("/endDate") && !named.contains("/firstName"), "{}", answer.body);
    // Within an object, those of that object.
    let offer = world.offer("Later").await;
    let mut request = world.account_request("Later", "public", &offer, 3);
    request["address"] = json!({ "line2": "Suite 4" });
    let answer = world.operator().await.post("/api/accounts", request).await;
    let expected = ["/address/city", "/address/country", "/address/line1", "/address/postalCode"];
    assert_eq!(missing(&answer), expected.map(str::to_owned).into(), "{}", answer.body);
}

#[tokio::test]
async fn one_request_names_one_account() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let operator = world.operator().await;
    let mut body = group(&acme);
    body["accountId"] = json!(acme.account);
    for person in [&operator, &acme.admin] {
        let both = person.post(&format!("/api/groups?accountId={}", bolt.account), body.clone()).await;
        document(&both, 400, "account_mismatch");
        let twice = format!("/api/groups?accountId={}&accountId={}", acme.account, bolt.account);
        document(&person.get(&twice).await, 400, "invalid_request");
        let path = format!("/api/accounts/{}?accountId={}", acme.account, bolt.account);
        document(&person.get(&path).await, 400, "account_mismatch");
    }
    document(&acme.admin.get(&format!("/api/groups?accountId={}", bolt.account)).await, 403, "forbidden");
    // A parameter that stands twice is refused, whatever it says; the path and the query do not both name the account.
    for path in [
        format!("/api/groups?accountId={}&accountId={}", acme.account, acme.account),
        format!("/api/accounts/{}?accountId={}", acme.account, acme.account),
    ] {
        document(&acme.admin.get(&path).await, 400, "invalid_request");
    }
    // However a key is written: two accounts in one body are refused, or one body is no body.
    let hidden = format!(
        "{{\"accountId\":\"{}\",\"\\u0061ccountId\":\"{}\",\"enterpriseId\":\"{}\",\"name\":\"Crew\"}}",
        acme.account, bolt.account, acme.enterprise
    );
    document(&raw(&acme.admin, hidden.clone(), &[JSON]).await, 400, "invalid_request");
    document(&raw(&operator, hidden, &[JSON]).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_well_formed_request_id_is_kept_and_another_replaced() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let ask = |id: String| {
        let admin = acme.admin.clone();
        async move { admin.send(Method::GET, "/api/users", None, &[("x-request-id", &id)]).await }
    };
    for id in ["a", "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d", "trace.1_2-3", &"x".repeat(128)] {
        assert_eq!(ask(id.to_owned()).await.header("x-request-id"), Some(id));
    }
    for id in ["", "a b", "a\"b", "<script>", "a/b", "é", &"x".repeat(129)] {
        let answer = ask(id.to_owned()).await;
        let given = answer.header("x-request-id").unwrap();
        assert_ne!(given, id);
        assert_eq!(given.len(), 36, "{given}");
    }
    let (one, two) = (acme.admin.get("/api/users").await, acme.admin.get("/nothing").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    // The server's own name for the request is beside the caller's, and is the one that problems, log and audit log have.
    let named = acme.admin.send(Method::GET, "/nothing", None, &[("x-request-id", "mine")]).await;
    let own = named.header("x-server-request-id").unwrap();
    assert_eq!((named.header("x-request-id"), own.len()), (Some("mine"), 36));
    assert_eq!(named.body["requestId"], own);
    assert_eq!(two.header("x-request-id"), two.header("x-server-request-id"));
}

#[tokio::test]
async fn records_have_an_etag_that_follows_them() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let enterprise = json!(acme.enterprise);
    for (path, body) in [
        ("/api/users", new_user(&world, &acme, "grace@acme.example")),
        ("/api/groups", json!({ "enterpriseId": enterprise, "name": "Crew", "description": "x" })),
        ("/api/roles", json!({ "enterpriseId": enterprise, "name": "Crew", "description": "x" })),
        ("/api/workstreams", json!({ "enterpriseId": enterprise, "name": "Crew", "description": "x" })),
    ] {
        let made = acme.admin.post(path, body).await;
        assert_eq!(made.status, 201, "{path}: {}", made.body);
        let one = made.header("location").unwrap().to_owned();
        let read = acme.admin.get(&one).await;
        assert_eq!((made.etag(), &made.body), (read.etag(), &read.body), "{path}");
        let change = if path == "/api/users" { json!({ "lastName": "M" }) } else { json!({ "description": "y" }) };
        let changed = acme.admin.send(Method::PUT, &one, Some(change), &[("if-match", &made.etag())]).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.body);
        assert_ne!(changed.etag(), made.etag(), "{path}");
        let read = acme.admin.get(&one).await;
        assert_eq!((changed.etag(), &changed.body), (read.etag(), &read.body), "{path}");
        let stale = acme.admin.send(Method::DELETE, &one, None, &[("if-match", &made.etag())]).await;
        assert_eq!(stale.refused(412), "precondition_failed", "{path}");
        acme.admin.send(Method::DELETE, &one, None, &[("if-match", &read.etag())]).await.expect(204);
    }
}

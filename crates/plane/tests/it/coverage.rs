//! The API's document is whole, and no operation is open that was not meant to be.

use std::{collections::BTreeSet, env, fs, path::Path};

use axum::http::Method;
use serde_json::Value;
use testkit::{
    operations::{document, operations},
    world::World,
};

/// Every operation that asks for no token. Reviewed: a new line here opens something to everybody.
const PUBLIC: &[&str] = &[
    "audit_keys",
    "auth_accept_invitation",
    "auth_challenge",
    "auth_forgot_password",
    "auth_jwks",
    "auth_login",
    "auth_logout",
    "auth_openid_configuration",
    "auth_refresh",
    "auth_reset_password",
    "bootstrap_run",
];

#[test]
fn the_operations_open_to_all_are_those_reviewed() {
    let open: BTreeSet<_> =
        operations().into_iter().filter(|operation| !operation.guarded).map(|operation| operation.id).collect();
    assert_eq!(open, PUBLIC.iter().map(|id| (*id).to_owned()).collect());
}

#[tokio::test]
async fn without_a_token_every_other_operation_answers_401() {
    let world = World::new().await;
    let nobody = world.nobody();
    let mut asked = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let id = |_: &str| "00000000-0000-7000-8000-000000000001".to_owned();
        let sample = operation.sample(&world.today().to_string(), &id);
        for body in [sample.body.clone(), None] {
            let answer = nobody.send(sample.method.clone(), &sample.uri(), body, &[]).await;
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{}", operation.id);
            assert_eq!(answer.refused(401), "unauthenticated", "{}", operation.id);
            asked += 1;
        }
        // A query, a path or a body that makes no sense is no way around the token, nor a way to ask anything.
        let odd = operation.path.replace('{', "%7B").replace('}', "%7D");
        let answer = nobody.send(operation.method, &format!("{odd}?x=%FF"), None, &[]).await;
        assert_eq!(answer.refused(401), "unauthenticated", "{}", operation.id);
    }
    assert!(asked > 150, "{asked}");
}

#[tokio::test]
async fn no_other_method_is_answered_where_an_operation_is() {
    let world = World::new().await;
    let operator = world.operator().await;
    let all = operations();
    for path in all.iter().map(|operation| &operation.path).collect::<BTreeSet<_>>() {
        let methods: Vec<_> = all.iter().filter(|other| other.path == *path).map(|other| &other.method).collect();
        let uri = path.replace('{', "%7B").replace('}', "%7D");
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            if !methods.contains(&&method) {
                let code = operator.send(method.clone(), &uri, None, &[]).await.refused(405);
                assert_eq!(code, "method_not_allowed", "{method} {path}");
            }
        }
    }
}

#[test]
fn every_operation_is_described_in_full() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let (id, described) = (&operation.id, &operation.described);
        assert!(!id.is_empty() && ids.insert(id.clone()), "{id} stands twice or is empty");
        assert!(described["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{id}: no summary");
        assert_eq!(described["tags"].as_array().map(Vec::len), Some(1), "{id}: no tag");
        assert_ne!(described["tags"][0], "platform", "{id}: its slice is not known");
        assert!((200..=202).any(|status| operation.answers(status)) || operation.answers(204), "{id}: no success");
        let mut refusals = vec![400, 429, 500, 503];
        if operation.guarded {
            refusals.extend([401, 403]);
        }
        if operation.method != Method::GET {
            refusals.extend([409, 507]);
        }
        if operation.body().is_some() {
            refusals.extend([413, 415]);
        }
        if operation.path.contains('{') {
            refusals.push(404);
        }
        if operation.guarded && operation.method == Method::POST {
            refusals.push(422);
        }
        for status in refusals {
            assert!(operation.answers(status), "{id}: {status} is not described");
        }
        let in_path = operation.path.matches('{').count();
        assert_eq!(operation.parameters("path").count(), in_path, "{id}: a part of the path is not described");
        every_object_is_closed(operation.body(), id);
    }
    assert!(ids.len() > 90, "{}", ids.len());
}

/// A body takes the fields that it names and no other.
fn every_object_is_closed(schema: Option<&Value>, id: &str) {
    let Some(schema) = schema else { return };
    if let Some(properties) = schema["properties"].as_object() {
        assert_eq!(schema["additionalProperties"], false, "{id}: a body takes any field: {schema}");
        for property in properties.values() {
            every_object_is_closed(Some(testkit::operations::resolved(property)), id);
        }
    }
    if let Some(items) = schema.get("items") {
        every_object_is_closed(Some(testkit::operations::resolved(items)), id);
    }
}

#[test]
fn the_document_in_the_repository_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let mut text = serde_json::to_string_pretty(document()).unwrap();
    text.push('\n');
    #[expect(clippy::disallowed_methods, reason = "an environment variable selects whether to write the file")]
    let update = env::var_os("UPDATE_OPENAPI").is_some();
    if update {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "openapi.json is out of date: run the tests with UPDATE_OPENAPI=1 and look at the difference"
    );
}

//! The guard and the handler read one request in one way. However a foreign account is written into path, query, body or
//! headers: either the guard sees it, or the request is refused.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{
    operations::{Operation, operations},
    store::Store,
    world::{World, unlimited},
};

use super::{JSON, records};
use crate::tenants::{Tenant, tenant};

struct Probe {
    what: String,
    query: String,
    body: Option<String>,
    headers: Vec<(&'static str, String)>,
}

#[tokio::test]
async fn no_spelling_of_a_foreign_account_or_enterprise_gets_through() {
    let store = Store::new().await;
    let world = World::over(store.tables(), unlimited()).await;
    world.set_up().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let of_bolt = |records: Vec<String>| -> Vec<String> {
        records.into_iter().filter(|record| record.contains(&bolt.account.to_string())).collect()
    };
    let before = of_bolt(records(&store).await);
    let mut sent = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        for probe in probes(&world, &operation, &acme, &bolt) {
            let sample = operation.sample(&world.today().to_string(), &|name| own(&acme, name));
            let uri = sample.uri();
            let uri = format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, probe.query);
            let uri = uri.trim_end_matches('?').to_owned();
            let body = probe.body.unwrap_or_else(|| sample.body.map(|body| body.to_string()).unwrap_or_default());
            let mut headers: Vec<(&str, &str)> = Vec::new();
            if !body.is_empty() {
                headers.push(JSON);
            }
            headers.extend(probe.headers.iter().map(|(name, value)| (*name, value.as_str())));
            let answer = acme.admin.send_raw(sample.method.clone(), &uri, body.into_bytes(), &headers).await;
            assert!(
                matches!(answer.status, 400 | 401 | 403),
                "{}: {}: {} {}",
                operation.id,
                probe.what,
                answer.status,
                answer.body
            );
            sent += 1;
        }
    }
    assert!(sent > 2_000, "{sent}");
    assert_eq!(of_bolt(records(&store).await), before, "a foreign account was written to");
}

fn own(tenant: &Tenant, name: &str) -> String {
    match name {
        "accountId" => tenant.account.to_string(),
        "enterpriseId" => tenant.enterprise.to_string(),
        _ => "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned(),
    }
}

/// Requests that name Acme in one reading and Bolt in another.
fn probes(world: &World, operation: &Operation, acme: &Tenant, bolt: &Tenant) -> Vec<Probe> {
    let mut probes = Vec::new();
    let probe = |what: String, query: String| Probe { what, query, body: None, headers: Vec::new() };
    for (name, ours, theirs) in [
        ("accountId", acme.account.to_string(), bolt.account.to_string()),
        ("enterpriseId", acme.enterprise.to_string(), bolt.enterprise.to_string()),
    ] {
        let escaped = format!("%{:02X}{}", name.as_bytes()[0], &name[1..]);
        for query in [
            format!("{name}={theirs}"),
            format!("{name}={ours}&{name}={theirs}"),
            format!("{name}={theirs}&{name}={ours}"),
            format!("{name}={ours}&{escaped}={theirs}"),
            format!("{escaped}={theirs}"),
            format!("{}={theirs}", name.to_lowercase()),
            format!("{}={theirs}", name.to_uppercase()),
            format!("{name}[]={theirs}"),
            format!("{name}={}", theirs.to_uppercase()),
            format!("{name}={theirs}%00"),
            format!("{name}=%20{theirs}"),
            format!("{name}={ours};{name}={theirs}"),
            format!("{name}={theirs}&x=%FF"),
            format!("{name}={theirs}&x=%4"),
            format!("{name}=%"),
            format!("{name}="),
            name.to_owned(),
        ] {
            probes.push(probe(query.clone(), query));
        }
        let sample = operation.sample(&world.today().to_string(), &|name| own(acme, name));
        if let Some(Value::Object(mut fields)) = sample.body {
            fields.shift_remove(name);
            let rest = Value::Object(fields).to_string();
            let rest = if rest == "{}" { "}".to_owned() } else { format!(",{}", &rest[1..]) };
            let key = format!("\"\\u{:04x}{}\"", name.as_bytes()[0], &name[1..]);
            for first in [
                format!("{key}:\"{theirs}\""),
                format!("\"{name}\":\"{ours}\",{key}:\"{theirs}\""),
                format!("{key}:\"{theirs}\",\"{name}\":\"{ours}\""),
                format!("\"{name}\":\"{ours}\",\"{name}\":\"{theirs}\""),
                format!("\"{}\":\"{theirs}\"", name.to_uppercase()),
                format!("\"{name}\":[\"{theirs}\"]"),
                format!("\"{name}\":\" {theirs}\""),
            ] {
                let body = format!("{{{first}{rest}");
                probes.push(Probe { body: Some(body.clone()), ..probe(body, String::new()) });
            }
        }
    }
    for (name, value) in [
        ("authorization", "Bearer x"),
        ("content-type", "text/plain"),
        ("host", "elsewhere.example"),
        ("idempotency-key", "two"),
        ("user-agent", "two"),
        ("x-request-id", "two"),
    ] {
        let headers = vec![(name, "application/json".to_owned()), (name, value.to_owned())];
        probes.push(Probe { headers, ..probe(format!("two headers {name}"), String::new()) });
    }
    probes
}

#[tokio::test]
async fn a_path_has_one_reading() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let theirs = bolt.account.to_string();
    let escaped = format!("%{:02X}{}", theirs.as_bytes()[0], &theirs[1..]);
    for path in [
        format!("/api/accounts/{escaped}"),
        format!("/api/accounts/{theirs}?accountId={}", acme.account),
        format!("/api/accounts/{}?accountId={theirs}", acme.account),
        format!("/api/accounts/{}?accountId={}", acme.account, acme.account),
        format!("/api/accounts/{}%2F..%2F{theirs}", acme.account),
        "/api/accounts/%FF".to_owned(),
        "/api/accounts/%".to_owned(),
    ] {
        let answer = acme.admin.send(Method::GET, &path, None, &[]).await;
        assert!(matches!(answer.status, 400 | 403), "{path}: {} {}", answer.status, answer.body);
        assert!(answer.body["code"].is_string(), "{path}: {}", answer.body);
    }
    let body = json!({ "name": "Crew", "enterpriseId": acme.enterprise });
    acme.admin.post("/api/groups", body).await.expect(201);
}

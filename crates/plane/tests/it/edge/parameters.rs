//! Every documented parameter has its effect or is refused; every undocumented one is refused.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::json;
use testkit::{
    operations::{Operation, operations},
    world::World,
};

use super::own_id;
use crate::tenants::tenant;

const ABSENT: &str = "0192d3c4-5e6f-7a8b-9c0d-0ab5e27ab5e2";

/// Parameters that take any text: [`a_filter_by_text_filters`] has each of them.
const TEXTS: &[&str] = &["action", "confirm", "email", "name", "q", "to"];

#[tokio::test]
async fn a_parameter_that_is_not_documented_is_refused() {
    let world = World::new().await;
    let operator = world.operator().await;
    let mut refused = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let documented = names(&operation);
        for name in ["accountId", "enterpriseId", "userId", "Limit", "sort", "x"] {
            if documented.contains(name) {
                continue;
            }
            let mut sample = operation.sample(&world.today().to_string(), &own_id);
            sample.query.push((name.to_owned(), own_id(name)));
            let answer = operator.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await;
            let why = format!("{}: {name}: {} {}", operation.id, answer.status, answer.body);
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid_request")), "{why}");
            refused += 1;
        }
    }
    assert!(refused > 400, "{refused}");
}

#[tokio::test]
async fn a_bad_value_of_a_documented_parameter_is_refused() {
    let world = World::unlimited().await;
    let operator = world.operator().await;
    let mut texts = BTreeSet::new();
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            let mut bad = vec![""];
            if TEXTS.contains(&name) {
                texts.insert(name.to_owned());
            } else {
                bad.extend(["%00", "x", "-1", "99999999999", "null", "[]"]);
            }
            for value in bad {
                let mut sample = operation.sample(&world.today().to_string(), &own_id);
                sample.query.retain(|(own, _)| own != name);
                sample.query.push((name.to_owned(), value.to_owned()));
                let answer = operator.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await;
                let why = format!("{}: {name}={value}: {} {}", operation.id, answer.status, answer.body);
                if name == "cursor" && operation.path.contains('{') && !value.is_empty() {
                    // What the list is of is looked for first.
                    assert!(matches!(answer.status, 400 | 404), "{why}");
                    continue;
                }
                assert_eq!((answer.status, &answer.body["code"]), (400, &json!("invalid_request")), "{why}");
            }
        }
    }
    assert_eq!(texts.into_iter().collect::<Vec<_>>(), TEXTS);
}

/// An account or enterprise that there is not is never answered as if it had not been named.
#[tokio::test]
async fn an_absent_account_or_enterprise_is_not_found_and_a_foreign_one_is_forbidden() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let operator = world.operator().await;
    let mut named = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let documented = names(&operation);
        for (name, foreign) in [("accountId", bolt.account.to_string()), ("enterpriseId", bolt.enterprise.to_string())]
        {
            if !documented.contains(name) {
                continue;
            }
            let ask = |id: &str| {
                let mut sample = operation.sample(&world.today().to_string(), &own_id);
                let field = sample.body.as_mut().and_then(|body| body.get_mut(name));
                if let Some(field) = field {
                    *field = json!(id);
                }
                sample.query.push((name.to_owned(), id.to_owned()));
                sample
            };
            let sample = ask(ABSENT);
            let answer = operator.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await;
            assert_eq!(answer.status, 404, "{}: {name}: {}", operation.id, answer.body);
            let mut sample = ask(&foreign);
            let other = if name == "accountId" { "enterpriseId" } else { "accountId" };
            if let Some(field) = sample.body.as_mut().and_then(|body| body.get_mut(other)) {
                *field = if other == "accountId" { json!(acme.account) } else { json!(acme.enterprise) };
            }
            let answer = acme.admin.send(sample.method.clone(), &sample.uri(), sample.body.clone(), &[]).await;
            assert_eq!(answer.status, 403, "{}: {name}: {}", operation.id, answer.body);
            named += 1;
        }
    }
    assert!(named > 80, "{named}");
}

#[tokio::test]
async fn a_filter_by_text_filters() {
    let world = World::new().await;
    let operator = world.operator().await;
    tenant(&world, "Acme").await;
    for operation in operations().into_iter().filter(|one| one.guarded && one.method == Method::GET) {
        for name in names(&operation).into_iter().filter(|name| TEXTS.contains(&name.as_str())) {
            let path = &operation.path;
            let matching = format!("{path}?{name}=nothing-that-anybody-wrote");
            let found = operator.get(&matching).await.expect(200);
            assert_eq!(found["items"].as_array().map(Vec::len), Some(0), "{matching}: {found}");
        }
    }
}

/// What is the platform's and names an account: naming one shows that account's alone.
#[tokio::test]
async fn an_account_narrows_what_is_the_platforms() {
    let faults = "SendCredentialNotifications[0]:permanent*always".parse().unwrap();
    let world = World::with(plane::settings::Settings { faults, ..plane::settings::Settings::default() }).await;
    world.set_up().await;
    let operator = world.operator().await;
    let offer = world.offer("Acme").await;
    let mut accounts = Vec::new();
    for name in ["Acme", "Bolt"] {
        let account = world.onboard(world.account_request(name, "public", &offer, 5)).await;
        accounts.push(account["id"].as_str().unwrap().to_owned());
    }
    for list in ["dead-letters", "executions", "events", "outbox"] {
        let all = operator.get(&format!("/api/{list}")).await.expect(200);
        for account in &accounts {
            let of_one = operator.get(&format!("/api/{list}?accountId={account}")).await.expect(200);
            let items = of_one["items"].as_array().unwrap();
            assert!(items.iter().all(|item| item["accountId"] == **account), "{list}: {of_one}");
            if list == "dead-letters" || list == "executions" {
                assert_eq!(items.len(), 1, "{list}: {of_one}");
                assert_eq!(all["items"].as_array().unwrap().len(), 2, "{list}: {all}");
            }
        }
    }
    let letter = operator.get(&format!("/api/dead-letters?accountId={}", accounts[0])).await.expect(200);
    let letter = format!("/api/dead-letters/{}", letter["items"][0]["id"].as_str().unwrap());
    let run = operator.get(&format!("/api/executions?accountId={}", accounts[0])).await.expect(200);
    let run = format!("/api/executions/{}", run["items"][0]["id"].as_str().unwrap());
    let other = format!("?accountId={}", accounts[1]);
    for path in [&letter, &run] {
        operator.get(path).await.expect(200);
        operator.get(&format!("{path}?accountId={}", accounts[0])).await.expect(200);
        assert_eq!(operator.get(&format!("{path}{other}")).await.refused(404), "not_found");
    }
    assert_eq!(operator.post_empty(&format!("{letter}/replay{other}")).await.refused(404), "not_found");
    assert_eq!(operator.delete(&format!("{letter}{other}")).await.refused(404), "not_found");
    operator.delete(&letter).await.expect(204);
}

fn names(operation: &Operation) -> BTreeSet<String> {
    operation.parameters("query").filter_map(|parameter| parameter["name"].as_str()).map(ToOwned::to_owned).collect()
}

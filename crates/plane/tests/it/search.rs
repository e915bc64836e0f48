//! Search: what is found, by whom, and that it follows every write, also those of other processes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use plane::settings::Settings;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{
    store,
    world::{ADMIN, PASSWORD, Person, World, unlimited},
};

use crate::tenants::{Tenant, tenant};

/// What a search finds, once all that the person may see was searched.
async fn found(person: &Person, query: &str) -> Vec<Value> {
    for _ in 0..200 {
        let answer = person.get(&format!("/api/search?limit=50&q={}", encoded(query))).await.expect(200);
        if answer["complete"] == true {
            return answer["items"].as_array().unwrap().clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the search for {query:?} is never complete")
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02x}"))
}

/// The kinds and names of what a search finds, in order.
async fn named(person: &Person, query: &str) -> Vec<String> {
    let text = |found: &Value| format!("{} {}", found["kind"].as_str().unwrap(), found["name"].as_str().unwrap());
    found(person, query).await.iter().map(text).collect()
}

async fn user(by: &Person, tenant: &Tenant, first: &str, last: &str, email: &str) -> String {
    let body = json!({
        "accountId": tenant.account, "enterpriseId": tenant.enterprise, "productId": tenant.product,
        "serviceId": tenant.service, "firstName": first, "lastName": last, "email": email, "startDate": "2026-01-01"
    });
    by.post("/api/users", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn records_of_every_kind_are_found() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let admin = &acme.admin;
    let grace = user(admin, &acme, "Gráce", "Høpper", "gh@navy.example").await;
    for (path, name) in [("groups", "Hoppers"), ("roles", "Grasshopper"), ("workstreams", "Chopping")] {
        let body = json!({ "enterpriseId": acme.enterprise, "name": name });
        admin.post(&format!("/api/{path}"), body).await.expect(201);
    }
    let names = ["group Hoppers", "user Gráce Høpper", "workstream Chopping", "role Grasshopper"];
    assert_eq!(named(admin, "HOPP").await, names, "a beginning, then that of a word, then other parts");
    for query in ["hopper grace", "gráce h", "GH@NAVY.example", "navy"] {
        assert_eq!(named(admin, query).await, ["user Gráce Høpper"], "{query}");
    }
    let by_id = found(admin, &grace.to_uppercase()).await;
    let expected = json!([{
        "kind": "user", "id": grace, "name": "Gráce Høpper", "detail": "gh@navy.example", "matched": "id",
        "rank": "exact", "account": { "id": acme.account, "name": "Acme" },
        "enterprise": { "id": acme.enterprise, "name": "Acme" }
    }]);
    assert_eq!(json!(by_id), expected);
    assert_eq!(found(admin, "gh@navy.example").await[0]["matched"], "email");
    assert_eq!(found(admin, &format!("https://console.example/users/{grace}?x=1")).await.len(), 1);
    let kinds: BTreeSet<String> =
        found(admin, "acme").await.iter().map(|found| found["kind"].as_str().unwrap().to_owned()).collect();
    let expected = ["account", "enterprise", "license", "product", "service", "user"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(expected));
    let operator = world.operator().await;
    assert_eq!(named(&operator, "hopp").await, names, "operators find the records of all accounts");
    let path = format!("/api/search?q=hopp&within={}", acme.account);
    assert_eq!(operator.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 4);
    let root = "a0000000-0000-0000-0000-000000000001";
    let path = format!("/api/search?q=hopp&within={root}");
    assert_eq!(operator.get(&path).await.expect(200)["items"], json!([]));
    let connection = operator.get("/api/search?q=zzzzqqq").await.expect(200);
    assert_eq!(connection["items"], json!([]));
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let other = tenant(&world, "Other").await;
    let ids = [
        user(&other.admin, &other, "Grace", "Secret", "grace@secret.example").await,
        other.license.to_string(),
        other.account.to_string(),
        other.enterprise.to_string(),
        other.product.to_string(),
        other.service.to_string(),
    ];
    for query in ids.iter().map(String::as_str).chain(["secret", "other"]) {
        assert_eq!(found(&acme.admin, query).await, Vec::<Value>::new(), "{query}");
        assert_ne!(found(&other.admin, query).await, Vec::<Value>::new(), "{query}");
    }
    let path = format!("/api/search?q=secret&within={}", other.account);
    assert_eq!(acme.admin.get(&path).await.refused(403), "forbidden");
    let path = format!("/api/search?q=secret&within={}", "0192d3c4-5e6f-7a8b-9c0d-0ab5e27ab5e2");
    assert_eq!(acme.admin.get(&path).await.refused(403), "forbidden", "as for an account that exists");
    assert_eq!(world.operator().await.get(&path).await.refused(404), "not_found");
    assert_eq!(world.nobody().get("/api/search?q=secret").await.refused(401), "unauthenticated");
}

#[tokio::test]
async fn a_right_that_is_taken_hides_a_kind() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let admin = &acme.admin;
    admin.post("/api/groups", json!({ "enterpriseId": acme.enterprise, "name": "Bytes" })).await.expect(201);
    let role = found(admin, "Everything").await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(named(admin, "byt").await, ["group Bytes"]);
    assert_eq!(named(admin, "byron").await, ["user Ada Byron"]);
    let path = format!("/api/roles/{role}/permissions?accountId={}", acme.account);
    let operator = world.operator().await;
    let mut permissions = operator.get(&path).await.expect(200);
    for menu in permissions["permissions"].as_array_mut().unwrap() {
        if menu["menu"] == "access-control" {
            for tab in menu["tabs"].as_array_mut().unwrap() {
                if tab["tab"] == "groups" {
                    tab["canView"] = json!(false);
                }
            }
        }
    }
    let body = json!({ "permissions": permissions["permissions"] });
    operator.put(&path, body).await.expect(200);
    assert_eq!(named(admin, "byt").await, Vec::<String>::new());
    assert_eq!(named(admin, "byron").await, ["user Ada Byron"]);
}

#[tokio::test]
async fn a_search_follows_every_write() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let (admin, operator) = (&acme.admin, world.operator().await);
    for person in [admin, &operator] {
        assert_eq!(named(person, "quagga").await, Vec::<String>::new());
    }
    let grace = user(admin, &acme, "Grace", "Quagga", "grace@acme.example").await;
    for person in [admin, &operator] {
        assert_eq!(named(person, "quagga").await, ["user Grace Quagga"]);
    }
    admin.put(&format!("/api/users/{grace}"), json!({ "lastName": "Murray" })).await.expect(200);
    for person in [admin, &operator] {
        assert_eq!(named(person, "quagga").await, Vec::<String>::new());
        assert_eq!(named(person, "murray").await, ["user Grace Murray"]);
    }
    admin.delete(&format!("/api/users/{grace}")).await.expect(204);
    for person in [admin, &operator] {
        assert_eq!(named(person, "murray").await, Vec::<String>::new());
    }
    // A license is named by what it is for.
    assert_eq!(named(admin, "acme / acme / acme").await, ["license Acme / Acme / Acme"]);
    operator.put(&format!("/api/products/{}", acme.product), json!({ "name": "Quagga" })).await.expect(200);
    assert_eq!(named(admin, "quagga").await, ["product Quagga", "license Acme / Quagga / Acme"]);
    let body = json!({ "enterpriseId": acme.enterprise, "name": "Okapis" });
    let group = admin.post("/api/groups", body).await.expect(201);
    assert_eq!(found(&operator, "okapis").await[0]["account"]["name"], "Acme");
    let path = format!("/api/groups/{}?accountId={}", group["id"].as_str().unwrap(), acme.account);
    operator.delete(&path).await.expect(204);
    assert_eq!(named(&operator, "okapis").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_account_is_found_from_its_onboarding_to_its_removal() {
    let world = World::new().await;
    let operator = world.operator().await;
    assert_eq!(named(&operator, "quagga").await, Vec::<String>::new());
    let tenant = world.tenant("Quagga", "private", 5).await;
    let body = json!({ "accountId": tenant.id, "enterpriseId": tenant.offer.enterprise, "name": "Okapi" });
    operator.post("/api/workstreams", body).await.expect(201);
    assert_eq!(named(&operator, "okapi").await, ["workstream Okapi"], "it is in the account's own table");
    operator.put(&format!("/api/accounts/{}", tenant.id), json!({ "name": "Quagga Two" })).await.expect(200);
    assert_eq!(found(&operator, "okapi").await[0]["account"]["name"], "Quagga Two");
    for person in [&operator, &tenant.technical] {
        assert_eq!(named(person, "quagga two").await, ["account Quagga Two"]);
        assert_eq!(found(person, "ada@quagga.example").await[0]["id"], json!(tenant.technical_id));
    }
    operator.delete(&format!("/api/accounts/{}?now=true&confirm=Quagga%20Two", tenant.id)).await.expect(202);
    world.run_ended(&tenant.id).await;
    for query in ["okapi", "ada@quagga.example", tenant.id.as_str()] {
        assert_eq!(found(&operator, query).await, Vec::<Value>::new(), "{query}");
    }
}

#[tokio::test]
async fn bad_input_names_the_parameter() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for (query, pointer) in [
        ("", "/q"),
        ("?q=", "/q"),
        ("?q=%20", "/q"),
        ("?q=%CC%81", "/q"),
        (&format!("?q={}", "a".repeat(201)), "/q"),
        ("?q=a&limit=0", "/limit"),
        ("?q=a&limit=51", "/limit"),
        ("?q=a&within=acme", "/within"),
        ("?q=a&accountId=a0000000-0000-0000-0000-000000000001", "/accountId"),
    ] {
        let problem = acme.admin.get(&format!("/api/search{query}")).await.expect(400);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
    }
    acme.admin.get(&format!("/api/search?q={}", "%C3%A4".repeat(200))).await.expect(200);
}

/// A write of the model test.
#[derive(Clone, Debug)]
enum Step {
    Create { account: usize, name: String },
    Rename { which: usize, name: String },
    Delete { which: usize },
    Search { query: String },
}

fn name() -> impl Strategy<Value = String> {
    "[a-cA-C]{1,3}( [a-cäé]{1,3})?"
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_usize, name()).prop_map(|(account, name)| Step::Create { account, name }),
        2 => (0..64_usize, name()).prop_map(|(which, name)| Step::Rename { which, name }),
        1 => (0..64_usize).prop_map(|which| Step::Delete { which }),
        2 => "[a-c]{1,2}".prop_map(|query| Step::Search { query }),
    ]
}

/// A group as the model has it.
#[derive(Clone, Debug)]
struct Model {
    account: usize,
    id: String,
    name: String,
}

/// The ids of the groups of an account, or of both, that a search must find.
fn expected(model: &[Model], account: Option<usize>, query: &str) -> BTreeSet<String> {
    let matches = |group: &&Model| {
        account.is_none_or(|account| account == group.account) && plane::search::folded(&group.name).contains(query)
    };
    model.iter().filter(matches).map(|group| group.id.clone()).collect()
}

async fn groups(person: &Person, query: &str) -> BTreeSet<String> {
    let found = found(person, query).await;
    assert!(found.len() < 50, "the model compares whole answers");
    let of_the_model =
        |found: &&Value| found["kind"] == "group" && found["account"]["name"] != "ABC" && found["name"] != "Everybody";
    found.iter().filter(of_the_model).map(|found| found["id"].as_str().unwrap().to_owned()).collect()
}

/// Random writes to two accounts, over two processes in turn. The process that wrote finds them at once, the other within the time for
/// which it believes what it has read.
async fn compare_with_the_model(steps: Vec<Step>) {
    let tables = store::tables().await;
    let several = || Settings { alone: false, ..unlimited() };
    let first = World::over(Arc::clone(&tables), several()).await;
    first.set_up().await;
    let tenants = [tenant(&first, "Xx").await, tenant(&first, "Yy").await];
    let writers = [first.operator().await, {
        let second = World::over(tables, several()).await;
        let tokens = second.sign_in(ADMIN, PASSWORD).await;
        second.nobody().with_token(tokens.access_token.expose_secret())
    }];
    let mut model: Vec<Model> = Vec::new();
    for writer in &writers {
        assert_eq!(groups(writer, "a").await, BTreeSet::new());
    }
    let (mut last, mut queries) = (0, BTreeSet::from(["a".to_owned(), "b".to_owned(), "ab".to_owned()]));
    for (place, step) in steps.into_iter().enumerate() {
        // Some writes of one process, then some of the other.
        last = place / 7 % 2;
        let writer = &writers[last];
        match step {
            Step::Create { account, name } => {
                let Tenant { account: id, enterprise, .. } = &tenants[account];
                let body = json!({ "accountId": id, "enterpriseId": enterprise, "name": name });
                let answer = writer.post("/api/groups", body).await;
                if answer.status == 201 && model.len() < 40 {
                    model.push(Model { account, id: answer.body["id"].as_str().unwrap().to_owned(), name });
                } else if answer.status == 201 {
                    let id = answer.body["id"].as_str().unwrap();
                    writer
                        .delete(&format!("/api/groups/{id}?accountId={}", tenants[account].account))
                        .await
                        .expect(204);
                }
            }
            Step::Rename { which, name } if !model.is_empty() => {
                let count = model.len();
                let group = &mut model[which % count];
                let path = format!("/api/groups/{}?accountId={}", group.id, tenants[group.account].account);
                if writer.put(&path, json!({ "name": name })).await.status == 200 {
                    group.name = name;
                }
            }
            Step::Delete { which } if !model.is_empty() => {
                let group = model.remove(which % model.len());
                let path = format!("/api/groups/{}?accountId={}", group.id, tenants[group.account].account);
                writer.delete(&path).await.expect(204);
            }
            Step::Search { query } => {
                let found = groups(writer, &query).await;
                let own: BTreeSet<_> = expected(&model, None, &query);
                // What the other process wrote shortly before may be missing; what is found matches.
                assert!(found.is_subset(&own), "{query}: {found:?} {model:?}");
                queries.insert(query);
            }
            Step::Rename { .. } | Step::Delete { .. } => {}
        }
    }
    for query in &queries {
        for writer in [&writers[last], &writers[1 - last]] {
            let mut tries = 0;
            while groups(writer, query).await != expected(&model, None, query) {
                tries += 1;
                assert!(tries < 200, "{query}: {:?} {model:?}", groups(writer, query).await);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        for (account, tenant) in tenants.iter().enumerate() {
            let mut tries = 0;
            while groups(&tenant.admin, query).await != expected(&model, Some(account), query) {
                tries += 1;
                assert!(tries < 200, "{query} in account {account}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One process: every search finds exactly what the model has.
async fn compare_one_process_with_the_model(steps: Vec<Step>) {
    let world = World::unlimited().await;
    let tenants = [tenant(&world, "Xx").await, tenant(&world, "Yy").await];
    let operator = world.operator().await;
    let mut model: Vec<Model> = Vec::new();
    for step in steps {
        match step {
            Step::Create { account, name } if model.len() < 40 => {
                let body = json!({ "enterpriseId": tenants[account].enterprise, "name": name });
                let answer = tenants[account].admin.post("/api/groups", body).await;
                if answer.status == 201 {
                    model.push(Model { account, id: answer.body["id"].as_str().unwrap().to_owned(), name });
                }
            }
            Step::Rename { which, name } if !model.is_empty() => {
                let count = model.len();
                let group = &mut model[which % count];
                let admin = &tenants[group.account].admin;
                if admin.put(&format!("/api/groups/{}", group.id), json!({ "name": name })).await.status == 200 {
                    group.name = name;
                }
            }
            Step::Delete { which } if !model.is_empty() => {
                let group = model.remove(which % model.len());
                tenants[group.account].admin.delete(&format!("/api/groups/{}", group.id)).await.expect(204);
            }
            Step::Search { query } => {
                assert_eq!(groups(&operator, &query).await, expected(&model, None, &query), "{query}");
                for (account, tenant) in tenants.iter().enumerate() {
                    let own = expected(&model, Some(account), &query);
                    assert_eq!(groups(&tenant.admin, &query).await, own, "{query} in account {account}");
                }
            }
            Step::Create { .. } | Step::Rename { .. } | Step::Delete { .. } => {}
        }
    }
}

fn sequences(count: u32, lengths: std::ops::Range<usize>) -> Vec<Vec<Step>> {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let sequence = proptest::collection::vec(step(), lengths);
    (0..count).map(|_| sequence.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn a_process_finds_what_a_naive_model_finds() {
    for steps in sequences(4, 80..120) {
        compare_one_process_with_the_model(steps).await;
    }
}

#[tokio::test]
async fn two_processes_find_what_a_naive_model_finds() {
    for steps in sequences(1, 60..80) {
        compare_with_the_model(steps).await;
    }
}

#[tokio::test]
async fn lists_are_searched_by_parts_of_names() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let admin = &acme.admin;
    let grace = user(admin, &acme, "Gráce", "Høpper", "gh@navy.example").await;
    for (path, name) in [("groups", "Chöppers"), ("roles", "Chöppers"), ("workstreams", "Chöppers")] {
        let body = json!({ "enterpriseId": acme.enterprise, "name": name });
        admin.post(&format!("/api/{path}"), body).await.expect(201);
        for (part, count) in [("PPER", 1), ("hopp", 1), ("ers", 1), ("shippers", 0)] {
            let found = admin.get(&format!("/api/{path}?name={part}")).await.expect(200);
            assert_eq!(found["items"].as_array().unwrap().len(), count, "{path} {part}");
        }
    }
    for (query, count) in [("opper", 1), ("hopper%20grace", 1), ("NAVY", 1), (grace.as_str(), 1), ("byron%20grace", 0)]
    {
        let found = admin.get(&format!("/api/users?q={query}")).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(admin.get("/api/users?q=opper&status=inactive").await.expect(200)["items"], json!([]));
    assert_eq!(admin.get("/api/users?q=%20").await.refused(400), "invalid_request");
}

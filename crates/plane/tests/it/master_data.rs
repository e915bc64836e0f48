//! Enterprises, products and services: one catalogue for the platform, linked, and held by licenses.

use std::sync::Arc;

use axum::http::Method;
use plane::{
    ids::{EnterpriseId, ProductId, ServiceId, known},
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::{
    faults::Faults,
    tenants::{license_of, tenant, triple},
};

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

async fn make(who: &Person, path: &str, body: Value) -> String {
    id(&who.post(path, body).await.expect(201))
}

#[tokio::test]
async fn the_catalogue_is_made_shown_changed_and_deleted() {
    let world = World::new().await;
    let operator = world.operator().await;
    let build = make(&operator, "/api/services", json!({ "name": "Build", "description": "Builds things" })).await;
    let ship = make(&operator, "/api/services", json!({ "name": "Ship" })).await;
    let body = json!({ "name": "Pipelines", "serviceIds": [build, ship] });
    let created = operator.post("/api/products", body).await;
    let location = created.header("location").unwrap().to_owned();
    assert_eq!(created.etag(), "\"1\"");
    let product = created.expect(201);
    assert_eq!(location, format!("/api/products/{}", id(&product)));
    assert_eq!(product["services"][1]["name"], "Ship");
    let body = json!({ "name": "Acme", "productIds": [id(&product)] });
    let enterprise = operator.post("/api/enterprises", body).await.expect(201);
    assert_eq!(enterprise["products"][0]["name"], "Pipelines");
    assert_eq!(enterprise["products"][0]["services"][0]["id"], build.as_str());

    let path = format!("/api/enterprises/{}", id(&enterprise));
    let seen = operator.get(&path).await;
    let etag = seen.etag();
    assert_eq!(seen.expect(200), enterprise);
    let renamed = operator.send(Method::PUT, &path, Some(json!({ "name": "Acme 2" })), &[("if-match", &etag)]).await;
    assert_eq!(renamed.etag(), "\"2\"");
    let renamed = renamed.expect(200);
    assert_eq!(renamed["productIds"], json!([id(&product)]), "what is not given stays");
    let lost = operator.send(Method::PUT, &path, Some(json!({ "name": "Acme 3" })), &[("if-match", &etag)]).await;
    assert_eq!(lost.refused(412), "precondition_failed");
    let cleared = operator.put(&path, json!({ "productIds": [], "description": "x" })).await.expect(200);
    assert_eq!((cleared["products"].clone(), cleared["description"].clone()), (json!([]), json!("x")));
    assert_eq!(operator.put(&path, json!({ "description": null })).await.expect(200)["description"], Value::Null);

    // Deleting unlinks.
    operator.put(&path, json!({ "productIds": [id(&product)] })).await.expect(200);
    operator.delete(&format!("/api/services/{build}")).await.expect(204);
    let left = operator.get(&format!("/api/products/{}", id(&product))).await.expect(200);
    assert_eq!(left["serviceIds"], json!([ship]));
    operator.delete(&format!("/api/products/{}", id(&product))).await.expect(204);
    assert_eq!(operator.get(&path).await.expect(200)["productIds"], json!([]));
    operator.delete(&path).await.expect(204);
    assert_eq!(operator.get(&path).await.refused(404), "not_found");
    assert_eq!(operator.delete(&path).await.refused(404), "not_found");
    // The name is free again.
    make(&operator, "/api/enterprises", json!({ "name": "acme 2" })).await;
}

#[tokio::test]
async fn bad_input_names_the_field() {
    let world = World::new().await;
    let operator = world.operator().await;
    let nowhere = "00000000-0000-0000-0000-00000000dead";
    let many: Vec<String> = (0..101).map(|n| format!("00000000-0000-0000-0000-{n:012}")).collect();
    for (path, body, pointer) in [
        ("/api/services", json!({}), "/name"),
        ("/api/services", json!({ "name": "" }), "/name"),
        ("/api/services", json!({ "name": " x" }), "/name"),
        ("/api/services", json!({ "name": "x".repeat(201) }), "/name"),
        ("/api/services", json!({ "name": "x", "extra": 1 }), "/extra"),
        ("/api/products", json!({ "name": "x", "serviceIds": "y" }), "/serviceIds"),
        ("/api/products", json!({ "name": "x", "serviceIds": ["y"] }), "/serviceIds/0"),
        ("/api/products", json!({ "name": "x", "serviceIds": [nowhere, nowhere] }), "/serviceIds"),
        ("/api/enterprises", json!({ "name": "x", "productIds": many }), "/productIds"),
    ] {
        let refused = operator.post(path, body.clone()).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{path} {body}");
    }
    let unknown = operator.post("/api/products", json!({ "name": "x", "serviceIds": [nowhere] })).await.expect(404);
    assert_eq!(unknown["errors"][0]["pointer"], "/serviceIds/0");
    assert_eq!(operator.get("/api/products/nonsense").await.refused(400), "invalid_request");
    assert_eq!(operator.get("/api/products?limit=0").await.refused(400), "invalid_request");
    assert_eq!(operator.get("/api/products?colour=red").await.refused(400), "invalid_request");
    assert_eq!(world.nobody().get("/api/products").await.refused(401), "unauthenticated");
}

#[tokio::test]
async fn the_platforms_own_are_protected() {
    let world = World::new().await;
    let operator = world.operator().await;
    for path in [
        format!("/api/enterprises/{}", known::GLOBAL_ENTERPRISE),
        format!("/api/products/{}", known::GLOBAL_PRODUCT),
        format!("/api/services/{}", known::GLOBAL_SERVICE),
    ] {
        assert_eq!(operator.get(&path).await.expect(200)["name"], "Global");
        assert_eq!(operator.put(&path, json!({ "name": "Mine" })).await.refused(409), "protected");
        assert_eq!(operator.delete(&path).await.refused(409), "protected");
    }
    assert_eq!(operator.post("/api/services", json!({ "name": "GLOBAL" })).await.refused(409), "name_taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_race_for_a_name_one_gets_it() {
    let world = World::new().await;
    let operator = world.operator().await;
    let calls: Vec<_> = (0..100)
        .map(|n| {
            let operator = operator.clone();
            let name = if n % 2 == 0 { "Racer" } else { "RACER" };
            tokio::spawn(async move { operator.post("/api/products", json!({ "name": name })).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status {
            201 => made += 1,
            _ => assert_eq!(answer.refused(409), "name_taken"),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one() {
    let world = World::new().await;
    let operator = world.operator().await;
    let key = [("idempotency-key", "k1")];
    let body = || Some(json!({ "name": "Once" }));
    let first = operator.send(Method::POST, "/api/enterprises", body(), &key).await.expect(201);
    let again = operator.send(Method::POST, "/api/enterprises", body(), &key).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let other = operator.send(Method::POST, "/api/enterprises", Some(json!({ "name": "Twice" })), &key).await;
    assert_eq!(other.refused(422), "idempotency_key_reused");
}

/// Walks a list to its end; answers the names in order.
pub(crate) async fn walk(who: &Person, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = who.get(&format!("{path}{cursor}")).await.expect(200);
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn long_lists_come_in_pages_by_name() {
    let world = World::unlimited().await;
    let operator = world.operator().await;
    for path in ["/api/services", "/api/products", "/api/enterprises"] {
        for n in 0..230 {
            make(&operator, path, json!({ "name": format!("N{n:03}") })).await;
        }
        for limit in [7, 50, 200] {
            let names = walk(&operator, &format!("{path}?limit={limit}")).await;
            assert_eq!(names.len(), 231, "{path} by {limit}");
            assert_eq!(names[0], "Global");
            assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{path} by {limit}");
        }
        let one = operator.get(&format!("{path}?name=n117")).await.expect(200);
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        assert_eq!(one["items"][0]["name"], "N117");
        assert_eq!(operator.get(&format!("{path}?name=none")).await.expect(200)["items"], json!([]));
        let page = operator.get(&format!("{path}?limit=5")).await.expect(200);
        let cursor = page["nextCursor"].as_str().unwrap();
        let elsewhere = if path == "/api/services" { "/api/products" } else { "/api/services" };
        assert_eq!(operator.get(&format!("{elsewhere}?cursor={cursor}")).await.refused(400), "invalid_request");
    }
}

#[tokio::test]
async fn what_a_license_uses_stays() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let (enterprise, product, service) = (
        format!("/api/enterprises/{}", acme.enterprise),
        format!("/api/products/{}", acme.product),
        format!("/api/services/{}", acme.service),
    );
    for path in [&enterprise, &product, &service] {
        assert_eq!(operator.delete(path).await.refused(409), "in_use");
    }
    assert_eq!(operator.put(&enterprise, json!({ "productIds": [] })).await.refused(409), "in_use");
    assert_eq!(operator.put(&product, json!({ "serviceIds": [] })).await.refused(409), "in_use");
    // Other links come and go.
    let (_, other_product, other_service) = triple(&world, "Other").await;
    let both = json!({ "productIds": [acme.product, other_product] });
    operator.put(&enterprise, both).await.expect(200);
    operator.put(&enterprise, json!({ "productIds": [acme.product] })).await.expect(200);
    operator.put(&product, json!({ "serviceIds": [other_service, acme.service] })).await.expect(200);

    operator.delete(&format!("/api/licenses/{}?accountId={}", acme.license, acme.account)).await.expect(204);
    operator.put(&product, json!({ "serviceIds": [] })).await.expect(200);
    for path in [&enterprise, &product, &service] {
        operator.delete(path).await.expect(204);
    }
}

#[tokio::test]
async fn licensing_races_deleting_and_unlinking_to_one_outcome() {
    let faults = Faults::default();
    let world = World::over(Arc::new(faults.clone()), Settings::default()).await;
    world.set_up().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    for kind in 0..5 {
        let end = |(enterprise, product, service): (EnterpriseId, ProductId, ServiceId)| {
            let operator = operator.clone();
            async move {
                match kind {
                    0 => operator.delete(&format!("/api/enterprises/{enterprise}")).await,
                    1 => operator.delete(&format!("/api/products/{product}")).await,
                    2 => operator.delete(&format!("/api/services/{service}")).await,
                    3 => operator.put(&format!("/api/enterprises/{enterprise}"), json!({ "productIds": [] })).await,
                    _ => operator.put(&format!("/api/products/{product}"), json!({ "serviceIds": [] })).await,
                }
            }
        };
        let license = |triple| {
            let (operator, body) = (operator.clone(), license_of(&world, acme.account, triple, 1));
            async move { operator.post("/api/licenses", body).await }
        };
        // The end of what was just seen to be there comes first.
        let first = triple(&world, &format!("First {kind}")).await;
        let hold = faults.hold(|write| write.key().sk.starts_with("LICENSE#"));
        let (licensed, ended) = tokio::join!(license(first), hold.meanwhile(end(first)));
        assert!(ended.status < 300, "{kind}: {ended:?}");
        assert_eq!(licensed.refused(409), "conflict", "{kind}");
        // The license comes first, where none was just seen to be.
        let second = triple(&world, &format!("Second {kind}")).await;
        let hold = faults.hold(|write| write.key().sk == "METADATA" && write.key().pk.starts_with("MASTER#"));
        let (ended, licensed) = tokio::join!(end(second), hold.meanwhile(license(second)));
        assert_eq!(licensed.status, 201, "{kind}: {licensed:?}");
        assert_eq!(ended.status, 409, "{kind}: {ended:?}");
    }
}

#[tokio::test]
async fn tenants_see_the_enterprises_they_are_licensed_for_and_change_nothing() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    assert_eq!(walk(&acme.admin, "/api/enterprises?limit=1").await, ["Acme"]);
    assert_eq!(walk(&acme.admin, "/api/enterprises?name=bolt").await, Vec::<String>::new());
    acme.admin.get(&format!("/api/enterprises/{}", acme.enterprise)).await.expect(200);
    let foreign = acme.admin.get(&format!("/api/enterprises/{}", bolt.enterprise)).await;
    assert_eq!(foreign.refused(404), "not_found");
    for (path, foreign) in [("/api/products", bolt.product.to_string()), ("/api/services", bolt.service.to_string())] {
        assert_eq!(walk(&acme.admin, &format!("{path}?limit=1")).await, ["Acme"], "{path}");
        assert_eq!(acme.admin.get(&format!("{path}/{foreign}")).await.refused(404), "not_found", "{path}");
    }
    for (path, id) in [
        ("/api/enterprises", acme.enterprise.to_string()),
        ("/api/products", acme.product.to_string()),
        ("/api/services", acme.service.to_string()),
    ] {
        assert_eq!(acme.admin.post(path, json!({ "name": "Mine" })).await.refused(403), "forbidden");
        let one = format!("{path}/{id}");
        assert_eq!(acme.admin.put(&one, json!({ "name": "Mine" })).await.refused(403), "forbidden");
        assert_eq!(acme.admin.delete(&one).await.refused(403), "forbidden");
    }
    // Of many licensed enterprises, a user sees their own; one of the Global enterprise all, in pages.
    let operator = world.operator().await;
    for n in 0..12 {
        let triple = triple(&world, &format!("E{n:02}")).await;
        for account in [acme.account, known::ROOT_ACCOUNT] {
            operator.post("/api/licenses", license_of(&world, account, triple, 1)).await.expect(201);
        }
    }
    assert_eq!(walk(&acme.admin, "/api/enterprises?limit=5").await, ["Acme"]);
    let user = json!({
        "enterpriseId": known::GLOBAL_ENTERPRISE, "productId": known::GLOBAL_PRODUCT, "serviceId": known::GLOBAL_SERVICE,
        "firstName": "Plat", "lastName": "Form", "email": "plat@platform.example", "startDate": world.today()
    });
    operator.post("/api/users/provision", user).await.expect(201);
    let of_platform = world.accept_invitation("plat@platform.example").await;
    let names = walk(&of_platform, "/api/enterprises?limit=5").await;
    assert_eq!(names.len(), 13, "{names:?}");
    assert!(names.is_sorted());
}

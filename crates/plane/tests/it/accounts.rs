//! Accounts, from the request to the receipt.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use plane::{
    features::{accounts::first_people::technical_user_id, users::model::subject},
    plane::Plane,
    ports::table::{CommitError, Table, Write},
    settings::Settings,
};
use serde_json::json;
use testkit::{
    hooked::{CommitHook, HookedTables},
    memory::MemoryTables,
    world::{World, unlimited},
};

/// Loads the technical user of an account just before each commit that changes the account.
#[derive(Default)]
struct LoadsActors(OnceLock<Plane>);

#[async_trait]
impl CommitHook for LoadsActors {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError> {
        if let Some(plane) = self.0.get() {
            for account in writes.iter().filter(|write| write.key().sk == "METADATA") {
                let account = account.key().pk.strip_prefix("ACCOUNT#").and_then(|id| id.parse().ok());
                if let Some(account) = account {
                    plane.actor(subject(technical_user_id(account))).await.expect("memory answers");
                }
            }
        }
        table.commit(writes).await
    }
}

#[tokio::test]
async fn an_actor_that_is_loaded_just_before_a_transition_is_loaded_anew_after_it() {
    let hook = Arc::new(LoadsActors::default());
    let tables = HookedTables::new(Arc::new(MemoryTables::default()), Arc::clone(&hook));
    let world = World::over(Arc::new(tables), unlimited()).await;
    world.set_up().await;
    hook.0.set(world.plane.clone()).ok().unwrap();
    let offer = world.offer("Acme").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    assert_eq!(account["status"], "active");
    let id = technical_user_id(account["id"].as_str().unwrap().parse().unwrap());
    let actor = world.plane.actor(subject(id)).await.unwrap().unwrap();
    assert_eq!(actor.account_status.as_str(), "active", "the actor remembered is of before the transition");
}

#[tokio::test]
async fn a_public_account_is_onboarded_usable_and_isolated() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "public", 10).await;
    let other = world.tenant("Other", "public", 10).await;

    let access = acme.technical.get("/api/users/me/access").await.expect(200);
    assert_eq!(access["operator"], false);
    assert_eq!(access["accounts"][0]["id"], acme.id.as_str());
    assert_eq!(access["accounts"][0]["enterprises"][0]["id"], acme.offer.enterprise.as_str());
    let permissions = acme.technical.get("/api/users/me/permissions").await.expect(200);
    let menus = permissions["menus"].as_array().unwrap();
    assert_eq!(menus.len(), 7);
    for menu in menus {
        assert_eq!((menu["canView"].as_bool(), menu["canCreate"].as_bool()), (Some(true), Some(false)), "{menu}");
    }

    let users = acme.technical.get("/api/users").await.expect(200);
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
    for path in [
        format!("/api/accounts/{}", other.id),
        format!("/api/users?accountId={}", other.id),
        format!("/api/licenses?accountId={}", other.id),
        "/api/accounts/00000000-0000-7000-8000-000000000000".to_owned(),
        "/api/accounts".to_owned(),
    ] {
        assert_eq!(acme.technical.get(&path).await.refused(403), "forbidden", "{path}");
    }
    assert_eq!(acme.technical.get(&format!("/api/users/{}", other.technical_id)).await.refused(404), "not_found");
    let group = json!({ "enterpriseId": acme.offer.enterprise, "name": "Mine" });
    assert_eq!(acme.technical.post("/api/groups", group).await.refused(403), "forbidden");
}

#[tokio::test]
async fn every_cloud_type_comes_up_and_goes_with_a_receipt() {
    for cloud in ["public", "private", "hybrid"] {
        let world = World::new().await;
        let acme = world.tenant("Acme", cloud, 3).await;
        let operator = world.operator().await;
        let path = format!("/api/accounts/{}", acme.id);
        assert_eq!(operator.delete(&format!("{path}?confirm=acme")).await.refused(400), "invalid_request");
        operator.delete(&format!("{path}?confirm=Acme")).await.expect(202);
        let progress = world.run_ended(&acme.id).await;
        assert_eq!(progress["status"], "succeeded", "{cloud}: {progress:#}");
        assert_eq!(operator.get(&path).await.expect(200)["status"], "deleted");
        let receipt = operator.get(&format!("{path}/receipt")).await.expect(200);
        assert_eq!(receipt["removed"]["user"], 1, "{receipt}");
        assert_eq!(receipt["table"].is_string(), cloud != "public", "{receipt}");
        assert_eq!(acme.technical.get("/api/users/me/access").await.refused(401), "unauthenticated");
        // The name and the address are free again.
        let offer = acme.offer.clone();
        let again = world.onboard(world.account_request("Acme", cloud, &offer, 3)).await;
        assert_eq!(again["status"], "active", "{again}");
    }
}

#[tokio::test]
async fn a_repeated_deletion_ends_no_time_of_grace() {
    let world = World::with(Settings { deletion_grace_days: 30, ..Settings::default() }).await;
    world.set_up().await;
    let operator = world.operator().await;
    for (name, ends) in [("Acme", "accounts"), ("Bolt", "provisioning")] {
        let tenant = world.tenant(name, "public", 3).await;
        let delete = |what: &str, now: &str| {
            let (operator, path) = (operator.clone(), format!("/api/{what}/{}?confirm={name}{now}", tenant.id));
            async move { operator.delete(&path).await }
        };
        let first = delete("accounts", "").await.expect(202);
        assert_eq!(first["status"], "disabled");
        assert!(first["deletesAt"].is_string(), "{first}");
        for (what, now) in [("accounts", ""), ("provisioning", ""), ("accounts", "&now=false")] {
            assert_eq!(delete(what, now).await.expect(202), first, "{what}{now}");
        }
        assert_eq!(delete(ends, "&now=maybe").await.refused(400), "invalid_request");
        let path = format!("/api/accounts/{}", tenant.id);
        assert_eq!(operator.get(&path).await.expect(200), first);
        operator.post_empty(&format!("{path}/restore")).await.expect(200);
        delete("provisioning", "").await.expect(202);
        assert_eq!(delete(ends, "&now=true").await.expect(202)["status"], "deprovisioning");
        assert_eq!(world.run_ended(&tenant.id).await["status"], "succeeded");
        // An account that is in use can skip the time of grace.
        let again = world.account_request(name, "public", &tenant.offer, 3);
        let id = world.onboard(again).await["id"].as_str().unwrap().to_owned();
        let at_once = operator.delete(&format!("/api/{ends}/{id}?confirm={name}&now=true")).await.expect(202);
        assert_eq!(at_once["status"], "deprovisioning");
    }
}

#[tokio::test]
async fn progress_is_told_step_by_step_and_the_stream_resumes() {
    let world = World::new().await;
    let offer = world.offer("Acme").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    let operator = world.operator().await;
    let path = format!("/api/provisioning/{}/events", account["id"].as_str().unwrap());
    let all = operator.get(&path).await.expect(200);
    let ids: Vec<&str> = all.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    let run = account["provisioning"]["executionId"].as_str().unwrap();
    let expected: Vec<String> = (1..=ids.len()).map(|number| format!("{run}:{number}")).collect();
    assert_eq!(ids, expected);
    let rest = operator.send(axum::http::Method::GET, &path, None, &[("last-event-id", ids[4])]).await.expect(200);
    let rest: Vec<&str> = rest.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(rest, &ids[5..]);

    // A client of an earlier version, and one that has seen everything.
    let after = async |id: &str| {
        let answer = operator.send(axum::http::Method::GET, &path, None, &[("last-event-id", id)]).await;
        let lines = answer.body.as_str().unwrap_or_default().lines();
        (answer.status, lines.filter(|line| line.starts_with("id: ")).count())
    };
    assert_eq!(after("5").await, (200, ids.len() - 5));
    assert_eq!(after("0").await, (200, ids.len()));
    assert_eq!(after("").await, (200, ids.len()));
    assert_eq!(after("999999").await, (200, ids.len()), "no event of this run: it begins at its beginning");
    let last = ids.len();
    assert_eq!(after(&format!("{run}:{last}")).await, (204, 0));
    assert_eq!(after(&last.to_string()).await, (204, 0));
    for wrong in ["x", "5:5", "-1", ":1", &format!("{run}:"), &format!("{run}:x")] {
        assert_eq!(after(wrong).await.0, 400, "{wrong}");
    }

    // The removal is another run: the last event of the onboarding hides none of it.
    let id = account["id"].as_str().unwrap();
    operator.delete(&format!("/api/accounts/{id}?confirm=Acme")).await.expect(202);
    let (status, told) = after(&format!("{run}:{last}")).await;
    assert_eq!(status, 200);
    let all = operator.get(&path).await.expect(200);
    let removal: Vec<&str> = all.as_str().unwrap().lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(told, removal.len());
    assert!(removal.len() > 3 && removal[0].ends_with(":1") && !removal[0].starts_with(run), "{removal:?}");
}

#[tokio::test]
async fn of_a_thousand_racing_creates_of_one_name_one_gets_through() {
    let world = World::unlimited().await;
    let offer = world.offer("Acme").await;
    let operator = world.operator().await;
    let spellings = ["Acme", "ACME", "acme", "Ａcme"];
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let operator = operator.clone();
        let mut request = world.account_request(spellings[number % 4], "public", &offer, 3);
        request["technicalUser"]["email"] = json!(format!("ada{number}@acme.example"));
        racing.spawn(async move { operator.post("/api/accounts", request).await.status });
    }
    let statuses = racing.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 999);
}

#[tokio::test]
async fn the_audit_log_of_an_account_is_chained() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "private", 3).await;
    world.plane.relay_once().await.unwrap();
    let report = acme.technical.get("/api/audit/verify").await.expect(200);
    assert_eq!(report["valid"], true, "{report}");
    let path = format!("/api/audit/account?accountId={}&order=ascending&limit=200", acme.id);
    let entries = world.operator().await.get(&path).await.expect(200);
    let entries = entries["items"].as_array().unwrap();
    assert_eq!(report["entries"], entries.len());
    let created = entries.iter().find(|entry| entry["action"] == "account_create").unwrap();
    assert_eq!(created["author"]["operator"], true);
}

#[tokio::test]
async fn an_account_begins_with_an_administrator_who_can_do_everything_in_it() {
    let world = World::new().await;
    let offer = world.offer("Acme").await;
    let mut request = world.account_request("Acme", "private", &offer, 3);
    request["administrator"] = json!({ "firstName": "Mary", "lastName": "Shaw", "email": "mary@acme.example" });
    let account = world.onboard(request).await;
    assert_eq!((&account["status"], &account["degraded"]), (&json!("active"), &json!(false)), "{account}");
    let mary = world.accept_invitation("mary@acme.example").await;

    let role = mary.get("/api/roles?name=Account%20administrator").await.expect(200)["items"][0].clone();
    assert_eq!((&role["name"], &role["builtIn"]), (&json!("Account administrator"), &json!(false)));
    let own = mary.get("/api/users/me/permissions").await.expect(200);
    let groups: Vec<_> =
        own["groups"].as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(groups, ["Account administrators"]);
    // The third seat is for somebody whom the administrator invites.
    let user = json!({
        "enterpriseId": offer.enterprise, "productId": offer.product, "serviceId": offer.service, "firstName": "Grace",
        "lastName": "Hopper", "email": "grace@acme.example", "startDate": world.today(),
    });
    mary.post("/api/users/provision", user).await.expect(201);
    // The technical user is one of the account's people like others.
    let technical = account["technicalUserId"].as_str().unwrap();
    mary.put(&format!("/api/users/{technical}"), json!({ "status": "inactive" })).await.expect(200);
    let listed =
        mary.get(&format!("/api/accounts/{}/technical-users", account["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "an administrator is no technical user");
}

#[tokio::test]
async fn an_administrator_needs_an_address_and_a_seat_of_their_own() {
    let world = World::new().await;
    let offer = world.offer("Acme").await;
    let operator = world.operator().await;
    let mut request = world.account_request("Acme", "public", &offer, 2);
    request["administrator"] = json!({ "firstName": "Mary", "lastName": "Shaw", "email": "ada@acme.example" });
    let same = operator.post("/api/accounts", request.clone()).await.expect(409);
    assert_eq!(same["errors"][0]["pointer"], "/administrator/email", "{same}");
    request["administrator"]["email"] = json!("mary@acme.example");
    request["licenses"][0]["numberOfUsers"] = json!(1);
    let full = operator.post("/api/accounts", request.clone()).await.expect(409);
    assert_eq!(full["errors"][0]["pointer"], "/licenses/0/numberOfUsers", "{full}");
    request["licenses"][0]["numberOfUsers"] = json!(2);
    operator.post("/api/accounts", request).await.expect(201);
}

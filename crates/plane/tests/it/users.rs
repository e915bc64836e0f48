//! Users through the front door: made, changed, found, linked; and what they may do ends with the very next request.

use std::collections::BTreeSet;

use axum::http::Method;
use jiff::SignedDuration;
use plane::ids::known;
use serde_json::{Value, json};
use testkit::world::World;

use crate::{
    people::{all, busy_world, id, menu, new_user},
    tenants::tenant,
};

#[tokio::test]
async fn users_are_made_changed_found_and_removed() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let answer = acme.admin.post("/api/users", new_user(&world, &acme, "Grace@Acme.example")).await;
    assert_eq!((answer.etag().as_str(), answer.status), ("\"1\"", 201));
    let location = answer.header("location").unwrap().to_owned();
    let user = answer.expect(201);
    assert_eq!(location, format!("/api/users/{}", id(&user)));
    assert_eq!((&user["identityStatus"], &user["technical"]), (&json!("none"), &json!(false)));
    let read = acme.admin.get(&location).await;
    assert_eq!((read.etag(), &read.body), ("\"1\"".to_owned(), &user));

    // What is given replaces, what is left out stays, null clears.
    let end = json!({ "endDate": "2030-12-31", "lastName": "Murray" });
    let changed = acme.admin.put(&location, end).await.expect(200);
    assert_eq!((&changed["endDate"], &changed["lastName"]), (&json!("2030-12-31"), &json!("Murray")));
    let changed = acme.admin.put(&location, json!({ "firstName": "Rear Admiral" })).await.expect(200);
    assert_eq!((&changed["endDate"], &changed["firstName"]), (&json!("2030-12-31"), &json!("Rear Admiral")));
    let changed = acme.admin.put(&location, json!({ "endDate": null })).await.expect(200);
    assert_eq!(changed["endDate"], Value::Null);
    let refused = acme.admin.put(&location, json!({ "endDate": "2001-01-01" })).await.expect(400);
    assert_eq!(refused["errors"][0]["pointer"], "/endDate");

    acme.admin.delete(&location).await.expect(204);
    assert_eq!(acme.admin.get(&location).await.refused(404), "not_found");
    assert_eq!(acme.admin.delete(&location).await.refused(404), "not_found");
    // The address is free again.
    acme.admin.post("/api/users", new_user(&world, &acme, "grace@acme.example")).await.expect(201);
}

#[tokio::test]
async fn lists_come_in_pages_and_by_filter() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let triple = (acme.enterprise, acme.product, acme.service);
    let more = crate::tenants::license_of(&world, acme.account, triple, 60);
    world.operator().await.post("/api/licenses", more).await.expect(201);
    let mut made = BTreeSet::new();
    for number in 0..50 {
        let user = new_user(&world, &acme, &format!("u{number}@acme.example"));
        made.insert(id(&acme.admin.post("/api/users", user).await.expect(201)));
    }
    let inactive = made.iter().next().unwrap();
    acme.admin.put(&format!("/api/users/{inactive}"), json!({ "status": "inactive" })).await.expect(200);
    for limit in [1, 7, 50, 200] {
        let found: Vec<String> = all(&acme.admin, "/api/users", limit).await.iter().map(id).collect();
        let once: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!((found.len(), once.is_superset(&made)), (51, true), "each once, by {limit}");
    }
    let by = |filter: &'static str| all(&acme.admin, filter, 3);
    assert_eq!(
        by("/api/users?status=inactive").await.iter().map(id).collect::<Vec<_>>(),
        std::slice::from_ref(inactive)
    );
    assert_eq!(by("/api/users?status=active").await.len(), 50);
    assert_eq!(by("/api/users?email=U7@acme.example").await.len(), 1);
    let first = format!("/api/users?licenseId={}", acme.license);
    assert_eq!(all(&acme.admin, &first, 4).await.len(), 51, "those on the license that follows are its users as well");
    // A cursor serves the list that made it.
    let page = acme.admin.get("/api/users?limit=2").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    for other in [format!("/api/users?status=active&cursor={cursor}"), format!("/api/groups?cursor={cursor}")] {
        assert_eq!(acme.admin.get(&other).await.refused(400), "invalid_request");
    }
    for bad in ["limit=0", "limit=-1", "limit=201", "limit=4294967296", "limit=x", "cursor=x", "status=gone", "nope=1"]
    {
        assert_eq!(acme.admin.get(&format!("/api/users?{bad}")).await.refused(400), "invalid_request", "{bad}");
    }
}

#[tokio::test]
async fn of_racing_updates_of_one_version_one_gets_through() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let answer = acme.admin.post("/api/users", new_user(&world, &acme, "grace@acme.example")).await;
    let (mut etag, path) = (answer.etag(), format!("/api/users/{}", id(&answer.body)));
    for round in 0..20 {
        let mut racing = tokio::task::JoinSet::new();
        for number in 0..10 {
            let (admin, path, etag) = (acme.admin.clone(), path.clone(), etag.clone());
            let body = json!({ "firstName": format!("Round {round} {number}") });
            let send = async move { admin.send(Method::PUT, &path, Some(body), &[("if-match", &etag)]).await };
            racing.spawn(send);
        }
        let answers = racing.join_all().await;
        let (through, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(through.len(), 1);
        assert!(lost.into_iter().all(|answer| answer.refused(412) == "precondition_failed"));
        etag = through[0].etag();
    }
    let stale = acme.admin.send(Method::PUT, &path, Some(json!({ "firstName": "X" })), &[("if-match", "\"1\"")]).await;
    assert_eq!(stale.refused(412), "precondition_failed");
    let any = acme.admin.send(Method::PUT, &path, Some(json!({ "firstName": "X" })), &[("if-match", "*")]).await;
    any.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_updates_without_a_precondition_are_all_applied() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let user = acme.admin.post("/api/users", new_user(&world, &acme, "grace@acme.example")).await.expect(201);
    let path = format!("/api/users/{}", id(&user));
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..24 {
        let (admin, path) = (acme.admin.clone(), path.clone());
        let (name, headers) = (["firstName", "lastName"][number % 2], [("if-match", " * ")]);
        let headers = if number % 3 == 0 { &headers[..] } else { &[] };
        let (body, headers) = (json!({ name: format!("N{number}") }), headers.to_vec());
        racing.spawn(async move { admin.send(Method::PUT, &path, Some(body), &headers).await });
    }
    for answer in racing.join_all().await {
        // More than that many losses in a row are reported as a transient conflict.
        if answer.status != 200 {
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.refused(409), "conflict");
        }
    }
    let user = acme.admin.get(&path).await;
    let version: u64 = user.etag().trim_matches('"').parse().unwrap();
    assert!(version > 16, "{version}");
    assert!(user.body["firstName"] != "Grace" && user.body["lastName"] != "Hopper", "{}", user.body);
}

#[tokio::test]
async fn an_etag_is_taken_as_proxies_send_it() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = acme.admin.post("/api/users", new_user(&world, &acme, "grace@acme.example")).await;
    let (mut version, path) =
        (user.etag().trim_matches('"').parse::<u64>().unwrap(), format!("/api/users/{}", id(&user.body)));
    for [before, after] in [["W/\"", "\""], ["\"", "-gzip\""], ["W/\"", ";br\""], ["\"0\", \"", "\""]] {
        let send = |tag: String| {
            let (admin, path, body) = (acme.admin.clone(), path.clone(), json!({ "firstName": "Ida" }));
            async move { admin.send(Method::PUT, &path, Some(body), &[("if-match", &tag)]).await }
        };
        assert_eq!(send(format!("{before}{}{after}", version + 1)).await.refused(412), "precondition_failed");
        send(format!("{before}{version}{after}")).await.expect(200);
        version += 1;
        assert_eq!(send("\"no-such-version\"".into()).await.refused(412), "precondition_failed");
        assert_eq!(send(version.to_string()).await.refused(400), "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_racing_duplicates_of_one_key_are_one_effect_and_one_answer() {
    let world = World::unlimited().await;
    let acme = tenant(&world, "Acme").await;
    let key = [("idempotency-key", "the-one")];
    for (path, body) in [
        ("/api/users", new_user(&world, &acme, "grace@acme.example")),
        ("/api/groups", json!({ "enterpriseId": acme.enterprise, "name": "Crew" })),
        ("/api/roles", json!({ "enterpriseId": acme.enterprise, "name": "Crew" })),
    ] {
        let before = all(&acme.admin, path, 200).await.len();
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..1_000 {
            let (admin, body) = (acme.admin.clone(), body.clone());
            racing.spawn(async move { admin.send(Method::POST, path, Some(body), &key).await });
        }
        let answers = racing.join_all().await;
        let first = answers[0].body.clone();
        for answer in answers {
            assert_eq!(answer.header("location"), Some(format!("{path}/{}", id(&first)).as_str()), "{}", answer.body);
            assert_eq!(answer.expect(201), first);
        }
        assert_eq!(all(&acme.admin, path, 200).await.len(), before + 1, "{path}");
        let mut other = body.clone();
        other[if path == "/api/users" { "firstName" } else { "name" }] = json!("Other");
        let reused = acme.admin.send(Method::POST, path, Some(other), &key).await;
        assert_eq!(reused.refused(422), "idempotency_key_reused", "{path}");
    }
    // The key is the caller's own.
    let bolt = tenant(&world, "Bolt").await;
    let theirs = bolt.admin.send(Method::POST, "/api/users", Some(new_user(&world, &bolt, "b@bolt.example")), &key);
    assert_eq!(theirs.await.expect(201)["email"], "b@bolt.example");
    assert_eq!(tenant_seats(&world, &acme).await, 1);
    for bad in ["", "a b", &"x".repeat(256)] {
        let body = new_user(&world, &acme, "c@acme.example");
        let answer = acme.admin.send(Method::POST, "/api/users", Some(body), &[("idempotency-key", bad)]).await;
        assert_eq!(answer.refused(400), "invalid_request", "{bad:?}");
    }
}

async fn tenant_seats(world: &World, tenant: &crate::tenants::Tenant) -> u32 {
    tenant.seats(world).await.used
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_is_one_persons_in_an_account() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let spellings = ["grace@shared.example", "GRACE@shared.example", "Grace@SHARED.Example", "gRACE@shared.example"];
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..100 {
        let whose = if number % 2 == 0 { &acme } else { &bolt };
        let (admin, body) = (whose.admin.clone(), new_user(&world, whose, spellings[number % 4]));
        racing.spawn(async move { admin.post("/api/users", body).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) =
        racing.join_all().await.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 2, "one in each account");
    assert!(refused.into_iter().all(|answer| answer.refused(409) == "email_taken"));
    assert_eq!((tenant_seats(&world, &acme).await, tenant_seats(&world, &bolt).await), (1, 1));
    // Nor by a change. What other accounts and the operators have is not told.
    let other = acme.admin.post("/api/users", new_user(&world, &acme, "other@acme.example")).await.expect(201);
    let path = format!("/api/users/{}", id(&other));
    assert_eq!(acme.admin.put(&path, json!({ "email": "grace@shared.example" })).await.refused(409), "email_taken");
    for elsewhere in [testkit::world::ADMIN, "ada@bolt.example", "free@nowhere.example"] {
        acme.admin.put(&path, json!({ "email": elsewhere })).await.expect(200);
    }
}

#[tokio::test]
async fn links_are_within_the_enterprise_and_once_each() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let crew = acme.group("Crew", &[]).await;
    let theirs = bolt.group("Crew", &[]).await;
    let workstream = json!({ "enterpriseId": acme.enterprise, "name": "Payments" });
    let workstream = id(&acme.admin.post("/api/workstreams", workstream).await.expect(201));
    let mut user = new_user(&world, &acme, "grace@acme.example");
    user["groupIds"] = json!([crew, crew]);
    user["workstreamIds"] = json!([workstream]);
    let path = format!("/api/users/{}", id(&acme.admin.post("/api/users", user).await.expect(201)));
    let groups = acme.admin.get(&format!("{path}/groups")).await.expect(200);
    assert_eq!(groups["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), std::slice::from_ref(&crew));
    let workstreams = acme.admin.get(&format!("{path}/workstreams")).await.expect(200);
    assert_eq!(id(&workstreams["items"][0]), workstream);
    for (what, body, pointer) in [
        ("groups", json!({ "groupIds": [crew, theirs] }), "/groupIds/"),
        ("workstreams", json!({ "workstreamIds": [theirs] }), "/workstreamIds/0"),
    ] {
        let refused = acme.admin.put(&format!("{path}/{what}"), body).await.expect(404);
        assert!(refused["errors"][0]["pointer"].as_str().unwrap().starts_with(pointer), "{refused}");
    }
    let many: Vec<&String> = std::iter::repeat_n(&crew, 31).collect();
    let refused = acme.admin.put(&format!("{path}/groups"), json!({ "groupIds": many })).await;
    assert_eq!(refused.refused(400), "invalid_request");
    assert_eq!(bolt.admin.put(&format!("{path}/groups"), json!({ "groupIds": [] })).await.refused(404), "not_found");
    acme.admin.put(&format!("{path}/groups"), json!({ "groupIds": [] })).await.expect(200);
    acme.admin.put(&format!("{path}/workstreams"), json!({ "workstreamIds": [] })).await.expect(200);
    assert_eq!(acme.admin.get(&format!("{path}/groups")).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn status_and_dates_are_judged_at_every_request() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let path = format!("/api/users/{}", grace.id);
    let today = world.today();
    grace.person.get("/api/users").await.expect(200);
    acme.admin.put(&path, json!({ "startDate": today.plus(1) })).await.expect(200);
    assert_eq!(grace.person.get("/api/users").await.refused(401), "unauthenticated");
    acme.admin.put(&path, json!({ "startDate": today, "endDate": today })).await.expect(200);
    grace.person.get("/api/users").await.expect(200);
    // Today is the last day; the token outlives it by its life.
    let to_midnight = SignedDuration::from_hours(12) - SignedDuration::from_mins(5);
    world.advance(to_midnight);
    let login = json!({ "email": grace.email, "password": testkit::world::PASSWORD, "grant": "token" });
    let tokens = world.nobody().post("/api/auth/login", login).await.expect(200);
    let late = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    late.get("/api/users").await.expect(200);
    world.advance(SignedDuration::from_mins(10));
    assert_eq!(late.get("/api/users").await.refused(401), "unauthenticated");
}

#[tokio::test]
async fn what_is_taken_away_is_gone_at_the_very_next_request() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let read = json!([menu("access-control", "v")]);
    let grace = acme.member(&world, "grace", read.clone()).await;
    let (user, group) = (format!("/api/users/{}", grace.id), format!("/api/groups/{}", grace.group));
    let permissions = format!("/api/roles/{}/permissions", grace.role);
    let mut person = grace.person.clone();
    for round in 0..200 {
        person.get("/api/users").await.expect(200);
        let (path, taken, given, expected) = match round % 4 {
            0 => (format!("{group}/roles"), json!({ "roleIds": [] }), json!({ "roleIds": [grace.role] }), 403),
            1 => (format!("{user}/groups"), json!({ "groupIds": [] }), json!({ "groupIds": [grace.group] }), 403),
            2 => {
                let some = json!({ "permissions": [menu("pipelines", "v")] });
                (permissions.clone(), some, json!({ "permissions": read }), 403)
            }
            _ => (user.clone(), json!({ "status": "inactive" }), json!({ "status": "active" }), 401),
        };
        acme.admin.put(&path, taken).await.expect(200);
        let refused = person.get("/api/users").await;
        assert_eq!(refused.status, expected, "round {round}: {}", refused.body);
        acme.admin.put(&path, given).await.expect(200);
        if expected == 401 {
            // The session ended with the deactivation: the old token stays dead.
            assert_eq!(person.get("/api/users").await.refused(401), "unauthenticated", "round {round}");
            let login = json!({ "email": grace.email, "password": testkit::world::PASSWORD });
            let tokens = world.nobody().post("/api/auth/login", login).await.expect(200);
            person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
        }
    }
}

#[tokio::test]
async fn who_holds_less_can_not_take_over_who_holds_more() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let boss_role = acme.role("Boss role", json!([menu("access-control", "vced"), menu("builds", "vced")])).await;
    let boss_group = acme.group("Boss group", &[&boss_role]).await;
    let mut boss = new_user(&world, &acme, "boss@acme.example");
    boss["groupIds"] = json!([boss_group]);
    let boss = id(&acme.admin.post("/api/users", boss).await.expect(201));
    let clerk = acme.member(&world, "clerk", json!([menu("access-control", "vce")])).await;
    let path = format!("/api/users/{boss}");
    let mine = json!({ "email": "clerks-other-self@acme.example" });
    assert_eq!(clerk.person.put(&path, mine.clone()).await.refused(403), "forbidden");
    assert_eq!(
        clerk
            .person
            .put(&format!("/api/users/{}/groups", clerk.id), json!({ "groupIds": [boss_group] }))
            .await
            .refused(403),
        "forbidden"
    );
    acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
    assert_eq!(clerk.person.put(&path, json!({ "status": "active" })).await.refused(403), "forbidden");
    // Nor by a day that is yet to come, or by one more day.
    let (today, tomorrow) = (world.today(), world.today().plus(1));
    for days in [
        json!({ "status": "active", "startDate": tomorrow }),
        json!({ "status": "active", "startDate": tomorrow, "endDate": tomorrow }),
    ] {
        assert_eq!(clerk.person.put(&path, days).await.refused(403), "forbidden");
    }
    acme.admin.put(&path, json!({ "status": "active", "endDate": today })).await.expect(200);
    for days in [json!({ "endDate": null }), json!({ "endDate": tomorrow })] {
        assert_eq!(clerk.person.put(&path, days).await.refused(403), "forbidden");
    }
    // Days that are over are no rights; those that are still to come are not a clerk's to take.
    clerk.person.put(&path, json!({ "startDate": today, "endDate": today })).await.expect(200);
    assert_eq!(clerk.person.put(&path, json!({ "status": "inactive" })).await.refused(403), "forbidden");
    acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
    // Names are not rights.
    clerk.person.put(&path, json!({ "lastName": "Baby" })).await.expect(200);
    acme.admin.put(&path, mine).await.expect(200);
}

#[tokio::test]
async fn nothing_is_taken_from_an_operator_by_somebody_who_is_none() {
    let world = busy_world().await;
    let operator = world.operator().await;
    let everything = ["overview", "access-control", "account-settings", "security", "builds", "pipelines"];
    let mut permissions: Vec<_> = everything.iter().map(|name| menu(name, "vced")).collect();
    permissions.retain(|permission| permission["menu"] != "security" && permission["menu"] != "account-settings");
    let body = json!({ "enterpriseId": known::GLOBAL_ENTERPRISE, "name": "Clerks" });
    let role = id(&operator.post("/api/roles", body).await.expect(201));
    operator.put(&format!("/api/roles/{role}/permissions"), json!({ "permissions": permissions })).await.expect(200);
    let group = async |name: &str| {
        let body = json!({ "enterpriseId": known::GLOBAL_ENTERPRISE, "name": name, "roleIds": [role] });
        id(&operator.post("/api/groups", body).await.expect(201))
    };
    let (clerks, shared) = (group("Clerks").await, group("Shared").await);
    let person = async |name: &str, groups: serde_json::Value| {
        let email = format!("{name}@adminplatform.com");
        let body = json!({
            "enterpriseId": known::GLOBAL_ENTERPRISE, "productId": known::GLOBAL_PRODUCT,
            "serviceId": known::GLOBAL_SERVICE, "firstName": "A", "lastName": "B", "email": email,
            "startDate": world.today(), "groupIds": groups
        });
        let user = id(&operator.post("/api/users/provision", body).await.expect(201));
        (user, world.accept_invitation(&email).await)
    };
    let (_, clerk) = person("clerk", json!([clerks])).await;
    let (other, theirs) = person("other", json!([known::PLATFORM_ADMIN_GROUP, shared])).await;
    let path = format!("/api/users/{other}");
    for (method, path, body) in [
        (Method::PUT, path.clone(), Some(json!({ "status": "inactive" }))),
        (Method::PUT, path.clone(), Some(json!({ "endDate": world.today() }))),
        (Method::PUT, path.clone(), Some(json!({ "startDate": world.today().plus(1) }))),
        (Method::PUT, format!("{path}/groups"), Some(json!({ "groupIds": [] }))),
        (Method::PUT, format!("{path}/groups"), Some(json!({ "groupIds": [known::PLATFORM_ADMIN_GROUP] }))),
        (Method::DELETE, path.clone(), None),
        // Nor by what gives them more: a group, or a role.
        (Method::DELETE, format!("/api/groups/{shared}"), None),
        (Method::PUT, format!("/api/groups/{shared}/roles"), Some(json!({ "roleIds": [] }))),
        (Method::PUT, format!("/api/roles/{role}/permissions"), Some(json!({ "permissions": [] }))),
        (Method::DELETE, format!("/api/roles/{role}"), None),
    ] {
        let refused = clerk.send(method.clone(), &path, body.clone(), &[]).await;
        assert_eq!(refused.refused(403), "forbidden", "{method} {path} {body:?}");
    }
    theirs.get("/api/accounts").await.expect(200);
    // What concerns no operator is the clerk's, and an operator takes from both.
    let (third, _) = person("third", json!([clerks])).await;
    clerk.put(&format!("/api/users/{third}"), json!({ "status": "inactive" })).await.expect(200);
    clerk.delete(&format!("/api/users/{third}")).await.expect(204);
    operator.put(&format!("{path}/groups"), json!({ "groupIds": [] })).await.expect(200);
    operator.delete(&path).await.expect(204);
}

#[tokio::test]
async fn the_platform_keeps_an_administrator() {
    let world = busy_world().await;
    let operator = world.operator().await;
    let admin = known::ADMIN_USER;
    let me = operator.get(&format!("/api/users/{admin}")).await.expect(200);
    // The challenge of the first sign-in was answered.
    assert_eq!(me["identityStatus"], "confirmed");
    let path = format!("/api/users/{admin}");
    assert_eq!(operator.delete(&path).await.refused(409), "protected");
    let today = world.today();
    for body in [json!({ "status": "inactive" }), json!({ "endDate": today }), json!({ "startDate": today.plus(1) })] {
        assert_eq!(operator.put(&path, body.clone()).await.refused(409), "protected", "{body}");
    }
    assert_eq!(operator.put(&format!("{path}/groups"), json!({ "groupIds": [] })).await.refused(409), "protected");
    assert_eq!(
        operator.delete(&format!("/api/groups/{}", known::PLATFORM_ADMIN_GROUP)).await.refused(409),
        "protected"
    );
    assert_eq!(operator.delete(&format!("/api/roles/{}", known::PLATFORM_ADMIN_ROLE)).await.refused(409), "protected");
    let nothing = json!({ "permissions": [menu("builds", "")] });
    let permissions = format!("/api/roles/{}/permissions", known::PLATFORM_ADMIN_ROLE);
    assert_eq!(operator.put(&permissions, nothing).await.refused(409), "protected");

    for round in 0..5 {
        let email = format!("second{round}@adminplatform.com");
        let second = json!({
            "enterpriseId": known::GLOBAL_ENTERPRISE, "productId": known::GLOBAL_PRODUCT,
            "serviceId": known::GLOBAL_SERVICE, "firstName": "Second", "lastName": "Admin", "email": email,
            "startDate": today, "groupIds": [known::PLATFORM_ADMIN_GROUP]
        });
        let second_id = id(&operator.post("/api/users/provision", second).await.expect(201));
        // One who never signed in does not count.
        assert_eq!(operator.put(&path, json!({ "status": "inactive" })).await.refused(409), "protected");
        let second = world.accept_invitation(&email).await;
        let (one, two) = (second.clone(), operator.clone());
        let (theirs, mine) = (path.clone(), format!("/api/users/{second_id}"));
        let body = json!({ "status": "inactive" });
        let (a, b) = if round % 2 == 0 {
            tokio::join!(
                tokio::spawn(async move { one.delete(&theirs).await }),
                tokio::spawn(async move { two.delete(&mine).await })
            )
        } else {
            let other = body.clone();
            tokio::join!(
                tokio::spawn(async move { one.put(&theirs, other).await }),
                tokio::spawn(async move { two.put(&mine, body).await })
            )
        };
        let (a, b) = (a.unwrap(), b.unwrap());
        let through = [a.status, b.status].into_iter().filter(|status| *status < 300).count();
        assert_eq!(through, 1, "{} / {}", a.body, b.body);
        if a.status < 300 {
            // The second one stays, whole: signs in anew, and can let the others go on.
            let login = json!({ "email": email, "password": testkit::world::PASSWORD });
            world.nobody().post("/api/auth/login", login).await.expect(200);
            second.get("/api/accounts").await.expect(200);
            return;
        }
        operator.get("/api/accounts").await.expect(200);
        let login = json!({ "email": testkit::world::ADMIN, "password": testkit::world::PASSWORD });
        world.nobody().post("/api/auth/login", login).await.expect(200);
    }
}

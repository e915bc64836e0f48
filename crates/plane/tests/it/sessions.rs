//! Signing in and out through the front door: tokens and cookies, challenges, links and codes, limits.

use std::net::IpAddr;

use axum::http::Method;
use jiff::SignedDuration;
use plane::settings::Settings;
use serde_json::{Value, json};
use testkit::world::{Answer, PASSWORD, Person, World};

use crate::{
    people::{busy_world, id, menu, new_user},
    tenants::tenant,
};

const NEW: &str = "Granite-9-heron-thicket";

async fn login(world: &World, email: &str, password: &str, grant: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "grant": grant });
    world.nobody().post("/api/auth/login", body).await
}

fn with(world: &World, tokens: &Value) -> Person {
    world.nobody().with_token(tokens["accessToken"].as_str().unwrap_or_else(|| panic!("no token in {tokens}")))
}

async fn refresh(world: &World, token: &Value) -> Answer {
    world.nobody().post("/api/auth/refresh", json!({ "refreshToken": token })).await
}

#[tokio::test]
async fn the_first_sign_in_is_a_challenge_and_the_administrator_is_confirmed_by_it() {
    let world = World::empty().await;
    let first = "Copper-4-kettle-meadow";
    let email = plane::text::Email::try_from(testkit::world::ADMIN).unwrap();
    let admin = plane::features::bootstrap::Admin { email, password: Some(first.into()), ..Default::default() };
    world.plane.bootstrap_if_needed(&admin).await.unwrap();
    let email = testkit::world::ADMIN;
    let challenge = login(&world, email, first, "token").await.expect(200);
    assert_eq!(challenge["challenge"], "NEW_PASSWORD_REQUIRED");
    assert!(challenge["accessToken"].is_null() && challenge.get("requires").is_none(), "{challenge}");
    let answer = |password: &str| {
        let body = json!({
            "challenge": "NEW_PASSWORD_REQUIRED", "session": challenge["session"], "newPassword": password,
            "grant": "token"
        });
        let nobody = world.nobody();
        async move { nobody.post("/api/auth/challenge", body).await }
    };
    for weak in ["short", "Adminuser@123", first] {
        let refused = answer(weak).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], "/newPassword", "{weak}");
    }
    let tokens = answer(PASSWORD).await.expect(200);
    let admin = with(&world, &tokens);
    let me = admin.get("/api/users/me/access").await.expect(200);
    assert_eq!((&me["user"]["identityStatus"], &me["operator"]), (&json!("confirmed"), &json!(true)));
    // Once answered, it is over; so is the first password.
    assert_eq!(answer(NEW).await.refused(401), "invalid_credentials");
    assert_eq!(login(&world, email, first, "token").await.refused(401), "invalid_credentials");
    assert!(login(&world, email, PASSWORD, "token").await.expect(200)["refreshToken"].is_string());
}

#[tokio::test]
async fn a_browser_holds_its_refresh_token_in_a_cookie_that_no_script_reads() {
    let world = World::new().await;
    drop(world.operator().await);
    let answer = login(&world, testkit::world::ADMIN, PASSWORD, "cookie").await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for part in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/api/auth"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let (_, life) = cookie.split_once("; Max-Age=").unwrap();
    let life: u32 = life.split(';').next().unwrap().parse().unwrap();
    assert!((2_591_990..=2_592_000).contains(&life), "30 days, less what the request took: {life}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.expect(200);
    assert!(tokens["refreshToken"].is_null(), "{tokens}");
    assert_eq!(tokens["tokenType"], "Bearer");
    assert!((890..=900).contains(&tokens["expiresIn"].as_i64().unwrap()), "{tokens}");

    let pair = cookie.split(';').next().unwrap();
    let headers = [("cookie", pair)];
    let answer = world.nobody().send(Method::POST, "/api/auth/refresh", Some(json!({})), &headers).await;
    let next = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(next, pair);
    let tokens = answer.expect(200);
    assert!(tokens["refreshToken"].is_null(), "{tokens}");
    let person = with(&world, &tokens);
    person.get("/api/users/me/access").await.expect(200);

    let headers = [("cookie", next.as_str())];
    let out = world.nobody().send(Method::POST, "/api/auth/logout", Some(json!({})), &headers).await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    out.expect(204);
    assert_eq!(person.get("/api/users/me/access").await.refused(401), "unauthenticated");
    let again = world.nobody().send(Method::POST, "/api/auth/refresh", Some(json!({})), &headers).await;
    assert_eq!(again.refused(401), "unauthenticated");
}

#[tokio::test]
async fn a_spent_refresh_token_that_comes_back_ends_its_family() {
    let world = World::new().await;
    drop(world.operator().await);
    let first = login(&world, testkit::world::ADMIN, PASSWORD, "token").await.expect(200);
    let other = login(&world, testkit::world::ADMIN, PASSWORD, "token").await.expect(200);
    let second = refresh(&world, &first["refreshToken"]).await.expect(200);
    let person = with(&world, &second);
    person.get("/api/users/me/access").await.expect(200);
    world.advance(SignedDuration::from_secs(11));
    assert_eq!(refresh(&world, &first["refreshToken"]).await.refused(401), "unauthenticated");
    assert_eq!(refresh(&world, &second["refreshToken"]).await.refused(401), "unauthenticated");
    assert_eq!(person.get("/api/users/me/access").await.refused(401), "unauthenticated");
    with(&world, &other).get("/api/users/me/access").await.expect(200);
    // Another token is none, and none at all is none.
    assert_eq!(refresh(&world, &other["idToken"]).await.refused(400), "invalid_request");
    assert_eq!(refresh(&world, &json!("fhr_x")).await.refused(401), "unauthenticated");
    assert_eq!(world.nobody().post("/api/auth/refresh", json!({})).await.refused(401), "unauthenticated");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_code_and_nobody_learns_who_is_here() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let ask = |email: String| {
        let nobody = world.nobody();
        async move { nobody.post("/api/auth/forgot-password", json!({ "email": email })).await }
    };
    let (here, nowhere) = (ask(grace.email.clone()).await, ask("nobody@nowhere.example".into()).await);
    assert_eq!((here.status, &here.body), (nowhere.status, &nowhere.body));
    assert_eq!(here.status, 202);
    let operator = world.operator().await;
    let code = loop {
        let mails = operator.get(&format!("/api/outbox?to={}&limit=1", grace.email)).await.expect(200);
        let text = mails["items"][0]["text"].as_str().unwrap().to_owned();
        if let Some((_, code)) = text.split_once("password is\n\n") {
            break code.split_whitespace().next().unwrap().to_owned();
        }
        tokio::task::yield_now().await;
    };
    let reset = |email: &str, code: &str, password: &str| {
        let body = json!({ "email": email, "code": code, "newPassword": password });
        let nobody = world.nobody();
        async move { nobody.post("/api/auth/reset-password", body).await }
    };
    let wrong = reset(&grace.email, "00000000", NEW).await;
    let unknown = reset("nobody@nowhere.example", "00000000", NEW).await;
    assert_eq!((wrong.status, &wrong.body["errors"]), (unknown.status, &unknown.body["errors"]));
    assert_eq!(wrong.status, 400);
    // A weak password does not use the code up.
    assert_eq!(reset(&grace.email, &code, "weak").await.expect(400)["errors"][0]["pointer"], "/newPassword");
    reset(&grace.email, &code, NEW).await.expect(204);
    assert_eq!(reset(&grace.email, &code, PASSWORD).await.refused(400), "invalid_request");
    assert_eq!(grace.person.get("/api/users").await.refused(401), "unauthenticated");
    assert_eq!(login(&world, &grace.email, PASSWORD, "token").await.refused(401), "invalid_credentials");
    login(&world, &grace.email, NEW, "token").await.expect(200);
    // Sign-in tells as little.
    let (wrong, unknown) =
        (login(&world, &grace.email, "x", "token").await, login(&world, "no@no.example", "x", "token").await);
    let told = |answer: &Answer| (answer.status, answer.body["code"].clone(), answer.body["detail"].clone());
    assert_eq!(told(&wrong), told(&unknown));
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_link_of_the_mail_alone() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    world.nobody().post("/api/auth/forgot-password", json!({ "email": grace.email })).await.expect(202);
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    let mails = world.operator().await.get(&format!("/api/outbox?to={}&limit=1", grace.email)).await.expect(200);
    let text = mails["items"][0]["text"].as_str().unwrap().to_owned();
    let token = text.split_once("/reset-password#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let code = text.split_once("password is\n\n").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let reset = async |body: Value| world.nobody().post("/api/auth/reset-password", body).await;
    for (body, pointer) in [
        (json!({ "newPassword": NEW }), "/email"),
        (json!({ "email": grace.email, "newPassword": NEW }), "/code"),
        (json!({ "code": code, "newPassword": NEW }), "/email"),
        (json!({ "token": token, "email": grace.email, "newPassword": NEW }), "/token"),
        (json!({ "token": "fhl_guessed", "newPassword": NEW }), "/token"),
        (json!({ "token": token, "newPassword": "weak" }), "/newPassword"),
    ] {
        assert_eq!(reset(body.clone()).await.expect(400)["errors"][0]["pointer"], pointer, "{body}");
    }
    reset(json!({ "token": token, "newPassword": NEW })).await.expect(204);
    assert_eq!(reset(json!({ "token": token, "newPassword": PASSWORD })).await.refused(400), "invalid_request");
    login(&world, &grace.email, NEW, "token").await.expect(200);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let here = with(&world, &login(&world, &grace.email, PASSWORD, "token").await.expect(200));
    let body = |old: &str, new: &str| json!({ "oldPassword": old, "newPassword": new });
    let path = "/api/auth/change-password";
    assert_eq!(here.post(path, body("wrong", NEW)).await.refused(401), "invalid_credentials");
    assert_eq!(here.post(path, body(PASSWORD, "weak")).await.refused(400), "invalid_request");
    assert_eq!(world.nobody().post(path, body(PASSWORD, NEW)).await.refused(401), "unauthenticated");
    here.post(path, body(PASSWORD, NEW)).await.expect(204);
    here.get("/api/users").await.expect(200);
    assert_eq!(grace.person.get("/api/users").await.refused(401), "unauthenticated");
}

async fn accept(world: &World, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "newPassword": password });
    world.nobody().post("/api/auth/accept-invitation", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_is_used_once_within_a_day_and_the_last_one_counts() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let invited = async |email: &str| {
        let user = new_user(&world, &acme, email);
        let answer = acme.admin.post("/api/users/provision", user).await;
        let path = format!("/api/users/{}", id(&answer.body));
        // What is answered is what is there.
        let read = acme.admin.get(&path).await;
        assert_eq!((answer.etag(), &answer.body), (read.etag(), &read.body));
        assert_eq!(answer.expect(201)["identityStatus"], "invited");
        (path, world.invitation(email).await)
    };
    let (_, token) = invited("one@acme.example").await;
    // Mail scanners open links.
    let opened = world.nobody().get("/api/auth/accept-invitation").await;
    assert_eq!(opened.header("allow"), Some("POST"));
    assert_eq!(opened.refused(405), "method_not_allowed");
    assert_eq!(accept(&world, &token, "weak").await.expect(400)["errors"][0]["pointer"], "/newPassword");
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (world, token) = (world.clone(), token.clone());
        racing.spawn(async move { (number, accept(&world, &token, &format!("{NEW}{number}")).await) });
    }
    let answers = racing.join_all().await;
    let through: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 204).collect();
    assert_eq!(through.len(), 1);
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 204) {
        assert_eq!(answer.body["errors"][0]["pointer"], "/token", "{}", answer.body);
    }
    let chosen = format!("{NEW}{}", through[0].0);
    let tokens = login(&world, "one@acme.example", &chosen, "token").await.expect(200);
    let me = with(&world, &tokens).get("/api/users/me/access").await.expect(200);
    assert_eq!(me["user"]["identityStatus"], "confirmed");

    let (path, first) = invited("two@acme.example").await;
    world.advance(SignedDuration::from_mins(1));
    acme.admin.post_empty(&format!("{path}/invitation")).await.expect(200);
    let second = world.invitation("two@acme.example").await;
    assert_ne!(first, second);
    assert_eq!(accept(&world, &first, NEW).await.refused(400), "invalid_request");
    accept(&world, &second, NEW).await.expect(204);
    let again = acme.admin.post_empty(&format!("{path}/invitation")).await;
    assert_eq!(again.refused(409), "conflict", "who has a password needs none");

    let (path, token) = invited("gone@acme.example").await;
    acme.admin.delete(&path).await.expect(204);
    assert_eq!(accept(&world, &token, NEW).await.refused(400), "invalid_request");

    let (_, token) = invited("late@acme.example").await;
    world.advance(SignedDuration::from_hours(24));
    assert_eq!(accept(&world, &token, NEW).await.refused(400), "invalid_request");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let one = with(&world, &login(&world, &grace.email, PASSWORD, "token").await.expect(200));
    let two = with(&world, &login(&world, &grace.email, PASSWORD, "token").await.expect(200));
    let sessions = one.get("/api/users/me/sessions").await.expect(200);
    let sessions = sessions["items"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    let current: Vec<&Value> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(current.len(), 1);
    let theirs = acme.admin.get("/api/users/me/sessions").await.expect(200);
    let foreign = format!("/api/users/me/sessions/{}", id(&theirs["items"][0]));
    assert_eq!(one.delete(&foreign).await.refused(404), "not_found");
    one.delete(&format!("/api/users/me/sessions/{}", id(current[0]))).await.expect(204);
    assert_eq!(one.get("/api/users").await.refused(401), "unauthenticated");
    two.get("/api/users").await.expect(200);
    two.delete("/api/users/me/sessions").await.expect(204);
    for dead in [&one, &two, &grace.person] {
        assert_eq!(dead.get("/api/users").await.refused(401), "unauthenticated");
    }
    acme.admin.get("/api/users").await.expect(200);
}

#[tokio::test]
async fn who_is_deactivated_or_deleted_is_out_at_once() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    for (name, deleted) in [("grace", false), ("jean", true)] {
        let member = acme.member(&world, name, json!([menu("access-control", "v")])).await;
        let tokens = login(&world, &member.email, PASSWORD, "token").await.expect(200);
        let path = format!("/api/users/{}", member.id);
        if deleted {
            acme.admin.delete(&path).await.expect(204);
        } else {
            acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
        }
        assert_eq!(member.person.get("/api/users").await.refused(401), "unauthenticated");
        assert_eq!(refresh(&world, &tokens["refreshToken"]).await.refused(401), "unauthenticated");
        let expected = if deleted { (401, "invalid_credentials") } else { (403, "forbidden") };
        let refused = login(&world, &member.email, PASSWORD, "token").await;
        assert_eq!((refused.status, refused.body["code"].as_str().unwrap()), expected, "{}", refused.body);
        // Who does not know the password learns nothing.
        let (here, nowhere) =
            (login(&world, &member.email, NEW, "token").await, login(&world, "no@no.example", NEW, "token").await);
        assert_eq!((here.status, &here.body["detail"]), (nowhere.status, &nowhere.body["detail"]));
    }
}

/// What `problem` says to somebody who may not act.
fn why(answer: Answer, status: u16) -> (String, String) {
    let problem = answer.expect(status);
    let text = |name: &str| problem[name].as_str().unwrap_or_else(|| panic!("no {name} in {problem}")).to_owned();
    (text("detail"), text("help"))
}

#[tokio::test]
async fn who_may_not_act_gets_no_tokens_and_hears_whom_to_ask() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let path = format!("/api/users/{}", grace.id);
    let (past, tomorrow) = ("2020-01-01", world.today().plus(1));
    let subject = plane::features::users::model::subject(grace.id.parse().unwrap());
    let sessions = async || world.plane.identity().sessions(subject).await.unwrap().len();
    let open = |days: Value| {
        let (admin, path) = (acme.admin.clone(), path.clone());
        async move { admin.put(&path, days).await.expect(200) }
    };
    let working = json!({ "startDate": past, "endDate": null });
    for (days, said) in [
        (json!({ "startDate": past, "endDate": past }), "the user's end date is over"),
        (json!({ "startDate": tomorrow }), "the user's start date is in the future"),
    ] {
        let tokens = login(&world, &grace.email, PASSWORD, "token").await.expect(200);
        open(days).await;
        let before = sessions().await;
        let expected = (said.to_owned(), "ask an administrator of your account".to_owned());
        assert_eq!(why(login(&world, &grace.email, PASSWORD, "token").await, 403), expected);
        assert_eq!(why(refresh(&world, &tokens["refreshToken"]).await, 401), expected);
        assert_eq!(sessions().await, before);
        assert_eq!(login(&world, &grace.email, NEW, "token").await.refused(401), "invalid_credentials");
        // The session goes on once they may act again.
        open(working.clone()).await;
        refresh(&world, &tokens["refreshToken"]).await.expect(200);
    }
    // A deactivation ends the session, and the next refresh says why.
    let tokens = login(&world, &grace.email, PASSWORD, "token").await.expect(200);
    open(json!({ "status": "inactive" })).await;
    let ended = refresh(&world, &tokens["refreshToken"]).await;
    assert_eq!(ended.body["reason"], "user_inactive", "{:?}", ended.body);
    assert_eq!(ended.refused(401), "unauthenticated");
    open(json!({ "status": "active" })).await;
    refresh(&world, &tokens["refreshToken"]).await.expect(401);
    // A challenge and a link are answered once they may act.
    world
        .plane
        .identity()
        .set_password(subject, NEW.into(), plane::ports::identity::Permanence::Temporary)
        .await
        .unwrap();
    let challenge = login(&world, &grace.email, NEW, "token").await.expect(200);
    let body = json!({ "challenge": challenge["challenge"], "session": challenge["session"], "newPassword": PASSWORD });
    open(json!({ "startDate": past, "endDate": past })).await;
    assert_eq!(world.nobody().post("/api/auth/challenge", body.clone()).await.refused(403), "forbidden");
    assert_eq!(login(&world, &grace.email, NEW, "token").await.refused(403), "forbidden");
    open(working).await;
    world.nobody().post("/api/auth/challenge", body).await.expect(200);

    let mut user = new_user(&world, &acme, "soon@acme.example");
    user["startDate"] = json!(tomorrow);
    acme.admin.post("/api/users/provision", user).await.expect(201);
    let token = world.invitation("soon@acme.example").await;
    let (said, _) = why(accept(&world, &token, NEW).await, 403);
    assert_eq!(said, "the user's start date is in the future");
    assert_eq!(accept(&world, "fhi_other", NEW).await.refused(400), "invalid_request");
    world.advance(SignedDuration::from_hours(23));
    accept(&world, &token, NEW).await.expect(204);

    // The reason is in the audit log, as the person's own doing.
    assert!(world.plane.drain(std::time::Duration::from_secs(20)).await.unwrap());
    let path = format!("/api/audit/account?accountId={}&limit=200", acme.account);
    let entries = world.operator().await.get(&path).await.expect(200);
    let entries = entries["items"].as_array().unwrap();
    for (action, reason) in [
        ("auth_login", "user_ended"),
        ("auth_login", "user_not_started"),
        ("auth_refresh", "user_ended"),
        ("auth_challenge", "user_ended"),
        ("auth_accept_invitation", "user_not_started"),
    ] {
        let found = entries.iter().find(|entry| entry["action"] == action && entry["reason"] == reason);
        let entry = found.unwrap_or_else(|| panic!("no {action} {reason} in {entries:#?}"));
        assert_eq!((&entry["outcome"], &entry["author"]["kind"]), (&json!("failed"), &json!("user")), "{entry}");
    }
}

#[tokio::test]
async fn nobody_signs_in_to_an_account_that_is_not_active() {
    let world = World::with(Settings { deletion_grace_days: 1, ..testkit::world::unlimited() }).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 3).await;
    let tokens = login(&world, "ada@acme.example", PASSWORD, "token").await.expect(200);
    let path = format!("/api/accounts/{}", acme.id);
    world.operator().await.delete(&format!("{path}?confirm=Acme")).await.expect(202);
    let expected = ("the user's account is disabled".to_owned(), "ask an operator of the platform".to_owned());
    assert_eq!(why(login(&world, "ada@acme.example", PASSWORD, "token").await, 403), expected);
    assert_eq!(why(refresh(&world, &tokens["refreshToken"]).await, 401), expected);
    world.operator().await.post_empty(&format!("{path}/restore")).await.expect(200);
    login(&world, "ada@acme.example", PASSWORD, "token").await.expect(200);
    refresh(&world, &tokens["refreshToken"]).await.expect(200);
}

#[tokio::test]
async fn the_hundred_and_first_request_of_an_address_waits_whatever_it_says_of_itself() {
    let proxy: IpAddr = [10, 0, 0, 1].into();
    let settings = Settings {
        trusted_proxies: [proxy].into_iter().collect(),
        session_requests_per_five_minutes: 100,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (stranger, neighbour) = ([203, 0, 113, 7].into(), [203, 0, 113, 8].into());
    let ask = async |at: IpAddr, forwarded: &str| {
        let headers = [("x-forwarded-for", forwarded)];
        world.nobody().at(at).send(Method::POST, "/api/auth/refresh", Some(json!({})), &headers).await
    };
    for number in 0..100 {
        let refused = ask(stranger, &format!("198.51.100.{number}")).await;
        assert_eq!(refused.refused(401), "unauthenticated", "request {number}");
    }
    let limited = ask(stranger, "192.0.2.1").await;
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    assert_eq!(limited.header("content-type"), Some("application/problem+json"));
    assert_eq!(limited.refused(429), "too_many_requests");
    assert_eq!(ask(neighbour, "").await.refused(401), "unauthenticated");
    // Behind the proxy, whom it names counts: the nearest address that is no proxy of ours.
    assert_eq!(ask(proxy, "203.0.113.8, 203.0.113.7").await.refused(429), "too_many_requests");
    assert_eq!(ask(proxy, "203.0.113.7, 203.0.113.9").await.refused(401), "unauthenticated");
    // Other paths are not limited by it.
    let elsewhere = world.nobody().at(stranger).get("/api/users").await;
    assert_eq!(elsewhere.refused(401), "unauthenticated");
}

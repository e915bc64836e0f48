//! What deals with credentials: limits that processes share, cookies of which one counts, and what outsiders hear of the store.

use std::{net::IpAddr, sync::Arc};

use axum::http::Method;
use plane::{
    ports::external_error::{ErrorKind, ExternalError, KnownCondition},
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::{
    keys::MemoryKeys,
    memory::MemoryTables,
    world::{Answer, PASSWORD, World},
};

use crate::{
    faults::Faults,
    people::{busy_world, menu},
    tenants::tenant,
};

#[tokio::test]
async fn processes_that_share_the_store_share_the_limit_on_credentials() {
    let settings = Settings { alone: false, auth_requests_per_five_minutes: 6, ..Settings::default() };
    let tables = MemoryTables::default();
    let one = World::over_with(Arc::new(tables.clone()), settings.clone(), MemoryKeys::default()).await;
    let two = World::over_with(Arc::new(tables), settings, MemoryKeys::default()).await;
    let stranger: IpAddr = [203, 0, 113, 7].into();
    let ask = async |world: &World, at: IpAddr| {
        world.nobody().at(at).post("/api/auth/forgot-password", json!({ "email": "ada@example.com" })).await
    };
    for request in 0..6 {
        ask(if request % 2 == 0 { &one } else { &two }, stranger).await.expect(202);
    }
    for world in [&one, &two] {
        let limited = ask(world, stranger).await;
        let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{wait}");
        assert_eq!(limited.refused(429), "too_many_requests");
        ask(world, [203, 0, 113, 8].into()).await.expect(202);
    }
}

#[tokio::test]
async fn renewals_of_an_office_use_up_no_sign_ins_and_guesses_no_renewals() {
    let settings =
        Settings { auth_requests_per_five_minutes: 5, session_requests_per_five_minutes: 8, ..Settings::default() };
    // A process by itself, and processes that share their count.
    for alone in [true, false] {
        let world = World::with(Settings { alone, ..settings.clone() }).await;
        world.set_up().await;
        let office: IpAddr = [203, 0, 113, 7].into();
        let post = async |path: &str, body: Value| world.nobody().at(office).post(path, body).await.status;
        let renew = async || post("/api/auth/refresh", json!({ "refreshToken": "fhr_none" })).await;
        let guess = async || post("/api/auth/login", json!({ "email": "a@b.example", "password": "x" })).await;
        for _ in 0..8 {
            assert_eq!(renew().await, 401);
        }
        assert_eq!((renew().await, guess().await), (429, 401), "{alone}");
        for _ in 0..4 {
            assert_eq!(guess().await, 401);
        }
        assert_eq!(guess().await, 429, "{alone}");
    }
    let world = World::with(settings).await;
    world.set_up().await;
    let office: IpAddr = [203, 0, 113, 7].into();
    for _ in 0..6 {
        let body = json!({ "email": "a@b.example", "password": "x" });
        world.nobody().at(office).post("/api/auth/login", body).await;
    }
    let leave = world.nobody().at(office).post("/api/auth/logout", json!({ "refreshToken": "fhr_none" })).await;
    assert_eq!(leave.status, 204, "signing out is possible when the guesses are used up");
}

#[tokio::test]
async fn a_password_is_one_however_its_letters_are_composed() {
    let world = World::unlimited().await;
    let acme = tenant(&world, "Acme").await;
    let member = acme.member(&world, "grace", json!([])).await;
    let (composed, decomposed) = ("Caf\u{e9}-walrus-7-lantern", "Cafe\u{301}-walrus-7-lantern");
    let login = async |password: &str| {
        world.nobody().post("/api/auth/login", json!({ "email": member.email, "password": password })).await
    };
    let change = json!({ "oldPassword": testkit::world::PASSWORD, "newPassword": decomposed });
    member.person.post("/api/auth/change-password", change).await.expect(204);
    login(composed).await.expect(200);
    login(decomposed).await.expect(200);
    assert_eq!(login("Cafe-walrus-7-lantern").await.refused(401), "invalid_credentials");
    let control = json!({ "oldPassword": composed, "newPassword": "Tab\tbed-walrus-7-lantern" });
    let refused = member.person.post("/api/auth/change-password", control).await.expect(400);
    assert!(refused["detail"].as_str().unwrap().contains("control characters"), "{refused}");
}

#[tokio::test]
async fn guesses_at_the_set_up_token_are_limited_like_sign_ins() {
    let world = World::empty().await;
    assert!(world.plane.offer_bootstrap(&"a-set-up-token-of-32-characters-or-more".into()).await.unwrap());
    let guess = async |at: IpAddr| world.nobody().at(at).post("/api/bootstrap", json!({ "setupToken": "guess" })).await;
    let stranger = [203, 0, 113, 7].into();
    for _ in 0..100 {
        assert_eq!(guess(stranger).await.refused(403), "setup_token_invalid");
    }
    assert_eq!(guess(stranger).await.refused(429), "too_many_requests");
    assert_eq!(guess([203, 0, 113, 8].into()).await.refused(403), "setup_token_invalid");
}

fn value(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn one_cookie_counts_and_by_https_no_other_host_can_set_it() {
    for (url, name) in
        [("https://freehold.example", "__Host-freehold_refresh"), ("http://127.0.0.1:8080", "freehold_refresh")]
    {
        let settings = Settings { public_url: url.into(), auth_requests_per_five_minutes: 0, ..Settings::default() };
        let world = World::with(settings).await;
        world.set_up().await;
        drop(world.operator().await);
        let login = json!({ "email": testkit::world::ADMIN, "password": PASSWORD });
        let mine = world.nobody().post("/api/auth/login", login.clone()).await;
        let planted = value(&world.nobody().post("/api/auth/login", login).await);
        assert!(mine.header("set-cookie").unwrap().starts_with(&format!("{name}=")), "{url}");
        let mine = value(&mine);
        let refresh = async |lines: &[String]| {
            let headers: Vec<_> = lines.iter().map(|line| ("cookie", line.as_str())).collect();
            world.nobody().send_raw(Method::POST, "/api/auth/refresh", Vec::new(), &headers).await
        };
        // Two of the name, in one line or in two, in either order.
        for lines in [
            vec![format!("{name}={mine}; {name}={planted}")],
            vec![format!("{name}={planted}; other=1; {name}={mine}")],
            vec![format!("{name}={planted}"), format!("{name}={mine}")],
        ] {
            assert_eq!(refresh(&lines).await.refused(400), "invalid_request", "{lines:?}");
        }
        if name.starts_with("__Host-") {
            // Under the name without the prefix a sibling host could plant one: it is not read.
            assert_eq!(refresh(&[format!("freehold_refresh={planted}")]).await.refused(401), "unauthenticated");
            refresh(&[format!("freehold_refresh={planted}; {name}={mine}")]).await.expect(200);
        } else {
            refresh(&[format!("{name}={mine}; other=1")]).await.expect(200);
        }
        let headers = [("cookie", format!("{name}={planted}"))];
        let headers: Vec<_> = headers.iter().map(|(header, line)| (*header, line.as_str())).collect();
        let out = world.nobody().send_raw(Method::POST, "/api/auth/logout", Vec::new(), &headers).await;
        let cleared =
            out.headers.get_all("set-cookie").iter().filter(|one| one.to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(cleared.count(), if name.starts_with("__Host-") { 2 } else { 1 });
        out.expect(204);
        assert_eq!(refresh(&[format!("{name}={planted}")]).await.refused(401), "unauthenticated");
    }
}

#[tokio::test]
async fn the_stores_troubles_are_for_operators_and_others_hear_that_it_does_not_answer() {
    let faults = Faults::default();
    let settings = Settings { auth_requests_per_five_minutes: 0, ..Settings::default() };
    let world = World::over(Arc::new(faults.clone()), settings).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    let operator = world.operator().await;
    let named =
        KnownCondition { code: "access_denied", fix: "attach the policy to role/freehold", kind: ErrorKind::Permanent };
    faults.break_by(ExternalError::new("DynamoDB, app_data: arn:aws:iam::123456789012:role/freehold may not", named));

    let told = operator.post("/api/services", json!({ "name": "Ledger" })).await.expect(503);
    assert!(told["detail"].as_str().unwrap().contains("role/freehold may not"), "{told}");
    assert_eq!(told["help"], named.fix);

    let login = json!({ "email": testkit::world::ADMIN, "password": PASSWORD });
    let group = json!({ "enterpriseId": acme.enterprise, "name": "People" });
    let forgot = json!({ "email": testkit::world::ADMIN });
    for answer in [
        world.nobody().post("/api/auth/login", login).await,
        world.nobody().post("/api/auth/forgot-password", forgot).await,
        acme.admin.post("/api/groups", group).await,
    ] {
        let problem = answer.expect(503);
        let text = problem.to_string();
        for secret in ["app_data", "arn:", "role", "DynamoDB", "policy"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(problem["code"], "unavailable");
        assert!(problem["requestId"].is_string() && problem["help"] == Value::Null, "{problem}");
    }
}

#[tokio::test]
async fn a_refused_sign_in_names_the_way_out_whoever_asks() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let refused = async |email: &str| {
        let login = json!({ "email": email, "password": "Wrong-7-walrus-lantern" });
        world.nobody().post("/api/auth/login", login).await.expect(401)["help"].clone()
    };
    let help = refused(&grace.email).await;
    assert!(help.as_str().unwrap().contains("set a new password by mail"), "{help}");
    assert_eq!(refused("nobody@nowhere.example").await, help);
}

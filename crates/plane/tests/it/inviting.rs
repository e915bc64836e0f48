//! Invitations under attack, in races and over a crash: one good link at a time, bounded mails, and none forgotten.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use plane::{
    ports::{
        identity::{Identity as _, Permanence},
        mailer::{Mail, MailError, Mailer},
    },
    settings::{MailLimits, Settings},
};
use serde_json::{Value, json};
use testkit::{
    keys::MemoryKeys,
    store,
    world::{Answer, PASSWORD, World},
};
use tokio::task::JoinSet;

use crate::tenants::{Tenant, tenant};

fn new_user(world: &World, acme: &Tenant, email: &str, first_name: &str) -> Value {
    json!({
        "enterpriseId": acme.enterprise, "productId": acme.product, "serviceId": acme.service,
        "firstName": first_name, "lastName": "Hopper", "email": email, "startDate": world.today(),
    })
}

async fn provision(world: &World, acme: &Tenant, email: &str) -> Answer {
    acme.admin.post("/api/users/provision", new_user(world, acme, email, "Grace")).await
}

/// The tokens of all mails to an address, the latest first.
async fn tokens(world: &World, email: &str) -> Vec<String> {
    let mails = world.operator().await.get(&format!("/api/outbox?to={email}&limit=200")).await.expect(200);
    let mails = mails["items"].as_array().unwrap();
    let token = |mail: &Value| {
        let (_, token) = mail["text"].as_str().unwrap().split_once("#token=").unwrap();
        token.split_whitespace().next().unwrap().to_owned()
    };
    mails.iter().map(token).collect()
}

async fn accept(world: &World, token: &str) -> Answer {
    let body = json!({ "token": token, "newPassword": PASSWORD });
    world.nobody().post("/api/auth/accept-invitation", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_links_that_race_one_is_good_and_none_once_it_was_used() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await.expect(201);
    let path = format!("/api/users/{}/invitation", user["id"].as_str().unwrap());
    world.advance(SignedDuration::from_mins(2));
    let mut racing = JoinSet::new();
    for _ in 0..9 {
        let (admin, path) = (acme.admin.clone(), path.clone());
        racing.spawn(async move { admin.post_empty(&path).await });
    }
    let answers = racing.join_all().await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| [200, 409, 412, 429, 503].contains(&answer.status)), "{answers:?}");
    let links = tokens(&world, "grace@acme.example").await;
    assert!(links.len() >= 2);
    let mut good = 0;
    for token in links.iter().chain(&links) {
        good += usize::from(accept(&world, token).await.status == 204);
    }
    assert_eq!(good, 1, "of {} links", links.len());
    // Who has a password gets no link, and no old one works.
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(acme.admin.post_empty(&path).await.refused(409), "conflict");
}

#[tokio::test]
async fn who_could_not_accept_is_not_invited_and_keeps_the_link() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await.expect(201);
    let path = format!("/api/users/{}", user["id"].as_str().unwrap());
    let invitation = format!("{path}/invitation");
    acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
    world.advance(SignedDuration::from_mins(2));
    let refused = acme.admin.post_empty(&invitation).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("the user is inactive"), "{refused}");
    acme.admin.put(&path, json!({ "status": "active", "endDate": world.today() })).await.expect(200);
    assert_eq!(tokens(&world, "grace@acme.example").await.len(), 1, "no other mail went out");
    world.advance(SignedDuration::from_hours(24));
    let operator = world.operator().await;
    let (path, invitation) =
        (format!("{path}?accountId={}", acme.account), format!("{invitation}?accountId={}", acme.account));
    let ended = operator.post_empty(&invitation).await.expect(409);
    assert!(ended["detail"].as_str().unwrap().contains("end date is over"), "{ended}");
    operator.put(&path, json!({ "status": "active", "endDate": null })).await.expect(200);
    operator.post_empty(&invitation).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_that_an_administrator_set_voids_the_link() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await.expect(201);
    let token = world.invitation("grace@acme.example").await;
    let subject = plane::features::users::model::subject(user["id"].as_str().unwrap().parse().unwrap());
    world.identity.set_password(subject, PASSWORD.into(), Permanence::Permanent).await.unwrap();
    let login = json!({ "email": "grace@acme.example", "password": PASSWORD });
    world.nobody().post("/api/auth/login", login).await.expect(200);
    assert_eq!(accept(&world, &token).await.refused(400), "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mails_to_one_address_and_the_words_in_them_are_bounded() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await.expect(201);
    let path = format!("/api/users/{}/invitation", user["id"].as_str().unwrap());
    let early = acme.admin.post_empty(&path).await;
    assert!(early.header("retry-after").is_some());
    assert_eq!(early.refused(429), "too_many_requests");
    world.advance(SignedDuration::from_mins(1));
    acme.admin.post_empty(&path).await.expect(200);

    let mail_limits = MailLimits { pause_seconds: 0, ..MailLimits::default() };
    let world = World::with(Settings { mail_limits, ..Settings::default() }).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    let message = "Customer, your account is blocked: sign in at https://evil.example/now";
    let user = new_user(&world, &acme, "victim@other.example", message);
    let user = acme.admin.post("/api/users/provision", user).await.expect(201);
    let path = format!("/api/users/{}/invitation", user["id"].as_str().unwrap());
    let mut sent = 1;
    for _ in 0..30 {
        let answer = acme.admin.post_empty(&path).await;
        match answer.status {
            200 => sent += 1,
            _ => assert_eq!(answer.refused(429), "too_many_requests"),
        }
    }
    assert_eq!(sent, 10, "a day");
    let mails = world.operator().await.get("/api/outbox?to=victim@other.example&limit=200").await.expect(200);
    assert_eq!(mails["items"].as_array().unwrap().len(), 10);
    for mail in mails["items"].as_array().unwrap() {
        let text = mail["text"].as_str().unwrap();
        assert!(!text.contains("evil.example") && !text.contains("blocked"), "{text}");
    }
}

/// A mailer whose process dies with the mail in hand, while the test asks for it.
struct Dying(Arc<dyn Mailer>, Arc<AtomicBool>);

#[async_trait]
impl Mailer for Dying {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if self.1.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.0.send(mail).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_that_was_cut_off_is_finished_and_its_key_replays_one_answer() {
    let dies = Arc::new(AtomicBool::new(false));
    let tables = store::tables().await;
    let exchange = |ports: &mut plane::plane::Ports| {
        ports.mailer = Arc::new(Dying(Arc::clone(&ports.mailer), Arc::clone(&dies)));
    };
    let world = World::over_ports(tables, Settings::default(), MemoryKeys::default(), exchange).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    let body = new_user(&world, &acme, "grace@acme.example", "Grace");
    let key = [("idempotency-key", "one")];
    let asked = || acme.admin.send(axum::http::Method::POST, "/api/users/provision", Some(body.clone()), &key);

    dies.store(true, Ordering::SeqCst);
    let cut = tokio::time::timeout(std::time::Duration::from_millis(500), asked()).await;
    assert!(cut.is_err(), "the mailer never answers");
    let found = acme.admin.get("/api/users?email=grace@acme.example").await.expect(200);
    assert_eq!(found["items"][0]["identityStatus"], "pending");
    dies.store(false, Ordering::SeqCst);
    // Not before the time of the process that was asked is over.
    world.plane.relay_once().await.unwrap();
    assert_eq!(tokens(&world, "grace@acme.example").await.len(), 0);
    world.advance(SignedDuration::from_secs(16));
    world.plane.relay_once().await.unwrap();
    let links = tokens(&world, "grace@acme.example").await;
    assert_eq!(links.len(), 1);
    let found = acme.admin.get("/api/users?email=grace@acme.example").await.expect(200);
    assert_eq!(found["items"][0]["identityStatus"], "invited");
    let (first, second) = (asked().await.expect(201), asked().await.expect(201));
    assert_eq!(first, second);
    assert_eq!(first["id"], found["items"][0]["id"]);
    assert_eq!(tokens(&world, "grace@acme.example").await.len(), 1, "no mail came twice");
    accept(&world, &links[0]).await.expect(204);

    // The same of an invitation that is sent again.
    let body = new_user(&world, &acme, "joan@acme.example", "Joan");
    let user = acme.admin.post("/api/users/provision", body).await.expect(201);
    let path = format!("/api/users/{}/invitation", user["id"].as_str().unwrap());
    world.advance(SignedDuration::from_mins(2));
    dies.store(true, Ordering::SeqCst);
    let again = || acme.admin.send(axum::http::Method::POST, &path, None, &key);
    let cut = tokio::time::timeout(std::time::Duration::from_millis(500), again()).await;
    assert!(cut.is_err(), "{cut:?}");
    dies.store(false, Ordering::SeqCst);
    world.advance(SignedDuration::from_secs(16));
    world.plane.relay_once().await.unwrap();
    assert_eq!(tokens(&world, "joan@acme.example").await.len(), 2);
    let (first, second) = (again().await.expect(200), again().await.expect(200));
    assert_eq!(first, second);
    assert_eq!(tokens(&world, "joan@acme.example").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_first_answer_is_what_its_key_replays() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let body = new_user(&world, &acme, "grace@acme.example", "Grace");
    let key = [("idempotency-key", "one")];
    let asked = || acme.admin.send(axum::http::Method::POST, "/api/users/provision", Some(body.clone()), &key);
    let (first, second) = (asked().await.expect(201), asked().await.expect(201));
    assert_eq!(first["identityStatus"], "invited");
    assert_eq!(first, second);
    assert_eq!(tokens(&world, "grace@acme.example").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_user_who_is_deleted_before_the_mail_leaves_nothing() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await.expect(201);
    let token = world.invitation("grace@acme.example").await;
    acme.admin.delete(&format!("/api/users/{}", user["id"].as_str().unwrap())).await.expect(204);
    assert_eq!(accept(&world, &token).await.refused(400), "invalid_request");
    world.advance(SignedDuration::from_mins(1));
    world.plane.relay_once().await.unwrap();
    let again = provision(&world, &acme, "grace@acme.example").await.expect(201);
    assert_ne!(again["id"], user["id"]);
}

//! E-mail addresses: the default administrator's, which gets no mail, and changing one's own.

use axum::http::Method;
use jiff::SignedDuration;
use plane::{
    features::bootstrap::Admin,
    ids::{MailId, known},
    ports::{
        identity::{ForgottenPassword, Identity as _, Permanence},
        mailer::{Mail, MailKind},
    },
    text::DEFAULT_ADMIN_EMAIL,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::world::{Answer, PASSWORD, Person, World};

use crate::{
    people::{Member, busy_world, menu, new_user},
    tenants::{Tenant, tenant},
};

const INITIAL: &str = "Copper-4-kettle-meadow";
const ROOT: &str = "chief@platform.example";

/// A world that was set up with the default address.
async fn default_world() -> World {
    let world = World::empty().await;
    let admin = Admin { password: Some(INITIAL.into()), ..Admin::default() };
    world.plane.bootstrap_if_needed(&admin).await.unwrap();
    world
}

async fn login(world: &World, email: &str, password: &str) -> Answer {
    world.nobody().post("/api/auth/login", json!({ "email": email, "password": password, "grant": "token" })).await
}

/// Sends everything that goes out after answers.
async fn mails_to(world: &World, email: &str) -> Vec<Value> {
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    let operator = world.operator().await;
    let mails = operator.get(&format!("/api/outbox?to={email}")).await.expect(200);
    mails["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_domain_in_any_script_is_one_address_however_it_is_written() {
    let world = busy_world().await;
    let tenant = tenant(&world, "Acme").await;
    let user = new_user(&world, &tenant, " Grace@MÜNCHEN.example ");
    let user = tenant.admin.post("/api/users/provision", user).await.expect(201);
    assert_eq!(user["email"], "grace@münchen.example");
    for same in ["grace@xn--mnchen-3ya.example", "grace@mu\u{308}nchen.example"] {
        let refused = tenant.admin.post("/api/users", new_user(&world, &tenant, same)).await;
        assert_eq!(refused.refused(409), "email_taken", "{same}");
    }
    drop(world.accept_invitation("grace@münchen.example").await);
    for typed in ["grace@xn--mnchen-3ya.example", "Grace@München.example"] {
        login(&world, typed, PASSWORD).await.expect(200);
    }
    for (wrong, why) in [
        ("ada", "it has no @"),
        ("ä@acme.example", "before the @ \"ä\" is not possible"),
        ("ada@acme", "the domain has a dot"),
        ("ada@☃\u{200d}.example", "\"☃\u{200d}.example\" is no domain, by the rules of IDNA"),
    ] {
        let refused = tenant.admin.post("/api/users", new_user(&world, &tenant, wrong)).await.expect(400);
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(why), "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn the_first_sign_in_of_the_default_administrator_asks_for_a_real_address() {
    let world = default_world().await;
    let challenge = login(&world, DEFAULT_ADMIN_EMAIL, INITIAL).await.expect(200);
    assert_eq!(challenge["requires"], json!(["newEmail"]), "{challenge}");
    let answer = |email: Value, password: &str| {
        let body = json!({
            "challenge": "NEW_PASSWORD_REQUIRED", "session": challenge["session"], "newPassword": password,
            "newEmail": email, "grant": "token"
        });
        let nobody = world.nobody();
        async move { nobody.post("/api/auth/challenge", body).await }
    };
    for wrong in [json!(null), json!("nobody"), json!(DEFAULT_ADMIN_EMAIL), json!("Admin@AdminPlatform.com")] {
        let refused = answer(wrong.clone(), PASSWORD).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], "/newEmail", "{wrong}");
    }
    // A weak password changes nothing, so another address can still be given.
    for weak in ["short", "Adminuser@123"] {
        let refused = answer(json!("typo@platform.example"), weak).await;
        assert_eq!(refused.refused(400), "invalid_request", "{weak}");
    }
    let tokens = answer(json!(ROOT), PASSWORD).await.expect(200);
    let admin = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    assert_eq!(admin.get("/api/users/me/access").await.expect(200)["user"]["email"], ROOT);
    let license = format!("/api/licenses/{}", known::ROOT_LICENSE);
    assert_eq!(admin.get(&license).await.expect(200)["contact"]["email"], ROOT);
    assert!(world.plane.verify_bootstrap(false).await.unwrap().ok);
    for old in [INITIAL, PASSWORD] {
        assert_eq!(login(&world, DEFAULT_ADMIN_EMAIL, old).await.refused(401), "invalid_credentials");
    }
    assert!(login(&world, ROOT, PASSWORD).await.expect(200)["accessToken"].is_string());
}

#[tokio::test]
async fn an_answer_that_was_cut_after_the_address_is_repeated() {
    let world = default_world().await;
    let challenge = login(&world, DEFAULT_ADMIN_EMAIL, INITIAL).await.expect(200);
    let session = challenge["session"].as_str().unwrap().to_owned();
    let email = plane::text::Email::try_from(ROOT).unwrap();
    world.plane.give_first_address(&session.clone().into(), Some(&email), &PASSWORD.into()).await.unwrap();
    let body = json!({
        "challenge": "NEW_PASSWORD_REQUIRED", "session": session, "newPassword": PASSWORD, "newEmail": ROOT
    });
    let other = json!({ "newEmail": "another@platform.example" });
    let mut moved = body.clone();
    moved["newEmail"] = other["newEmail"].clone();
    assert_eq!(world.nobody().post("/api/auth/challenge", moved).await.refused(400), "invalid_request");
    world.nobody().post("/api/auth/challenge", body).await.expect(200);
    // Who begins anew with the new address is asked for no other.
    assert!(login(&world, ROOT, PASSWORD).await.expect(200)["accessToken"].is_string());
}

#[tokio::test]
async fn no_mail_goes_to_the_default_address_and_its_password_cannot_be_reset() {
    let world = default_world().await;
    // An installation from before: the administrator has chosen a password, and kept the address.
    let subject = plane::features::users::model::subject(known::ADMIN_USER);
    world.identity.set_password(subject, PASSWORD.into(), Permanence::Permanent).await.unwrap();
    let tokens = login(&world, DEFAULT_ADMIN_EMAIL, PASSWORD).await.expect(200);
    let admin = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    let ask = |email: &str| {
        let (nobody, body) = (world.nobody(), json!({ "email": email }));
        async move { nobody.post("/api/auth/forgot-password", body).await }
    };
    let (default, nobody) = (ask(DEFAULT_ADMIN_EMAIL).await, ask("nobody@nowhere.example").await);
    assert_eq!((default.status, default.body), (nobody.status, nobody.body));
    for to in [DEFAULT_ADMIN_EMAIL, "ADMIN@adminplatform.COM", " admin@adminplatform.com "] {
        let mail = Mail {
            id: MailId::new(world.plane.now(), world.plane.rng()),
            account: known::ROOT_ACCOUNT,
            kind: MailKind::LicenseReminder,
            to: to.into(),
            subject: "A reminder".into(),
            text: "text".into(),
            at: world.plane.now(),
        };
        let refused = world.plane.ports().mailer.send(mail).await.unwrap_err();
        assert!(refused.to_string().contains("default administrator"), "{refused}");
    }
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    assert_eq!(admin.get("/api/outbox").await.expect(200)["items"], json!([]));
    // It can be left, and gets no mail.
    let code = ask_for(&world, &admin, ROOT, PASSWORD, &admin).await;
    admin.post("/api/me/email/confirm", json!({ "code": code })).await.expect(200);
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    let mails = admin.get("/api/outbox").await.expect(200);
    assert!(mails["items"].as_array().unwrap().iter().all(|mail| mail["to"] == ROOT), "{mails}");
}

/// Asks for another address, and answers the code that was mailed; `reader` reads the outbox.
async fn ask_for(world: &World, person: &Person, email: &str, password: &str, reader: &Person) -> String {
    person.post("/api/me/email", json!({ "newEmail": email, "password": password })).await.expect(202);
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    let mails = reader.get(&format!("/api/outbox?to={email}&limit=1")).await.expect(200);
    let text = mails["items"][0]["text"].as_str().unwrap_or_else(|| panic!("no mail: {mails}")).to_owned();
    text.split_once("#code=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

async fn grace(world: &World) -> (Tenant, Member) {
    let acme = tenant(world, "Acme").await;
    let grace = acme.member(world, "grace", json!([menu("access-control", "v")])).await;
    (acme, grace)
}

const NEW: &str = "grace.hopper@elsewhere.example";

#[tokio::test]
async fn an_address_is_changed_by_proof_of_both() {
    let world = busy_world().await;
    let (acme, grace) = grace(&world).await;
    let elsewhere = login(&world, &grace.email, PASSWORD).await.expect(200);
    let elsewhere = world.nobody().with_token(elsewhere["accessToken"].as_str().unwrap());
    // A reset that was begun by the old mailbox is void after the change.
    let ip = [127, 0, 0, 1].into();
    let asked = ForgottenPassword { email: grace.email.clone(), ip };
    let reset = world.identity.forgot_password(asked).await.unwrap().unwrap();

    let ask = json!({ "newEmail": NEW, "password": "Wrong-7-walrus-lantern" });
    assert_eq!(grace.person.post("/api/me/email", ask).await.refused(401), "invalid_credentials");
    let operator = world.operator().await;
    let code = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    // Nothing has changed yet.
    assert!(login(&world, NEW, PASSWORD).await.status == 401);
    let confirm = |code: &str| {
        let (person, body) = (grace.person.clone(), json!({ "code": code }));
        async move { person.post("/api/me/email/confirm", body).await }
    };
    assert_eq!(confirm("fhe_guessed").await.expect(400)["errors"][0]["pointer"], "/code");
    assert_eq!(confirm(&code).await.expect(200)["email"], NEW);
    // Again is fine, and tells the old address once.
    assert_eq!(confirm(&code).await.expect(200)["email"], NEW);
    let notices = mails_to(&world, &grace.email).await;
    let notices: Vec<_> = notices.iter().filter(|mail| mail["kind"] == "email-changed").collect();
    assert_eq!(notices.len(), 1);

    assert_eq!(grace.person.get("/api/users/me/access").await.expect(200)["user"]["email"], NEW);
    assert_eq!(acme.admin.get(&format!("/api/users/{}", grace.id)).await.expect(200)["email"], NEW);
    let license = acme.admin.get(&format!("/api/licenses/{}", acme.license)).await.expect(200);
    assert_eq!(license["contact"]["email"], NEW);
    assert_eq!(elsewhere.get("/api/users/me/access").await.refused(401), "unauthenticated");
    assert_eq!(login(&world, &grace.email, PASSWORD).await.refused(401), "invalid_credentials");
    assert!(login(&world, NEW, PASSWORD).await.expect(200)["accessToken"].is_string());
    let code = reset.code.as_ref().unwrap().expose_secret();
    let refused = async |body: Value| {
        let answer = world.nobody().post("/api/auth/reset-password", body).await;
        assert_eq!(answer.refused(400), "invalid_request");
    };
    for email in [NEW, &grace.email] {
        refused(json!({ "email": email, "code": code, "newPassword": INITIAL })).await;
    }
    refused(json!({ "token": reset.link.expose_secret(), "newPassword": INITIAL })).await;
    // The old address is free again.
    let user = new_user(&world, &acme, &grace.email);
    acme.admin.post("/api/users/provision", user).await.expect(201);
}

#[tokio::test]
async fn nobody_learns_whose_an_address_is() {
    let world = busy_world().await;
    let (acme, grace) = grace(&world).await;
    let other = acme.member(&world, "jean", json!([menu("access-control", "v")])).await;
    let ask = |email: &str| {
        let (person, body) = (grace.person.clone(), json!({ "newEmail": email, "password": PASSWORD }));
        async move { person.post("/api/me/email", body).await }
    };
    let (taken, free) = (ask(&other.email).await, ask(NEW).await);
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    assert_eq!(taken.status, 202);
    let told = mails_to(&world, &other.email).await;
    let text = told.iter().find(|mail| mail["kind"] == "email-change").unwrap()["text"].as_str().unwrap().to_owned();
    assert!(text.contains("in use already") && !text.contains("code") && !text.contains("http"), "{text}");
    for own in [grace.email.as_str(), DEFAULT_ADMIN_EMAIL, "not an address"] {
        assert_eq!(ask(own).await.expect(400)["errors"][0]["pointer"], "/newEmail", "{own}");
    }
    // An address that somebody else took meanwhile is reported only to the owner of its mailbox.
    let operator = world.operator().await;
    let code = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    let rival = ask_for(&world, &other.person, NEW, PASSWORD, &operator).await;
    other.person.post("/api/me/email/confirm", json!({ "code": rival })).await.expect(200);
    let late = grace.person.post("/api/me/email/confirm", json!({ "code": code })).await;
    assert_eq!(late.refused(409), "email_taken");
    assert!(login(&world, &grace.email, PASSWORD).await.status == 200, "nothing was lost");
}

#[tokio::test]
async fn codes_for_a_new_address_are_few_and_good_for_an_hour() {
    let world = busy_world().await;
    let (_, grace) = grace(&world).await;
    let operator = world.operator().await;
    let first = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    let second = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    let confirm = |person: &Person, code: &str| {
        let (person, body) = (person.clone(), json!({ "code": code }));
        async move { person.post("/api/me/email/confirm", body).await }
    };
    assert_eq!(confirm(&grace.person, &first).await.refused(400), "invalid_request", "the last one counts");
    assert_eq!(confirm(&operator, &second).await.refused(400), "invalid_request", "it is hers alone");
    world.advance(SignedDuration::from_hours(1));
    let again = login(&world, &grace.email, PASSWORD).await.expect(200);
    let person = world.nobody().with_token(again["accessToken"].as_str().unwrap());
    assert_eq!(confirm(&person, &second).await.refused(400), "invalid_request");
    let ask = json!({ "newEmail": NEW, "password": PASSWORD });
    for _ in 0..3 {
        person.post("/api/me/email", ask.clone()).await.expect(202);
    }
    let refused = person.post("/api/me/email", ask).await;
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.refused(429), "too_many_requests");
}

#[tokio::test]
async fn a_new_password_voids_the_code_for_a_new_address() {
    let world = busy_world().await;
    let (acme, grace) = grace(&world).await;
    let operator = world.operator().await;
    let confirm = async |code: &str| {
        let tokens = login(&world, &grace.email, PASSWORD).await.expect(200);
        let person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
        person.post("/api/me/email/confirm", json!({ "code": code })).await
    };
    let code = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    for (old, new) in [(PASSWORD, INITIAL), (INITIAL, PASSWORD)] {
        let tokens = login(&world, &grace.email, old).await.expect(200);
        let person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
        let change = json!({ "oldPassword": old, "newPassword": new });
        person.post("/api/auth/change-password", change).await.expect(204);
    }
    assert_eq!(confirm(&code).await.refused(400), "invalid_request");
    // So does a deactivation.
    let tokens = login(&world, &grace.email, PASSWORD).await.expect(200);
    let person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    let code = ask_for(&world, &person, NEW, PASSWORD, &operator).await;
    for status in ["inactive", "active"] {
        let path = format!("/api/users/{}", grace.id);
        acme.admin.put(&path, json!({ "status": status })).await.expect(200);
    }
    assert_eq!(confirm(&code).await.refused(400), "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_confirmations_change_an_address_once() {
    let world = busy_world().await;
    let (_, grace) = grace(&world).await;
    let operator = world.operator().await;
    let code = ask_for(&world, &grace.person, NEW, PASSWORD, &operator).await;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (person, body) = (grace.person.clone(), json!({ "code": code }));
        racing.spawn(async move { person.post("/api/me/email/confirm", body).await });
    }
    for answer in racing.join_all().await {
        assert_eq!(answer.expect(200)["email"], NEW);
    }
    let notices = mails_to(&world, &grace.email).await;
    assert_eq!(notices.iter().filter(|mail| mail["kind"] == "email-changed").count(), 1);
    assert!(login(&world, NEW, PASSWORD).await.expect(200)["accessToken"].is_string());
}

#[tokio::test]
async fn a_repeated_request_by_its_key_sends_one_code() {
    let world = busy_world().await;
    let (_, grace) = grace(&world).await;
    let body = json!({ "newEmail": NEW, "password": PASSWORD });
    let headers = [("idempotency-key", "one")];
    for _ in 0..3 {
        let asked = grace.person.send(Method::POST, "/api/me/email", Some(body.clone()), &headers).await;
        asked.expect(202);
    }
    assert_eq!(mails_to(&world, NEW).await.len(), 1);
}

#[tokio::test]
async fn the_technical_contact_follows_and_goes_with_the_account() {
    let world = busy_world().await;
    let acme = world.tenant("Acme", "public", 5).await;
    let operator = world.operator().await;
    let code = ask_for(&world, &acme.technical, NEW, PASSWORD, &operator).await;
    acme.technical.post("/api/me/email/confirm", json!({ "code": code })).await.expect(200);
    operator.delete(&format!("/api/accounts/{}?confirm=Acme", acme.id)).await.expect(202);
    world.run_ended(&acme.id).await;
    // Both addresses are free: others are onboarded with them.
    for (name, email) in [("Bolt", NEW), ("Cord", "ada@acme.example")] {
        let mut request = world.account_request(name, "public", &acme.offer, 5);
        request["technicalUser"]["email"] = json!(email);
        assert_eq!(world.onboard(request).await["status"], "active", "{email}");
    }
}

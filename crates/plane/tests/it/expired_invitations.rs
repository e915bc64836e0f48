//! Invitations over time: what a user shows, who is reminded, and what a forgotten password does for somebody who never had one.

use std::time::Duration;

use jiff::SignedDuration;
use plane::settings::{MailLimits, Settings};
use serde_json::{Value, json};
use testkit::world::{Answer, PASSWORD, World};

use crate::tenants::{Tenant, tenant};

async fn provision(world: &World, acme: &Tenant, email: &str) -> Value {
    let body = json!({
        "enterpriseId": acme.enterprise, "productId": acme.product, "serviceId": acme.service,
        "firstName": "Grace", "lastName": "Hopper", "email": email, "startDate": world.today(),
    });
    acme.admin.post("/api/users/provision", body).await.expect(201)
}

fn path(user: &Value) -> String {
    format!("/api/users/{}", user["id"].as_str().unwrap())
}

/// The mails to an address, the latest first: kind and text.
async fn mails(world: &World, email: &str) -> Vec<(String, String)> {
    let mails = world.operator().await.get(&format!("/api/outbox?to={email}&limit=200")).await.expect(200);
    let text = |mail: &Value, field: &str| mail[field].as_str().unwrap().to_owned();
    mails["items"].as_array().unwrap().iter().map(|mail| (text(mail, "kind"), text(mail, "text"))).collect()
}

fn token(text: &str) -> String {
    text.split_once("#token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

async fn emails(acme: &Tenant, filter: &str) -> Vec<String> {
    let found = acme.admin.get(&format!("/api/users?invitation={filter}")).await.expect(200);
    found["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

/// Asks for a new password, and waits for the mail that may follow.
async fn forgot(world: &World, email: &str) -> Answer {
    let answer = world.nobody().post("/api/auth/forgot-password", json!({ "email": email })).await;
    assert!(world.plane.drain(Duration::from_secs(10)).await.unwrap());
    answer
}

async fn run_job(world: &World) -> Value {
    world.plane.run_due_jobs().await.unwrap();
    let job = world.operator().await.get("/api/jobs/invitation-expiries").await.expect(200);
    assert_eq!(job["lastRun"]["outcome"], "succeeded", "{job}");
    job["lastRun"]["counts"].clone()
}

#[tokio::test]
async fn a_user_shows_the_invitation_until_it_is_accepted_or_expires() {
    let world = World::new().await;
    let mut acme = tenant(&world, "Acme").await;
    let (late, early) =
        (provision(&world, &acme, "late@acme.example").await, provision(&world, &acme, "early@acme.example").await);
    assert_eq!(late["invitation"]["state"], "sent", "{late}");
    assert_eq!(late["invitation"]["invitedBy"], acme.admin.get("/api/users/me/access").await.expect(200)["user"]["id"]);
    let time = |field: &str| late["invitation"][field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("expiresAt").duration_since(time("sentAt")), SignedDuration::from_hours(24));
    let body = json!({ "token": world.invitation("early@acme.example").await, "newPassword": PASSWORD });
    world.nobody().post("/api/auth/accept-invitation", body).await.expect(204);
    assert_eq!(acme.admin.get(&path(&early)).await.expect(200).get("invitation"), None);
    assert_eq!(emails(&acme, "sent").await, ["late@acme.example"]);
    assert!(emails(&acme, "expired").await.is_empty());

    // It is so at once, before a job has looked.
    world.advance(SignedDuration::from_hours(24));
    acme.sign_in_again(&world).await;
    let shown = acme.admin.get(&path(&late)).await.expect(200);
    assert_eq!((&shown["invitation"]["state"], &shown["identityStatus"]), (&json!("expired"), &json!("invited")));
    assert_eq!(emails(&acme, "expired").await, ["late@acme.example"]);
    assert!(emails(&acme, "sent").await.is_empty());
    let listed = acme.admin.get("/api/users?limit=200").await.expect(200);
    let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|user| &user["invitation"]["state"]).collect();
    assert!(states.contains(&&json!("expired")), "{states:?}");

    // A new invitation is valid again.
    let again = acme.admin.post_empty(&format!("{}/invitation", path(&late))).await.expect(200);
    assert_eq!(again["invitation"]["state"], "sent");
    assert_eq!(acme.admin.get("/api/users?invitation=lost").await.refused(400), "invalid_request");
}

#[tokio::test]
async fn who_invited_is_reminded_once_of_an_invitation_that_expired() {
    let world = World::new().await;
    let mut acme = tenant(&world, "Acme").await;
    let admin = acme.admin.get("/api/users/me/access").await.expect(200)["user"]["email"].as_str().unwrap().to_owned();
    let late = provision(&world, &acme, "late@acme.example").await;
    provision(&world, &acme, "early@acme.example").await;
    let gone = provision(&world, &acme, "gone@acme.example").await;
    let body = json!({ "token": world.invitation("early@acme.example").await, "newPassword": PASSWORD });
    world.nobody().post("/api/auth/accept-invitation", body).await.expect(204);
    acme.admin.delete(&path(&gone)).await.expect(204);
    world.advance(SignedDuration::from_hours(23));
    assert_eq!(run_job(&world).await["expired"], 0);

    world.advance(SignedDuration::from_hours(2));
    acme.sign_in_again(&world).await;
    let counts = run_job(&world).await;
    assert_eq!((&counts["expired"], &counts["reminded"]), (&json!(1), &json!(1)), "{counts}");
    let reminders = |mails: Vec<(String, String)>| {
        mails.into_iter().filter(|(kind, _)| kind == "invitation-expired").collect::<Vec<_>>()
    };
    let sent = reminders(mails(&world, &admin).await);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("late@acme.example"), "{}", sent[0].1);
    assert!(sent[0].1.contains(late["id"].as_str().unwrap()), "{}", sent[0].1);
    let path_of_entries = format!("/api/audit/account?accountId={}&action=user_invitation_expire", acme.account);
    let entries = world.operator().await.get(&path_of_entries).await.expect(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 1);
    // Once for each invitation, not for each run.
    world.advance(SignedDuration::from_hours(1));
    acme.sign_in_again(&world).await;
    let counts = run_job(&world).await;
    assert_eq!((&counts["expired"], &counts["reminded"]), (&json!(0), &json!(0)), "{counts}");
    acme.admin.post_empty(&format!("{}/invitation", path(&late))).await.expect(200);
    world.advance(SignedDuration::from_hours(25));
    acme.sign_in_again(&world).await;
    assert_eq!(run_job(&world).await["reminded"], 1);
    assert_eq!(reminders(mails(&world, &admin).await).len(), 2);
    // Who is not to act is no matter for a mail.
    acme.admin.post_empty(&format!("{}/invitation", path(&late))).await.expect(200);
    acme.admin.put(&path(&late), json!({ "status": "inactive" })).await.expect(200);
    world.advance(SignedDuration::from_hours(25));
    acme.sign_in_again(&world).await;
    let counts = run_job(&world).await;
    assert_eq!((&counts["expired"], &counts["reminded"]), (&json!(1), &json!(0)), "{counts}");
}

#[tokio::test]
async fn a_forgotten_password_of_an_invited_person_is_the_invitation_again() {
    let world = World::new().await;
    let mut acme = tenant(&world, "Acme").await;
    let user = provision(&world, &acme, "grace@acme.example").await;
    let first = world.invitation("grace@acme.example").await;
    let unknown = forgot(&world, "nobody@acme.example").await;
    world.advance(SignedDuration::from_mins(2));
    let known = forgot(&world, "grace@acme.example").await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    // The same link: requests of other people void none.
    let sent = mails(&world, "grace@acme.example").await;
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(kind, _)| kind == "invitation"), "{sent:?}");
    assert_eq!(token(&sent[0].1), first);
    assert!(sent[0].1.contains("until 20") && sent[0].1.contains("UTC"), "{}", sent[0].1);

    // After it expired: another link.
    world.advance(SignedDuration::from_hours(25));
    acme.sign_in_again(&world).await;
    forgot(&world, "grace@acme.example").await;
    let second = token(&mails(&world, "grace@acme.example").await[0].1);
    assert_ne!(second, first);
    let shown = acme.admin.get(&path(&user)).await.expect(200);
    assert_eq!(shown["invitation"]["state"], "sent");
    assert_eq!(shown["invitation"]["invitedBy"], user["invitation"]["invitedBy"]);
    let body = json!({ "token": second, "newPassword": PASSWORD });
    world.nobody().post("/api/auth/accept-invitation", body).await.expect(204);
    // With a password it is the reset.
    world.advance(SignedDuration::from_mins(2));
    forgot(&world, "grace@acme.example").await;
    assert_eq!(mails(&world, "grace@acme.example").await[0].0, "password-reset");
}

#[tokio::test]
async fn invitations_that_others_ask_for_are_bounded() {
    let mail_limits = MailLimits { pause_seconds: 0, per_recipient: 3, ..MailLimits::default() };
    let world = World::with(Settings { mail_limits, auth_requests_per_five_minutes: 0, ..Settings::default() }).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    let inactive = provision(&world, &acme, "off@acme.example").await;
    acme.admin.put(&path(&inactive), json!({ "status": "inactive" })).await.expect(200);
    provision(&world, &acme, "grace@acme.example").await;
    for _ in 0..8 {
        forgot(&world, "off@acme.example").await;
        forgot(&world, "grace@acme.example").await;
    }
    assert_eq!(mails(&world, "grace@acme.example").await.len(), 3);
    assert_eq!(mails(&world, "off@acme.example").await.len(), 1);
}

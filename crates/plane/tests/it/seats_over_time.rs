//! Seats over time: licenses end and are renewed, midnight passes, and users of an ended license may act for a while.

use jiff::SignedDuration;
use plane::{
    features::users::model::{User, UserStatus},
    ids::{UserId, known},
    ports::table::{Key, Write},
    record,
};
use serde_json::{Value, json};
use testkit::world::{Answer, PASSWORD, Person, World};

use crate::{
    people::{busy_world, id, new_user},
    tenants::{Tenant, license_of, tenant},
};

/// A tenant whose administrator acts no more, so that its users are those of the test.
async fn users_alone(world: &World) -> Tenant {
    let acme = tenant(world, "Acme").await;
    let key = User::key(acme.account, UserId::derived(acme.account.uuid(), "admin"));
    let admin = record::decode::<User>(&world.table().get(&key).await.unwrap().unwrap()).unwrap();
    let inactive = User { status: UserStatus::Inactive, ..admin.record.clone() };
    world.table().commit(vec![record::replace(&admin, &inactive)]).await.unwrap();
    acme
}

/// A license of the tenant from one day to another, counted from today.
async fn license(world: &World, acme: &Tenant, days: (u32, u32), seats: u32) -> String {
    let mut body = license_of(world, acme.account, (acme.enterprise, acme.product, acme.service), seats);
    body["startDate"] = json!(world.today().plus(days.0));
    body["endDate"] = json!(world.today().plus(days.1));
    id(&world.operator().await.post("/api/licenses", body).await.expect(201))
}

async fn change(world: &World, acme: &Tenant, license: &str, body: Value) -> Answer {
    let path = format!("/api/licenses/{license}?accountId={}", acme.account);
    world.operator().await.put(&path, body).await
}

async fn create(world: &World, acme: &Tenant, email: &str) -> Answer {
    let mut body = new_user(world, acme, email);
    body["accountId"] = json!(acme.account);
    world.operator().await.post("/api/users/provision", body).await
}

/// Somebody of the tenant who has chosen a password, with their refresh token.
async fn member(world: &World, acme: &Tenant, email: &str) -> (Person, String) {
    create(world, acme, email).await.expect(201);
    world.accept_invitation(email).await;
    let tokens = login(world, email).await.expect(200);
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (world.nobody().with_token(text("accessToken")), text("refreshToken"))
}

async fn login(world: &World, email: &str) -> Answer {
    world.nobody().post("/api/auth/login", json!({ "email": email, "password": PASSWORD, "grant": "token" })).await
}

async fn capacity(world: &World, acme: &Tenant) -> Value {
    let path = format!("/api/licenses/capacity?accountId={}", acme.account);
    world.operator().await.get(&path).await.expect(200)
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[tokio::test]
async fn a_renewal_carries_the_users_over_and_gives_no_seat_twice() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    change(&world, &acme, &acme.license.to_string(), json!({ "endDate": world.today().plus(9), "numberOfUsers": 2 }))
        .await
        .expect(200);
    let renewal = license(&world, &acme, (10, 374), 2).await;
    member(&world, &acme, "one@acme.example").await;
    member(&world, &acme, "two@acme.example").await;
    let now = capacity(&world, &acme).await;
    assert_eq!(now["ending"][0]["licenseId"], acme.license.to_string());
    assert_eq!(
        (&now["future"][0]["licenseId"], &now["triples"][0]["fallsShortOn"]),
        (&json!(renewal), &json!(world.today().plus(375)))
    );
    world.advance(days(10));
    assert_eq!(create(&world, &acme, "three@acme.example").await.refused(403), "license_limit_exceeded");
    let now = capacity(&world, &acme).await;
    assert_eq!((&now["totalSeats"], &now["usedSeats"]), (&json!(2), &json!(2)), "{now}");
    assert_eq!(now["licenses"], json!([{ "licenseId": renewal, "seats": 2, "used": 2, "available": 0 }]));
    assert_eq!(now["ended"][0]["licenseId"], acme.license.to_string());
    world.advance(days(60));
    login(&world, "one@acme.example").await.expect(200);
    // Another last day is a renewal too.
    world.advance(days(365));
    assert_eq!(login(&world, "one@acme.example").await.expect(403)["reason"], "license_ended");
    change(&world, &acme, &renewal, json!({ "endDate": world.today().plus(1) })).await.expect(200);
    login(&world, "one@acme.example").await.expect(200);
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 2);
}

#[tokio::test]
async fn users_of_an_ended_license_are_refused_when_the_grace_period_is_over_and_let_in_at_once_when_it_returns() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    let (ends, first) = (world.today().plus(2), acme.license.to_string());
    let changed = change(&world, &acme, &first, json!({ "endDate": ends, "graceDays": 5 })).await.expect(200);
    assert_eq!((&changed["graceDays"], &changed["graceEndsOn"]), (&json!(5), &json!(ends.plus(5))));
    member(&world, &acme, "one@acme.example").await;
    world.advance(days(3));
    // In the grace period everybody works on, and nobody new comes.
    login(&world, "one@acme.example").await.expect(200);
    assert_eq!(create(&world, &acme, "two@acme.example").await.refused(403), "no_active_license");
    let over = &capacity(&world, &acme).await["triples"][0]["overCapacity"];
    assert_eq!(over, &json!({ "by": 1, "refusedFrom": ends.plus(6), "refused": 0 }));
    // Its last day, a second before midnight.
    let midnight = ends.plus(6).date().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    world.advance(midnight.duration_since(world.plane.now()) - SignedDuration::from_secs(30));
    let tokens = login(&world, "one@acme.example").await.expect(200);
    let person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    person.get("/api/users/me/access").await.expect(200);
    world.advance(SignedDuration::from_secs(31));
    let refused = person.get("/api/users/me/access").await.expect(401);
    assert_eq!((&refused["reason"], &refused["code"]), (&json!("license_ended"), &json!("unauthenticated")));
    let renewed = world.nobody().post("/api/auth/refresh", json!({ "refreshToken": tokens["refreshToken"] })).await;
    assert_eq!(renewed.expect(401)["reason"], "license_ended");
    let again = login(&world, "one@acme.example").await.expect(403);
    assert_eq!((&again["reason"], &again["code"]), (&json!("license_ended"), &json!("forbidden")));
    assert_eq!(capacity(&world, &acme).await["triples"][0]["overCapacity"]["refused"], 1);
    license(&world, &acme, (0, 30), 1).await;
    person.get("/api/users/me/access").await.expect(200);
    world.nobody().post("/api/auth/refresh", json!({ "refreshToken": tokens["refreshToken"] })).await.expect(200);
}

#[tokio::test]
async fn if_only_some_must_go_the_least_recently_active_do() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    let first = acme.license.to_string();
    change(&world, &acme, &first, json!({ "numberOfUsers": 3, "endDate": world.today().plus(40) })).await.expect(200);
    let (_, by_refresh) = member(&world, &acme, "refreshes@acme.example").await;
    member(&world, &acme, "idle@acme.example").await;
    create(&world, &acme, "never@acme.example").await.expect(201);
    world.advance(days(2));
    world.nobody().post("/api/auth/refresh", json!({ "refreshToken": by_refresh })).await.expect(200);
    let refused = change(&world, &acme, &first, json!({ "numberOfUsers": 1 })).await.expect(409);
    assert_eq!(refused["code"], "seats_in_use");
    assert!(refused["detail"].as_str().unwrap().contains("3 users hold a seat, and 1 seat would"), "{refused}");
    change(&world, &acme, &first, json!({ "numberOfUsers": 2, "overCapacity": true })).await.expect(200);
    let over = &capacity(&world, &acme).await["triples"][0]["overCapacity"];
    assert_eq!(over, &json!({ "by": 1, "refusedFrom": world.today().plus(15), "refused": 0 }));
    world.advance(days(15));
    login(&world, "idle@acme.example").await.expect(200);
    change(&world, &acme, &first, json!({ "numberOfUsers": 1, "overCapacity": true, "graceDays": 0 }))
        .await
        .expect(200);
    world.advance(days(1));
    // "idle" signed in last.
    login(&world, "idle@acme.example").await.expect(200);
    assert_eq!(login(&world, "refreshes@acme.example").await.expect(403)["reason"], "license_ended");
    // A seat more lets in who was active before.
    change(&world, &acme, &first, json!({ "numberOfUsers": 2 })).await.expect(200);
    login(&world, "refreshes@acme.example").await.expect(200);
    login(&world, "idle@acme.example").await.expect(200);
    // So does a user less.
    change(&world, &acme, &first, json!({ "numberOfUsers": 1, "overCapacity": true })).await.expect(200);
    world.advance(days(1));
    assert_eq!(login(&world, "refreshes@acme.example").await.expect(403)["reason"], "license_ended");
    let operator = world.operator().await;
    let users = operator.get(&format!("/api/users?accountId={}", acme.account)).await.expect(200);
    for user in users["items"].as_array().unwrap() {
        if user["email"] != "refreshes@acme.example" && user["technical"] == false {
            operator.delete(&format!("/api/users/{}?accountId={}", id(user), acme.account)).await.expect(204);
        }
    }
    login(&world, "refreshes@acme.example").await.expect(200);
}

#[tokio::test]
async fn operators_work_on_without_a_license() {
    let world = busy_world().await;
    let operator = world.operator().await;
    let path = format!("/api/licenses/{}", known::ROOT_LICENSE);
    let ends = json!({ "endDate": world.today(), "graceDays": 0 });
    operator.put(&path, ends).await.expect(200);
    world.advance(days(40));
    let operator = world.operator().await;
    operator.get("/api/accounts").await.expect(200);
    operator.put(&path, json!({ "endDate": world.today().plus(365) })).await.expect(200);
}

#[tokio::test]
async fn licenses_that_are_still_to_begin_shut_nobody_out() {
    let world = busy_world().await;
    let offer = world.offer("Later").await;
    let mut request = world.account_request("Later", "public", &offer, 3);
    request["licenses"][0]["startDate"] = json!(world.today().plus(10));
    request["licenses"][0]["endDate"] = json!(world.today().plus(20));
    let account = world.onboard(request).await;
    let path = format!("/api/licenses/capacity?accountId={}", id(&account));
    let now = world.operator().await.get(&path).await.expect(200);
    assert_eq!(now["triples"][0]["overCapacity"], Value::Null, "{now}");
    world.accept_invitation("ada@later.example").await;
    world.advance(days(36));
    assert_eq!(login(&world, "ada@later.example").await.expect(403)["reason"], "license_ended");
}

#[tokio::test]
async fn an_account_does_not_name_a_technical_user_who_was_deleted() {
    let world = busy_world().await;
    let technical = world.tenant("Brief", "public", 3).await;
    let operator = world.operator().await;
    let path = format!("/api/accounts/{}", technical.id);
    assert_eq!(operator.get(&path).await.expect(200)["technicalUserId"], technical.technical_id);
    let user = format!("/api/users/{}?accountId={}", technical.technical_id, technical.id);
    operator.delete(&user).await.expect(204);
    assert!(operator.get(&path).await.expect(200).get("technicalUserId").is_none());
}

#[tokio::test]
async fn deleting_a_license_leaves_no_user_without_one() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    let user = id(&create(&world, &acme, "one@acme.example").await.expect(201));
    let second = license(&world, &acme, (0, 5), 1).await;
    let operator = world.operator().await;
    let path = |license: &str| format!("/api/licenses/{license}?accountId={}", acme.account);
    // Either can go, not both.
    operator.delete(&path(&acme.license.to_string())).await.expect(204);
    assert_eq!(operator.delete(&path(&second)).await.refused(409), "seats_in_use");
    operator.delete(&format!("/api/users/{user}?accountId={}", acme.account)).await.expect(204);
    operator.delete(&path(&second)).await.expect(204);
    assert_eq!(capacity(&world, &acme).await["triples"], json!([]));
}

#[tokio::test]
async fn counters_of_an_earlier_version_are_taken_over() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    let second = license(&world, &acme, (0, 300), 2).await;
    // As an earlier version left it: a counter for each license.
    let pool = world.plane.seat_pool(acme.account, acme.triple()).await.unwrap().unwrap();
    let partition = record::partition(acme.account);
    let counter = |license: &str, seats: u32, used: u32| {
        let body = json!({ "accountId": acme.account, "licenseId": license, "seats": seats, "used": used });
        let item = plane::ports::table::NewItem {
            key: Key::new(partition.clone(), format!("SEATS#{license}")),
            index: [None, None, None],
            expires: None,
            body: body.to_string().into(),
        };
        Write::Put { item, when: plane::ports::table::Condition::Absent }
    };
    let earlier = vec![
        record::remove(&pool.terms),
        record::remove(&pool.counter),
        counter(&acme.license.to_string(), 10, 10),
        counter(&second, 2, 1),
    ];
    world.table().commit(earlier).await.unwrap();
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 11);
    create(&world, &acme, "twelfth@acme.example").await.expect(201);
    assert_eq!(create(&world, &acme, "thirteenth@acme.example").await.refused(403), "license_limit_exceeded");
    let key = Key::new(partition, format!("SEATS#{second}"));
    assert!(world.table().get(&key).await.unwrap().is_none(), "nobody of an earlier version counts on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_at_midnight_seats_as_many_as_the_new_day_gives() {
    let world = busy_world().await;
    let acme = std::sync::Arc::new(users_alone(&world).await);
    let first = acme.license.to_string();
    change(&world, &acme, &first, json!({ "numberOfUsers": 20, "endDate": world.today() })).await.expect(200);
    license(&world, &acme, (1, 10), 12).await;
    let midnight = world.today().plus(1).date().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    world.advance(midnight.duration_since(world.plane.now()) - SignedDuration::from_secs(1));
    let operator = world.operator().await;
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (world, acme, operator) = (world.clone(), acme.clone(), operator.clone());
        racing.spawn(async move {
            if number == 30 {
                world.advance(SignedDuration::from_secs(2));
            }
            let mut body = new_user(&world, &acme, &format!("u{number}@acme.example"));
            body["accountId"] = json!(acme.account);
            operator.post("/api/users", body).await.status
        });
    }
    let made = racing.join_all().await.into_iter().filter(|status| *status == 201).count();
    assert!((12..=20).contains(&made), "{made}");
    let now = capacity(&world, &acme).await;
    assert_eq!((&now["totalSeats"], &now["usedSeats"]), (&json!(12), &json!(made)), "{now}");
    assert_eq!(create(&world, &acme, "late@acme.example").await.refused(403), "license_limit_exceeded");
}

async fn user_of(world: &World, acme: &Tenant, user: &str) -> Answer {
    world.operator().await.get(&format!("/api/users/{user}?accountId={}", acme.account)).await
}

async fn update(world: &World, acme: &Tenant, user: &str, body: Value) -> Answer {
    world.operator().await.put(&format!("/api/users/{user}?accountId={}", acme.account), body).await
}

/// How many users a filter finds, as the API shows their statuses.
async fn statuses(world: &World, acme: &Tenant, status: &str) -> Vec<String> {
    let path = format!("/api/users?accountId={}&status={status}", acme.account);
    let found = world.operator().await.get(&path).await.expect(200);
    found["items"].as_array().unwrap().iter().map(|user| user["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_user_whose_last_day_is_over_frees_the_seat_the_next_day() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    change(&world, &acme, &acme.license.to_string(), json!({ "numberOfUsers": 1 })).await.expect(200);
    let (_, _) = member(&world, &acme, "leaves@acme.example").await;
    let page = world.operator().await.get(&format!("/api/users?accountId={}&email=leaves", acme.account)).await;
    let leaves = id(&page.expect(200)["items"][0]);
    update(&world, &acme, &leaves, json!({ "endDate": world.today().plus(1) })).await.expect(200);
    world.advance(days(1));
    assert_eq!(create(&world, &acme, "comes@acme.example").await.refused(403), "license_limit_exceeded");
    assert_eq!(statuses(&world, &acme, "active").await, ["active"]);
    world.advance(days(1));
    // Before anything has counted the seat.
    assert_eq!(statuses(&world, &acme, "ended").await, ["ended"]);
    assert!(statuses(&world, &acme, "active").await.is_empty());
    assert_eq!(user_of(&world, &acme, &leaves).await.expect(200)["status"], "ended");
    assert_eq!(login(&world, "leaves@acme.example").await.expect(403)["reason"], "user_ended");
    // A create that would be refused takes the seat of who has left.
    let comes = id(&create(&world, &acme, "comes@acme.example").await.expect(201));
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 1);
    assert_eq!(login(&world, "leaves@acme.example").await.expect(403)["reason"], "user_ended");
    // They come back when there is a seat, by another last day alone.
    assert_eq!(update(&world, &acme, &leaves, json!({ "status": "active" })).await.refused(409), "conflict");
    let back = json!({ "endDate": null });
    assert_eq!(update(&world, &acme, &leaves, back.clone()).await.refused(403), "license_limit_exceeded");
    update(&world, &acme, &comes, json!({ "status": "inactive" })).await.expect(200);
    assert_eq!(update(&world, &acme, &leaves, back).await.expect(200)["status"], "active");
    login(&world, "leaves@acme.example").await.expect(200);
    // A last day in the past ends at once.
    let past = json!({ "startDate": "2020-01-01", "endDate": "2020-01-02" });
    assert_eq!(update(&world, &acme, &leaves, past).await.expect(200)["status"], "ended");
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 0);
    let operator = world.operator().await;
    operator.delete(&format!("/api/users/{leaves}?accountId={}", acme.account)).await.expect(204);
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 0);
}

#[tokio::test]
async fn a_job_frees_the_seats_of_users_whose_last_day_is_over() {
    let world = busy_world().await;
    let acme = users_alone(&world).await;
    let ends = id(&create(&world, &acme, "ends@acme.example").await.expect(201));
    update(&world, &acme, &ends, json!({ "endDate": world.today() })).await.expect(200);
    let stays = id(&create(&world, &acme, "stays@acme.example").await.expect(201));
    update(&world, &acme, &stays, json!({ "endDate": world.today().plus(1) })).await.expect(200);
    // As an earlier version stored it: in no list of last days.
    let key = User::key(acme.account, ends.parse().unwrap());
    let item = world.table().get(&key).await.unwrap().unwrap();
    let earlier = plane::ports::table::NewItem {
        key,
        index: [item.index[0].clone(), item.index[1].clone(), None],
        expires: None,
        body: item.body,
    };
    let when = plane::ports::table::Condition::Version(item.version);
    world.table().commit(vec![Write::Put { item: earlier, when }]).await.unwrap();
    world.advance(days(1));
    world.plane.run_due_jobs().await.unwrap();
    let job = world.operator().await.get("/api/jobs/user-endings").await.expect(200);
    assert_eq!(job["lastRun"]["counts"]["ended"], 1, "{job}");
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 1);
    let stored: Value = serde_json::from_slice(
        &world.table().get(&User::key(acme.account, ends.parse().unwrap())).await.unwrap().unwrap().body,
    )
    .unwrap();
    assert_eq!(stored["status"], "ended");
    world.advance(days(1));
    world.plane.run_due_jobs().await.unwrap();
    assert_eq!(capacity(&world, &acme).await["usedSeats"], 0);
    let log =
        world.operator().await.get(&format!("/api/audit/account?accountId={}&action=user_end", acme.account)).await;
    assert_eq!(log.expect(200)["items"].as_array().unwrap().len(), 2);
}

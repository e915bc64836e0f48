//! Seats through the front door: as many users as seats, under every race.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{
    store::many,
    world::{Person, World},
};

use crate::{
    people::{all, busy_world, id, new_user},
    tenants::{Tenant, license_of, tenant},
};

/// Sends these bodies from so many callers at once; answers how often each outcome came.
async fn race(person: &Person, bodies: Vec<Value>, callers: usize) -> BTreeMap<String, usize> {
    let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (person, bodies, next) = (person.clone(), Arc::clone(&bodies), Arc::clone(&next));
        racing.spawn(async move {
            let mut outcomes = Vec::new();
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::SeqCst)) {
                let answer = person.post("/api/users", body.clone()).await;
                outcomes.push(format!("{} {}", answer.status, answer.body["code"].as_str().unwrap_or("made")));
            }
            outcomes
        });
    }
    let mut counts = BTreeMap::new();
    for outcome in racing.join_all().await.into_iter().flatten() {
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

fn users(world: &World, tenant: &Tenant, name: &str, count: usize) -> Vec<Value> {
    (0..count).map(|number| new_user(world, tenant, &format!("{name}{number}@acme.example"))).collect()
}

async fn give_seats(world: &World, tenant: &Tenant, seats: u32) {
    let path = format!("/api/licenses/{}?accountId={}", tenant.license, tenant.account);
    world.operator().await.put(&path, json!({ "numberOfUsers": seats })).await.expect(200);
}

async fn used(world: &World, tenant: &Tenant) -> u32 {
    tenant.seats(world).await.used
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_race_for_a_thousand_seats_and_then_deletes_race_creates() {
    // In an emulator a thousand, for a hundred.
    let seats = many(1_000, 100);
    let world = busy_world().await;
    let acme = Arc::new(tenant(&world, "Acme").await);
    give_seats(&world, &acme, u32::try_from(seats).unwrap()).await;
    // Somebody looks all the while.
    let (over, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let watching = {
        let (world, acme, over, done) = (world.clone(), Arc::clone(&acme), Arc::clone(&over), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::SeqCst) {
                let seats = acme.seats(&world).await;
                over.fetch_max(seats.used.saturating_sub(seats.seats) as usize, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    };
    let counts = race(&acme.admin, users(&world, &acme, "first", 10 * seats), 64).await;
    assert_eq!(
        counts,
        BTreeMap::from([("201 made".to_owned(), seats), ("403 license_limit_exceeded".to_owned(), 9 * seats)])
    );
    let there = all(&acme.admin, "/api/users", 200).await;
    let seated = |users: &[Value]| users.iter().filter(|user| user["technical"] == false).count();
    assert_eq!((seated(&there), used(&world, &acme).await as usize), (seats, seats));

    let leaving: Vec<String> = there.iter().filter(|user| user["technical"] == false).take(seats / 2).map(id).collect();
    let deletes = {
        let acme = Arc::clone(&acme);
        tokio::spawn(async move {
            for user in leaving {
                acme.admin.delete(&format!("/api/users/{user}")).await.expect(204);
            }
        })
    };
    let counts = race(&acme.admin, users(&world, &acme, "second", 2 * seats), 32).await;
    deletes.await.unwrap();
    done.store(true, Ordering::SeqCst);
    watching.await.unwrap();
    assert_eq!(over.load(Ordering::SeqCst), 0, "never more seats taken than there are");
    let made = counts["201 made"];
    assert_eq!(made + counts.get("403 license_limit_exceeded").copied().unwrap_or(0), 2 * seats, "{counts:?}");
    let there = all(&acme.admin, "/api/users", 200).await;
    assert_eq!(seated(&there), seats / 2 + made);
    assert_eq!(used(&world, &acme).await as usize, seats / 2 + made);
    // What is free now can be taken, to the last.
    let left = seats / 2 - made;
    let counts = race(&acme.admin, users(&world, &acme, "third", left + 20), 16).await;
    assert_eq!(counts.get("201 made").copied().unwrap_or(0), left, "{counts:?}");
    assert_eq!(used(&world, &acme).await as usize, seats);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_race_for_a_hundred_seats() {
    let world = World::unlimited().await;
    let acme = tenant(&world, "Acme").await;
    give_seats(&world, &acme, 100).await;
    for round in 0..3 {
        let counts = race(&acme.admin, users(&world, &acme, &format!("r{round}n"), 200), 200).await;
        assert_eq!(counts["201 made"], 100, "{counts:?}");
        assert_eq!(counts["403 license_limit_exceeded"], 100, "{counts:?}");
        for user in all(&acme.admin, "/api/users", 200).await {
            if user["technical"] == false {
                acme.admin.delete(&format!("/api/users/{}", id(&user))).await.expect(204);
            }
        }
        assert_eq!(used(&world, &acme).await, 0);
    }
}

#[tokio::test]
async fn deactivating_frees_a_seat_and_activating_takes_one() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    give_seats(&world, &acme, 1).await;
    let create = |email: &str| {
        let body = new_user(&world, &acme, email);
        let admin = acme.admin.clone();
        async move { admin.post("/api/users", body).await }
    };
    let one = id(&create("one@acme.example").await.expect(201));
    assert_eq!(create("two@acme.example").await.refused(403), "license_limit_exceeded");
    let status = |user: &str, status: &str| {
        let (path, body) = (format!("/api/users/{user}"), json!({ "status": status }));
        let admin = acme.admin.clone();
        async move { admin.put(&path, body).await }
    };
    status(&one, "inactive").await.expect(200);
    // Once more changes nothing.
    status(&one, "inactive").await.expect(200);
    assert_eq!(used(&world, &acme).await, 0);
    let two = id(&create("two@acme.example").await.expect(201));
    assert_eq!(status(&one, "active").await.refused(403), "license_limit_exceeded");
    acme.admin.delete(&format!("/api/users/{two}")).await.expect(204);
    status(&one, "active").await.expect(200);
    assert_eq!(used(&world, &acme).await, 1);
    // An inactive user holds no seat to be freed.
    status(&one, "inactive").await.expect(200);
    acme.admin.delete(&format!("/api/users/{one}")).await.expect(204);
    assert_eq!(used(&world, &acme).await, 0);
}

#[tokio::test]
async fn racing_changes_of_one_user_count_the_seat_once() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let user = id(&acme.admin.post("/api/users", new_user(&world, &acme, "one@acme.example")).await.expect(201));
    for _ in 0..20 {
        let mut racing = tokio::task::JoinSet::new();
        for number in 0..10 {
            let (admin, path) = (acme.admin.clone(), format!("/api/users/{user}"));
            let status = if number % 2 == 0 { "inactive" } else { "active" };
            racing.spawn(async move { admin.put(&path, json!({ "status": status })).await.status });
        }
        for status in racing.join_all().await {
            assert!(matches!(status, 200 | 409 | 412), "{status}");
        }
        let now = acme.admin.get(&format!("/api/users/{user}")).await.expect(200);
        assert_eq!(used(&world, &acme).await, u32::from(now["status"] == "active"), "{now}");
    }
}

#[tokio::test]
async fn a_license_seats_people_on_its_days_alone_and_keeps_those_it_has() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let today = world.today();
    let path = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    let operator = world.operator().await;
    operator.put(&path, json!({ "startDate": today.plus(2), "endDate": today.plus(5) })).await.expect(200);
    let create = async |number: u32| {
        let mut body = new_user(&world, &acme, &format!("u{number}@acme.example"));
        body["accountId"] = json!(acme.account);
        world.operator().await.post("/api/users", body).await
    };
    assert_eq!(create(0).await.refused(403), "no_active_license");
    world.advance(SignedDuration::from_hours(48));
    let seated = id(&create(1).await.expect(201));
    world.advance(SignedDuration::from_hours(72));
    create(2).await.expect(201);
    world.advance(SignedDuration::from_hours(24));
    assert_eq!(create(3).await.refused(403), "no_active_license");
    // Its end deletes and deactivates nobody.
    let there = format!("/api/users/{seated}?accountId={}", acme.account);
    assert_eq!(world.operator().await.get(&there).await.expect(200)["status"], "active");
    assert_eq!(used(&world, &acme).await, 2);
    // Back in force, it goes on from where it was.
    world.operator().await.put(&path, json!({ "endDate": today.plus(300) })).await.expect(200);
    create(3).await.expect(201);
    assert_eq!(used(&world, &acme).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn licenses_of_one_triple_fill_one_after_the_other() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    give_seats(&world, &acme, 5).await;
    let operator = world.operator().await;
    for seats in [7, 8] {
        let triple = (acme.enterprise, acme.product, acme.service);
        operator.post("/api/licenses", license_of(&world, acme.account, triple, seats)).await.expect(201);
    }
    let counts = race(&acme.admin, users(&world, &acme, "u", 60), 60).await;
    assert_eq!(counts["201 made"], 20, "{counts:?}");
    assert_eq!(counts["403 license_limit_exceeded"], 40, "{counts:?}");
    let capacity = acme.admin.get("/api/licenses/capacity").await.expect(200);
    assert_eq!((&capacity["totalSeats"], &capacity["availableSeats"]), (&json!(20), &json!(0)), "{capacity}");
    for license in capacity["licenses"].as_array().unwrap() {
        assert_eq!(license["seats"], license["used"], "{capacity}");
    }
}

//! Licenses: for linked triples alone, by operators alone, with seats that are exact under any race.

use std::sync::Arc;

use axum::http::Method;
use jiff::SignedDuration;
use plane::{
    audit::Author,
    change::Change,
    features::licenses::{free_seat_of, model::License},
    ids::{EnterpriseId, ProductId, ServiceId, known},
    ports::table::Write,
    problem::Code,
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::world::World;

use crate::{
    faults::Faults,
    tenants::{Tenant, license_of, tenant, triple},
};

fn parts(tenant: &Tenant) -> (EnterpriseId, ProductId, ServiceId) {
    (tenant.enterprise, tenant.product, tenant.service)
}

/// Takes a seat as a user's create does: in the commit of something else.
async fn take(world: &World, tenant: &Tenant) -> Result<License, Code> {
    let triple = tenant.triple();
    let account = tenant.account;
    let change = |_: &License| Ok(Change::by_platform(Author::System { name: "test".into() }, "take", account));
    world.plane.commit_with_seat(account, triple, change).await.map_err(|problem| problem.code)
}

async fn free(world: &World, tenant: &Tenant) {
    let mut change = Change::by_platform(Author::System { name: "test".into() }, "free", tenant.account);
    change.write(free_seat_of(&world.plane, tenant.account, tenant.triple()).await.unwrap().unwrap());
    world.plane.commit(change).await.unwrap();
}

#[tokio::test]
async fn operators_write_licenses_and_tenants_read_them() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let one = format!("/api/licenses/{}", acme.license);
    let seen = acme.admin.get(&one).await;
    assert_eq!(seen.etag(), "\"1\"");
    let seen = seen.expect(200);
    assert_eq!((seen["status"].clone(), seen["numberOfUsers"].clone()), (json!("active"), json!(10)));
    assert_eq!(seen["contact"]["name"], "Grace");
    assert_eq!(acme.admin.get("/api/licenses").await.expect(200)["items"], json!([seen]));
    let body = license_of(&world, acme.account, parts(&acme), 5);
    assert_eq!(acme.admin.post("/api/licenses", body.clone()).await.refused(403), "forbidden");
    assert_eq!(acme.admin.put(&one, json!({ "numberOfUsers": 99 })).await.refused(403), "forbidden");
    assert_eq!(acme.admin.delete(&one).await.refused(403), "forbidden");
    assert_eq!(acme.admin.post_empty("/api/licenses/send-reminders").await.refused(403), "forbidden");
    // An operator names the account.
    assert_eq!(operator.get(&one).await.refused(404), "not_found");
    operator.get(&format!("{one}?accountId={}", acme.account)).await.expect(200);

    let key = [("idempotency-key", "l1")];
    let first = operator.send(Method::POST, "/api/licenses", Some(body.clone()), &key).await.expect(201);
    let again = operator.send(Method::POST, "/api/licenses", Some(body), &key).await.expect(201);
    assert_eq!(first, again);
    assert_eq!(acme.admin.get("/api/licenses").await.expect(200)["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn another_account_sees_nothing() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    assert_eq!(bolt.admin.get(&format!("/api/licenses/{}", acme.license)).await.refused(404), "not_found");
    for path in ["licenses", "licenses/capacity", "licenses/expiring", "licenses/licensed-entities"] {
        let foreign = bolt.admin.get(&format!("/api/{path}?accountId={}", acme.account)).await;
        assert_eq!(foreign.refused(403), "forbidden", "{path}");
        let own = bolt.admin.get(&format!("/api/{path}")).await.expect(200).to_string();
        assert!(!own.contains(&acme.license.to_string()) && !own.contains("Acme"), "{path}: {own}");
    }
    let access = bolt.admin.get(&format!("/api/accounts/{}/global-access", acme.account)).await;
    assert_eq!(access.refused(403), "forbidden");
}

#[tokio::test]
async fn only_linked_triples_and_sound_terms_are_licensed() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let other = triple(&world, "Other").await;
    let good = license_of(&world, acme.account, parts(&acme), 5);
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, pointer) in [
        (with("startDate", json!("2026-02-30")), "/startDate"),
        (with("startDate", json!("20260201")), "/startDate"),
        (with("endDate", json!("2020-01-01")), "/endDate"),
        (with("numberOfUsers", json!(0)), "/numberOfUsers"),
        (with("numberOfUsers", json!(1_000_001)), "/numberOfUsers"),
        (with("numberOfUsers", json!(1.5)), "/numberOfUsers"),
        (with("contact", json!({ "name": "G", "email": "nope" })), "/contact/email"),
        (with("renewalNotification", json!({ "enabled": true, "noticeDays": 0 })), "/renewalNotification/noticeDays"),
        (with("seats", json!(5)), "/seats"),
        (with("productId", json!("x")), "/productId"),
    ] {
        let refused = operator.post("/api/licenses", body.clone()).await.expect(400);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    for body in
        [with("productId", json!(other.1)), with("serviceId", json!(other.2)), with("enterpriseId", json!(other.0))]
    {
        assert_eq!(operator.post("/api/licenses", body).await.refused(409), "conflict");
    }
    let nowhere = json!("00000000-0000-0000-0000-00000000dead");
    for field in ["enterpriseId", "productId", "serviceId"] {
        let refused = operator.post("/api/licenses", with(field, nowhere.clone())).await.expect(404);
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"));
    }
    let global =
        license_of(&world, acme.account, (known::GLOBAL_ENTERPRISE, known::GLOBAL_PRODUCT, known::GLOBAL_SERVICE), 5);
    assert_eq!(operator.post("/api/licenses", global).await.refused(403), "forbidden");
    assert_eq!(operator.post("/api/licenses", with("accountId", nowhere)).await.refused(404), "not_found");
}

#[tokio::test]
async fn status_and_filters_follow_the_calendar() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let mut later = license_of(&world, acme.account, parts(&acme), 5);
    let today = world.today();
    later["startDate"] = json!(today.plus(10));
    later["endDate"] = json!(today.plus(20));
    let later = operator.post("/api/licenses", later).await.expect(201);
    assert_eq!(later["status"], "future");
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    // Tokens live for minutes; time goes by in days.
    let listed = |query: &'static str| {
        let world = world.clone();
        let account = acme.account;
        async move {
            let operator = world.operator().await;
            operator.get(&format!("/api/licenses?accountId={account}&{query}")).await.expect(200)
        }
    };
    assert_eq!(ids(&listed("status=active").await), [acme.license.to_string()]);
    assert_eq!(ids(&listed("status=future").await), [later["id"].as_str().unwrap()]);
    assert!(ids(&listed("status=expired").await).is_empty());
    world.advance(SignedDuration::from_hours(24 * 20));
    assert_eq!(ids(&listed("status=active").await).len(), 2, "the last day counts");
    world.advance(SignedDuration::from_hours(24));
    assert_eq!(ids(&listed("status=expired").await), [later["id"].as_str().unwrap()]);
    let (_, other_product, _) = triple(&world, "Other").await;
    let operator = world.operator().await;
    let by = |product| format!("/api/licenses?accountId={}&productId={product}", acme.account);
    assert_eq!(ids(&operator.get(&by(acme.product)).await.expect(200)).len(), 2);
    assert!(ids(&operator.get(&by(other_product)).await.expect(200)).is_empty());
    assert_eq!(operator.get("/api/licenses?status=dead").await.refused(400), "invalid_request");
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    for _ in 0..220 {
        let body = license_of(&world, acme.account, parts(&acme), 1);
        operator.post("/api/licenses", body).await.expect(201);
    }
    for filter in ["", "&status=active"] {
        let (mut seen, mut cursor) = (std::collections::BTreeSet::new(), String::new());
        loop {
            let page = acme.admin.get(&format!("/api/licenses?limit=60{filter}{cursor}")).await.expect(200);
            for item in page["items"].as_array().unwrap() {
                assert!(seen.insert(item["id"].as_str().unwrap().to_owned()));
            }
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 221, "{filter}");
    }
}

#[tokio::test]
async fn updates_never_leave_out_those_who_hold_seats() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    for _ in 0..3 {
        take(&world, &acme).await.unwrap();
    }
    let refused = operator.put(&one, json!({ "numberOfUsers": 2 })).await.expect(409);
    assert_eq!(refused["code"], "seats_in_use");
    assert!(refused["detail"].as_str().unwrap().contains('3') && refused["detail"].as_str().unwrap().contains('2'));
    let etag = operator.get(&one).await.etag();
    let shrunk = operator.send(Method::PUT, &one, Some(json!({ "numberOfUsers": 3 })), &[("if-match", &etag)]).await;
    assert_eq!(shrunk.expect(200)["numberOfUsers"], 3);
    let stale = operator.send(Method::PUT, &one, Some(json!({ "contact": null })), &[("if-match", &etag)]).await;
    assert_eq!(stale.refused(412), "precondition_failed");
    assert_eq!(acme.seats(&world).await.seats, 3);
    assert_eq!(take(&world, &acme).await.unwrap_err(), Code::LicenseLimitExceeded);
    let tomorrow = world.today().plus(1);
    assert_eq!(operator.put(&one, json!({ "startDate": tomorrow })).await.refused(409), "seats_in_use");
    assert_eq!(operator.delete(&one).await.refused(409), "seats_in_use");
    let kept = operator.put(&one, json!({ "contact": null, "renewalNotification": { "enabled": false } })).await;
    assert_eq!(kept.expect(200)["contact"], Value::Null);
    for _ in 0..3 {
        free(&world, &acme).await;
    }
    operator.put(&one, json!({ "startDate": tomorrow })).await.expect(200);
    assert_eq!(take(&world, &acme).await.unwrap_err(), Code::NoActiveLicense);
    operator.delete(&one).await.expect(204);
    assert_eq!(take(&world, &acme).await.unwrap_err(), Code::NoActiveLicense);
    let root = format!("/api/licenses/{}", known::ROOT_LICENSE);
    assert_eq!(operator.delete(&root).await.refused(409), "protected");
    assert_eq!(operator.put(&root, json!({ "endDate": "2020-01-01" })).await.status, 400);
    assert_eq!(operator.put(&root, json!({ "startDate": tomorrow })).await.refused(409), "protected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn seats_are_exact_however_many_race_for_them() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = Arc::new(tenant(&world, "Acme").await);
    let body = license_of(&world, acme.account, parts(&acme), 7);
    operator.post("/api/licenses", body).await.expect(201);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let (world, acme) = (world.clone(), acme.clone());
            tokio::spawn(async move { take(&world, &acme).await })
        })
        .collect();
    let mut taken = std::collections::BTreeMap::<String, u32>::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(license) => *taken.entry(license.id.to_string()).or_default() += 1,
            Err(code) => assert_eq!(code, Code::LicenseLimitExceeded),
        }
    }
    // Seats are of the two licenses together; which one a user is listed under follows the count that their request read.
    assert_eq!(taken.values().sum::<u32>(), 17, "what the first can't give the second does: {taken:?}");
    let capacity = acme.admin.get("/api/licenses/capacity").await.expect(200);
    assert_eq!(capacity["accountId"], acme.account.to_string());
    assert_eq!(
        [&capacity["totalSeats"], &capacity["usedSeats"], &capacity["availableSeats"]],
        [&json!(17), &json!(17), &json!(0)]
    );
    assert_eq!(capacity["licenses"].as_array().unwrap().len(), 2);
    assert_eq!(capacity["licenses"][0], json!({ "licenseId": acme.license, "seats": 10, "used": 10, "available": 0 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn shrinking_and_taking_race_to_a_sound_end() {
    let world = World::new().await;
    let operator = world.operator().await;
    let acme = Arc::new(tenant(&world, "Acme").await);
    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    let takes: Vec<_> = (0..10)
        .map(|_| {
            let (world, acme) = (world.clone(), acme.clone());
            tokio::spawn(async move { take(&world, &acme).await.is_ok() })
        })
        .collect();
    let shrinks: Vec<_> = (1..10)
        .map(|seats| {
            let (operator, one) = (operator.clone(), one.clone());
            tokio::spawn(async move { operator.put(&one, json!({ "numberOfUsers": seats })).await.status })
        })
        .collect();
    for call in takes {
        call.await.unwrap();
    }
    for call in shrinks {
        assert!(matches!(call.await.unwrap(), 200 | 409 | 412));
    }
    let seats = acme.seats(&world).await;
    assert!(seats.used <= seats.seats, "{seats:?}");
    assert_eq!(operator.get(&one).await.expect(200)["numberOfUsers"], seats.seats);
}

#[tokio::test]
async fn a_seat_taken_while_a_license_changes_is_not_left_out() {
    let faults = Faults::default();
    let world = World::over(Arc::new(faults.clone()), Settings::default()).await;
    world.set_up().await;
    let operator = world.operator().await;
    let acme = tenant(&world, "Acme").await;
    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    let changes_license = |write: &Write| write.key().sk.starts_with("LICENSE#");
    let tomorrow = world.today().plus(1);
    take(&world, &acme).await.unwrap();
    let shrink = operator.put(&one, json!({ "numberOfUsers": 1 }));
    let (shrunk, taken) = tokio::join!(shrink, faults.hold(changes_license).meanwhile(take(&world, &acme)));
    assert!(taken.is_ok());
    assert_eq!(shrunk.refused(409), "seats_in_use");
    free(&world, &acme).await;
    free(&world, &acme).await;
    let put_off = operator.put(&one, json!({ "startDate": tomorrow }));
    let (put_off, taken) = tokio::join!(put_off, faults.hold(changes_license).meanwhile(take(&world, &acme)));
    assert!(taken.is_ok());
    assert_eq!(put_off.refused(409), "seats_in_use");
    free(&world, &acme).await;
    let (deleted, taken) =
        tokio::join!(operator.delete(&one), faults.hold(changes_license).meanwhile(take(&world, &acme)));
    assert!(taken.is_ok());
    assert_eq!(deleted.refused(409), "seats_in_use");
    // The other way round: taking a seat fails if the license has ended meanwhile.
    free(&world, &acme).await;
    let takes_seat = |write: &Write| matches!(write, Write::Add { field: "used", .. });
    let put_off = operator.put(&one, json!({ "startDate": tomorrow }));
    let (taken, put_off) = tokio::join!(take(&world, &acme), faults.hold(takes_seat).meanwhile(put_off));
    assert_eq!(put_off.status, 200, "{put_off:?}");
    assert_eq!(taken.unwrap_err(), Code::NoActiveLicense);
}

#[tokio::test]
async fn contacts_are_reminded_once_of_each_last_day() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let remind = || async { world.operator().await.post_empty("/api/licenses/send-reminders").await.expect(200) };
    assert_eq!(remind().await["due"], 0);
    world.advance(SignedDuration::from_hours(24 * 334));
    assert_eq!((remind().await["sent"].clone(), remind().await["alreadySent"].clone()), (json!(1), json!(1)));
    let operator = world.operator().await;
    let mails = operator.get(&format!("/api/outbox?to=grace@{}.example", acme.account)).await.expect(200);
    assert_eq!(mails["items"].as_array().unwrap().len(), 1);
    assert_eq!(mails["items"][0]["kind"], "license-reminder");
    let expiring = operator.get(&format!("/api/licenses/expiring?days=30&accountId={}", acme.account)).await;
    assert_eq!(expiring.expect(200)["items"][0]["id"], acme.license.to_string());
    let expiring = operator.get(&format!("/api/licenses/expiring?days=29&accountId={}", acme.account)).await;
    assert_eq!(expiring.expect(200)["items"], json!([]));
    assert_eq!(operator.get("/api/licenses/expiring?days=3651").await.refused(400), "invalid_request");
    // Another last day is another reminder.
    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    operator.put(&one, json!({ "endDate": world.today().plus(20) })).await.expect(200);
    assert_eq!(remind().await["sent"], 1);
}

/// Runs the job that sends reminders, an hour later, and answers its counts.
async fn reminder_job(world: &World) -> Value {
    world.advance(SignedDuration::from_hours(1));
    world.plane.run_due_jobs().await.unwrap();
    let job = world.operator().await.get("/api/jobs/license-reminders").await.expect(200);
    assert_eq!(job["lastRun"]["outcome"], "succeeded", "{job}");
    job["lastRun"]["counts"].clone()
}

async fn reminders_to(world: &World, address: &str) -> usize {
    let mails = world.operator().await.get(&format!("/api/outbox?to={address}")).await.expect(200);
    mails["items"].as_array().unwrap().iter().filter(|mail| mail["kind"] == "license-reminder").count()
}

#[tokio::test]
async fn the_job_reminds_each_address_once_and_a_corrected_contact_too() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    assert_eq!(reminder_job(&world).await["due"], 0);
    world.advance(SignedDuration::from_hours(24 * 334));
    assert_eq!(reminder_job(&world).await["sent"], 1);
    let again = reminder_job(&world).await;
    assert_eq!((&again["sent"], &again["alreadySent"]), (&json!(0), &json!(1)));
    // The endpoint and the job share their notes.
    let asked = world.operator().await.post_empty("/api/licenses/send-reminders").await.expect(200);
    assert_eq!((&asked["sent"], &asked["alreadySent"]), (&json!(0), &json!(1)));

    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    let contact = json!({ "name": "Grace Hopper", "email": "Grace@right.example" });
    world.operator().await.put(&one, json!({ "contact": contact })).await.expect(200);
    assert_eq!(reminder_job(&world).await["sent"], 1);
    assert_eq!(reminders_to(&world, "grace@right.example").await, 1);
    let contact = json!({ "name": "Rear Admiral Hopper", "email": "grace@right.example" });
    world.operator().await.put(&one, json!({ "contact": contact })).await.expect(200);
    assert_eq!(reminder_job(&world).await["alreadySent"], 1, "it is the same address");
    let entries =
        world.operator().await.get(&format!("/api/audit?accountId={}&limit=50", acme.account)).await.expect(200);
    let by_job = |entry: &&Value| entry["action"] == "license_remind" && entry["author"]["name"] == "license-reminders";
    assert_eq!(entries["items"].as_array().unwrap().iter().filter(by_job).count(), 2, "{entries:#}");
}

#[tokio::test]
async fn nobody_is_reminded_of_a_license_that_another_follows() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    world.advance(SignedDuration::from_hours(24 * 334));
    let operator = world.operator().await;
    let one = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
    let first = operator.get(&one).await.expect(200);
    let end: plane::day::Day = serde_json::from_value(first["endDate"].clone()).unwrap();
    let successor = |start: plane::day::Day| {
        json!({
            "accountId": acme.account, "enterpriseId": first["enterpriseId"], "productId": first["productId"],
            "serviceId": first["serviceId"], "numberOfUsers": 5, "startDate": start, "endDate": end.plus(365)
        })
    };
    let gap = operator.post("/api/licenses", successor(end.plus(2))).await.expect(201);
    let counts = reminder_job(&world).await;
    assert_eq!((&counts["sent"], &counts["renewed"]), (&json!(1), &json!(0)), "a day is missing");

    let gap = format!("/api/licenses/{}?accountId={}", gap["id"].as_str().unwrap(), acme.account);
    let operator = world.operator().await;
    operator.delete(&gap).await.expect(204);
    operator.post("/api/licenses", successor(end.plus(1))).await.expect(201);
    let contact = json!({ "name": "Grace Hopper", "email": "grace@right.example" });
    operator.put(&one, json!({ "contact": contact })).await.expect(200);
    let counts = reminder_job(&world).await;
    assert_eq!((&counts["sent"], &counts["renewed"]), (&json!(0), &json!(1)));
    assert_eq!(reminders_to(&world, "grace@right.example").await, 0);
}

#[tokio::test]
async fn nobody_is_reminded_for_an_account_that_is_being_removed() {
    let world = World::with(Settings { deletion_grace_days: 7, ..Settings::default() }).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    world.advance(SignedDuration::from_hours(24 * 334));
    let operator = world.operator().await;
    let path = format!("/api/accounts/{}", acme.account);
    let name = operator.get(&path).await.expect(200)["name"].as_str().unwrap().to_owned();
    operator.delete(&format!("{path}?confirm={name}")).await.expect(202);
    let counts = reminder_job(&world).await;
    assert_eq!((&counts["sent"], &counts["accountInactive"]), (&json!(0), &json!(1)), "{counts}");
    world.operator().await.post_empty(&format!("{path}/restore")).await.expect(200);
    assert_eq!(reminder_job(&world).await["sent"], 1);
}

#[tokio::test]
async fn what_licenses_open_is_listed_and_global_is_the_platforms() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let entities = acme.admin.get("/api/licenses/licensed-entities").await.expect(200);
    assert_eq!(entities["products"], json!([{ "id": acme.product, "name": "Acme" }]));
    assert_eq!(entities["services"], json!([{ "id": acme.service, "name": "Acme" }]));
    assert_eq!(entities["licenses"][0]["enterpriseId"], acme.enterprise.to_string());
    let operator = world.operator().await;
    let access = |account| format!("/api/accounts/{account}/global-access");
    let root = operator.get(&access(known::ROOT_ACCOUNT)).await.expect(200);
    assert_eq!(root, json!({ "accountId": known::ROOT_ACCOUNT, "globalAccess": true }));
    assert_eq!(operator.get(&access(acme.account)).await.expect(200)["globalAccess"], false);
    assert_eq!(acme.admin.get(&access(acme.account)).await.expect(200)["globalAccess"], false);
}

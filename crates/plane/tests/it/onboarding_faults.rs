//! The real plans of onboarding and deprovisioning through the suite that disturbs runs: whatever happens, the run ends
//! like the undisturbed one or with nothing left. And what operators see of runs that went wrong.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::StreamExt as _;
use plane::{
    ids::AccountId,
    ports::table::{Key, TableName, Write},
    settings::Settings,
    workflow::{Driver, Settings as DriverSettings, Status},
};
use serde_json::{Value, json};
use testkit::{
    memory::MemoryTables,
    story::Offer,
    workflow::{
        real::{Place, Real, Store, body, furnish, keys, kind},
        suite,
    },
    world::World,
};

use crate::faults::Faults;

macro_rules! suites {
    ($make:ident, $cloud:literal: $($name:ident)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            super::suite::$name(&super::Real::$make($cloud)).await;
        }
    )*};
}

/// Onboarding through every part of the suite.
macro_rules! onboarding {
    ($($cloud:ident $text:literal)*) => {$(
        mod $cloud {
            suites! { onboarding_with_administrator, $text:
                fails_each_step
                fails_each_pair
                cuts_after_each_commit
                crashes_around_each_effect
                repeats_each_step
                undoes_after_each_failure
                races_two_drivers
            }
        }
    )*};
}

onboarding! {
    onboarding_public "public"
    onboarding_private "private"
    onboarding_hybrid "hybrid"
}

/// A removal is never undone: it is redriven until it is through.
macro_rules! removal {
    ($($cloud:ident $text:literal)*) => {$(
        mod $cloud {
            suites! { removal, $text:
                fails_each_step
                fails_each_pair
                cuts_after_each_commit
                crashes_around_each_effect
                repeats_each_step
                races_two_drivers
            }
        }
    )*};
}

removal! {
    removal_public "public"
    removal_private "private"
    removal_hybrid "hybrid"
}

async fn world_with(faults: &str) -> (World, MemoryTables, BTreeSet<Place>, Offer) {
    let tables = MemoryTables::default();
    let settings = Settings { faults: faults.parse().unwrap(), ..Settings::default() };
    let world = World::over(Arc::new(tables.clone()), settings).await;
    world.set_up().await;
    let offer = world.offer("Acme").await;
    let base = keys(&tables);
    (world, tables, base, offer)
}

async fn letters(world: &World) -> Vec<Value> {
    let letters = world.operator().await.get("/api/dead-letters").await.expect(200);
    letters["items"].as_array().unwrap().clone()
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

#[tokio::test]
async fn an_identity_that_fails_leaves_the_account_degraded_and_its_letter_heals_it() {
    let (world, _, _, offer) = world_with("ProvisionCognitoUsers[0]:permanent").await;
    let account = world.onboard(world.account_request("Acme", "private", &offer, 3)).await;
    assert_eq!((&account["status"], &account["degraded"]), (&json!("active"), &json!(true)), "{account}");
    assert!(account["degradedReasons"][0].as_str().unwrap().starts_with("ProvisionCognitoUsers[0]"), "{account}");
    // Others join meanwhile: what is tried again must not stumble over them.
    furnish(&world, &account, &offer).await;

    let operator = world.operator().await;
    let letter = letters(&world).await.into_iter().find(|letter| letter["worker"] == "cognito-provisioner").unwrap();
    operator.post_empty(&format!("/api/dead-letters/{}/replay", id(&letter))).await.expect(202);
    // The account is in use all the while.
    let path = format!("/api/accounts/{}", id(&account));
    assert_eq!(operator.get(&path).await.expect(200)["status"], "active");
    assert_eq!(world.run_ended(id(&account)).await["status"], "succeeded");
    let healed = operator.get(&path).await.expect(200);
    assert_eq!((&healed["status"], &healed["degraded"]), (&json!("active"), &json!(false)), "{healed}");
    assert_eq!(letters(&world).await, Vec::<Value>::new());
    let ada = world.accept_invitation("ada@acme.example").await;
    ada.get("/api/users/me/access").await.expect(200);
}

#[tokio::test]
async fn an_account_whose_replay_fails_stays_active_and_degraded() {
    let (world, _, _, offer) = world_with("ProvisionCognitoUsers[0]:permanent*2").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    assert_eq!(account["degraded"], true);
    let operator = world.operator().await;
    let letter = letters(&world).await.into_iter().find(|letter| letter["worker"] == "cognito-provisioner").unwrap();
    operator.post_empty(&format!("/api/dead-letters/{}/replay", id(&letter))).await.expect(202);
    world.run_ended(id(&account)).await;
    let still = operator.get(&format!("/api/accounts/{}", id(&account))).await.expect(200);
    assert_eq!((&still["status"], &still["degraded"]), (&json!("active"), &json!(true)), "{still}");
    // What was done for an account in use can't be undone under its people.
    let undo = operator.post_empty(&format!("/api/provisioning/{}/undo", id(&account))).await;
    assert_eq!(undo.refused(409), "conflict");
    // A letter of an account that has gone makes nothing any more.
    let letter = letters(&world).await.into_iter().find(|letter| letter["worker"] == "cognito-provisioner").unwrap();
    operator.delete(&format!("/api/accounts/{}?confirm=Acme", id(&account))).await.expect(202);
    world.run_ended(id(&account)).await;
    let replay = operator.post_empty(&format!("/api/dead-letters/{}/replay", id(&letter))).await;
    assert_eq!(replay.refused(409), "conflict");
    let gone = operator.get(&format!("/api/accounts/{}", id(&account))).await.expect(200);
    assert_eq!(gone["status"], "deleted", "{gone}");
}

#[tokio::test]
async fn a_mail_that_fails_is_written_down_and_holds_nothing_up() {
    let (world, _, _, offer) = world_with("SendCredentialNotifications[0]:permanent").await;
    let account = world.onboard(world.account_request("Acme", "hybrid", &offer, 3)).await;
    assert_eq!((&account["status"], &account["degraded"]), (&json!("active"), &json!(false)), "{account}");
    let letters_now = letters(&world).await;
    assert_eq!(letters_now.len(), 1);
    assert_eq!(letters_now[0]["state"], "SendCredentialNotifications");
    let operator = world.operator().await;
    operator.post_empty(&format!("/api/dead-letters/{}/replay", id(&letters_now[0]))).await.expect(202);
    world.run_ended(id(&account)).await;
    assert_eq!(letters(&world).await, Vec::<Value>::new());
    world.accept_invitation("ada@acme.example").await.get("/api/users/me/access").await.expect(200);
}

#[tokio::test]
async fn an_onboarding_that_failed_anywhere_can_be_undone_redriven_or_removed() {
    let steps = [
        "ProvisionDynamoDB",
        "RegisterSSMParameters",
        "CreateStack",
        "WriteCoreRecords",
        "ProvisionTechnicalGroupAndRole",
        "VerifyProvisioning",
    ];
    for cloud in ["public", "private", "hybrid"] {
        for step in steps
            .into_iter()
            .filter(|step| *step != if cloud == "public" { "CreateStack" } else { "RegisterSSMParameters" })
        {
            for way in ["undo", "remove", "redrive"] {
                let (world, tables, base, offer) = world_with(&format!("{step}:permanent")).await;
                let told = format!("{cloud} {step} {way}");
                let mut events = world.bus.listen();
                let request = world.account_request("Acme", cloud, &offer, 3);
                let account = world.onboard(request.clone()).await;
                assert_eq!(account["status"], "failed", "{told}: {account}");
                world.plane.relay_once().await.unwrap();
                let alert = std::iter::from_fn(|| events.try_recv().ok())
                    .find(|event| event.kind == "account.provisioning.failed")
                    .unwrap_or_else(|| panic!("{told}: no alert"));
                assert_eq!(alert.detail["state"], *step, "{told}");
                let operator = world.operator().await;
                let path = format!("/api/provisioning/{}", id(&account));
                match way {
                    "undo" => operator.post_empty(&format!("{path}/undo")).await.expect(202),
                    "remove" => operator.delete(&format!("{path}?confirm=Acme")).await.expect(202),
                    _ => operator.post("/api/provisioning", json!({ "accountId": id(&account) })).await.expect(202),
                };
                world.run_ended(id(&account)).await;
                let now = operator.get(&format!("/api/accounts/{}", id(&account))).await.expect(200);
                if way == "redrive" {
                    assert_eq!(now["status"], "active", "{told}: {now}");
                    continue;
                }
                assert_eq!(now["status"], "deleted", "{told}: {now}");
                let store = Store { tables, base, account: id(&account).parse().unwrap() };
                assert_eq!(store.leftovers(), Vec::<String>::new(), "{told}");
                // Name and address are free again.
                let again = world.onboard(request).await;
                assert_eq!(again["status"], "active", "{told}: {again}");
            }
        }
    }
}

#[tokio::test]
async fn a_removal_frees_the_address_of_its_account_and_leaves_it_to_others() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "public", 3).await;
    let other = world.tenant("Other", "public", 3).await;
    let operator = world.operator().await;
    operator.delete(&format!("/api/users/{}?accountId={}", acme.technical_id, acme.id)).await.expect(204);
    let user = |email: &str| {
        json!({
            "accountId": other.id, "enterpriseId": other.offer.enterprise, "productId": other.offer.product,
            "serviceId": other.offer.service, "firstName": "Ada", "lastName": "Byron", "email": email,
            "startDate": world.today()
        })
    };
    operator.post("/api/users", user("ada@acme.example")).await.expect(201);
    operator.delete(&format!("/api/accounts/{}?confirm=Acme", acme.id)).await.expect(202);
    assert_eq!(world.run_ended(&acme.id).await["status"], "succeeded");
    assert_eq!(operator.post("/api/users", user("ada@acme.example")).await.refused(409), "email_taken");
}

#[tokio::test]
async fn a_removal_can_not_be_undone_into_an_account_that_is_gone_with_its_data() {
    let (world, _, _, offer) = world_with("RemoveRecords:permanent").await;
    let account = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    let operator = world.operator().await;
    operator.delete(&format!("/api/accounts/{}?confirm=Acme", id(&account))).await.expect(202);
    assert_eq!(world.run_ended(id(&account)).await["status"], "failed");
    let undo = operator.post_empty(&format!("/api/provisioning/{}/undo", id(&account))).await;
    assert_eq!(undo.refused(409), "conflict");
    operator.post("/api/provisioning", json!({ "accountId": id(&account) })).await.expect(202);
    assert_eq!(world.run_ended(id(&account)).await["status"], "succeeded");
    let now = operator.get(&format!("/api/accounts/{}", id(&account))).await.expect(200);
    assert_eq!(now["status"], "deleted", "{now}");
}

#[tokio::test]
async fn a_private_accounts_own_table_learns_what_became_of_the_account() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "private", 3).await;
    world.plane.relay_once().await.unwrap();
    let account: AccountId = acme.id.parse().unwrap();
    let own = world.tables.open(&TableName::dedicated(account)).await.unwrap().unwrap();
    let copy = own.get(&Key::new(format!("ACCOUNT#{account}"), "METADATA")).await.unwrap().unwrap();
    assert_eq!(body(&copy)["status"], "active");
}

/// A driver is held up in the midst of a step; another one takes the run over, fails and undoes it; then the first one
/// goes on.
#[tokio::test]
async fn what_a_driver_does_too_late_leaves_nothing() {
    fn puts(write: &Write, kind: &str) -> bool {
        matches!(write, Write::Put { item, .. } if self::kind(&item.key) == kind)
    }
    type Held = (&'static str, fn(&Write) -> bool);
    let holds: [Held; 10] = [
        ("ROUTE", |write| puts(write, "ROUTE")),
        ("PARAMETER", |write| puts(write, "PARAMETER")),
        ("LICENSE", |write| puts(write, "LICENSE")),
        ("USER", |write| puts(write, "USER")),
        ("ROLE", |write| puts(write, "ROLE")),
        ("WORKSTREAM", |write| puts(write, "WORKSTREAM")),
        ("IDENTITY", |write| puts(write, "IDENTITY")),
        ("INVITED", |write| puts(write, "INVITED")),
        ("MAIL", |write| puts(write, "MAIL")),
        ("SESSION", |write| puts(write, "SESSION")),
    ];
    for cloud in ["public", "private", "hybrid"] {
        for (what, which) in holds {
            let told = format!("{cloud} {what}");
            let faulty = Faults::default();
            let world = World::over(Arc::new(faulty.clone()), Settings::default()).await;
            world.set_up().await;
            let offer = world.offer("Acme").await;
            let operator = world.operator().await;
            let base = keys(&faulty.tables());
            world.plane.driver().abandon();
            let request = world.account_request("Acme", cloud, &offer, 3);
            let account = operator.post("/api/accounts", request).await.expect(201);
            let execution = account["provisioning"]["executionId"].as_str().unwrap().parse().unwrap();
            let driver = |holder: &str, faults: &str| {
                let settings = DriverSettings { faults: faults.parse().unwrap(), ..DriverSettings::new(holder) };
                let workflows = plane::product::workflows(&world.plane);
                let clock = Arc::clone(&world.clock) as _;
                Driver::new(Arc::clone(world.table()), workflows, clock, settings)
            };
            let closed = async |driver: &Driver| {
                let mut events = std::pin::pin!(driver.watch(execution, 0));
                while let Some(event) = events.next().await {
                    event.unwrap();
                }
                driver.journal().head(execution).await.unwrap().head.status
            };
            let (one, two) = (driver("one", ""), driver("two", "VerifyProvisioning:permanent"));
            let hold = faulty.hold(which);
            one.wake(execution);
            let undone = hold.meanwhile(async {
                two.wake(execution);
                assert_eq!(closed(&two).await, Status::Failed, "{told}");
                two.undo(execution, Vec::new()).await.unwrap();
                closed(&two).await
            });
            assert_eq!(undone.await, Status::Undone, "{told}");
            assert!(one.drain(Duration::from_secs(10)).await, "{told}: a driver that lost its run is at rest");
            let store = Store { tables: faulty.tables(), base, account: id(&account).parse().unwrap() };
            assert_eq!(store.leftovers(), Vec::<String>::new(), "{told}");
        }
    }
}

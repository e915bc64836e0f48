//! The real plans of onboarding and deprovisioning through the suite that disturbs runs: whatever happens, the run ends
//! like the undisturbed one or with nothing left. And what operators see of runs that went wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures::StreamExt as _;
use plane::{
    ids::{AccountId, known},
    plane::Plane,
    ports::table::{Item, Key, TableName, Write},
    settings::Settings,
    workflow::{Driver, Settings as DriverSettings, Status},
};
use serde_json::{Value, json};
use testkit::{
    memory::MemoryTables,
    story::Offer,
    workflow::{Census, Subject, TimerClock, World as RunWorld, suite},
    world::World,
};

use crate::faults::Faults;

/// Runs of one plan for accounts of one cloud type.
struct Real {
    cloud: &'static str,
    removal: bool,
    /// The world before: brought to rest when the next one is made.
    last: Mutex<Option<Plane>>,
}

impl Real {
    fn onboarding(cloud: &'static str) -> Self {
        Self { cloud, removal: false, last: Mutex::default() }
    }

    fn removal(cloud: &'static str) -> Self {
        Self { cloud, removal: true, last: Mutex::default() }
    }
}

#[async_trait]
impl Subject for Real {
    async fn world(&self) -> RunWorld {
        // The world is made in real time, the run goes in time that jumps.
        tokio::time::resume();
        let before = self.last.lock().unwrap().take();
        if let Some(plane) = before {
            plane.stop(Duration::ZERO).await;
        }
        let tables = MemoryTables::default();
        let world = World::over(Arc::new(tables.clone()), Settings::default()).await;
        world.set_up().await;
        let offer = world.offer("Acme").await;
        let operator = world.operator().await;
        let base = keys(&tables);
        let request = world.account_request("Acme", self.cloud, &offer, 3);
        let account = if self.removal {
            let account = world.onboard(request).await;
            assert_eq!(account["status"], "active", "{account}");
            furnish(&world, &account, &offer).await;
            world.plane.tend_once().await.unwrap();
            // From here on, only the suite's drivers work.
            world.plane.driver().abandon();
            let path = format!("/api/accounts/{}?confirm=Acme", account["id"].as_str().unwrap());
            operator.delete(&path).await.expect(202)
        } else {
            world.plane.driver().abandon();
            operator.post("/api/accounts", request).await.expect(201)
        };
        *self.last.lock().unwrap() = Some(world.plane.clone());
        tokio::time::pause();
        let id: AccountId = account["id"].as_str().unwrap().parse().unwrap();
        let store = Store { tables, base, account: id };
        let left = store.clone();
        RunWorld {
            table: Arc::clone(world.plane.router().shared()),
            clock: Arc::new(TimerClock::new(world.plane.now())),
            workflows: plane::features::workflows(&world.plane),
            execution: account["provisioning"]["executionId"].as_str().unwrap().parse().unwrap(),
            effects: census(store, Store::effects),
            leftovers: census(left, Store::leftovers),
        }
    }

    fn can_be_undone(&self) -> bool {
        !self.removal
    }
}

/// Fills an account with what its people make.
async fn furnish(world: &World, account: &Value, offer: &Offer) {
    let operator = world.operator().await;
    let account = &account["id"];
    let role = json!({ "accountId": account, "enterpriseId": offer.enterprise, "name": "Builders" });
    let role = operator.post("/api/roles", role).await.expect(201);
    let group =
        json!({ "accountId": account, "enterpriseId": offer.enterprise, "name": "Crew", "roleIds": [role["id"]] });
    let group = operator.post("/api/groups", group).await.expect(201);
    let user = json!({
        "accountId": account, "enterpriseId": offer.enterprise, "productId": offer.product,
        "serviceId": offer.service, "firstName": "Grace", "lastName": "Hopper", "email": "grace@acme.example",
        "startDate": world.today(), "groupIds": [group["id"]]
    });
    operator.post("/api/users/provision", user).await.expect(201);
}

type Place = (TableName, Key);

fn keys(tables: &MemoryTables) -> BTreeSet<Place> {
    let items = |(name, items): (TableName, Vec<Item>)| items.into_iter().map(move |item| (name.clone(), item.key));
    tables.dump().into_iter().flat_map(items).collect()
}

fn census(store: Store, what: fn(&Store) -> Vec<String>) -> Census {
    Arc::new(move || {
        let lines = what(&store);
        Box::pin(async move { lines })
    })
}

/// The whole store, as it is counted.
#[derive(Clone)]
struct Store {
    tables: MemoryTables,
    base: BTreeSet<Place>,
    account: AccountId,
}

impl Store {
    /// Everything that a run made, but for what tells of the run itself.
    fn effects(&self) -> Vec<String> {
        let telling = ["AUDIT", "AUDITHEAD", "EVENT", "COPY", "SESSION", "EXECUTION", "DEADLETTER", "REFRESH"];
        self.lines(|kind, _| !telling.contains(&kind))
    }

    /// What there still is of an account that is gone.
    fn leftovers(&self) -> Vec<String> {
        let status = self.status();
        if matches!(status.as_str(), "provisioning" | "deprovisioning") {
            return Vec::new();
        }
        let stays =
            ["METADATA", "RECEIPT", "AUDIT", "AUDITHEAD", "EVENT", "EXECUTION", "DEADLETTER", "REFRESH", "MAIL"];
        let mut left = self.lines(|kind, body| !(stays.contains(&kind) || kind == "USES" && body["uses"] == 0));
        if status != "deleted" {
            left.push(format!("the account is {status}"));
        }
        left
    }

    fn status(&self) -> String {
        let key = Key::new(format!("ACCOUNT#{}", self.account), "METADATA");
        let shared = self.tables.dump().into_iter().find(|(name, _)| *name == TableName::shared()).unwrap().1;
        let account = shared.into_iter().find(|item| item.key == key).unwrap();
        body(&account)["status"].as_str().unwrap().to_owned()
    }

    fn lines(&self, counts: impl Fn(&str, &Value) -> bool) -> Vec<String> {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let platform = format!("ACCOUNT#{}", known::ROOT_ACCOUNT);
        for (name, items) in self.tables.dump() {
            let own = name != TableName::shared();
            if own {
                *lines.entry("own table".to_owned()).or_default() += 1;
            }
            for item in items {
                let of_platform = item.key.pk == platform || item.key.sk.contains("COPY#");
                if of_platform || (item.key.sk != "USES" && self.base.contains(&(name.clone(), item.key.clone()))) {
                    continue;
                }
                let body = body(&item);
                let kind = kind(&item.key);
                // The copy of the account's own record follows the end of the run.
                if counts(kind, &body) && !(own && kind == "METADATA") {
                    let line = format!("{}{kind} {}", if own { "own " } else { "" }, told(kind, &item.key, &body));
                    *lines.entry(line).or_default() += 1;
                }
            }
        }
        lines.into_iter().map(|(line, count)| format!("{count} x {line}")).collect()
    }
}

fn body(item: &Item) -> Value {
    serde_json::from_slice(&item.body).unwrap()
}

/// The kind of a record: by the sort key where the partition holds several kinds.
fn kind(key: &Key) -> &str {
    let (pk, sk) = (first(&key.pk), first(&key.sk));
    if matches!(pk, "ACCOUNT" | "IDENTITY") || sk == "USES" { sk } else { pk }
}

fn first(key: &str) -> &str {
    key.split('#').next().unwrap()
}

/// What of a record is the same in every world.
fn told(kind: &str, key: &Key, body: &Value) -> String {
    let fields: &[&str] = match kind {
        "METADATA" => &["status", "degraded"],
        "USER" => &["email", "status", "identityStatus"],
        "SEATS" => &["used", "seats"],
        "USES" => &["uses"],
        "CLAIM" => return format!("{} {}", first(body["space"].as_str().unwrap()), body["name"]),
        "IDENTITY" => &["email", "enabled"],
        "MAIL" => &["to", "subject"],
        "PARAMETER" => return key.pk.rsplit('/').next().unwrap().to_owned(),
        _ => &["name"],
    };
    fields.iter().map(|field| body[*field].to_string()).collect::<Vec<_>>().join(" ")
}

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
            suites! { onboarding, $text:
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
    operator.post(&format!("/api/dead-letters/{}/replay", id(&letter)), json!({})).await.expect(202);
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
    operator.post(&format!("/api/dead-letters/{}/replay", id(&letter)), json!({})).await.expect(202);
    world.run_ended(id(&account)).await;
    let still = operator.get(&format!("/api/accounts/{}", id(&account))).await.expect(200);
    assert_eq!((&still["status"], &still["degraded"]), (&json!("active"), &json!(true)), "{still}");
    // What was done for an account in use can't be undone under its people.
    let undo = operator.post(&format!("/api/provisioning/{}/undo", id(&account)), json!({})).await;
    assert_eq!(undo.refused(409), "conflict");
    // A letter of an account that has gone makes nothing any more.
    let letter = letters(&world).await.into_iter().find(|letter| letter["worker"] == "cognito-provisioner").unwrap();
    operator.delete(&format!("/api/accounts/{}?confirm=Acme", id(&account))).await.expect(202);
    world.run_ended(id(&account)).await;
    let replay = operator.post(&format!("/api/dead-letters/{}/replay", id(&letter)), json!({})).await;
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
    operator.post(&format!("/api/dead-letters/{}/replay", id(&letters_now[0])), json!({})).await.expect(202);
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
                world.plane.tend_once().await.unwrap();
                let alert = std::iter::from_fn(|| events.try_recv().ok())
                    .find(|event| event.kind == "account.provisioning.failed")
                    .unwrap_or_else(|| panic!("{told}: no alert"));
                assert_eq!(alert.detail["state"], *step, "{told}");
                let operator = world.operator().await;
                let path = format!("/api/provisioning/{}", id(&account));
                match way {
                    "undo" => operator.post(&format!("{path}/undo"), json!({})).await.expect(202),
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
async fn a_removal_leaves_the_address_that_has_become_somebody_elses() {
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
    let undo = operator.post(&format!("/api/provisioning/{}/undo", id(&account)), json!({})).await;
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
    world.plane.tend_once().await.unwrap();
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
                let workflows = plane::features::workflows(&world.plane);
                let clock = Arc::clone(&world.clock) as _;
                Driver::new(Arc::clone(world.plane.router().shared()), workflows, clock, settings)
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

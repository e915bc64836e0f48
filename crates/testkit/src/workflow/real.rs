//! The product's own plans as subjects of the suite: an account of each cloud type is set up, or taken down.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use plane::{
    identity::keys::StoredKey,
    ids::{AccountId, known},
    plane::Plane,
    ports::table::{Item, Key, TableName},
    settings::Settings,
};
use serde_json::{Value, json};

use super::{Census, Subject, TimerClock, World as RunWorld};
use crate::{keys::MemoryKeys, memory::MemoryTables, story::Offer, world::World};

/// Runs of one plan for accounts of one cloud type.
pub struct Real {
    cloud: &'static str,
    removal: bool,
    administrator: bool,
    /// The world before: brought to rest when the next one is made.
    last: Mutex<Option<Plane>>,
    /// Those of the first world: the others are spared the time that it takes to make some.
    keys: Mutex<Option<Vec<StoredKey>>>,
}

impl Real {
    pub fn onboarding(cloud: &'static str) -> Self {
        Self { cloud, removal: false, administrator: false, last: Mutex::default(), keys: Mutex::default() }
    }

    /// Onboardings of accounts that begin with an administrator beside the technical user.
    pub fn onboarding_with_administrator(cloud: &'static str) -> Self {
        Self { administrator: true, ..Self::onboarding(cloud) }
    }

    /// Does what goes on beside the runs of the last world: its dedicated table gets its copies.
    pub async fn tend(&self) {
        let plane = self.last.lock().expect("no holder panics").clone().expect("a world was made");
        plane.relay_once().await.expect("memory answers");
    }

    pub fn removal(cloud: &'static str) -> Self {
        Self { removal: true, ..Self::onboarding_with_administrator(cloud) }
    }
}

#[async_trait]
impl Subject for Real {
    async fn world(&self) -> RunWorld {
        // The world is made in real time, the run goes in time that jumps.
        tokio::time::resume();
        let before = self.last.lock().expect("the product answers as it is documented to").take();
        if let Some(plane) = before {
            plane.stop(Duration::ZERO).await;
        }
        let tables = MemoryTables::default();
        let made = self.keys.lock().expect("no holder panics").clone();
        let signing = made.map_or_else(MemoryKeys::default, MemoryKeys::holding);
        let world = World::over_with(Arc::new(tables.clone()), Settings::default(), signing).await;
        *self.keys.lock().expect("no holder panics") = Some(vec![world.keys.signer()]);
        world.set_up().await;
        let offer = world.offer("Acme").await;
        let operator = world.operator().await;
        let base = keys(&tables);
        let mut request = world.account_request("Acme", self.cloud, &offer, 3);
        if self.administrator {
            request["administrator"] = json!({ "firstName": "Mary", "lastName": "Shaw", "email": "mary@acme.example" });
        }
        let account = if self.removal {
            let account = world.onboard(request).await;
            assert_eq!(account["status"], "active", "{account}");
            furnish(&world, &account, &offer).await;
            world.plane.relay_once().await.expect("the product answers as it is documented to");
            // From here on, only the suite's drivers work.
            world.plane.driver().abandon();
            let path = format!(
                "/api/accounts/{}?confirm=Acme",
                account["id"].as_str().expect("the product answers as it is documented to")
            );
            operator.delete(&path).await.expect(202)
        } else {
            world.plane.driver().abandon();
            operator.post("/api/accounts", request).await.expect(201)
        };
        *self.last.lock().expect("the product answers as it is documented to") = Some(world.plane.clone());
        tokio::time::pause();
        let id: AccountId = account["id"]
            .as_str()
            .expect("the product answers as it is documented to")
            .parse()
            .expect("the product answers as it is documented to");
        let store = Store { tables, base, account: id };
        let left = store.clone();
        RunWorld {
            table: Arc::clone(world.table()),
            clock: Arc::new(TimerClock::new(world.plane.now())),
            workflows: plane::product::workflows(&world.plane),
            execution: account["provisioning"]["executionId"]
                .as_str()
                .expect("the product answers as it is documented to")
                .parse()
                .expect("the product answers as it is documented to"),
            effects: census(store, Store::effects),
            leftovers: census(left, Store::leftovers),
        }
    }

    fn can_be_undone(&self) -> bool {
        !self.removal
    }
}

/// Fills an account with what its people make.
pub async fn furnish(world: &World, account: &Value, offer: &Offer) {
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

pub type Place = (TableName, Key);

/// Everything that there is, by its keys.
pub fn keys(tables: &MemoryTables) -> BTreeSet<Place> {
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
pub struct Store {
    pub tables: MemoryTables,
    pub base: BTreeSet<Place>,
    pub account: AccountId,
}

impl Store {
    /// Everything that a run made, except the records of the run itself.
    pub fn effects(&self) -> Vec<String> {
        let telling =
            ["AUDIT", "AUDITHEAD", "AUDITCHECKPOINT", "EVENT", "COPY", "SESSION", "EXECUTION", "DEADLETTER", "REFRESH"];
        self.lines(|kind, _| !telling.contains(&kind))
    }

    /// What there still is of an account that is gone.
    pub fn leftovers(&self) -> Vec<String> {
        let status = self.status();
        if matches!(status.as_str(), "provisioning" | "deprovisioning") {
            return Vec::new();
        }
        let stays = [
            "METADATA",
            "RECEIPT",
            "AUDIT",
            "AUDITHEAD",
            "AUDITCHECKPOINT",
            "EVENT",
            "EXECUTION",
            "DEADLETTER",
            "REFRESH",
            "MAIL",
        ];
        let mut left = self.lines(|kind, body| !(stays.contains(&kind) || kind == "USES" && body["uses"] == 0));
        if status != "deleted" {
            left.push(format!("the account is {status}"));
        }
        left
    }

    pub fn status(&self) -> String {
        let key = Key::new(format!("ACCOUNT#{}", self.account), "METADATA");
        let shared = self
            .tables
            .dump()
            .into_iter()
            .find(|(name, _)| *name == TableName::shared())
            .expect("the product answers as it is documented to")
            .1;
        let account =
            shared.into_iter().find(|item| item.key == key).expect("the product answers as it is documented to");
        body(&account)["status"].as_str().expect("the product answers as it is documented to").to_owned()
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
                // The job `written-tables` removes its notes some minutes later.
                let is_note = item.key.pk == "WRITTEN-TABLES";
                let of_platform = is_note || item.key.pk == platform || item.key.sk.contains("COPY#");
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

/// A record as it is stored.
pub fn body(item: &Item) -> Value {
    serde_json::from_slice(&item.body).expect("the product answers as it is documented to")
}

/// The kind of a record: by the sort key where the partition holds several kinds.
pub fn kind(key: &Key) -> &str {
    let (pk, sk) = (first(&key.pk), first(&key.sk));
    if matches!(pk, "ACCOUNT" | "IDENTITY") || sk == "USES" { sk } else { pk }
}

fn first(key: &str) -> &str {
    key.split('#').next().expect("the product answers as it is documented to")
}

/// What of a record is the same in every world.
fn told(kind: &str, key: &Key, body: &Value) -> String {
    let fields: &[&str] = match kind {
        "METADATA" => &["status", "degraded"],
        "USER" => &["email", "status", "identityStatus"],
        "SEATS" => &["since", "used", "seats"],
        "USES" => &["uses"],
        "CLAIM" => {
            return format!(
                "{} {}",
                first(body["space"].as_str().expect("the product answers as it is documented to")),
                body["name"]
            );
        }
        "IDENTITY" => &["email", "enabled"],
        "MAIL" => &["to", "subject"],
        "PARAMETER" => {
            return key.pk.rsplit('/').next().expect("the product answers as it is documented to").to_owned();
        }
        _ => &["name"],
    };
    fields.iter().map(|field| body[*field].to_string()).collect::<Vec<_>>().join(" ")
}

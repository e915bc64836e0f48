//! A control plane that may be killed at any call to AWS: the real binary behind a gate, over emulators of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use testkit::gate::{Behind, Call, Delivery, Gate, Moment, Snapshot, Which, difference};
use tokio::runtime::Runtime;

use crate::server::{ADMIN, Home, INITIAL, PASSWORD, Server};

/// What another start of the process adds to its clock: the lease of the one before has run out.
const PAST_THE_LEASE: i64 = 31;
/// A run ends within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The role that stands in the routes of accounts whose table is somebody else's.
pub(super) const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-table";
pub(super) const EXTERNAL: &str = "0123456789abcdef0123456789abcdef";

/// Where the data of an account goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cloud {
    Public,
    Private,
    Hybrid,
    /// A table in another account of AWS.
    Elsewhere,
}

pub(super) const CLOUDS: [Cloud; 4] = [Cloud::Public, Cloud::Private, Cloud::Hybrid, Cloud::Elsewhere];

impl Cloud {
    fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Hybrid | Self::Elsewhere => "hybrid",
        }
    }
}

/// What one run came to.
#[derive(Debug)]
pub(super) struct Ran {
    /// What is there now and was not before, and the other way round.
    pub(super) effects: BTreeMap<String, usize>,
    pub(super) delivered: Vec<Delivery>,
    pub(super) calls: Vec<Call>,
    /// The call at which the process was killed.
    pub(super) struck: Option<Call>,
    pub(super) restarts: usize,
}

pub(super) struct Lane<'a> {
    home: &'a Home,
    runtime: Runtime,
    client: reqwest::Client,
    pub(super) behind: Arc<Behind>,
    pub(super) gate: Gate,
    pub(super) server: Server<'a>,
    token: String,
    offer: [String; 3],
    /// Times the process was started again.
    starts: i64,
    /// Routes of new accounts lead into another account of AWS.
    elsewhere: Arc<AtomicBool>,
    before: Snapshot,
}

impl<'a> Lane<'a> {
    pub(super) fn open(home: &'a Home) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let behind = runtime.block_on(Behind::start());
        let gate = runtime.block_on(Gate::before(&behind));
        let environment = environment(&gate, 0);
        let prepared = home.command(&["preflight", "--fix"]).envs(environment.clone()).output().unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stdout));
        let server = serve(home, &environment);
        let elsewhere = Arc::new(AtomicBool::new(false));
        let mut lane = Self {
            home,
            runtime,
            client: reqwest::Client::new(),
            behind,
            gate,
            server,
            token: String::new(),
            offer: Default::default(),
            starts: 0,
            elsewhere,
            before: Snapshot::default(),
        };
        lane.plant_routes();
        lane.sign_in();
        lane.make_offer();
        lane.rest(None);
        lane.before = lane.snapshot();
        lane
    }

    /// The product makes no route into another account yet: it is planted with the account.
    fn plant_routes(&self) {
        let (behind, elsewhere) = (Arc::clone(&self.behind), Arc::clone(&self.elsewhere));
        self.gate.first(move |call| {
            let behind = Arc::clone(&behind);
            let account = elsewhere.load(Ordering::SeqCst).then(|| account_made(&call)).flatten();
            async move {
                let Some(account) = account else { return };
                let pk = format!("ACCOUNT#{account}");
                if behind.record("app_data", &pk, "ROUTE").await.is_none() {
                    behind.dynoxide("PutItem", &route(&account, &pk)).await;
                }
            }
            .boxed()
        });
    }

    fn sign_in(&mut self) {
        let login = json!({ "email": ADMIN, "password": INITIAL, "grant": "token" });
        let (_, challenge) = self.ask("POST", "/api/auth/login", Some(&login), None).unwrap();
        let answer = json!({ "challenge": "NEW_PASSWORD_REQUIRED", "session": challenge["session"],
            "newPassword": PASSWORD, "grant": "token" });
        let (_, signed_in) = self.ask("POST", "/api/auth/challenge", Some(&answer), None).unwrap();
        self.token = text(&signed_in["accessToken"]);
    }

    fn make_offer(&mut self) {
        let make = |path: &str, body: Value| {
            let (status, made) = self.ask("POST", path, Some(&body), None).unwrap();
            assert_eq!(status, 201, "{made}");
            text(&made["id"])
        };
        let service = make("/api/services", json!({ "name": "Ledger" }));
        let product = make("/api/products", json!({ "name": "Payments", "serviceIds": [service] }));
        let enterprise = make("/api/enterprises", json!({ "name": "Retail", "productIds": [product] }));
        self.offer = [enterprise, product, service];
    }

    /// Onboards an account, with the process being killed there; starts it again until the run has ended.
    pub(super) fn onboard(&mut self, cloud: Cloud, tag: &str, kill: Option<(Which, Moment)>) -> (String, Ran) {
        self.elsewhere.store(cloud == Cloud::Elsewhere, Ordering::SeqCst);
        let body = request(tag, cloud.word(), &self.offer);
        let mut account = None;
        let ran = self.run(tag, kill, &mut |lane| {
            let (status, made) = lane.ask("POST", "/api/accounts", Some(&body), Some(tag))?;
            assert_eq!(status, 201, "{made}");
            account = Some(text(&made["id"]));
            account.clone()
        });
        (account.expect("it was made"), ran)
    }

    /// Removes an account in the same way.
    pub(super) fn remove(&mut self, account: &str, tag: &str, kill: Option<(Which, Moment)>) -> Ran {
        let path = format!("/api/accounts/{account}?confirm=Acme%20{tag}");
        self.run(tag, kill, &mut |lane| {
            let (status, answer) = lane.ask("DELETE", &path, None, None)?;
            // The second time it is under way already.
            assert!(status == 202 || status == 409, "{answer}");
            Some(account.to_owned())
        })
    }

    fn run(
        &mut self,
        tag: &str,
        kill: Option<(Which, Moment)>,
        begin: &mut dyn FnMut(&mut Self) -> Option<String>,
    ) -> Ran {
        self.behind.delivered();
        self.gate.calls();
        if let Some((which, moment)) = kill {
            let pid = self.server.pid();
            // It may have ended of itself, which the test then finds.
            self.gate.end_at(which, moment, move || { let _ended = kill_process(pid, Signal::KILL); });
        }
        let begun = self.starts;
        let account = loop {
            if let Some(account) = begin(self) {
                break account;
            }
            self.restart(tag);
        };
        self.rest(Some((&account, tag)));
        let struck = self.gate.struck();
        if struck.is_some() && self.starts == begun {
            // It was killed when all was done: the next start finds nothing to do.
            self.restart(tag);
            self.rest(Some((&account, tag)));
        }
        self.gate.disarm();
        let after = self.snapshot();
        let effects = difference(&self.before, &after, tag);
        self.before = after;
        let restarts = usize::try_from(self.starts - begun).unwrap();
        Ran { effects, delivered: self.behind.delivered(), calls: self.gate.calls(), struck, restarts }
    }

    /// Waits until the account's run has ended and nothing waits; starts the process whenever it has been killed.
    fn rest(&mut self, run: Option<(&str, &str)>) {
        let begun = Instant::now();
        loop {
            let ended = run.is_none_or(|(account, _)| self.ended(account));
            if ended && self.tables_at_rest(run.map(|(account, _)| account)) {
                return;
            }
            if !self.server.runs() {
                self.restart(run.map_or("", |(_, tag)| tag));
            }
            assert!(begun.elapsed() < PATIENCE, "{run:?} does not come to rest: {}", self.home.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn ended(&self, account: &str) -> bool {
        let found = self.runtime.block_on(self.behind.record("app_data", &format!("ACCOUNT#{account}"), "METADATA"));
        let found = found.expect("an account that was answered is there");
        found["provisioning"]["status"] != "running"
    }

    fn tables_at_rest(&self, account: Option<&str>) -> bool {
        let own = account.map(|account| format!("app_acct_{account}"));
        self.runtime.block_on(async {
            for table in self.behind.tables().await {
                let concerned = table == "app_data" || Some(&table) == own.as_ref();
                if concerned && !self.behind.at_rest(&table).await {
                    return false;
                }
            }
            true
        })
    }

    /// The next start of a process that was killed.
    fn restart(&mut self, tag: &str) {
        assert!(self.gate.struck().is_some(), "{tag}: it ended by itself: {}", self.home.log());
        self.server.ended();
        self.starts += 1;
        let environment = environment(&self.gate, self.starts * PAST_THE_LEASE);
        self.server = serve(self.home, &environment);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.runtime.block_on(self.behind.snapshot())
    }

    /// Whether this ground is used up: clocks can't run ahead for ever, and what is there is read after each run.
    pub(super) fn is_worn(&self) -> bool {
        self.starts > 60 || self.before.records.len() > 1500
    }

    /// Asks the process; `None` if it does not answer, for it was killed.
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> Option<(u16, Value)> {
        self.runtime.block_on(async {
            let url = format!("{}{path}", self.server.url());
            let mut request = self.client.request(method.parse().unwrap(), url);
            if !self.token.is_empty() {
                request = request.header("authorization", format!("Bearer {}", self.token));
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.json().await.ok()?))
        })
    }
}

pub(super) fn serve<'a>(home: &'a Home, environment: &BTreeMap<&'static str, String>) -> Server<'a> {
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    home.serve_with(&environment)
}

/// The environment of a process whose every call goes through the gate.
pub(super) fn environment(gate: &Gate, ahead: i64) -> BTreeMap<&'static str, String> {
    let mut environment = super::nowhere();
    for service in super::OTHERS.iter().chain(&["FREEHOLD_AWS_ENDPOINT_DYNAMODB", "FREEHOLD_AWS_ENDPOINT_CLOUDFORMATION"]) {
        environment.insert(service, gate.endpoint());
    }
    environment.insert("FREEHOLD_AWS_PROTECT_TABLES", "false".into());
    environment.insert("FREEHOLD_PUBLIC_URL", "http://freehold.example".into());
    environment.insert("FREEHOLD_ACCESS_TOKEN_MINUTES", "1440".into());
    environment.insert("FREEHOLD_CLOCK_OFFSET", ahead.to_string());
    environment
}

fn request(tag: &str, cloud: &str, [enterprise, product, service]: &[String; 3]) -> Value {
    json!({
        "name": format!("Acme {tag}"), "masterAccountName": "Acme Holding", "cloudType": cloud,
        "address": { "line1": "1 Main St", "line2": null, "city": "Springfield", "state": "IL",
            "postalCode": "62701", "country": "US" },
        "technicalUser": { "firstName": "Ada", "lastName": "Byron", "email": format!("ada@{tag}.example"),
            "startDate": "2024-01-01", "endDate": null },
        "licenses": [{ "enterpriseId": enterprise, "productId": product, "serviceId": service,
            "startDate": "2024-01-01", "endDate": "2099-12-31", "numberOfUsers": 10,
            "contact": { "name": "Bob", "email": "bob@acme.example", "phone": "+1 555 0100" },
            "renewalNotification": { "enabled": true, "noticeDays": 30 } }]
    })
}

/// The account that a call makes, if it makes one.
fn account_made(call: &Call) -> Option<String> {
    if call.service != "dynamodb" || !(call.body.contains("METADATA") && call.body.contains("INTAKE")) {
        return None;
    }
    let body: Value = serde_json::from_str(&call.body).ok()?;
    let mut keys = body["TransactItems"].as_array()?.iter().map(|write| &write["Update"]["Key"]);
    let made = keys.find(|key| key["SK"]["S"] == "METADATA").and_then(|key| key["PK"]["S"].as_str())?;
    made.strip_prefix("ACCOUNT#").map(str::to_owned)
}

fn route(account: &str, pk: &str) -> Value {
    let table = format!("app_acct_{account}");
    let body = json!({
        "accountId": account, "table": table, "copiesDirectory": false, "version": 1, "state": "open",
        "grant": { "role": ROLE, "externalId": EXTERNAL, "region": "eu-central-1" }
    });
    json!({ "TableName": "app_data", "Item": {
        "PK": { "S": pk }, "SK": { "S": "ROUTE" }, "version": { "N": "1" }, "body": { "S": body.to_string() },
        "fields": { "M": {
            "accountId": { "S": account }, "table": { "S": table }, "copiesDirectory": { "BOOL": false },
            "version": { "N": "1" }, "state": { "S": "open" }
        } }
    } })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

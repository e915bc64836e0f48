//! A control plane that may be killed at any call to AWS: the real binary behind a gate, over emulators of its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::RequestBuilder;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use testkit::gate::{Answer, Behind, Call, Delivery, Gate, Moment, Snapshot, Strictness, Which, difference};
use tokio::{runtime::Runtime, task::JoinHandle};

use crate::server::{ADMIN, Home, INITIAL, PASSWORD, Server, wait};

/// What another start of the process adds to its clock: the lease of the one before has run out.
const PAST_THE_LEASE: i64 = 31;
/// A run ends within this time, or the test fails.
const RETRY_FOR: Duration = Duration::from_mins(1);

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
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// What is there now and was not before, and the other way round.
    pub(super) effects: BTreeMap<String, usize>,
    pub(super) delivered: Vec<Delivery>,
    pub(super) calls: Vec<Call>,
    /// The call at which the process was killed.
    pub(super) struck: Option<Call>,
    pub(super) restarts: usize,
    /// The roles that open tables in other accounts of AWS, each with the external id that it asks for.
    pub(super) roles: BTreeMap<String, String>,
}

/// What a run came to that one process began and another ended.
#[derive(Debug)]
pub(super) struct Frozen {
    /// What was there before the first one went on.
    pub(super) taken_over: BTreeMap<String, usize>,
    /// What the first one answered in the end.
    pub(super) told: Asked,
    pub(super) ran: Ran,
}

/// The two parts of an account's life that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Onboarding,
    Removal,
}

/// What begins one.
pub(super) struct Begin {
    method: &'static str,
    path: String,
    body: Option<Value>,
    key: Option<String>,
}

impl Begin {
    fn removal(account: &str, tag: &str) -> Self {
        let path = format!("/api/accounts/{account}?confirm=Acme%20{tag}");
        Self { method: "DELETE", path, body: None, key: None }
    }
}

type Asked = Option<(u16, Value)>;

async fn answer(request: RequestBuilder) -> Asked {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.ok()?))
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
    roles: Mutex<BTreeMap<String, String>>,
    before: Snapshot,
    /// Stands before the names of the platform's own tables.
    table_prefix: String,
}

impl<'a> Lane<'a> {
    pub(super) fn open(home: &'a Home) -> Self {
        Self::open_with(home, &[], Strictness::default())
    }

    /// With more settings, and emulators that are as strict as this.
    pub(super) fn open_with(home: &'a Home, more: &[(&'static str, &str)], strict: Strictness) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let behind = runtime.block_on(Behind::start());
        let gate = runtime.block_on(Gate::before(&behind));
        gate.be(strict);
        let mut environment = environment(&gate, 0);
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let prepared = home.command(&["preflight", "--fix"]).envs(environment.clone()).output().unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stdout));
        // What prepared the ground was no server.
        drop(gate.calls());
        let server = serve(home, &environment);
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
            roles: Mutex::default(),
            before: Snapshot::default(),
            table_prefix: environment.get("FREEHOLD_AWS_TABLE_PREFIX").cloned().unwrap_or_default(),
        };
        lane.sign_in();
        lane.make_offer();
        lane.rest(None);
        lane.before = lane.snapshot();
        lane
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
        let begin = self.ready(cloud, tag);
        self.before = self.snapshot();
        let mut account = None;
        let ran = self.run(tag, kill, &mut |lane| {
            let (status, made) = lane.ask(begin.method, &begin.path, begin.body.as_ref(), begin.key.as_deref())?;
            assert_eq!(status, 201, "{made}");
            account = Some(text(&made["id"]));
            account.clone()
        });
        (account.expect("it was made"), ran)
    }

    /// What begins an onboarding. A table in another account of AWS is made first, by its owner, and connected.
    pub(super) fn ready(&self, cloud: Cloud, tag: &str) -> Begin {
        let mut body = request(tag, cloud.word(), &self.offer);
        if cloud == Cloud::Elsewhere {
            body["connectionId"] = self.connect(tag);
        }
        Begin { method: "POST", path: "/api/accounts".into(), body: Some(body), key: Some(tag.to_owned()) }
    }

    fn connect(&self, tag: &str) -> Value {
        let new = json!({ "name": tag, "region": "eu-central-1" });
        let answered = self.ask("POST", "/api/connections", Some(&new), None);
        let (status, connection) = answered.unwrap_or_else(|| panic!("{tag}: no answer: {}", self.home.log()));
        assert_eq!(status, 201, "{connection}");
        let role = format!("arn:aws:iam::210987654321:role/freehold-{tag}");
        let external_id = text(&connection["externalId"]);
        let table = format!("app_acct_{}", text(&connection["accountId"]));
        self.runtime.block_on(self.behind.owners_stack(&table, &role, &external_id));
        let path = format!("/api/connections/{}/verify", text(&connection["id"]));
        let asked = json!({ "roleArn": role });
        let (status, verified) = self.ask("POST", &path, Some(&asked), None).unwrap();
        assert_eq!(status, 200, "{verified}");
        wait("the connection is reported", || self.tables_at_rest(None));
        self.roles.lock().unwrap().insert(role, external_id);
        connection["id"].clone()
    }

    /// Removes an account in the same way.
    pub(super) fn remove(&mut self, account: &str, tag: &str, kill: Option<(Which, Moment)>) -> Ran {
        let begin = Begin::removal(account, tag);
        self.run(tag, kill, &mut |lane| {
            let (status, answer) = lane.ask(begin.method, &begin.path, None, None)?;
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
            self.gate.end_at(which, moment, move || {
                let _ended = kill_process(pid, Signal::KILL);
            });
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
        let roles = self.roles.lock().unwrap().clone();
        Ran { effects, delivered: self.behind.delivered(), calls: self.gate.calls(), struck, restarts, roles }
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
            assert!(begun.elapsed() < RETRY_FOR, "{run:?} does not come to rest: {}", self.home.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn ended(&self, account: &str) -> bool {
        let found = self.runtime.block_on(self.behind.record(
            &format!("{}app_data", self.table_prefix),
            &format!("ACCOUNT#{account}"),
            "METADATA",
        ));
        let found = found.expect("an account that was answered is there");
        found["provisioning"]["status"] != "running"
    }

    fn tables_at_rest(&self, account: Option<&str>) -> bool {
        let prefix = &self.table_prefix;
        let own = account.map(|account| format!("{prefix}app_acct_{account}"));
        self.runtime.block_on(async {
            for table in self.behind.tables().await {
                let concerned = table == format!("{prefix}app_data") || Some(&table) == own.as_ref();
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

    /// Begins an onboarding and does not wait for it.
    pub(super) fn post(&self, cloud: Cloud, tag: &str) -> (u16, Value) {
        self.begin(&self.ready(cloud, tag))
    }

    pub(super) fn begin(&self, begin: &Begin) -> (u16, Value) {
        self.ask(begin.method, &begin.path, begin.body.as_ref(), begin.key.as_deref()).expect("it answers")
    }

    /// How far an account's run is, once `enough` of it.
    #[track_caller]
    pub(super) fn progress(&self, account: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        wait("the run has come so far", || {
            let (status, progress) = self.ask("GET", &format!("/api/provisioning/{account}"), None, None).unwrap();
            found = progress;
            status == 200 && enough(&found)
        });
        found
    }

    /// Runs a command of the binary with this environment, through a gate of its own that answers by this script.
    pub(super) fn scripted(
        &self,
        args: &[&str],
        script: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
    ) -> crate::server::Ran {
        self.scripted_with(args, &[], script)
    }

    /// The same with more settings.
    pub(super) fn scripted_with(
        &self,
        args: &[&str],
        more: &[(&'static str, &str)],
        script: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
    ) -> crate::server::Ran {
        let gate = self.runtime.block_on(Gate::before(&self.behind));
        gate.script(script);
        let home = Home::new();
        let command = home.command(args).envs(environment(&gate, 0)).envs(more.iter().copied()).output().unwrap();
        crate::server::Ran::of(args, &command)
    }

    /// How the latest run of an account has gone, as its operator sees it.
    pub(super) fn told(&self, account: &str) -> Value {
        let (_, told) = self.ask("GET", &format!("/api/provisioning/{account}"), None, None).unwrap();
        told
    }

    /// What is published in the parameter store.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        self.snapshot().parameters
    }

    /// Does something in AWS that the product did not ask for.
    pub(super) fn tell_moto(&self, service: &str, target: &str, body: &Value) {
        self.runtime.block_on(self.behind.moto(service, target, body));
    }

    /// Asks the process; `None` if it does not answer, for it was killed.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let asked = self.request(&self.server.url(), method, path, body, key);
        self.runtime.block_on(answer(asked))
    }

    fn request(&self, url: &str, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> RequestBuilder {
        let mut request = self.client.request(method.parse().unwrap(), format!("{url}{path}"));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request
    }

    /// Onboards an account, or removes one, while the process is stopped at one of its calls; another process goes on
    /// with it past the lease, and ends it; then the first one goes on. `None` if there was no such call.
    pub(super) fn freeze(
        &mut self,
        cloud: Cloud,
        tag: &str,
        part: Part,
        at: (Which, Moment),
        past: i64,
    ) -> Option<Frozen> {
        let removed = (part == Part::Removal).then(|| self.onboard(cloud, tag, None).0);
        let begin = match &removed {
            Some(account) => Begin::removal(account, tag),
            None => self.ready(cloud, tag),
        };
        self.before = self.snapshot();
        self.behind.delivered();
        self.gate.calls();
        let pid = self.server.pid();
        self.gate.hold_at(at.0, at.1, move || kill_process(pid, Signal::STOP).expect("it runs"));
        let first =
            self.request(&self.server.url(), begin.method, &begin.path, begin.body.as_ref(), begin.key.as_deref());
        let first = self.runtime.spawn(answer(first));
        if !self.held(&first) {
            self.gate.open();
            let (_, made) = self.runtime.block_on(first).unwrap().expect("it was not stopped");
            self.rest(Some((removed.as_deref().unwrap_or_else(|| made["id"].as_str().unwrap()), tag)));
            self.before = self.snapshot();
            return None;
        }
        let home = Home::new();
        let gate = self.runtime.block_on(Gate::before(&self.behind));
        let second = serve(&home, &environment(&gate, past));
        let asked = self.request(&second.url(), begin.method, &begin.path, begin.body.as_ref(), begin.key.as_deref());
        let (status, made) = self.runtime.block_on(answer(asked)).expect("the second process answers");
        assert!([201, 202, 409].contains(&status), "{made}");
        let account = removed.unwrap_or_else(|| text(&made["id"]));
        self.rest(Some((&account, tag)));
        let taken_over = difference(&self.before, &self.snapshot(), tag);
        self.gate.open();
        kill_process(pid, Signal::CONT).expect("it is stopped");
        let told = self.runtime.block_on(first).unwrap();
        self.runtime.block_on(self.gate.quiet(Duration::from_millis(200)));
        self.rest(Some((&account, tag)));
        assert!(self.server.runs(), "{tag}: the first process ended: {}", self.home.log());
        let after = self.snapshot();
        let effects = difference(&self.before, &after, tag);
        self.before = after;
        let struck = self.gate.struck();
        self.gate.disarm();
        let calls = self.gate.calls();
        let roles = self.roles.lock().unwrap().clone();
        let ran = Ran { effects, delivered: self.behind.delivered(), calls, struck, restarts: 0, roles };
        Some(Frozen { taken_over, told, ran })
    }

    /// Whether the process was stopped before all was done.
    fn held(&self, first: &JoinHandle<Asked>) -> bool {
        let begun = Instant::now();
        while self.gate.struck().is_none() {
            if first.is_finished() && self.tables_at_rest(None) {
                return self.gate.struck().is_some();
            }
            assert!(begun.elapsed() < RETRY_FOR, "it neither stops nor ends: {}", self.home.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

pub(super) fn serve<'a>(home: &'a Home, environment: &BTreeMap<&'static str, String>) -> Server<'a> {
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    home.serve_with(&environment)
}

/// The environment of a process whose every call goes through the gate.
pub(super) fn environment(gate: &Gate, ahead: i64) -> BTreeMap<&'static str, String> {
    let mut environment = super::nowhere();
    for service in
        super::OTHERS.iter().chain(&["FREEHOLD_AWS_ENDPOINT_DYNAMODB", "FREEHOLD_AWS_ENDPOINT_CLOUDFORMATION"])
    {
        environment.insert(service, gate.endpoint());
    }
    environment.insert("FREEHOLD_AWS_PLATFORM_ROLE", "arn:aws:iam::123456789012:role/freehold".into());
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

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

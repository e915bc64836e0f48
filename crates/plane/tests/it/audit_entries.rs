//! Every operation of the document leaves exactly one audit entry when it is done, and exactly one when it is refused: by the
//! right author, in the right account and enterprise, under the server's own name for the request.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use axum::http::Method;
use jiff::SignedDuration;
use plane::{
    ids::known,
    security_events::WINDOW,
    settings::{MailLimits, Settings},
};
use serde_json::{Value, json};
use testkit::{
    elsewhere::Elsewhere,
    keys::MemoryKeys,
    operations::operations,
    store::Store,
    world::{ADMIN, Answer, INITIAL, PASSWORD, Person, World},
};

use crate::{
    changed_fields::shows_what_changed,
    people::{id, menu, new_user},
    tenants::{Tenant, license_of, tenant},
};

/// Operations that are done and send no lifecycle event.
const WITHOUT_EVENT: &[(&str, &str)] = &[
    ("auth_accept_invitation", "a person's sign-in: the audit log has it"),
    ("auth_challenge", "a person's sign-in: the audit log has it"),
    ("auth_change_password", "a person's sign-in: the audit log has it"),
    ("auth_forgot_password", "a mail with a code: nothing changes before the code comes back"),
    ("auth_login", "a person's sign-in: the audit log has it"),
    ("auth_logout", "a person's sign-in: the audit log has it"),
    ("auth_refresh", "a renewed token is no sign-in"),
    ("auth_reset_password", "a person's sign-in: the audit log has it"),
    ("me_begin_email_change", "nothing changes before the code comes back"),
    ("me_end", "a person's sessions: the audit log has it"),
    ("me_end_all", "a person's sessions: the audit log has it"),
    ("outbox_list", "it reads"),
    ("provisioning_discard", "a dead letter is the platform's own bookkeeping"),
];

/// Operations that only read, and are recorded all the same.
const RECORDED_READS: &[&str] = &["outbox_list"];

struct Log {
    world: World,
    store: Store,
    done: BTreeSet<String>,
}

/// The person that an entry must name.
#[derive(Clone)]
struct By {
    person: Person,
    user: String,
    account: String,
    enterprise: Option<String>,
}

impl Log {
    /// The entries of a request, each once, whichever tables hold them.
    async fn of(&self, request: &str) -> Vec<Value> {
        self.entries(|entry| entry["requestId"] == request).await
    }

    /// Some of the entries, each once, whichever tables hold them.
    async fn entries(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut entries = BTreeMap::new();
        for record in self.store.records().await.iter().filter(|record| record.contains("AUDIT#")) {
            let body: Value = serde_json::from_str(&record[record.find("{\"").unwrap()..]).unwrap();
            if wanted(&body) {
                entries.insert(body["id"].to_string(), body);
            }
        }
        entries.into_values().collect()
    }

    async fn ask(&self, by: &By, method: &str, path: &str, body: Option<Value>) -> (Answer, Vec<Value>) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let named = [("x-request-id", "the-callers-own")];
        let answer = by.person.send(method, path, body, &named).await;
        assert!(self.world.plane.drain(Duration::from_secs(20)).await.unwrap());
        let entries = self.of(answer.header("x-server-request-id").unwrap()).await;
        (answer, entries)
    }

    /// The ids of all lifecycle events, delivered or not.
    async fn events(&self) -> BTreeSet<String> {
        let records = self.store.records().await;
        let bodies = records.iter().filter(|record| record.contains("EVENT#")).filter_map(|record| {
            let body: Value = serde_json::from_str(&record[record.find("{\"")?..]).ok()?;
            body["event"]["id"].as_str().map(ToOwned::to_owned)
        });
        bodies.collect()
    }

    /// Does an operation, and looks at its entry and its event.
    async fn done(&mut self, operation: &str, by: &By, method: &str, path: &str, body: Value) -> Value {
        let body = (!body.is_null()).then_some(body);
        let events = self.events().await;
        let done = self.done_with_entry(operation, by, method, path, body).await;
        self.check_events(operation, &events).await;
        self.done.insert(operation.to_owned());
        done
    }

    /// Checks that an operation sent an event, or is listed as one that sends none.
    async fn check_events(&self, operation: &str, before: &BTreeSet<String>) {
        let sent = self.events().await.difference(before).count();
        let without = WITHOUT_EVENT.iter().any(|(listed, _)| *listed == operation);
        assert_eq!(
            sent > 0,
            !without,
            "{operation}: {sent} events; send one, or list it in WITHOUT_EVENT with a reason"
        );
    }

    async fn done_with_entry(
        &mut self,
        operation: &str,
        by: &By,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Value {
        let (answer, entries) = self.ask(by, method, path, body.clone()).await;
        assert!(answer.status < 300, "{operation}: {} {}", answer.status, answer.body);
        let [entry] = entries.as_slice() else { panic!("{operation}: {entries:#?}") };
        assert_eq!(entry["author"]["id"], by.user.as_str(), "{operation}: {entry}");
        assert_eq!(entry["accountId"], by.account.as_str(), "{operation}: {entry}");
        assert_eq!(entry["enterpriseId"].as_str(), by.enterprise.as_deref(), "{operation}: {entry}");
        assert_eq!(entry["clientRequestId"], "the-callers-own", "{operation}: {entry}");
        assert!(entry["outcome"].is_null(), "{operation}: {entry}");
        let reads = RECORDED_READS.contains(&operation);
        assert!(reads || entry["target"]["id"].is_string(), "{operation}: {entry}");
        assert!(reads || entry["targetName"].as_str().is_some_and(|name| !name.is_empty()), "{operation}: {entry}");
        shows_what_changed(operation, method, body.as_ref(), entry);
        answer.body
    }
}

async fn world(faults: &str) -> (World, Store) {
    let (world, store, _) = empty_world(faults).await;
    world.set_up().await;
    (world, store)
}

/// A world before Day-0, with a way to other accounts of AWS.
async fn empty_world(faults: &str) -> (World, Store, Arc<Elsewhere>) {
    let settings = Settings {
        auth_requests_per_five_minutes: 0,
        deletion_grace_days: 1,
        faults: faults.parse().unwrap(),
        mail_limits: MailLimits { pause_seconds: 0, ..MailLimits::default() },
        ..Settings::default()
    };
    let store = Store::new().await;
    let elsewhere = Elsewhere::new(store.tables());
    let connect = Arc::clone(&elsewhere);
    let world = World::over_ports(Arc::clone(&elsewhere) as _, settings, MemoryKeys::default(), |ports| {
        ports.cross_account = connect;
    })
    .await;
    (world, store, elsewhere)
}

async fn operator(world: &World, account: &str, enterprise: Option<String>) -> By {
    let person = world.operator().await;
    By { person, user: known::ADMIN_USER.to_string(), account: account.to_owned(), enterprise }
}

fn administrator(acme: &Tenant) -> By {
    let user = plane::ids::UserId::derived(acme.account.uuid(), "admin").to_string();
    let enterprise = Some(acme.enterprise.to_string());
    By { person: acme.admin.clone(), user, account: acme.account.to_string(), enterprise }
}

#[tokio::test]
async fn every_operation_that_is_done_has_one_entry_and_an_event() {
    let faults = "ProvisionCognitoUsers[0]:permanent*2,VerifyProvisioning:permanent*2";
    let (world, store, elsewhere) = empty_world(faults).await;
    let mut log = Log { world: world.clone(), store, done: BTreeSet::new() };
    day_0(&mut log).await;
    let acme = tenant(&world, "Acme").await;
    // Before anything else reads it: reading it again is counted.
    let root = operator(&world, &known::ROOT_ACCOUNT.to_string(), None).await;
    log.done("outbox_list", &root, "GET", "/api/outbox", Value::Null).await;
    people_and_rights(&mut log, &acme).await;
    licenses_and_workstreams(&mut log, &acme).await;
    identities(&mut log, &acme).await;
    master_data(&mut log).await;
    accounts_and_runs(&mut log).await;
    reminders(&mut log).await;
    connections(&mut log, &elsewhere).await;
    let all: BTreeSet<String> = operations()
        .into_iter()
        .filter(|operation| operation.method != Method::GET || RECORDED_READS.contains(&operation.id.as_str()))
        .map(|operation| operation.id)
        .collect();
    let missed: Vec<_> = all.difference(&log.done).collect();
    assert!(missed.is_empty(), "never done: {missed:?}");
}

async fn people_and_rights(log: &mut Log, acme: &Tenant) {
    let admin = administrator(acme);
    let body = json!({ "enterpriseId": acme.enterprise, "name": "Crew" });
    let role = id(&log.done("roles_create", &admin, "POST", "/api/roles", body.clone()).await);
    let path = format!("/api/roles/{role}");
    log.done("roles_update", &admin, "PUT", &path, json!({ "description": "new" })).await;
    let permissions = json!({ "permissions": [menu("pipelines", "v")] });
    log.done("roles_set_permissions", &admin, "PUT", &format!("{path}/permissions"), permissions.clone()).await;
    // An operator's act in an enterprise of the account is entered there.
    let operator = operator(&log.world, &admin.account, admin.enterprise.clone()).await;
    let named = format!("?accountId={}", acme.account);
    let permissions = json!({ "permissions": [menu("pipelines", "ve")] });
    log.done("roles_set_permissions", &operator, "PUT", &format!("{path}/permissions{named}"), permissions).await;
    let group = id(&log.done("groups_create", &admin, "POST", "/api/groups", body).await);
    let path = format!("/api/groups/{group}");
    log.done("groups_update", &admin, "PUT", &path, json!({ "description": "new" })).await;
    log.done("groups_set_roles", &admin, "PUT", &format!("{path}/roles"), json!({ "roleIds": [role] })).await;

    let user = new_user(&log.world, acme, "one@acme.example");
    let user = id(&log.done("users_create", &admin, "POST", "/api/users", user).await);
    let path = format!("/api/users/{user}");
    log.done("users_update", &admin, "PUT", &path, json!({ "lastName": "New" })).await;
    log.done("users_set_groups", &admin, "PUT", &format!("{path}/groups"), json!({ "groupIds": [group] })).await;
    let body = json!({ "enterpriseId": acme.enterprise, "name": "River" });
    let stream = id(&acme.admin.post("/api/workstreams", body).await.expect(201));
    let streams = json!({ "workstreamIds": [stream] });
    log.done("users_set_workstreams", &admin, "PUT", &format!("{path}/workstreams"), streams).await;
    log.done("users_delete", &operator, "DELETE", &format!("{path}{named}"), Value::Null).await;
    let user = new_user(&log.world, acme, "two@acme.example");
    let user = id(&log.done("users_provision", &admin, "POST", "/api/users/provision", user).await);
    let path = format!("/api/users/{user}");
    log.done("users_invite", &admin, "POST", &format!("{path}/invitation"), Value::Null).await;
    // One who may not act any more is deleted in one commit instead of two.
    log.done("users_update", &admin, "PUT", &path, json!({ "status": "inactive" })).await;
    log.done("users_delete", &admin, "DELETE", &path, Value::Null).await;
    log.done("groups_delete", &admin, "DELETE", &format!("/api/groups/{group}"), Value::Null).await;
    log.done("roles_delete", &admin, "DELETE", &format!("/api/roles/{role}"), Value::Null).await;
}

async fn licenses_and_workstreams(log: &mut Log, acme: &Tenant) {
    let admin = administrator(acme);
    let operator = operator(&log.world, &admin.account, admin.enterprise.clone()).await;
    let triple = (acme.enterprise, acme.product, acme.service);
    let body = license_of(&log.world, acme.account, triple, 3);
    let license = id(&log.done("licenses_create", &operator, "POST", "/api/licenses", body).await);
    let path = format!("/api/licenses/{license}?accountId={}", acme.account);
    log.done("licenses_update", &operator, "PUT", &path, json!({ "numberOfUsers": 4 })).await;
    log.done("licenses_delete", &operator, "DELETE", &path, Value::Null).await;
    let body = json!({ "enterpriseId": acme.enterprise, "name": "Stream" });
    let stream = id(&log.done("workstreams_create", &admin, "POST", "/api/workstreams", body).await);
    let path = format!("/api/workstreams/{stream}");
    log.done("workstreams_update", &admin, "PUT", &path, json!({ "description": "new" })).await;
    log.done("workstreams_delete", &admin, "DELETE", &path, Value::Null).await;
    log.done("workstreams_ensure_default", &admin, "POST", "/api/workstreams/ensure-default", Value::Null).await;
}

async fn identities(log: &mut Log, acme: &Tenant) {
    let user = new_user(&log.world, acme, "ida@acme.example");
    let user = id(&acme.admin.post("/api/users/provision", user).await.expect(201));
    let mut ida = By { person: log.world.nobody(), user, ..administrator(acme) };
    let token = log.world.invitation("ida@acme.example").await;
    let body = json!({ "token": token, "newPassword": PASSWORD });
    log.done("auth_accept_invitation", &ida, "POST", "/api/auth/accept-invitation", body).await;
    let login = json!({ "email": "ida@acme.example", "password": PASSWORD, "grant": "token" });
    let tokens = log.done("auth_login", &ida, "POST", "/api/auth/login", login.clone()).await;
    let tokens = refresh(log, &ida, tokens).await;
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    log.done("auth_logout", &ida, "POST", "/api/auth/logout", body).await;
    let tokens = ida.person.post("/api/auth/login", login.clone()).await.expect(200);
    ida.person = log.world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    ida.person.post("/api/auth/login", login).await.expect(200);
    let sessions = ida.person.get("/api/users/me/sessions").await.expect(200);
    let other = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/api/users/me/sessions/{}", id(other));
    log.done("me_end", &ida, "DELETE", &path, Value::Null).await;
    let next = "Marble-3-otter-compass";
    let body = json!({ "oldPassword": PASSWORD, "newPassword": next });
    log.done("auth_change_password", &ida, "POST", "/api/auth/change-password", body).await;
    log.done("me_end_all", &ida, "DELETE", "/api/users/me/sessions", Value::Null).await;
    ida.person = log.world.nobody();
    // Anybody can ask for a code: that is entered as nobody's doing, and once.
    let forgot = json!({ "email": "ida@acme.example" });
    let events = log.events().await;
    for entered in [1, 0] {
        let (answer, entries) = log.ask(&ida, "POST", "/api/auth/forgot-password", Some(forgot.clone())).await;
        answer.expect(202);
        assert_eq!(entries.len(), entered, "{entries:#?}");
        for entry in entries {
            assert_eq!((&entry["author"]["kind"], &entry["target"]["id"]), (&json!("anonymous"), &json!(ida.user)));
        }
    }
    log.check_events("auth_forgot_password", &events).await;
    log.done.insert("auth_forgot_password".into());
    let mails = log.world.operator().await.get("/api/outbox?to=ida@acme.example&limit=1").await.expect(200);
    let text = mails["items"][0]["text"].as_str().unwrap();
    let code = text.split_whitespace().find(|word| word.len() == 6 && word.parse::<u32>().is_ok()).unwrap();
    let body = json!({ "email": "ida@acme.example", "code": code, "newPassword": PASSWORD });
    log.done("auth_reset_password", &ida, "POST", "/api/auth/reset-password", body).await;
    // A temporary password opens the challenge alone.
    let subject = plane::features::users::model::subject(ida.user.parse().unwrap());
    let temporary = plane::ports::identity::Permanence::Temporary;
    log.world.plane.identity().set_password(subject, next.into(), temporary).await.unwrap();
    let login = json!({ "email": "ida@acme.example", "password": next });
    let challenge = log.done("auth_login", &ida, "POST", "/api/auth/login", login).await;
    let body = json!({
        "challenge": challenge["challenge"], "session": challenge["session"], "newPassword": "Velvet-5-heron-anchor"
    });
    let tokens = log.done("auth_challenge", &ida, "POST", "/api/auth/challenge", body).await;
    ida.person = log.world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
    let wrong = json!({ "newEmail": "other@acme.example", "password": "Wrong-5-heron-anchor" });
    let (answer, entries) = log.ask(&ida, "POST", "/api/me/email", Some(wrong)).await;
    assert_eq!(answer.refused(401), "invalid_credentials");
    assert_eq!((entries.len(), &entries[0]["outcome"]), (1, &json!("failed")), "{entries:#?}");
    // A token proves who typed it.
    assert_eq!(entries[0]["author"]["id"], ida.user.as_str(), "{entries:#?}");
    let wrong = json!({ "oldPassword": "Wrong-5-heron-anchor", "newPassword": "Willow-8-lantern-brook" });
    let (answer, entries) = log.ask(&ida, "POST", "/api/auth/change-password", Some(wrong)).await;
    assert_eq!(answer.refused(401), "invalid_credentials");
    let [entry] = entries.as_slice() else { panic!("{entries:#?}") };
    assert_eq!((&entry["author"]["id"], &entry["reason"]), (&json!(ida.user), &json!("invalid_credentials")));
    let body = json!({ "newEmail": "other@acme.example", "password": "Velvet-5-heron-anchor" });
    log.done("me_begin_email_change", &ida, "POST", "/api/me/email", body).await;
    let mails = log.world.operator().await.get("/api/outbox?to=other@acme.example&limit=1").await.expect(200);
    let text = mails["items"][0]["text"].as_str().unwrap();
    let code = text.split_whitespace().find_map(|word| Some(&word[word.find("fhe_")?..])).unwrap();
    log.done("me_confirm_email", &ida, "POST", "/api/me/email/confirm", json!({ "code": code })).await;
}

/// Renews the tokens of a session. Only the end of a session that a stolen token causes has an entry.
async fn refresh(log: &mut Log, by: &By, tokens: Value) -> Value {
    let events = log.events().await;
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let (answer, entries) = log.ask(by, "POST", "/api/auth/refresh", Some(body)).await;
    assert_eq!(entries, Vec::<Value>::new());
    log.check_events("auth_refresh", &events).await;
    log.done.insert("auth_refresh".into());
    answer.expect(200)
}

/// Each step has an entry by the platform, and so has the end. The one event is the end's.
async fn day_0(log: &mut Log) {
    const TOKEN: &str = "the-set-up-token";
    assert!(log.world.plane.offer_bootstrap(&TOKEN.into()).await.unwrap());
    let events = log.events().await;
    let body = json!({ "setupToken": TOKEN, "adminEmail": ADMIN, "adminPassword": INITIAL });
    let report = log.world.nobody().post("/api/bootstrap", body).await.expect(201);
    assert!(log.world.plane.drain(Duration::from_secs(20)).await.unwrap());
    log.check_events("bootstrap_run", &events).await;
    let entries = log.entries(|entry| entry["author"]["kind"] == "system").await;
    let count = |action: &str| entries.iter().filter(|entry| entry["action"] == action).count();
    let steps = report["steps"].as_array().unwrap().len();
    assert_eq!((count("bootstrap_step"), count("bootstrap_complete")), (steps, 1), "{entries:#?}");
    log.done.insert("bootstrap_run".into());
}

/// The entry of a reminder is in the log of the license's account.
async fn reminders(log: &mut Log) {
    let due = tenant(&log.world, "Due").await;
    let by = operator(&log.world, &due.account.to_string(), Some(due.enterprise.to_string())).await;
    let path = format!("/api/licenses/{}?accountId={}", due.license, due.account);
    let soon = json!({ "endDate": log.world.today().plus(20) });
    by.person.put(&path, soon).await.expect(200);
    log.done("licenses_send_reminders", &by, "POST", "/api/licenses/send-reminders", Value::Null).await;
}

async fn connections(log: &mut Log, elsewhere: &Elsewhere) {
    const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-elm";
    let by = operator(&log.world, &known::ROOT_ACCOUNT.to_string(), None).await;
    let new = json!({ "name": "Elm's own", "region": "eu-central-1" });
    let connection = log.done("connections_create", &by, "POST", "/api/connections", new).await;
    let path = format!("/api/connections/{}", id(&connection));
    let stack = by.person.get(&format!("{path}/stack")).await.expect(200);
    let parameter = |name: &str| {
        let found = stack["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == name);
        found.unwrap()["value"].as_str().unwrap().to_owned()
    };
    elsewhere.stack(&parameter("TableName"), ROLE, &parameter("ExternalId")).await;
    let role = json!({ "roleArn": ROLE });
    log.done("connections_verify", &by, "POST", &format!("{path}/verify"), role).await;
    log.done("connections_delete", &by, "DELETE", &path, Value::Null).await;
}

async fn master_data(log: &mut Log) {
    let root = operator(&log.world, &known::ROOT_ACCOUNT.to_string(), None).await;
    for kind in ["services", "products", "enterprises"] {
        let path = format!("/api/{kind}");
        let made = log.done(&format!("{kind}_create"), &root, "POST", &path, json!({ "name": "New" })).await;
        let path = format!("{path}/{}", id(&made));
        log.done(&format!("{kind}_update"), &root, "PUT", &path, json!({ "description": "new" })).await;
        log.done(&format!("{kind}_delete"), &root, "DELETE", &path, Value::Null).await;
    }
}

async fn accounts_and_runs(log: &mut Log) {
    let world = log.world.clone();
    let offer = world.offer("Bolt").await;
    let request = world.account_request("Bolt", "public", &offer, 3);
    let events = log.events().await;
    let (answer, entries) = {
        let by = operator(&world, "", None).await;
        log.ask(&by, "POST", "/api/accounts", Some(request)).await
    };
    let bolt = id(&answer.expect(201));
    assert_eq!(entries.len(), 1, "{entries:#?}");
    assert_eq!((&entries[0]["action"], &entries[0]["accountId"]), (&json!("account_create"), &json!(bolt)));
    log.check_events("accounts_create", &events).await;
    log.done.insert("accounts_create".into());
    assert_eq!(world.run_ended(&bolt).await["status"], "failed");
    let by = operator(&world, &bolt, None).await;
    started_by_the_operator(log, &bolt).await;
    log.done("provisioning_start", &by, "POST", "/api/provisioning", json!({ "accountId": bolt })).await;
    assert_eq!(world.run_ended(&bolt).await["status"], "failed");
    let letters = by.person.get("/api/dead-letters").await.expect(200);
    let letter = letters["items"].as_array().unwrap().iter().find(|letter| letter["accountId"] == *bolt).unwrap();
    let path = format!("/api/dead-letters/{}", id(letter));
    log.done("provisioning_discard", &by, "DELETE", &path, Value::Null).await;
    log.done("provisioning_undo", &by, "POST", &format!("/api/provisioning/{bolt}/undo"), Value::Null).await;
    world.run_ended(&bolt).await;

    let offer = world.offer("Cork").await;
    let cork = world.onboard(world.account_request("Cork", "public", &offer, 3)).await;
    assert_eq!((&cork["status"], &cork["degraded"]), (&json!("active"), &json!(true)), "{cork}");
    let cork = id(&cork);
    let by = operator(&world, &cork, None).await;
    let letters = by.person.get("/api/dead-letters").await.expect(200);
    let letter = letters["items"].as_array().unwrap().iter().find(|letter| letter["accountId"] == *cork).unwrap();
    let path = format!("/api/dead-letters/{}/replay", id(letter));
    log.done("provisioning_replay", &by, "POST", &path, Value::Null).await;
    world.run_ended(&cork).await;
    let path = format!("/api/accounts/{cork}");
    log.done("accounts_update", &by, "PUT", &path, json!({ "masterAccountName": "Cork Group" })).await;
    log.done("accounts_delete", &by, "DELETE", &format!("{path}?confirm=Cork"), Value::Null).await;
    log.done("accounts_restore", &by, "POST", &format!("{path}/restore"), Value::Null).await;
    let path = format!("/api/provisioning/{cork}?confirm=Cork");
    log.done("provisioning_deprovision", &by, "DELETE", &path, Value::Null).await;
}

/// What a run does is entered as the workflow's, for the person who started it.
async fn started_by_the_operator(log: &Log, account: &str) {
    let path = format!("/api/audit/account?accountId={account}&limit=200");
    let entries = log.world.operator().await.get(&path).await.expect(200);
    let by_workflow: Vec<&Value> =
        entries["items"].as_array().unwrap().iter().filter(|entry| entry["author"]["kind"] == "workflow").collect();
    assert!(!by_workflow.is_empty(), "{entries:#}");
    for entry in by_workflow {
        assert_eq!(entry["author"]["startedBy"]["id"], json!(known::ADMIN_USER), "{entry}");
    }
}

#[tokio::test]
async fn every_operation_that_is_refused_has_one_entry() {
    let (world, store) = world("").await;
    let acme = tenant(&world, "Acme").await;
    let member = acme.member(&world, "nobody", json!([])).await;
    let log = Log { world: world.clone(), store, done: BTreeSet::new() };
    let by = By { person: member.person.clone(), user: member.id.clone(), ..administrator(&acme) };
    let some = |name: &str| match name {
        "accountId" => acme.account.to_string(),
        "enterpriseId" => acme.enterprise.to_string(),
        _ => "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned(),
    };
    let mut refused = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let sample = operation.sample(&world.today().to_string(), &some);
        // Signing out would end the test.
        if operation.id.starts_with("me_end") {
            continue;
        }
        let uri = sample.uri();
        let (answer, entries) = log.ask(&by, sample.method.as_str(), &uri, sample.body.clone()).await;
        if answer.status != 403 {
            assert!(entries.is_empty() || answer.status < 300, "{}: {entries:#?}", operation.id);
            continue;
        }
        refused += 1;
        let [entry] = entries.as_slice() else { panic!("{}: {entries:#?}", operation.id) };
        assert_eq!((&entry["outcome"], &entry["reason"]), (&json!("refused"), &json!("forbidden")), "{entry}");
        assert_eq!(entry["author"]["id"], by.user.as_str(), "{entry}");
        assert_eq!(entry["accountId"], by.account.as_str(), "{entry}");
        assert_eq!(entry["enterpriseId"].as_str(), by.enterprise.as_deref(), "{entry}");
        let names_a_record = operation.path.contains("Id}");
        assert_eq!(entry["target"]["id"].is_string(), names_a_record, "{}: {entry}", operation.id);
        // The same again is counted.
        let (_, again) = log.ask(&by, sample.method.as_str(), &uri, sample.body).await;
        assert!(again.is_empty(), "{}: {again:#?}", operation.id);
    }
    assert!(refused > 70, "{refused}");
    world.advance(WINDOW);
    world.plane.stop(Duration::from_secs(20)).await;
    let counted = log.store.records().await.iter().filter(|record| record.contains("\"count\":1,")).count();
    assert_eq!(counted, refused, "each window ends with the count of what came again");
}

#[tokio::test]
async fn a_foreign_account_that_is_named_gets_no_entry() {
    let (world, store) = world("").await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let log = Log { world: world.clone(), store, done: BTreeSet::new() };
    let path = format!("/api/users?accountId={}", bolt.account);
    let (answer, entries) = log.ask(&administrator(&acme), "GET", &path, None).await;
    assert_eq!(answer.refused(403), "forbidden");
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["accountId"], json!(acme.account));
    assert_eq!(entries[0]["named"], json!({ "accountId": bolt.account }));
    let path = format!("/api/users?enterpriseId={}", bolt.enterprise);
    let (answer, entries) = log.ask(&administrator(&acme), "GET", &path, None).await;
    assert_eq!(answer.refused(403), "forbidden");
    assert_eq!(entries[0]["named"], json!({ "enterpriseId": bolt.enterprise }));
}

#[tokio::test]
async fn a_refusal_hides_none_that_names_something_else() {
    let (world, store) = world("").await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let member = acme.member(&world, "nobody", json!([])).await;
    let log = Log { world: world.clone(), store, done: BTreeSet::new() };
    let by = By { person: member.person.clone(), user: member.id.clone(), ..administrator(&acme) };
    let of_bolt = format!("/api/users/{}?accountId={}", administrator(&bolt).user, bolt.account);
    for (path, named) in [
        (format!("/api/users/{}", administrator(&acme).user), Value::Null),
        (of_bolt, json!({ "accountId": bolt.account })),
    ] {
        let (answer, entries) = log.ask(&by, "DELETE", &path, None).await;
        assert_eq!(answer.refused(403), "forbidden");
        let [entry] = entries.as_slice() else { panic!("{path}: {entries:#?}") };
        assert_eq!((&entry["named"], &entry["accountId"]), (&named, &json!(acme.account)), "{entry}");
        let (_, again) = log.ask(&by, "DELETE", &path, None).await;
        assert!(again.is_empty(), "{again:#?}");
    }
    // However many are named, the log does not grow with them.
    let mut entered = 0;
    for number in 0..40 {
        let path = format!("/api/groups/0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c{number:02}");
        entered += log.ask(&by, "DELETE", &path, None).await.1.len();
    }
    assert_eq!(entered, 21);
}

#[tokio::test]
async fn failed_sign_ins_and_locks_are_entered_once_and_counted() {
    let (world, store) = world("").await;
    let acme = tenant(&world, "Acme").await;
    let member = acme.member(&world, "mia", json!([])).await;
    let log = Log { world: world.clone(), store, done: BTreeSet::new() };
    let nobody = By { person: world.nobody(), user: String::new(), account: String::new(), enterprise: None };
    let try_in = |email: &str| json!({ "email": email, "password": "Wrong-9-guess-again" });
    let mut entered = Vec::new();
    for _ in 0..8 {
        let (answer, entries) = log.ask(&nobody, "POST", "/api/auth/login", Some(try_in(&member.email))).await;
        assert_eq!(answer.refused(401), "invalid_credentials");
        entered.extend(entries);
    }
    let reasons: Vec<&str> = entered.iter().map(|entry| entry["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["invalid_credentials"], "a lock is not told from a wrong password");
    for entry in &entered {
        assert_eq!((&entry["outcome"], &entry["author"]["kind"]), (&json!("failed"), &json!("anonymous")), "{entry}");
        assert_eq!((&entry["target"]["id"], &entry["enterpriseId"]), (&json!(member.id), &json!(acme.enterprise)));
    }
    // So is a request of somebody whose time has not come, and a link that is no invitation.
    let path = format!("/api/users/{}", member.id);
    acme.admin.put(&path, json!({ "startDate": world.today().plus(1) })).await.expect(200);
    let early = By { person: member.person.clone(), user: member.id.clone(), ..administrator(&acme) };
    let (answer, entries) = log.ask(&early, "GET", "/api/users", None).await;
    assert_eq!(answer.refused(401), "unauthenticated");
    let [entry] = entries.as_slice() else { panic!("{entries:#?}") };
    assert_eq!((&entry["outcome"], &entry["author"]["id"]), (&json!("refused"), &json!(member.id)), "{entry}");
    let link = json!({ "token": "no-such-link", "newPassword": PASSWORD });
    let (answer, entries) = log.ask(&nobody, "POST", "/api/auth/accept-invitation", Some(link)).await;
    assert_eq!((answer.refused(400).as_str(), entries.len()), ("invalid_request", 1));
    // However many addresses are tried that nobody has, and from wherever: one entry.
    let before = log.store.records().await.len();
    for number in 0..200 {
        let email = format!("nobody{number}@nowhere.example");
        world.nobody().at([10, 0, 0, number].into()).post("/api/auth/login", try_in(&email)).await.refused(401);
    }
    assert!(world.plane.drain(Duration::from_secs(20)).await.unwrap());
    assert_eq!(log.store.records().await.len(), before + 1);
    world.advance(WINDOW + SignedDuration::from_secs(1));
    world.nobody().post("/api/auth/login", try_in("nobody@nowhere.example")).await.refused(401);
    assert!(world.plane.drain(Duration::from_secs(20)).await.unwrap());
    let path = "/api/audit/account?limit=200&action=auth_login";
    let entries = world.operator().await.get(path).await.expect(200);
    let counted = entries["items"].as_array().unwrap().iter().filter_map(|entry| entry["count"].as_u64()).max();
    assert!(counted >= Some(199), "{entries:#}");
}

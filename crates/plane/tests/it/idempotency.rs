//! Idempotency keys over every `POST` of the document: one effect, one answer, and another request with the key is refused.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::http::Method;
use jiff::SignedDuration;
use plane::settings::{MailLimits, Settings};
use serde_json::{Value, json};
use testkit::{
    elsewhere::Elsewhere,
    keys::MemoryKeys,
    operations::{Operation, operations},
    store::Store,
    world::{Answer, PASSWORD, Person, World, unlimited},
};

use crate::{
    people::{id, menu, new_user},
    tenants::{Tenant, license_of, tenant},
};

/// So many requests with one key race each other.
const RACING: usize = 6;

struct Ground {
    world: World,
    store: Store,
    elsewhere: Arc<Elsewhere>,
    acme: Tenant,
    /// Accounts whose onboarding failed.
    failed: Vec<String>,
}

/// One request, ready to be sent.
#[derive(Clone)]
struct Request {
    by: Person,
    path: String,
    body: Option<Value>,
}

impl Ground {
    async fn new() -> Self {
        let store = Store::new().await;
        let elsewhere = Elsewhere::new(store.tables());
        let settings = Settings {
            deletion_grace_days: 1,
            faults: "VerifyProvisioning:permanent*3".parse().unwrap(),
            mail_limits: MailLimits { pause_seconds: 0, ..MailLimits::default() },
            ..unlimited()
        };
        let connect = Arc::clone(&elsewhere);
        let world = World::over_ports(Arc::clone(&elsewhere) as _, settings, MemoryKeys::default(), |ports| {
            ports.cross_account = connect;
        })
        .await;
        world.set_up().await;
        let acme = tenant(&world, "Acme").await;
        let mut failed = Vec::new();
        for name in ["Bolt", "Cork", "Dale"] {
            let offer = world.offer(name).await;
            let request = world.account_request(name, "public", &offer, 3);
            let account = id(&world.operator().await.post("/api/accounts", request).await.expect(201));
            assert_eq!(world.run_ended(&account).await["status"], "failed");
            failed.push(account);
        }
        Self { world, store, elsewhere, acme, failed }
    }

    /// A request that succeeds, for an operation of the document.
    async fn request(&self, operation: &str) -> Request {
        match operation.split_once('_').map_or(operation, |(slice, _)| slice) {
            "accounts" | "provisioning" => self.of_accounts(operation).await,
            "connections" => self.of_connections(operation).await,
            "users" => self.of_users(operation).await,
            "auth" | "me" => self.of_oneself(operation).await,
            _ => self.of_records(operation).await,
        }
    }

    async fn operator(&self, path: impl Into<String>, body: Option<Value>) -> Request {
        Request { by: self.world.operator().await, path: path.into(), body }
    }

    fn admin(&self, path: impl Into<String>, body: Option<Value>) -> Request {
        Request { by: self.acme.admin.clone(), path: path.into(), body }
    }

    async fn of_records(&self, operation: &str) -> Request {
        let acme = &self.acme;
        let in_acme = || Some(json!({ "enterpriseId": acme.enterprise, "name": "Keyed" }));
        let named = || Some(json!({ "name": "Keyed" }));
        match operation {
            "enterprises_create" => self.operator("/api/enterprises", named()).await,
            "products_create" => self.operator("/api/products", named()).await,
            "services_create" => self.operator("/api/services", named()).await,
            "groups_create" => self.admin("/api/groups", in_acme()),
            "roles_create" => self.admin("/api/roles", in_acme()),
            "workstreams_create" => self.admin("/api/workstreams", in_acme()),
            "workstreams_ensure_default" => self.admin("/api/workstreams/ensure-default", None),
            "licenses_create" => {
                let triple = (acme.enterprise, acme.product, acme.service);
                self.operator("/api/licenses", Some(license_of(&self.world, acme.account, triple, 2))).await
            }
            "licenses_send_reminders" => {
                // A tenant of its own: nobody is reminded of a license that another follows.
                let due = tenant(&self.world, "Due").await;
                let path = format!("/api/licenses/{}?accountId={}", due.license, due.account);
                let soon = json!({ "endDate": self.world.today().plus(20) });
                self.world.operator().await.put(&path, soon).await.expect(200);
                self.operator("/api/licenses/send-reminders", None).await
            }
            other => panic!("{other}: this test has no request for it"),
        }
    }

    async fn of_accounts(&self, operation: &str) -> Request {
        let operator = self.world.operator().await;
        match operation {
            "accounts_create" => {
                let offer = self.world.offer("Keyed").await;
                let body = self.world.account_request("Keyed account", "public", &offer, 3);
                self.operator("/api/accounts", Some(body)).await
            }
            "accounts_restore" => {
                let offer = self.world.offer("Elm").await;
                let elm = id(&self.world.onboard(self.world.account_request("Elm", "public", &offer, 3)).await);
                operator.delete(&format!("/api/accounts/{elm}?confirm=Elm")).await.expect(202);
                self.operator(format!("/api/accounts/{elm}/restore"), None).await
            }
            "provisioning_start" => {
                self.operator("/api/provisioning", Some(json!({ "accountId": self.failed[0] }))).await
            }
            "provisioning_undo" => self.operator(format!("/api/provisioning/{}/undo", self.failed[1]), None).await,
            "provisioning_replay" => {
                let letters =
                    operator.get(&format!("/api/dead-letters?accountId={}", self.failed[2])).await.expect(200);
                let letter = id(&letters["items"][0]);
                self.operator(format!("/api/dead-letters/{letter}/replay"), None).await
            }
            other => panic!("{other}: this test has no request for it"),
        }
    }

    async fn of_connections(&self, operation: &str) -> Request {
        let new = json!({ "name": operation, "region": "eu-central-1" });
        match operation {
            "connections_create" => self.operator("/api/connections", Some(new)).await,
            "connections_verify" => {
                const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-keyed";
                let operator = self.world.operator().await;
                let connection = operator.post("/api/connections", new).await.expect(201);
                let path = format!("/api/connections/{}", id(&connection));
                let stack = operator.get(&format!("{path}/stack")).await.expect(200);
                let parameters = stack["parameters"].as_array().unwrap();
                let parameter = |name: &str| {
                    let one = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
                    one["value"].as_str().unwrap().to_owned()
                };
                self.elsewhere.stack(&parameter("TableName"), ROLE, &parameter("ExternalId")).await;
                self.operator(format!("{path}/verify"), Some(json!({ "roleArn": ROLE }))).await
            }
            other => panic!("{other}: this test has no request for it"),
        }
    }

    async fn of_users(&self, operation: &str) -> Request {
        let user = |email: &str| Some(new_user(&self.world, &self.acme, email));
        match operation {
            "users_create" => self.admin("/api/users", user("created@acme.example")),
            "users_provision" => self.admin("/api/users/provision", user("provisioned@acme.example")),
            "users_invite" => {
                let made = self.acme.admin.post("/api/users", user("invited@acme.example").unwrap()).await.expect(201);
                self.admin(format!("/api/users/{}/invitation", id(&made)), None)
            }
            other => panic!("{other}: this test has no request for it"),
        }
    }

    /// Of somebody for each, since what they do ends their sessions.
    async fn of_oneself(&self, operation: &str) -> Request {
        let name = operation.replace('_', "-");
        let member = self.acme.member(&self.world, &name, json!([menu("access-control", "v")])).await;
        let by = member.person;
        let new_email = format!("{name}@new.example");
        let address = json!({ "newEmail": new_email, "password": PASSWORD });
        let (path, body) = match operation {
            "auth_change_password" => {
                let body = json!({ "oldPassword": PASSWORD, "newPassword": "Marble-3-otter-compass" });
                ("/api/auth/change-password", body)
            }
            "me_begin_email_change" => ("/api/me/email", address),
            "me_confirm_email" => {
                by.post("/api/me/email", address).await.expect(202);
                self.rest().await;
                let operator = self.world.operator().await;
                let mails = operator.get(&format!("/api/outbox?to={new_email}&limit=1")).await.expect(200);
                let text = mails["items"][0]["text"].as_str().unwrap();
                let code = text.split_once("#code=").unwrap().1.split_whitespace().next().unwrap();
                ("/api/me/email/confirm", json!({ "code": code }))
            }
            other => panic!("{other}: this test has no request for it"),
        };
        Request { by, path: path.to_owned(), body: Some(body) }
    }

    async fn rest(&self) {
        assert!(self.world.plane.drain(Duration::from_secs(30)).await.unwrap());
    }

    /// The audit entries of what these requests did.
    async fn effects(&self, answers: &[Answer]) -> usize {
        self.rest().await;
        let requests: BTreeSet<&str> =
            answers.iter().map(|answer| answer.header("x-server-request-id").unwrap()).collect();
        let mut entries = BTreeSet::new();
        for record in self.store.records().await.iter().filter(|record| record.contains("AUDIT#")) {
            let body: Value = serde_json::from_str(&record[record.find("{\"").unwrap()..]).unwrap();
            let of_these = body["requestId"].as_str().is_some_and(|request| requests.contains(request));
            if of_these && body["outcome"].is_null() {
                entries.insert(id(&body));
            }
        }
        entries.len()
    }
}

impl Request {
    async fn send(&self, key: &str) -> Answer {
        self.by.send(Method::POST, &self.path, self.body.clone(), &[("idempotency-key", key)]).await
    }

    /// Another request of the same operation.
    fn other(&self) -> Self {
        let mut other = self.clone();
        match other.body.as_mut().and_then(Value::as_object_mut) {
            Some(body) => drop(body.insert("another".into(), json!("field"))),
            None => other.path.push_str("?another=parameter"),
        }
        other
    }
}

/// What a client sees of an answer.
fn seen(answer: &Answer) -> (u16, &Value, Option<&str>, Option<&str>, Option<&str>) {
    let header = |name| answer.header(name);
    (answer.status, &answer.body, header("location"), header("etag"), header("content-type"))
}

fn posts() -> Vec<Operation> {
    operations().into_iter().filter(|operation| operation.method == Method::POST).collect()
}

fn offers_key(operation: &Operation) -> bool {
    operation.parameters("header").any(|parameter| parameter["name"] == "Idempotency-Key")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_post_that_offers_a_key_has_one_effect_and_one_answer() {
    let ground = Ground::new().await;
    let mut kept = Vec::new();
    for operation in posts().into_iter().filter(offers_key) {
        let name = &operation.id;
        let request = ground.request(name).await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..RACING {
            let request = request.clone();
            racing.spawn(async move { request.send("one").await });
        }
        let mut answers = racing.join_all().await;
        for late in answers.iter().filter(|answer| answer.status >= 300) {
            assert_eq!((late.status, late.body["code"].as_str()), (409, Some("conflict")), "{name}: {}", late.body);
            assert!(late.header("retry-after").is_some(), "{name}: {late:?}");
        }
        let again = request.send("one").await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{name}: {again:?}");
        answers.push(again);
        let first: Vec<_> = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).collect();
        let done: Vec<_> = first.iter().filter(|answer| answer.status < 300).collect();
        assert_eq!(done.len(), 1, "{name}: {done:#?}");
        let first = done[0];
        for answer in answers.iter().filter(|answer| answer.status < 300) {
            assert_eq!(seen(answer), seen(first), "{name}");
        }
        assert_eq!(ground.effects(&answers).await, 1, "{name}: {answers:#?}");
        let other = request.other();
        assert_ne!((&other.path, &other.body), (&request.path, &request.body), "{name}");
        assert_eq!(other.send("one").await.refused(422), "idempotency_key_reused", "{name}");
        assert_eq!(request.send("not one").await.refused(400), "invalid_request", "{name}");
        let place = answers.iter().position(|answer| std::ptr::eq(answer, *first)).unwrap();
        kept.push((operation.id, request, answers.swap_remove(place)));
    }
    assert!(kept.len() >= 22, "{}", kept.len());
    // Later, when no key is reserved any more and much of what the answers tell of has changed, they are the same.
    ground.world.advance(SignedDuration::from_secs(61));
    for (name, request, first) in &kept {
        assert_eq!(seen(&request.send("one").await), seen(first), "{name}");
    }
}

#[tokio::test]
async fn a_post_without_the_parameter_ignores_the_header_and_says_so() {
    let world_store = Store::new().await;
    let world = World::over(world_store.tables(), unlimited()).await;
    world.set_up().await;
    let nobody = world.nobody();
    for operation in posts() {
        assert_eq!(offers_key(&operation), operation.guarded, "{}", operation.id);
        if operation.guarded {
            continue;
        }
        let said = operation.described["description"].as_str().unwrap_or_default();
        assert!(said.contains("`Idempotency-Key` is ignored"), "{}: {said}", operation.id);
        let id = |_: &str| "00000000-0000-7000-8000-000000000001".to_owned();
        let sample = operation.sample(&world.today().to_string(), &id);
        let ask = async |key: &str| {
            nobody.send(Method::POST, &sample.uri(), sample.body.clone(), &[("idempotency-key", key)]).await
        };
        let answers = [ask("one").await, ask("one").await, ask("no key at all").await];
        for answer in &answers {
            assert!(answer.header("idempotent-replayed").is_none(), "{}: {answer:?}", operation.id);
            assert_ne!(answer.status, 422, "{}", operation.id);
        }
    }
    let records = world_store.records().await;
    assert!(records.iter().all(|record| !record.contains("IDEMPOTENCY#")), "an answer with credentials was kept");
}

#[tokio::test]
async fn a_refusal_gives_the_key_back_and_passwords_are_not_in_the_record() {
    let ground = Ground::new().await;
    let request = ground.of_oneself("auth_change_password").await;
    let mut wrong = request.clone();
    wrong.body.as_mut().unwrap()["oldPassword"] = json!("Wrong-7-walrus-lantern");
    assert!(wrong.send("one").await.status >= 400);
    // The same key is good for the request with the right password, and for that one alone.
    request.send("one").await.expect(204);
    assert_eq!(wrong.send("one").await.refused(422), "idempotency_key_reused");
    request.send("one").await.expect(204);
    // A digest of the request that anybody can compute would let a reader of the table try passwords.
    let body = request.body.unwrap().to_string();
    let mut plain = Vec::new();
    for part in [request.path.as_bytes(), body.as_bytes()] {
        plain.extend(part.len().to_be_bytes());
        plain.extend(part);
    }
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&plain));
    let records = ground.store.records().await;
    assert!(records.iter().any(|record| record.contains("IDEMPOTENCY#")));
    assert!(records.iter().all(|record| !record.contains(&digest)));
}

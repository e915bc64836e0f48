//! Connections to other accounts of AWS, and accounts whose tables stand there.

use std::sync::Arc;

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{elsewhere::Elsewhere, store, world::World};

const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-acme";

struct Ground {
    world: World,
    elsewhere: Arc<Elsewhere>,
}

impl Ground {
    async fn new() -> Self {
        let elsewhere = Elsewhere::new(store::tables().await);
        Self { world: World::beside(&elsewhere).await, elsewhere }
    }

    async fn begin(&self) -> Value {
        let new = json!({ "name": "Acme's own", "region": "eu-central-1" });
        self.world.operator().await.post("/api/connections", new).await.expect(201)
    }

    async fn verify(&self, connection: &Value, role: &str) -> testkit::world::Answer {
        // A moment lies between one try and the next.
        self.world.advance(SignedDuration::from_secs(6));
        let path = format!("/api/connections/{}/verify", text(connection, "id"));
        self.world.operator().await.post(&path, json!({ "roleArn": role })).await
    }

    /// What the owner of the other account does with what they are given.
    async fn stack(&self, connection: &Value, role: &str) {
        let path = format!("/api/connections/{}/stack", text(connection, "id"));
        let stack = self.world.operator().await.get(&path).await.expect(200);
        let parameter = |name: &str| {
            let parameters = stack["parameters"].as_array().unwrap();
            let found = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
            found["value"].as_str().unwrap().to_owned()
        };
        assert!(text(&stack, "template").contains("TrustedRoleArn"), "{stack}");
        assert!(text(&stack, "command").contains(&format!("ExternalId={}", parameter("ExternalId"))), "{stack}");
        self.elsewhere.stack(&parameter("TableName"), role, &parameter("ExternalId")).await;
    }

    async fn verified(&self, role: &str) -> Value {
        let connection = self.begin().await;
        self.stack(&connection, role).await;
        self.verify(&connection, role).await.expect(200)
    }

    async fn request(&self, name: &str, cloud: &str, connection: &Value) -> Value {
        let offer = self.world.offer(name).await;
        let mut request = self.world.account_request(name, cloud, &offer, 3);
        request["connectionId"] = connection["id"].clone();
        request
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field}: {value}"))
}

#[tokio::test]
async fn an_account_is_taken_on_in_another_account_of_aws_and_let_go() {
    for cloud in ["private", "hybrid"] {
        let ground = Ground::new().await;
        let operator = ground.world.operator().await;
        let connection = ground.verified(ROLE).await;
        assert_eq!((text(&connection, "status"), text(&connection, "roleArn")), ("verified", ROLE));
        let account = ground.world.onboard(ground.request("Acme", cloud, &connection).await).await;
        assert_eq!(text(&account, "status"), "active", "{account}");
        assert_eq!((&account["id"], &account["connectionId"]), (&connection["accountId"], &connection["id"]));
        let id = text(&account, "id");

        // Their workload stands with them, and nowhere else.
        let person = ground.world.accept_invitation("ada@acme.example").await;
        let workstreams = person.get("/api/workstreams").await.expect(200);
        assert_eq!(workstreams["items"].as_array().unwrap().len(), 1, "{workstreams}");
        let theirs = ground.elsewhere.records();
        assert!(theirs.iter().any(|record| record.contains("WORKSTREAM#")), "{theirs:?}");
        let own = plane::ports::table::TableName::try_from(format!("app_acct_{id}")).unwrap();
        assert!(ground.world.tables.open(&own).await.unwrap().is_none(), "a table was made at home too");
        let external_id = text(&connection, "externalId");
        assert!(ground.elsewhere.used.lock().unwrap().iter().all(|grant| grant.external_id == external_id));

        // In use, it stays.
        let path = format!("/api/connections/{}", text(&connection, "id"));
        assert_eq!(text(&operator.get(&path).await.expect(200), "status"), "used");
        assert_eq!(operator.delete(&path).await.refused(409), "in_use");
        assert_eq!(ground.verify(&connection, ROLE).await.refused(409), "in_use");
        let again = ground.request("Other", cloud, &connection).await;
        assert_eq!(operator.post("/api/accounts", again).await.refused(409), "in_use");

        operator.delete(&format!("/api/accounts/{id}?confirm=Acme")).await.expect(202);
        let progress = ground.world.run_ended(id).await;
        assert_eq!(text(&progress, "status"), "succeeded", "{progress:#}");
        assert_eq!(ground.elsewhere.records(), Vec::<String>::new());
        assert_eq!(operator.delete(&path).await.status, 204);
        assert_eq!(operator.get(&path).await.refused(404), "not_found");
    }
}

#[tokio::test]
async fn only_a_role_that_opens_as_it_must_is_verified() {
    let ground = Ground::new().await;
    let operator = ground.world.operator().await;
    let connection = ground.begin().await;
    assert_eq!((text(&connection, "status"), text(&connection, "externalId").len()), ("pending", 64));
    let account = ground.request("Acme", "private", &connection).await;
    assert_eq!(operator.post("/api/accounts", account.clone()).await.refused(409), "conflict");

    let refused = ground.verify(&connection, ROLE).await;
    assert_eq!(refused.body["help"], "make the stack");
    assert_eq!(refused.refused(409), "conflict");
    let path = format!("/api/connections/{}", text(&connection, "id"));
    let seen = operator.get(&path).await.expect(200);
    assert_eq!(
        (text(&seen, "status"), text(&seen, "failure")),
        ("pending", "the role does not open with the external id")
    );
    // At once again is too soon.
    let soon = operator.post(&format!("{path}/verify"), json!({ "roleArn": ROLE })).await;
    assert!(soon.headers.contains_key("retry-after"));
    assert_eq!(soon.refused(429), "too_many_requests");

    ground.stack(&connection, ROLE).await;
    assert_eq!(text(&ground.verify(&connection, ROLE).await.expect(200), "status"), "verified");
    // It is pending again as soon as it does not hold.
    ground.elsewhere.trust(ROLE, "another word, of thirty-two letters");
    assert_eq!(ground.verify(&connection, ROLE).await.refused(409), "conflict");
    assert_eq!(text(&operator.get(&path).await.expect(200), "status"), "pending");
    assert_eq!(operator.post("/api/accounts", account).await.refused(409), "conflict");
}

#[tokio::test]
async fn one_role_serves_one_connection() {
    let ground = Ground::new().await;
    let first = ground.verified(ROLE).await;
    let second = ground.begin().await;
    assert_ne!(first["externalId"], second["externalId"]);
    assert_eq!(ground.verify(&second, ROLE).await.refused(409), "in_use");
    // Which is free again when the first lets it go.
    let operator = ground.world.operator().await;
    assert_eq!(operator.delete(&format!("/api/connections/{}", text(&first, "id"))).await.status, 204);
    ground.stack(&second, ROLE).await;
    ground.verify(&second, ROLE).await.expect(200);
    let listed = operator.get("/api/connections").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn a_role_that_closes_fails_the_run_and_a_redrive_goes_on() {
    let ground = Ground::new().await;
    let connection = ground.verified(ROLE).await;
    ground.elsewhere.trust(ROLE, "closed");
    let account = ground.world.onboard(ground.request("Acme", "private", &connection).await).await;
    assert_eq!(text(&account, "status"), "failed", "{account}");
    let id = text(&account, "id");
    let operator = ground.world.operator().await;
    let progress = operator.get(&format!("/api/provisioning/{id}")).await.expect(200);
    assert!(progress.to_string().contains("can't be assumed"), "{progress:#}");
    ground.elsewhere.trust(ROLE, text(&connection, "externalId"));
    operator.post("/api/provisioning", json!({ "accountId": id })).await.expect(202);
    ground.world.run_ended(id).await;
    assert_eq!(text(&operator.get(&format!("/api/accounts/{id}")).await.expect(200), "status"), "active");
}

#[tokio::test]
async fn who_closes_the_way_to_their_table_holds_up_nobody_else() {
    let ground = Ground::new().await;
    let mut accounts = Vec::new();
    for (name, role) in [("Acme", ROLE), ("Globex", "arn:aws:iam::109876543210:role/freehold-globex")] {
        let connection = ground.verified(role).await;
        let request = ground.request(name, "private", &connection).await;
        let enterprise = request["licenses"][0]["enterpriseId"].clone();
        let account = ground.world.onboard(request).await;
        assert_eq!(text(&account, "status"), "active", "{account}");
        accounts.push((account["id"].clone(), enterprise));
    }
    ground.elsewhere.trust(ROLE, "closed");
    let operator = ground.world.operator().await;
    let mut groups = Vec::new();
    for (account, enterprise) in &accounts {
        let group = json!({ "accountId": account, "enterpriseId": enterprise, "name": "Auditors" });
        groups.push(operator.post("/api/groups", group).await.expect(201));
    }
    assert!(ground.world.plane.relay_once().await.is_err(), "the one that waits is reported");
    let theirs = ground.elsewhere.records();
    let copied = |group: &Value| theirs.iter().any(|record| record.ends_with(&format!(" GROUP#{}", text(group, "id"))));
    assert_eq!(groups.iter().map(copied).collect::<Vec<_>>(), [false, true]);
    // What waited is made up for.
    let connections = operator.get("/api/connections").await.expect(200);
    ground.elsewhere.trust(ROLE, text(&connections["items"][0], "externalId"));
    ground.world.plane.relay_once().await.unwrap();
    let theirs = ground.elsewhere.records();
    let copied = |group: &Value| theirs.iter().any(|record| record.ends_with(&format!(" GROUP#{}", text(group, "id"))));
    assert!(groups.iter().all(copied), "{theirs:?}");
}

#[tokio::test]
async fn what_can_t_be_is_refused_by_its_field() {
    let ground = Ground::new().await;
    let operator = ground.world.operator().await;
    let pointer = |answer: testkit::world::Answer| answer.body["errors"][0]["pointer"].as_str().unwrap().to_owned();
    for (body, field) in [
        (json!({ "name": "x", "region": "Europe" }), "/region"),
        (json!({ "name": "", "region": "eu-central-1" }), "/name"),
        (json!({ "name": "x", "region": "eu-central-1", "externalId": "mine" }), "/externalId"),
    ] {
        assert_eq!(pointer(operator.post("/api/connections", body).await), field);
    }
    let connection = ground.begin().await;
    let path = format!("/api/connections/{}/verify", text(&connection, "id"));
    for role in ["", "arn:aws:iam::210987654321:user/x", "freehold"] {
        assert_eq!(pointer(operator.post(&path, json!({ "roleArn": role })).await), "/roleArn", "{role}");
    }
    let public = ground.request("Acme", "public", &connection).await;
    assert_eq!(operator.post("/api/accounts", public).await.refused(409), "conflict");
    let mut nowhere = ground.request("Globex", "private", &connection).await;
    nowhere["connectionId"] = json!("019b0000-0000-7000-8000-000000000000");
    assert_eq!(pointer(operator.post("/api/accounts", nowhere).await), "/connectionId");
    let stale = operator.send(Method::DELETE, path.trim_end_matches("/verify"), None, &[("if-match", "\"9\"")]).await;
    assert_eq!(stale.refused(412), "precondition_failed");
}

#[tokio::test]
async fn without_other_accounts_it_is_said_at_once() {
    let world = World::new().await;
    let new = json!({ "name": "Acme's own", "region": "eu-central-1" });
    let answer = world.operator().await.post("/api/connections", new).await;
    assert!(answer.body["help"].as_str().unwrap().contains("aws profile"), "{:?}", answer.body);
    assert_eq!(answer.refused(409), "conflict");
}

//! Every request body of the API document has an example, and each is sent as it is: only ids, and what the server gives out
//! once (tokens, codes, sessions), are replaced by real ones.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use plane::{
    ids::example,
    ports::identity::Permanence,
    settings::{MailLimits, Settings},
};
use serde_json::{Value, json};
use testkit::{
    elsewhere::Elsewhere,
    keys::MemoryKeys,
    operations::{Operation, operations},
    store::Store,
    world::{Person, World, unlimited},
};

use crate::people::id;

struct Story {
    world: World,
    elsewhere: Arc<Elsewhere>,
    /// The ids of the document's examples, each with the id of a real record.
    ids: Vec<(&'static str, String)>,
    sent: BTreeSet<String>,
}

impl Story {
    async fn new() -> Self {
        let store = Store::new().await;
        let elsewhere = Elsewhere::new(store.tables());
        let settings = Settings {
            faults: "VerifyProvisioning:permanent*1".parse().unwrap(),
            mail_limits: MailLimits { pause_seconds: 0, ..MailLimits::default() },
            ..unlimited()
        };
        let connect = Arc::clone(&elsewhere);
        let world = World::over_ports(Arc::clone(&elsewhere) as _, settings, MemoryKeys::default(), |ports| {
            ports.cross_account = connect;
        })
        .await;
        Self { world, elsewhere, ids: Vec::new(), sent: BTreeSet::new() }
    }

    /// From now on this record has the place of the id in examples.
    fn stands_for(&mut self, example: &'static str, record: &Value) {
        self.ids.push((example, id(record)));
    }

    /// Sends the example of an operation. `of` is the record in its path; `given` are values that the server gave out.
    async fn send(&mut self, by: &Person, operation: &str, of: &str, given: Value) -> Value {
        let operation = operations().into_iter().find(|one| one.id == operation).expect("the document has it");
        let mut body = example_of(&operation).to_string();
        for (example, real) in &self.ids {
            body = body.replace(example, real);
        }
        let mut body: Value = serde_json::from_str(&body).unwrap();
        for (field, value) in given.as_object().into_iter().flatten() {
            let place = body.get_mut(field).unwrap_or_else(|| panic!("{}: no {field} in the example", operation.id));
            *place = value.clone();
        }
        let (before, after) = operation.path.split_once('{').unwrap_or((&operation.path, ""));
        let mut path = format!("{before}{of}{}", after.split_once('}').map_or("", |(_, after)| after));
        let takes_account = operation.parameters("query").any(|parameter| parameter["name"] == "accountId");
        if takes_account && body.get("accountId").is_none() {
            let account = self.ids.iter().find(|(example, _)| *example == example::ACCOUNT);
            path = format!("{path}?accountId={}", account.expect("the account was made before").1);
        }
        let answer = by.send(operation.method.clone(), &path, Some(body.clone()), &[]).await;
        assert!((200..300).contains(&answer.status), "{}: {body}: {} {}", operation.id, answer.status, answer.body);
        self.sent.insert(operation.id);
        answer.body
    }

    /// What the latest mail to an address has behind `#token=` or `#code=` of its link.
    async fn mailed(&self, to: &str) -> String {
        let text = self.mail(to).await;
        let (_, given) = text.split_once("#token=").or_else(|| text.split_once("#code=")).expect("the mail has a link");
        given.split_whitespace().next().unwrap().to_owned()
    }

    /// The text of the latest mail to an address.
    async fn mail(&self, to: &str) -> String {
        assert!(self.world.plane.drain(Duration::from_secs(30)).await.unwrap());
        let mails = self.world.operator().await.get(&format!("/api/outbox?to={to}&limit=1")).await.expect(200);
        mails["items"][0]["text"].as_str().unwrap().to_owned()
    }

    async fn master_data(&mut self) {
        let operator = self.world.operator().await;
        for (kind, example) in
            [("services", example::SERVICE), ("products", example::PRODUCT), ("enterprises", example::ENTERPRISE)]
        {
            let made = self.send(&operator, &format!("{kind}_create"), "", json!({})).await;
            self.send(&operator, &format!("{kind}_update"), &id(&made), json!({})).await;
            self.stands_for(example, &made);
        }
    }

    /// The onboarding fails once, and is started again.
    async fn account(&mut self) {
        let operator = self.world.operator().await;
        let account = self.send(&operator, "accounts_create", "", json!({})).await;
        self.stands_for(example::ACCOUNT, &account);
        let account = id(&account);
        assert_eq!(self.world.run_ended(&account).await["status"], "failed");
        self.send(&operator, "provisioning_start", "", json!({})).await;
        assert_eq!(self.world.run_ended(&account).await["status"], "succeeded");
        self.send(&operator, "accounts_update", &account, json!({})).await;
        let license = self.send(&operator, "licenses_create", "", json!({})).await;
        self.send(&operator, "licenses_update", &id(&license), json!({})).await;
    }

    async fn rights(&mut self) {
        let operator = self.world.operator().await;
        let role = self.send(&operator, "roles_create", "", json!({})).await;
        self.stands_for(example::ROLE, &role);
        self.send(&operator, "roles_update", &id(&role), json!({})).await;
        self.send(&operator, "roles_set_permissions", &id(&role), json!({})).await;
        let group = self.send(&operator, "groups_create", "", json!({})).await;
        self.stands_for(example::GROUP, &group);
        self.send(&operator, "groups_update", &id(&group), json!({})).await;
        self.send(&operator, "groups_set_roles", &id(&group), json!({})).await;
        let workstream = self.send(&operator, "workstreams_create", "", json!({})).await;
        self.stands_for(example::WORKSTREAM, &workstream);
        self.send(&operator, "workstreams_update", &id(&workstream), json!({})).await;
    }

    async fn users(&mut self) {
        let operator = self.world.operator().await;
        let grace = id(&self.send(&operator, "users_create", "", json!({})).await);
        for operation in ["users_update", "users_set_groups", "users_set_workstreams"] {
            self.send(&operator, operation, &grace, json!({})).await;
        }
        // The example is the same user: the address is free again.
        let account = self.ids.iter().find(|(example, _)| *example == example::ACCOUNT).unwrap().1.clone();
        operator.delete(&format!("/api/users/{grace}?accountId={account}")).await.expect(204);
        self.send(&operator, "users_provision", "", json!({})).await;
    }

    /// The technical user of the account's example accepts the invitation and signs in.
    async fn sign_in(&mut self) {
        let nobody = self.world.nobody();
        let token = self.mailed("ada@acme.example").await;
        self.send(&nobody, "auth_accept_invitation", "", json!({ "token": token })).await;
        let tokens = self.send(&nobody, "auth_login", "", json!({})).await;
        let ada = nobody.clone().with_token(tokens["accessToken"].as_str().unwrap());
        let refreshed = json!({ "refreshToken": tokens["refreshToken"] });
        let tokens = self.send(&nobody, "auth_refresh", "", refreshed).await;
        let user = ada.get("/api/users/me/access").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
        self.send(&ada, "me_begin_email_change", "", json!({})).await;
        let code = self.mailed("ada.byron@acme.example").await;
        let begin = operations().into_iter().find(|one| one.id == "me_begin_email_change").unwrap();
        let back = json!({ "newEmail": "ada@acme.example", "password": example_of(&begin)["password"] });
        self.send(&ada, "me_confirm_email", "", json!({ "code": code })).await;
        // Back to the address of the other examples.
        ada.post("/api/me/email", back).await.expect(202);
        let code = self.mailed("ada@acme.example").await;
        ada.post("/api/me/email/confirm", json!({ "code": code })).await.expect(200);
        self.send(&ada, "auth_change_password", "", json!({})).await;
        self.send(&nobody, "auth_logout", "", json!({ "refreshToken": tokens["refreshToken"] })).await;

        let subject = plane::features::users::model::subject(user.parse().unwrap());
        let identity = self.world.plane.identity();
        identity.set_password(subject, testkit::world::INITIAL.into(), Permanence::Temporary).await.unwrap();
        let login = json!({ "email": "ada@acme.example", "password": testkit::world::INITIAL });
        let challenge = nobody.post("/api/auth/login", login).await.expect(200);
        self.send(&nobody, "auth_challenge", "", json!({ "session": challenge["session"] })).await;
        self.send(&nobody, "auth_forgot_password", "", json!({})).await;
        let text = self.mail("ada@acme.example").await;
        let code = text.split_whitespace().find(|word| word.len() == 6 && word.parse::<u32>().is_ok()).unwrap();
        self.send(&nobody, "auth_reset_password", "", json!({ "code": code })).await;
    }

    async fn connection(&mut self) {
        let operator = self.world.operator().await;
        let connection = self.send(&operator, "connections_create", "", json!({})).await;
        let stack = operator.get(&format!("/api/connections/{}/stack", id(&connection))).await.expect(200);
        let parameter = |name: &str| {
            let found = stack["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == name);
            found.unwrap()["value"].as_str().unwrap().to_owned()
        };
        let verify = operations().into_iter().find(|one| one.id == "connections_verify").unwrap();
        let role = example_of(&verify)["roleArn"].as_str().unwrap();
        self.elsewhere.stack(&parameter("TableName"), role, &parameter("ExternalId")).await;
        self.send(&operator, "connections_verify", &id(&connection), json!({})).await;
    }
}

fn example_of(operation: &Operation) -> &Value {
    let example = operation.described.pointer("/requestBody/content/application~1json/example");
    example.unwrap_or_else(|| panic!("{} has no example: declare one at the type of its body", operation.id))
}

#[tokio::test]
async fn the_example_of_every_body_is_taken() {
    const TOKEN: &str = "the-set-up-token";
    let mut story = Story::new().await;
    assert!(story.world.plane.offer_bootstrap(&TOKEN.into()).await.unwrap());
    let nobody = story.world.nobody();
    story.send(&nobody, "bootstrap_run", "", json!({ "setupToken": TOKEN })).await;
    story.master_data().await;
    story.account().await;
    story.rights().await;
    story.users().await;
    story.sign_in().await;
    story.connection().await;
    let all: BTreeSet<_> =
        operations().into_iter().filter(|operation| operation.body().is_some()).map(|operation| operation.id).collect();
    assert_eq!(story.sent, all, "send the example of each operation that takes a body");
}

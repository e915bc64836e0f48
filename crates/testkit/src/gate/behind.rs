//! The services behind a gate: dynoxide for tables, moto for the rest, and what the two don't know of each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    call::Call,
    strict::{Replica, tables_of, written},
    wire::{Answer, Request},
};
use crate::emulator::{Emulator, dynoxide, moto};

/// A request that looks signed: nobody checks it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIAEMULATOR/20260101/eu-central-1/SERVICE/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=0";

/// Both emulators, as one account of AWS.
pub struct Behind {
    dynoxide: Emulator,
    moto: Emulator,
    client: reqwest::Client,
    /// The tables of stacks: what moto's CloudFormation makes is not in dynoxide by itself.
    stacks: Mutex<HashMap<String, String>>,
    delivered: Mutex<Vec<Delivery>>,
    /// The external ids that roles of other accounts ask for: moto's ask for none.
    roles: Mutex<HashMap<String, String>>,
    /// So long indexes lag.
    lag: Mutex<Option<Duration>>,
    replica: Replica,
}

/// Asks emulators of tables as the owner of the account would. `None` is an answer that was refused.
pub(super) struct Asking {
    client: reqwest::Client,
    primary: String,
}

impl Asking {
    pub(super) async fn now(&self, operation: &str, body: &Value) -> Option<Value> {
        self.at(&self.primary, operation, body).await
    }

    pub(super) async fn of(&self, emulator: &Emulator, operation: &str, body: &Value) -> Option<Value> {
        self.at(&emulator.endpoint(), operation, body).await
    }

    async fn at(&self, endpoint: &str, operation: &str, body: &Value) -> Option<Value> {
        let request = self.client.post(endpoint).header("x-amz-date", "20260101T000000Z");
        let request = request.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let request = request.header("authorization", SIGNED.replace("SERVICE", "dynamodb"));
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let answer = request.send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }
}

/// An effect outside the product that can't be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Mail { to: String, id: String },
    Event { kind: String, id: String },
}

impl Behind {
    pub async fn start() -> Arc<Self> {
        let (dynoxide, moto) = tokio::join!(dynoxide(), moto());
        Self::over(dynoxide, moto)
    }

    /// The same over emulators that are there.
    pub fn over(dynoxide: Emulator, moto: Emulator) -> Arc<Self> {
        let client = reqwest::Client::new();
        Arc::new(Self {
            dynoxide,
            moto,
            client,
            stacks: Mutex::default(),
            delivered: Mutex::default(),
            roles: Mutex::default(),
            lag: Mutex::default(),
            replica: Replica::default(),
        })
    }

    /// Indexes lag so long from now on.
    pub(super) fn lag(&self, lag: Option<Duration>) {
        *self.lag.lock().expect("no holder panics") = lag;
    }

    /// Whether a secret of this name is scheduled for deletion.
    pub(super) async fn secret_leaves(&self, name: &str) -> bool {
        let request = self.client.post(self.moto.endpoint()).header("x-amz-target", "secretsmanager.DescribeSecret");
        let request = request.header("authorization", SIGNED.replace("SERVICE", "secretsmanager"));
        let request = request.header("content-type", "application/x-amz-json-1.1");
        let answer = request.body(json!({ "SecretId": name }).to_string()).send().await.expect("moto answers");
        let described: Value = answer.json().await.unwrap_or_default();
        !described["DeletedDate"].is_null()
    }

    /// Mails and events that went out since this was called last.
    pub fn delivered(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.delivered.lock().expect("no holder panics"))
    }

    /// What the owner of another account makes there: the table, and a role that asks for this external id.
    pub async fn owners_stack(&self, table: &str, role: &str, external_id: &str) {
        let key = |of: &str| {
            let key = |part: &str, kind: &str| json!({ "AttributeName": format!("{of}{part}"), "KeyType": kind });
            json!([key("PK", "HASH"), key("SK", "RANGE")])
        };
        let names = ["", "GSI1", "GSI2", "GSI3"].into_iter().flat_map(|of| [format!("{of}PK"), format!("{of}SK")]);
        let attributes: Vec<_> = names.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
        let held = json!({ "ProjectionType": "INCLUDE",
            "NonKeyAttributes": ["body", "expires", "fields", "sums", "version"] });
        let indexes = [("GSI1", held.clone()), ("GSI2", held), ("GSI3", json!({ "ProjectionType": "KEYS_ONLY" }))]
            .map(|(index, held)| json!({ "IndexName": index, "KeySchema": key(index), "Projection": held }));
        let create = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
            "KeySchema": key(""), "GlobalSecondaryIndexes": indexes
        });
        self.dynoxide("CreateTable", &create).await;
        self.roles.lock().expect("no holder panics").insert(role.to_owned(), external_id.to_owned());
    }

    /// Whether a call asks for a role of another account without knowing its word.
    fn intrudes(&self, call: &Call) -> bool {
        let roles = self.roles.lock().expect("no holder panics");
        let asks_for = call.field("RoleArn").and_then(|role| roles.get(&role).cloned());
        call.operation == "AssumeRole" && asks_for.is_some() && call.field("ExternalId") != asks_for
    }

    fn asking(&self) -> Asking {
        Asking { client: self.client.clone(), primary: self.dynoxide.endpoint() }
    }

    /// Has the indexes show what was written, after a while.
    async fn show_later(self: &Arc<Self>, call: &Call, lag: Duration) {
        if call.operation == "DeleteTable" {
            for table in tables_of(call) {
                self.replica.drop_table(&self.asking(), &table).await;
            }
        }
        if let Some((places, _)) = written(call) {
            let behind = Arc::clone(self);
            tokio::spawn(async move { behind.replica.show(&behind.asking(), &places, lag).await });
        }
    }

    pub(super) async fn ask(self: &Arc<Self>, request: &Request, call: &Call) -> Answer {
        if self.intrudes(call) {
            return Answer::xml_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole");
        }
        // A table exists until its stack deletes it.
        let (creates, deletes) = (call.operation == "CreateStack", call.operation == "DeleteStack");
        let lag = *self.lag.lock().expect("no holder panics");
        if lag.is_some() {
            for table in tables_of(call) {
                self.replica.have(&self.asking(), &table).await;
            }
        }
        let to = match call.service.as_str() {
            "dynamodb" if lag.is_some() && Replica::answers(call) => self.replica.emulator().await,
            "dynamodb" => &self.dynoxide,
            _ => &self.moto,
        };
        let answer = self.pass(to, request).await;
        if answer.status < 300 {
            if let Some(lag) = lag {
                self.show_later(call, lag).await;
            }
            if creates {
                self.stack_made(call).await;
            } else if deletes {
                self.stack_deleted(call).await;
            }
            self.note(call);
        }
        answer
    }

    async fn pass(&self, to: &Emulator, request: &Request) -> Answer {
        let method = request.method.parse().expect("an SDK sends methods that are known");
        let mut asked = self.client.request(method, format!("{}{}", to.endpoint(), request.path));
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let Ok(answer) = asked.body(request.body.clone()).send().await else {
            return Answer::error(502, "BadGateway", "the emulator has gone");
        };
        let status = answer.status().as_u16();
        let about = ["transfer-encoding", "connection", "content-length"];
        let told = answer.headers().iter().filter(|(name, _)| !about.contains(&name.as_str()));
        let headers =
            told.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        Answer { status, headers, body: answer.bytes().await.unwrap_or_default().into() }
    }

    fn note(&self, call: &Call) {
        let Ok(body) = serde_json::from_str::<Value>(&call.body) else { return };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut delivered = self.delivered.lock().expect("no holder panics");
        if call.service == "events" && call.operation == "PutEvents" {
            for entry in body["Entries"].as_array().into_iter().flatten() {
                let detail: Value = serde_json::from_str(&text(&entry["Detail"])).unwrap_or_default();
                delivered.push(Delivery::Event { kind: text(&entry["DetailType"]), id: text(&detail["id"]) });
            }
        } else if call.service == "ses" && body["Destination"].is_object() {
            let tags = body["EmailTags"].as_array().cloned().unwrap_or_default();
            let id = tags.iter().find(|tag| tag["Name"] == "mail").map_or_else(String::new, |tag| text(&tag["Value"]));
            delivered.push(Delivery::Mail { to: text(&body["Destination"]["ToAddresses"][0]), id });
        }
    }

    /// Makes in dynoxide the table that the stack has made in moto, as it is there.
    async fn stack_made(&self, call: &Call) {
        let (Some(stack), Some(table)) = (call.field("StackName"), call.stack_parameter("TableName")) else { return };
        let described = self.moto("dynamodb", "DynamoDB_20120810.DescribeTable", &json!({ "TableName": table })).await;
        let made = &described["Table"];
        let only = |of: &Value, names: &[&str]| {
            names.iter().map(|name| ((*name).to_owned(), of[*name].clone())).collect::<Value>()
        };
        let mut create = only(made, &["TableName", "AttributeDefinitions", "KeySchema"]);
        create["BillingMode"] = "PAY_PER_REQUEST".into();
        let indexes = made["GlobalSecondaryIndexes"].as_array().expect("the template makes indexes");
        create["GlobalSecondaryIndexes"] =
            indexes.iter().map(|index| only(index, &["IndexName", "KeySchema", "Projection"])).collect();
        self.dynoxide("CreateTable", &create).await;
        self.stacks.lock().expect("no holder panics").insert(stack, table);
    }

    async fn stack_deleted(&self, call: &Call) {
        let stack = call.field("StackName").unwrap_or_default();
        let table = self.stacks.lock().expect("no holder panics").remove(&stack);
        if let Some(table) = table {
            self.dynoxide("DeleteTable", &json!({ "TableName": table })).await;
        }
    }

    /// Asks for tables as the owner of the account would.
    pub async fn dynoxide(&self, operation: &str, body: &Value) -> Value {
        self.told(&self.dynoxide, "dynamodb", &format!("DynamoDB_20120810.{operation}"), body).await
    }

    /// Asks for anything else.
    pub async fn moto(&self, service: &str, target: &str, body: &Value) -> Value {
        self.told(&self.moto, service, target, body).await
    }

    async fn told(&self, of: &Emulator, service: &str, target: &str, body: &Value) -> Value {
        let request =
            self.client.post(of.endpoint()).header("x-amz-target", target).header("x-amz-date", "20260101T000000Z");
        let request = request.header("authorization", SIGNED.replace("SERVICE", service));
        let json = if service == "dynamodb" { "1.0" } else { "1.1" };
        let request = request.header("content-type", format!("application/x-amz-json-{json}")).body(body.to_string());
        let answer = request.send().await.expect("the emulator answers");
        let status = answer.status();
        let said = answer.text().await.expect("it says something");
        assert!(status.is_success(), "{target}: {said}");
        serde_json::from_str(&said).expect("it answers in JSON")
    }

    /// Names and states of the stacks that there are.
    pub(super) async fn stacks(&self) -> Vec<String> {
        let request =
            self.client.post(self.moto.endpoint()).header("authorization", SIGNED.replace("SERVICE", "cloudformation"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body("Action=DescribeStacks&Version=2010-05-15").send().await.expect("moto answers");
        let said = answer.text().await.expect("it says something");
        let of = |text: &str, tag: &str| {
            let found =
                text.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
            found.map(|(value, _)| value.to_owned()).unwrap_or_default()
        };
        said.split("<StackName>")
            .skip(1)
            .map(|stack| format!("{} {}", stack.split('<').next().unwrap_or_default(), of(stack, "StackStatus")))
            .collect()
    }
}

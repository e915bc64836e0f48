//! A call as it came by: which service and operation it asks, and of which records.

use std::collections::BTreeSet;

use serde_json::Value;

use super::wire::Request;

#[derive(Clone, Debug)]
pub struct Call {
    /// As its signature names it.
    pub service: String,
    pub operation: String,
    /// The access key that it was signed with.
    pub key: String,
    pub body: String,
    /// How many came before it since [`super::Gate::calls`] was called.
    pub place: usize,
    /// How many had come by the time that the process was ended or stopped at this one: others come while it goes through.
    pub by_then: usize,
}

impl Call {
    pub(super) fn of(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let signed = request.header("authorization").and_then(|signed| signed.split_once("Credential=")).map(|at| at.1);
        let mut scope = signed.unwrap_or_default().split('/');
        let (key, service) = (scope.next().unwrap_or_default(), scope.nth(2).unwrap_or("unsigned"));
        let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let operation = match target {
            Some(target) => target.to_owned(),
            None => field(&body, "Action").unwrap_or_else(|| rest(&request.method, &request.path)),
        };
        Self { service: service.to_owned(), operation, key: key.to_owned(), body, place: 0, by_then: 0 }
    }

    /// Service and operation.
    pub fn what(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }

    /// What IAM must permit for it. Of a transaction that is what its members do.
    pub fn actions(&self) -> BTreeSet<String> {
        let Self { service, operation, .. } = self;
        let named = match (service.as_str(), operation.as_str()) {
            // Any credentials permit asking for their own identity.
            ("sts", "GetCallerIdentity") => Vec::new(),
            ("ses", "POST email/outbound-emails") => vec!["SendEmail"],
            ("ses", "GET email/account") => vec!["GetAccount"],
            ("ses", "GET email/identities") => vec!["GetEmailIdentity"],
            ("dynamodb", "TransactWriteItems") => {
                let body = serde_json::from_str::<Value>(&self.body).unwrap_or_default();
                let members = body["TransactItems"].as_array().cloned().unwrap_or_default();
                let has = |kind: &str| members.iter().any(|member| member[kind].is_object());
                let kinds = ["Update", "Delete", "ConditionCheck", "Put"].into_iter();
                let kinds = kinds.zip(["UpdateItem", "DeleteItem", "ConditionCheckItem", "PutItem"]);
                kinds.filter(|(kind, _)| has(kind)).map(|(_, action)| action).collect()
            }
            (_, operation) => vec![operation],
        };
        named.into_iter().map(|action| format!("{service}:{action}")).collect()
    }

    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        let reads = ["Get", "BatchGet", "Query", "Scan", "Describe", "List", "AssumeRole"];
        reads.iter().any(|read| self.operation.starts_with(read)) && !self.operation.starts_with("GET ")
    }

    /// Service and operation; of a table, also the kinds of the records.
    pub fn kind(&self) -> String {
        let Self { service, operation, .. } = self;
        if service != "dynamodb" {
            return format!("{service} {operation}");
        }
        let mut kinds = BTreeSet::new();
        if let Ok(body) = serde_json::from_str::<Value>(&self.body) {
            records(&body, &mut kinds);
        }
        format!("{service} {operation} {}", kinds.into_iter().collect::<Vec<_>>().join("+"))
    }

    /// A field of a call whose body is a form.
    pub fn field(&self, name: &str) -> Option<String> {
        field(&self.body, name)
    }

    /// A parameter of a stack.
    pub fn stack_parameter(&self, name: &str) -> Option<String> {
        let place = (1..100).find(|place| {
            self.field(&format!("Parameters.member.{place}.ParameterKey")).is_some_and(|key| key == name)
        })?;
        self.field(&format!("Parameters.member.{place}.ParameterValue"))
    }
}

/// The kinds of the records that a body names by their keys.
fn records(body: &Value, kinds: &mut BTreeSet<String>) {
    match body {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(|value| value["S"].as_str());
            if let Some(pk) = text("PK") {
                kinds.insert(kind(pk, text("SK").unwrap_or_default()).to_owned());
            }
            // A query names the partition and the first letters of what it wants.
            if let (Some(values), true) =
                (fields.get("ExpressionAttributeValues"), fields.contains_key("KeyConditionExpression"))
            {
                let named = values.as_object().into_iter().flatten().filter_map(|(_, value)| value["S"].as_str());
                kinds.extend(named.map(first).map(str::to_owned));
            }
            fields.values().for_each(|value| records(value, kinds));
        }
        Value::Array(values) => values.iter().for_each(|value| records(value, kinds)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The kind of a record: by the sort key where the partition holds several kinds.
pub(super) fn kind<'a>(pk: &'a str, sk: &'a str) -> &'a str {
    let (partition, sort) = (first(pk), first(sk));
    if matches!(partition, "ACCOUNT" | "IDENTITY") || sort == "USES" { sort } else { partition }
}

pub(super) fn first(key: &str) -> &str {
    key.split('#').next().expect("a split has a first part")
}

/// An operation of a REST protocol: what is named in its path is left out.
fn rest(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let words = path
        .split('/')
        .filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    format!("{method} {}", words.collect::<Vec<_>>().join("/"))
}

fn field(form: &str, name: &str) -> Option<String> {
    let value = form.split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name)?.1;
    let (mut bytes, mut rest) = (Vec::new(), value.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

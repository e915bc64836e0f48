//! Everything that is there: read from the emulators, and compared with ids and times left out.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{
    behind::Behind,
    call::{first, kind},
};

/// The partitions of `Gsi3` that hold pending work.
const LINES: [&str; 5] = ["EXECUTION#OPEN", "EVENT#PENDING", "AUDIT#UNSEALED", "COPY#PENDING", "INVITATION#PENDING"];

/// Each is spread over so many of DynamoDB's.
const SHARDS: u32 = 4;

/// What stood where at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// By table, partition and sort key.
    pub records: BTreeMap<(String, String, String), Value>,
    pub stacks: Vec<String>,
    pub parameters: BTreeMap<String, String>,
}

impl Behind {
    /// Reads everything.
    pub async fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.records().await;
        snapshot.stacks = self.stacks().await;
        snapshot.parameters = self.parameters().await;
        snapshot
    }

    /// Reads one record.
    pub async fn record(&self, table: &str, pk: &str, sk: &str) -> Option<Value> {
        let key =
            json!({ "TableName": table, "Key": { "PK": { "S": pk }, "SK": { "S": sk } }, "ConsistentRead": true });
        let found = self.dynoxide("GetItem", &key).await;
        serde_json::from_str(found["Item"]["body"]["S"].as_str()?).ok()
    }

    /// Whether a table has no open run and no pending work.
    pub async fn at_rest(&self, table: &str) -> bool {
        let shards = LINES.iter().flat_map(|line| (0..SHARDS).map(move |shard| format!("{line}~{shard}")));
        for line in shards {
            let asked = json!({
                "TableName": table, "IndexName": "GSI3", "Select": "COUNT", "Limit": 1,
                "KeyConditionExpression": "GSI3PK = :line", "ExpressionAttributeValues": { ":line": { "S": line } }
            });
            if self.dynoxide("Query", &asked).await["Count"] != 0 {
                return false;
            }
        }
        true
    }

    /// The tables that there are.
    pub async fn tables(&self) -> Vec<String> {
        let tables = self.dynoxide("ListTables", &json!({})).await;
        let names = tables["TableNames"].as_array().expect("tables are listed").iter();
        names.map(|name| name.as_str().expect("a table has a name").to_owned()).collect()
    }

    /// Reads the tables alone.
    pub async fn records(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for table in self.tables().await {
            let mut from = Value::Null;
            loop {
                let mut asked = json!({ "TableName": table });
                if !from.is_null() {
                    asked["ExclusiveStartKey"] = from;
                }
                let mut page = self.dynoxide("Scan", &asked).await;
                for item in page["Items"].as_array().expect("a page has items") {
                    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
                    let mut body: Value = serde_json::from_str(&text("body")).unwrap_or_default();
                    // Sums are stored beside the body.
                    for sum in item["sums"]["SS"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                        body[sum] =
                            item["fields"]["M"][sum]["N"].as_str().and_then(|sum| sum.parse::<i64>().ok()).into();
                    }
                    snapshot.records.insert((table.clone(), text("PK"), text("SK")), body);
                }
                from = page["LastEvaluatedKey"].take();
                if from.is_null() {
                    break;
                }
            }
        }
        snapshot
    }

    async fn parameters(&self) -> BTreeMap<String, String> {
        let (mut found, mut next) = (BTreeMap::new(), Value::Null);
        loop {
            let mut asked = json!({ "Path": "/", "Recursive": true });
            if !next.is_null() {
                asked["NextToken"] = next;
            }
            let mut page = self.moto("ssm", "AmazonSSM.GetParametersByPath", &asked).await;
            for parameter in page["Parameters"].as_array().expect("parameters are listed") {
                let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
                found.insert(text("Name"), text("Value"));
            }
            next = page["NextToken"].take();
            if next.is_null() {
                return found;
            }
        }
    }
}

/// What came, went and changed between two moments, one line for each thing, with its count: the same for every run that
/// did the same. `tag` is what the run's own names contain.
pub fn difference(before: &Snapshot, after: &Snapshot, tag: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    let mut line = |text: String| *lines.entry(text).or_default() += 1;
    for (place, body) in &after.records {
        let told = match before.records.get(place) {
            None => told(place, body, tag).map(|told| format!("+ {told}")),
            Some(old) if old == body => None,
            Some(old) => changed(place, old, body, tag).map(|told| format!("~ {told}")),
        };
        if let Some(told) = told {
            line(told);
        }
    }
    for (place, body) in before.records.iter().filter(|(place, _)| !after.records.contains_key(*place)) {
        if let Some(told) = told(place, body, tag) {
            line(format!("- {told}"));
        }
    }
    let parameters = |of: &Snapshot| {
        of.parameters.iter().map(|(name, value)| format!("parameter {name} = {value}")).collect::<Vec<_>>()
    };
    for (old, new, what) in
        [(before.stacks.clone(), after.stacks.clone(), "stack "), (parameters(before), parameters(after), "")]
    {
        new.iter().filter(|one| !old.contains(one)).for_each(|one| line(format!("+ {what}{}", plain(one, tag))));
        old.iter().filter(|one| !new.contains(one)).for_each(|one| line(format!("- {what}{}", plain(one, tag))));
    }
    lines
}

type Place = (String, String, String);

/// A record without what is another in each run; `None` for what only tells how the run went.
fn told((table, pk, sk): &Place, body: &Value, tag: &str) -> Option<String> {
    let own = if table.contains("acct") { "own " } else { "" };
    let kind = kind(pk, sk);
    let what = match kind {
        "EXECUTION" if sk.contains("EVENT") => {
            // The end of a step implies its beginning; a driver that takes the run over has no effect.
            let done = ["stepSucceeded", "stepUndone", "succeeded", "failed", "undone", "stuck", "itemCaptured"];
            let what = body["type"].as_str().unwrap_or_default();
            if !done.contains(&what) {
                return None;
            }
            format!("{what} {} {}", body["state"], body["item"])
        }
        // Which of two that were written at once is sealed first is chance.
        "AUDIT" => {
            let mut entry = normal(body, tag);
            entry["seal"] = entry["seal"].is_object().into();
            entry.to_string()
        }
        "EXECUTION" => format!("{} {}", body["workflow"], body["status"]),
        // Sessions are of the person who signs in, and of the verifier; a scheduled job runs by the clock, beside everything;
        // which tables were written to is noted once in some minutes.
        "SESSION" | "REFRESH" | "JOB" | "WRITTEN-TABLES" => return None,
        // Jobs note these in their first runs.
        "PLATFORM" if matches!(sk.as_str(), "SEATS-TAKEN-OVER" | "NAMES-TAKEN-OVER") => return None,
        _ => normal(body, tag).to_string(),
    };
    Some(format!("{own}{kind} {} {what}", plain(first(sk), tag)))
}

/// The fields of a record that are others than before; of numbers, by how much.
fn changed(place: &Place, old: &Value, new: &Value, tag: &str) -> Option<String> {
    told(place, new, tag)?;
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut fields = BTreeMap::new();
    for (name, value) in new {
        match (old.get(name), value) {
            (Some(before), value) if before == value => {}
            (Some(Value::Number(before)), Value::Number(now)) if !is_time(now.as_i64()) => {
                let by = now.as_i64().unwrap_or_default() - before.as_i64().unwrap_or_default();
                fields.insert(name.clone(), format!("by {by}"));
            }
            (_, value) => {
                fields.insert(name.clone(), normal(value, tag).to_string());
            }
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fields.insert(name.clone(), "gone".into());
    }
    Some(format!("{} {fields:?}", kind(&place.1, &place.2)))
}

/// A value with ids, times, secrets and the run's own names put out of sight.
fn normal(value: &Value, tag: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: HashMap<_, _> =
                fields.iter().map(|(name, value)| (plain(name, tag), normal(value, tag))).collect();
            fields.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect()
        }
        Value::Array(values) => values.iter().map(|value| normal(value, tag)).collect(),
        Value::String(text) => Value::String(plain(text, tag)),
        Value::Number(number) if is_time(number.as_i64()) => "TIME".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn is_time(number: Option<i64>) -> bool {
    number.is_some_and(|number| number > 1_000_000_000)
}

fn plain(text: &str, tag: &str) -> String {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return "TIME".into();
    }
    let text = text.replace(tag, "TAG");
    // Ids, digests and what is sealed: long words of letters and digits, with dashes between them.
    let mut words = Vec::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_') {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let sealed = bare.len() >= 20 && bare.bytes().any(|byte| byte.is_ascii_digit());
        words.push(if sealed { word.replace(bare, "ID") } else { word.to_owned() });
    }
    words.concat()
}

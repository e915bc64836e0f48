//! What the stream of a table tells a function of Lambda: which records were written, and what they ask for.

use kernel::{
    background::{PendingWork, StreamRecord},
    ports::table::TableName,
};
use serde::Deserialize;

use super::item::{BODY, INDEX_NAMES, PK, unsharded};

/// A record that asks for something.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub table: TableName,
    /// What the stream calls it: the place to go on from.
    pub sequence: String,
    /// When it was written, in seconds since 1970.
    pub at: f64,
    pub asked: PendingWork,
}

/// The records of an event that ask for something, in order, and how many were of no table of this installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub asking: Vec<Change>,
    pub foreign: usize,
}

/// The event is of no stream.
#[derive(Debug, thiserror::Error)]
#[error("the event is not one of a table's stream: {0}")]
pub struct NotOfAStream(#[from] serde_json::Error);

/// Reads an event. The stream must show new images: without them a record can't say what it asks for, and tending its
/// table is all that can be done.
pub fn read(event: serde_json::Value, prefix: &str) -> Result<Changes, NotOfAStream> {
    let event: Event = serde_json::from_value(event)?;
    let mut changes = Changes::default();
    for record in event.records {
        let Some(table) = named(&record.source, prefix) else {
            changes.foreign += 1;
            continue;
        };
        let Some(asked) = asked(&record) else { continue };
        let Stream { sequence, at, .. } = record.stream;
        changes.asking.push(Change { table, sequence, at, asked });
    }
    Ok(changes)
}

fn asked(record: &Record) -> Option<PendingWork> {
    if record.name == "REMOVE" {
        return None;
    }
    let Some(now) = &record.stream.new_image else { return Some(PendingWork::Relay) };
    PendingWork::by(&written(now)?, record.stream.old_image.as_ref().and_then(written).as_ref())
}

fn written(image: &serde_json::Value) -> Option<StreamRecord<'_>> {
    let text = |name: &str| image[name]["S"].as_str();
    let [_, _, by_status] = &INDEX_NAMES;
    let queue = text(by_status.pk).map(|queue| unsharded(queue).unwrap_or(queue));
    Some(StreamRecord { partition: text(PK)?, queue, body: text(BODY)? })
}

/// The table of `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`.
fn named(source: &str, prefix: &str) -> Option<TableName> {
    let (table, _) = source.split_once(":table/")?.1.split_once("/stream/")?;
    let name = TableName::try_from(table.strip_prefix(prefix)?.to_owned()).ok()?;
    let ours = name == TableName::shared() || name.as_str().starts_with(DEDICATED);
    ours.then_some(name)
}

/// How the names of dedicated tables begin.
const DEDICATED: &str = "app_acct_";

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    name: String,
    #[serde(rename = "eventSourceARN")]
    source: String,
    #[serde(rename = "dynamodb")]
    stream: Stream,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(rename = "SequenceNumber")]
    sequence: String,
    #[serde(rename = "ApproximateCreationDateTime", default)]
    at: f64,
    #[serde(rename = "NewImage")]
    new_image: Option<serde_json::Value>,
    #[serde(rename = "OldImage")]
    old_image: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const RUN: &str = "019e830e-1a61-7c94-b330-41bd9e03d439";

    fn record(name: &str, table: &str, images: &Value) -> Value {
        let mut stream = json!({
            "Keys": { "PK": { "S": "p" }, "SK": { "S": "s" } }, "SequenceNumber": "100000000000000000001",
            "ApproximateCreationDateTime": 1_767_225_600.0, "SizeBytes": 100, "StreamViewType": "NEW_AND_OLD_IMAGES"
        });
        for (name, image) in images.as_object().into_iter().flatten() {
            stream[name] = image.clone();
        }
        json!({
            "eventID": "1", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1", "dynamodb": stream,
            "eventSourceARN": format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000")
        })
    }

    fn image(partition: &str, line: Option<&str>, body: &str) -> Value {
        let mut image =
            json!({ "PK": { "S": partition }, "SK": { "S": "s" }, "body": { "S": body }, "version": { "N": "1" } });
        if let Some(line) = line {
            image["GSI3PK"] = json!({ "S": format!("{line}~2") });
        }
        image
    }

    fn asked(name: &str, images: &Value) -> Option<PendingWork> {
        let event = json!({ "Records": [record(name, "t-app_data", images)] });
        let changes = read(event, "t-").expect("it is an event of a stream");
        changes.asking.first().map(|change| change.asked)
    }

    #[test]
    fn lines_that_wait_ask_for_tending() {
        for line in ["EVENT#PENDING", "AUDIT#UNSEALED", "COPY#PENDING", "LETTERNOTE#PENDING"] {
            let waits = image("ACCOUNT#1", Some(line), "{}");
            assert_eq!(asked("INSERT", &json!({ "NewImage": waits })), Some(PendingWork::Relay), "{line}");
            // What the tending itself leaves behind.
            let done = image("ACCOUNT#1", None, "{}");
            assert_eq!(asked("MODIFY", &json!({ "NewImage": done, "OldImage": waits })), None, "{line}");
            assert_eq!(asked("REMOVE", &json!({ "OldImage": waits })), None, "{line}");
        }
        let license = image("ACCOUNT#1", Some("LICENSE#ACTIVE"), "{}");
        assert_eq!(asked("INSERT", &json!({ "NewImage": license })), None);
        // A stream of keys alone tells nothing of lines.
        assert_eq!(asked("MODIFY", &json!({})), Some(PendingWork::Relay));
    }

    #[test]
    fn runs_ask_where_nobody_drives_them() {
        let head = |line, lease: Value| {
            let mut body = json!({ "executionId": RUN, "status": "running" });
            if !lease.is_null() {
                body["lease"] = lease;
            }
            image(&format!("EXECUTION#{RUN}"), line, &body.to_string())
        };
        let leased = head(Some("EXECUTION#OPEN"), json!({ "holder": "a", "until": "2026-01-01T00:00:30Z" }));
        let (free, closed) = (head(Some("EXECUTION#OPEN"), Value::Null), head(None, Value::Null));
        let run = Some(PendingWork::Run(RUN.parse().expect("it is an id")));
        assert_eq!(asked("INSERT", &json!({ "NewImage": free })), run, "it begins");
        assert_eq!(asked("MODIFY", &json!({ "NewImage": free, "OldImage": closed })), run, "it is redriven");
        assert_eq!(asked("MODIFY", &json!({ "NewImage": free, "OldImage": leased })), run, "it is given back");
        assert_eq!(asked("MODIFY", &json!({ "NewImage": leased, "OldImage": leased })), None, "it goes on");
        assert_eq!(asked("MODIFY", &json!({ "NewImage": free, "OldImage": free })), None, "a machine leads it");
        assert_eq!(asked("MODIFY", &json!({ "NewImage": closed, "OldImage": leased })), None, "it ends");
    }

    #[test]
    fn tables_are_told_by_their_names() {
        let waits = json!({ "NewImage": image("ACCOUNT#1", Some("EVENT#PENDING"), "{}") });
        let tables = ["t-app_data", "t-app_acct_019e830e", "app_data", "t-app_data_other", "t-something"];
        let records: Vec<_> = tables.iter().map(|table| record("INSERT", table, &waits)).collect();
        let changes = read(json!({ "Records": records }), "t-").expect("it is an event of a stream");
        let found: Vec<_> = changes.asking.iter().map(|change| change.table.as_str()).collect();
        assert_eq!((found, changes.foreign), (vec!["app_data", "app_acct_019e830e"], 3));
        for event in [json!({}), json!({ "Records": [{}] }), json!([])] {
            assert!(read(event, "").is_err());
        }
    }
}

//! What the stream of a table tells: a process that is gone has left records, and the function does what they ask for.
//!
//! The records are made here from the table's contents, in the shape that the documents of Lambda give.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use testkit::emulator::Recorder;

use crate::{
    runtime::Function,
    story::{Aws, Caller},
};

const MINUTE: Duration = Duration::from_mins(1);
const WAITING: [&str; 3] = ["EVENT#PENDING", "AUDIT#UNSEALED", "COPY#PENDING"];

/// All that stands in the shared table.
pub(crate) async fn items(endpoint: &str) -> Vec<Value> {
    let (mut items, mut from) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({ "TableName": "app_data" });
        if !from.is_null() {
            request["ExclusiveStartKey"] = from;
        }
        let scope = "AKIAEMULATOR/20260101/eu-central-1/dynamodb/aws4_request";
        let answer = reqwest::Client::new()
            .post(endpoint)
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0"),
            )
            .header("x-amz-date", "20260101T000000Z")
            .body(request.to_string())
            .send()
            .await
            .unwrap();
        let mut page: Value = answer.json().await.unwrap();
        let read = page["Items"].as_array_mut().map(std::mem::take);
        items.extend(read.unwrap_or_else(|| panic!("no items: {page}")));
        from = page["LastEvaluatedKey"].take();
        if from.is_null() {
            return items;
        }
    }
}

fn line(item: &Value) -> &str {
    let shard = item["GSI3PK"]["S"].as_str().unwrap_or_default();
    shard.rsplit_once('~').map_or(shard, |(line, _)| line)
}

/// How many records wait in each line.
async fn waiting(endpoint: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for item in items(endpoint).await.iter().filter(|item| WAITING.contains(&line(item))) {
        *lines.entry(line(item).to_owned()).or_default() += 1;
    }
    lines
}

/// A record of the stream, written long enough ago.
fn record(number: usize, name: &str, item: &Value) -> Value {
    json!({
        "eventID": number.to_string(), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_225_600, "Keys": { "PK": item["PK"], "SK": item["SK"] },
            "NewImage": item, "SequenceNumber": format!("{:021}", 100 + number), "SizeBytes": 400,
            "StreamViewType": "NEW_AND_OLD_IMAGES"
        },
        "eventSourceARN":
            "arn:aws:dynamodb:eu-central-1:123456789012:table/app_data/stream/2026-01-01T00:00:00.000"
    })
}

pub(crate) fn event<'i>(items: impl IntoIterator<Item = &'i Value>) -> Value {
    let records = items.into_iter().enumerate().map(|(number, item)| record(number, "INSERT", item));
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// A platform whose process ended in the midst of taking an account on; and the account.
async fn left_behind() -> (Aws, Caller<'static>, String) {
    let aws = Aws::start().await;
    let crashing = aws.function("api", &[("FREEHOLD_FAULTS", "ProvisionCognitoUsers:crash-after")]).await;
    // It lives as long as the test.
    let crashing: &'static Function = Box::leak(Box::new(crashing));
    let operator = Caller::operator(crashing).await;
    let account = operator.take_on("Acme").await;
    crashing.crashed().await;
    (aws, operator, account)
}

#[tokio::test]
async fn what_a_process_left_is_done_when_its_records_come() {
    let (aws, operator, account) = left_behind().await;
    let endpoint = aws.environment["FREEHOLD_AWS_ENDPOINT_DYNAMODB"].clone();
    let left = items(&endpoint).await;
    let before = waiting(&endpoint).await;
    assert!(before.contains_key("EVENT#PENDING") && before.contains_key("AUDIT#UNSEALED"), "{before:?}");

    // The lease of the process that is gone has run out for this one.
    let stream = aws.function("stream", &[("FREEHOLD_CLOCK_OFFSET", "60")]).await;
    let waits: Vec<_> = left.iter().filter(|item| WAITING.contains(&line(item))).collect();
    let done = stream.call(event(waits.iter().copied()), MINUTE).await.unwrap();
    assert_eq!(done, json!({ "batchItemFailures": [] }));
    assert_eq!(waiting(&endpoint).await, BTreeMap::new());

    // The run, as it was written down first.
    let mut head = left.iter().find(|item| line(item) == "EXECUTION#OPEN").unwrap().clone();
    let mut body: Value = serde_json::from_str(head["body"]["S"].as_str().unwrap()).unwrap();
    body.as_object_mut().unwrap().remove("lease");
    head["body"]["S"] = json!(body.to_string());
    let done = stream.call(event([&head]), MINUTE).await.unwrap();
    assert_eq!(done, json!({ "batchItemFailures": [] }));
    let api = aws.function("api", &[]).await;
    let operator = operator.through(&api);
    let taken_on = operator.get(&format!("/api/accounts/{account}")).await.expect(200);
    assert_eq!(taken_on["status"], "active", "{taken_on}");
    assert_eq!(waiting(&endpoint).await, BTreeMap::new(), "what the run left is done too");

    // The same once more, and the other way round.
    let written = items(&endpoint).await.len();
    let again: Vec<_> = left.iter().rev().collect();
    assert_eq!(stream.call(event(again), MINUTE).await.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(items(&endpoint).await.len(), written);
}

#[tokio::test]
async fn records_that_ask_for_nothing_are_answered_without_a_call_to_the_table() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[]).await;
    Caller::operator(&api).await.take_on("Acme").await;
    api.at_rest().await;
    let settled = items(&aws.environment["FREEHOLD_AWS_ENDPOINT_DYNAMODB"]).await;
    assert!(settled.len() > 50, "{}", settled.len());

    let recorder = Recorder::at(&aws.environment["FREEHOLD_AWS_ENDPOINT_DYNAMODB"]).await;
    let stream = aws.function("stream", &[("FREEHOLD_AWS_ENDPOINT_DYNAMODB", &recorder.endpoint())]).await;
    stream.at_rest().await;
    recorder.seen();
    let mut nothing = event(&settled);
    let removed = record(9_999, "REMOVE", &Value::Null);
    let mut foreign = record(10_000, "INSERT", &json!({ "GSI3PK": { "S": "EVENT#PENDING" } }));
    foreign["eventSourceARN"] = json!("arn:aws:dynamodb:eu-central-1:123456789012:table/another/stream/2026");
    nothing["Records"].as_array_mut().unwrap().extend([removed, foreign]);
    assert_eq!(stream.call(nothing, MINUTE).await.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(recorder.seen().len(), 0);

    let error = stream.call(json!({ "anything": "at all" }), MINUTE).await.unwrap_err();
    assert!(error["errorMessage"].as_str().is_some_and(|why| why.contains("not one of a table's stream")), "{error}");
}

#[tokio::test]
async fn what_can_not_be_done_comes_again_from_its_first_record_on() {
    let (aws, _, _) = left_behind().await;
    let endpoint = aws.environment["FREEHOLD_AWS_ENDPOINT_DYNAMODB"].clone();
    let left = items(&endpoint).await;
    let (waits, rests): (Vec<_>, Vec<_>) = left.iter().partition(|item| line(item) == "EVENT#PENDING");
    let batch = event(rests.into_iter().filter(|item| line(item).is_empty()).take(2).chain(waits));
    // A port that nobody listens on.
    let stream = aws.function("stream", &[("FREEHOLD_AWS_ENDPOINT_EVENTBRIDGE", "http://127.0.0.1:1")]).await;
    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": format!("{:021}", 102) }] });
    assert_eq!(stream.call(batch.clone(), MINUTE).await.unwrap(), failed);
    assert!(waiting(&endpoint).await.contains_key("EVENT#PENDING"));
    // Nor is anything taken for done for which there was no time.
    assert_eq!(stream.call(batch.clone(), Duration::from_secs(2)).await.unwrap(), failed);
    assert_eq!(stream.call(batch.clone(), Duration::from_millis(100)).await.unwrap(), failed);

    let stream = aws.function("stream", &[]).await;
    assert_eq!(stream.call(batch, MINUTE).await.unwrap(), json!({ "batchItemFailures": [] }));
    assert!(!waiting(&endpoint).await.contains_key("EVENT#PENDING"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "streams tell time by the machine's clock")]
async fn a_fresh_record_is_left_to_whoever_wrote_it_for_a_moment() {
    let (aws, _, _) = left_behind().await;
    let left = items(&aws.environment["FREEHOLD_AWS_ENDPOINT_DYNAMODB"]).await;
    let waits = left.iter().filter(|item| line(item) == "EVENT#PENDING");
    let mut fresh = event(waits);
    let stream = aws.function("stream", &[]).await;
    stream.at_rest().await;
    let written = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for record in fresh["Records"].as_array_mut().unwrap() {
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(written.as_secs_f64());
    }
    assert_eq!(stream.call(fresh, MINUTE).await.unwrap(), json!({ "batchItemFailures": [] }));
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(ended >= written + Duration::from_secs(2), "from {written:?} to {ended:?}");
}

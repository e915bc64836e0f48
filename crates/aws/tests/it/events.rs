//! The event bus against moto, heard by a queue that a rule of the bus leads to.
//!
//! What moto does otherwise than EventBridge: it hands over at once, and once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use aws::{
    connect::Limits,
    events::{BusEvents, Options},
};
use aws_sdk_eventbridge::{Client, types::Target};
use kernel::ports::events::{Event, Events};
use serde_json::{Value, json};
use testkit::conformance::events::{self, Listener};

use crate::emulator::{Emulator, Lossy, Shared, connection, moto};

/// A queue that gets what is on a bus.
pub(crate) struct Queue {
    endpoint: String,
    url: String,
    heard: Mutex<Vec<Value>>,
}

impl Queue {
    /// Makes a topic, a queue of the same name that gets its messages as they are, and answers the topic's ARN.
    pub(crate) async fn of_topic(emulator: &Emulator, name: &str, filter: Option<Value>) -> (Self, String) {
        let made = sqs(&emulator.endpoint(), "CreateQueue", json!({ "QueueName": name })).await;
        let url = made["QueueUrl"].as_str().unwrap().to_owned();
        let config = connection(Limits::default()).await;
        let config = aws_sdk_sns::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
        let client = aws_sdk_sns::Client::from_conf(config);
        let topic = client.create_topic().name(name).send().await.unwrap().topic_arn.unwrap();
        let queue = format!("arn:aws:sqs:eu-central-1:123456789012:{name}");
        let mut request = client.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue);
        request = request.attributes("RawMessageDelivery", "true");
        if let Some(filter) = filter {
            request = request.attributes("FilterPolicy", filter.to_string());
        }
        request.send().await.unwrap();
        (Self { endpoint: emulator.endpoint(), url, heard: Mutex::default() }, topic)
    }

    /// Makes a bus, a queue of the same name, and a rule between them.
    pub(crate) async fn on(emulator: &Emulator, bus: &str) -> Self {
        let made = sqs(&emulator.endpoint(), "CreateQueue", json!({ "QueueName": bus })).await;
        let url = made["QueueUrl"].as_str().unwrap().to_owned();
        let config = connection(Limits::default()).await;
        let config = aws_sdk_eventbridge::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
        let client = Client::from_conf(config);
        client.create_event_bus().name(bus).send().await.unwrap();
        let ours = json!({ "source": [{ "prefix": "freehold" }] }).to_string();
        client.put_rule().name("ours").event_bus_name(bus).event_pattern(ours).send().await.unwrap();
        let arn = format!("arn:aws:sqs:eu-central-1:123456789012:{bus}");
        let target = Target::builder().id("queue").arn(arn).build().unwrap();
        client.put_targets().rule("ours").event_bus_name(bus).targets(target).send().await.unwrap();
        Self { endpoint: emulator.endpoint(), url, heard: Mutex::default() }
    }

    /// All that came so far, as EventBridge wraps it.
    pub(crate) async fn wrapped(&self) -> Vec<Value> {
        loop {
            let asked = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10 });
            let answer = sqs(&self.endpoint, "ReceiveMessage", asked).await;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            let mut heard = self.heard.lock().unwrap();
            heard.extend(
                messages
                    .iter()
                    .map(|message| serde_json::from_str::<Value>(message["Body"].as_str().unwrap()).unwrap()),
            );
            if messages.is_empty() {
                return heard.clone();
            }
        }
    }
}

#[async_trait]
impl Listener for Queue {
    async fn heard(&self) -> Vec<Event> {
        let wrapped = self.wrapped().await;
        wrapped.into_iter().map(|event| serde_json::from_value(event["detail"].clone()).unwrap()).collect()
    }
}

/// A call of SQS, by hand: a queue here is somebody else's.
async fn sqs(endpoint: &str, action: &str, body: Value) -> Value {
    let answer = reqwest::Client::new()
        .post(endpoint)
        .header("x-amz-target", format!("AmazonSQS.{action}"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/sqs/aws4_request, Signature=0")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

pub(crate) async fn bus(endpoint: String, bus: &str) -> BusEvents {
    let options = Options { endpoint: Some(endpoint), bus: bus.to_owned(), ..Options::default() };
    BusEvents::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

pub(crate) fn event() -> Event {
    let event = json!({
        "id": "019e830e-1a60-702b-b914-79661ac60b60",
        "type": "account.provisioning.failed",
        "accountId": "019e830e-1a61-7c94-b330-41bd9e03d439",
        "at": "2026-06-01T12:00:00Z",
        "detail": {},
    });
    serde_json::from_value(event).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let made = AtomicUsize::new(0);
    let count = events::check(async || {
        let name = format!("case{}", made.fetch_add(1, Ordering::Relaxed));
        let queue = Queue::on(&emulator, &name).await;
        let bus = bus(emulator.endpoint(), &name).await;
        (Arc::new(bus) as Arc<dyn Events>, Arc::new(queue) as Arc<dyn Listener>)
    })
    .await;
    println!("EventBridge events: {count} cases");
}

#[tokio::test]
async fn rules_can_tell_alerts_and_kinds_apart() {
    let emulator = moto().await;
    let queue = Queue::on(&emulator, "told").await;
    let bus = bus(emulator.endpoint(), "told").await;
    bus.publish(&event()).await.unwrap();
    bus.alert(&event()).await.unwrap();
    let wrapped = queue.wrapped().await;
    let seen: Vec<_> = wrapped.iter().map(|event| (&event["source"], &event["detail-type"], &event["time"])).collect();
    let (kind, at) = (json!("account.provisioning.failed"), json!("2026-06-01T12:00:00Z"));
    assert_eq!(seen, [(&json!("freehold"), &kind, &at), (&json!("freehold.alert"), &kind, &at)]);
    assert_eq!(wrapped[0]["resources"], json!(["019e830e-1a61-7c94-b330-41bd9e03d439"]));
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_goes_out_again() {
    let emulator = moto().await;
    let queue = Queue::on(&emulator, "lossy").await;
    let lossy = Lossy::before(&emulator).await;
    let bus = bus(lossy.endpoint(), "lossy").await;
    lossy.lose(1);
    bus.publish(&event()).await.unwrap();
    assert_eq!(queue.heard().await, [event(), event()]);
}

#[tokio::test]
async fn a_bus_that_is_not_there_is_an_error_by_name() {
    let emulator = moto().await;
    let refused = bus(emulator.endpoint(), "nowhere").await.publish(&event()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the event bus does not answer now: EventBridge: not there");
}

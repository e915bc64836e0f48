//! Alerts by SNS against moto, heard by a queue that has subscribed to the topic.
//!
//! What moto does otherwise than SNS: it hands over at once, and once; and it does not ask who may publish.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws::{
    alerts::{AlertingEvents, Options, Topic},
    connect::Limits,
};
use kernel::ports::events::{Event, Events};
use serde_json::json;
use testkit::conformance::events::{self, Listener};

use crate::{
    emulator::{Lossy, Shared, connection, moto},
    events::{Queue, bus, event},
    stub::{Stub, xml_error},
};

const RETRY_FOR: Duration = Duration::from_millis(300);

async fn topic(endpoint: String, arn: &str) -> Topic {
    let options = Options { endpoint: Some(endpoint), topic: arn.to_owned(), retry_for: RETRY_FOR };
    Topic::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

/// Hears what is on the bus, and what comes from the topic.
struct Both(Queue, Queue);

#[async_trait]
impl Listener for Both {
    async fn heard(&self) -> Vec<Event> {
        let mut heard = self.0.heard().await;
        heard.extend(self.1.wrapped().await.into_iter().map(|event| serde_json::from_value(event).unwrap()));
        heard
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let made = AtomicUsize::new(0);
    let count = events::check(async || {
        let name = format!("case{}", made.fetch_add(1, Ordering::Relaxed));
        let queue = Queue::on(&emulator, &name).await;
        let (subscribed, arn) = Queue::of_topic(&emulator, &format!("alerts-{name}"), None).await;
        let bus = Arc::new(bus(emulator.endpoint(), &name).await);
        let alerting = AlertingEvents::new(bus, topic(emulator.endpoint(), &arn).await);
        (Arc::new(alerting) as Arc<dyn Events>, Arc::new(Both(queue, subscribed)) as Arc<dyn Listener>)
    })
    .await;
    println!("SNS alerts: {count} cases");
}

#[tokio::test]
async fn alerts_alone_go_to_the_topic_and_subscriptions_can_filter_them() {
    let emulator = moto().await;
    let queue = Queue::on(&emulator, "bus").await;
    let (all, arn) = Queue::of_topic(&emulator, "alerts", None).await;
    let bus = Arc::new(bus(emulator.endpoint(), "bus").await);
    let alerting = AlertingEvents::new(bus, topic(emulator.endpoint(), &arn).await);
    alerting.publish(&event()).await.unwrap();
    assert_eq!(all.wrapped().await, [json!(null); 0]);
    alerting.alert(&event()).await.unwrap();
    assert_eq!(all.wrapped().await, [json!(event())]);
    assert_eq!(queue.heard().await, [event(), event()]);

    for (name, filter, heard) in [
        ("kind", json!({ "kind": [event().kind] }), 1),
        ("account", json!({ "accountId": [event().account_id], "kind": [{ "prefix": "account." }] }), 1),
        ("another", json!({ "kind": ["account.deleted"] }), 0),
    ] {
        let (some, arn) = Queue::of_topic(&emulator, name, Some(filter)).await;
        let topic = topic(emulator.endpoint(), &arn).await;
        AlertingEvents::new(Arc::new(local::events::Bus::default()), topic).alert(&event()).await.unwrap();
        assert_eq!(some.wrapped().await.len(), heard, "{name}");
    }
}

#[tokio::test]
async fn an_alert_whose_answer_is_lost_goes_out_again() {
    let emulator = moto().await;
    let (heard, arn) = Queue::of_topic(&emulator, "lossy", None).await;
    let lossy = Lossy::before(&emulator).await;
    let topic = topic(lossy.endpoint(), &arn).await;
    let alerting = AlertingEvents::new(Arc::new(local::events::Bus::default()), topic);
    lossy.lose(1);
    alerting.alert(&event()).await.unwrap();
    assert_eq!(heard.wrapped().await, [json!(event()), json!(event())]);
}

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";
const TAKEN: &str = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";

#[tokio::test]
async fn what_sns_refuses_is_named_with_its_fix_and_the_bus_has_the_alert_once() {
    for (code, status, expected) in [
        ("NotFound", 404, "not there; make the topic, or name another: aws_alert_topic"),
        (
            "AuthorizationError",
            403,
            "access is denied; permit sns:Publish on the topic, to this role and in the topic's own policy",
        ),
        ("InvalidParameter", 400, "refused as malformed; check aws_alert_topic"),
        ("KMSDisabled", 400, "the key of KMS is disabled; enable the key: aws kms enable-key --key-id KEY"),
    ] {
        let stub = Stub::answering([xml_error(status, code)]).await;
        let bus = Arc::new(local::events::Bus::default());
        let mut on_bus = bus.listen();
        let alerting = AlertingEvents::new(bus, topic(stub.endpoint(), ARN).await);
        for _ in 0..3 {
            let refused = alerting.alert(&event()).await.unwrap_err();
            assert_eq!(refused.0, format!("SNS, {ARN}: {expected}"));
        }
        assert_eq!(stub.asked().len(), 3, "{code} is not asked for again at once");
        assert_eq!(on_bus.try_recv().unwrap(), event());
        assert!(on_bus.try_recv().is_err(), "the bus has it once");
    }
}

#[tokio::test]
async fn a_throttled_alert_goes_out_when_sns_takes_it() {
    let throttled = || xml_error(429, "Throttled");
    let stub = Stub::answering([throttled(), throttled(), (200, TAKEN.to_owned())]).await;
    let alerting = AlertingEvents::new(Arc::new(local::events::Bus::default()), topic(stub.endpoint(), ARN).await);
    alerting.alert(&event()).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked.len(), 3);
    assert!(
        asked[2].contains("Subject=Freehold%3A+account.provisioning.failed")
            || asked[2].contains("Subject=Freehold%3A%20account"),
        "{}",
        asked[2]
    );

    let stub = Stub::answering([throttled()]).await;
    let alerting = AlertingEvents::new(Arc::new(local::events::Bus::default()), topic(stub.endpoint(), ARN).await);
    let busy = alerting.alert(&event()).await.unwrap_err();
    assert_eq!(busy.0, format!("SNS, {ARN}: throttled; ask for a higher quota, or wait"));
}

//! Alerts by SNS: what the bus gets too, for people, and for whatever wakes them.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_sns::{Client, types::MessageAttributeValue};
use kernel::{
    ids::EventId,
    ports::{
        events::{Event, Events, EventsError},
        random::RandomSource,
    },
};

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// SNS takes no longer subjects.
const LONGEST_SUBJECT: usize = 100;

/// Where alerts go.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The ARN of a standard topic, in whichever region.
    pub topic: String,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { endpoint: None, topic: String::new(), retry_for: retry::MAX_DURATION }
    }
}

/// A topic of SNS. Subscriptions can filter by the attributes `kind` and `accountId`.
#[derive(Clone)]
pub struct Topic {
    client: Client,
    retry: RetryPolicy,
    arn: String,
}

/// One message to a topic.
pub struct Message<'a> {
    pub subject: &'a str,
    pub text: &'a str,
    /// The names and values that subscriptions can filter by.
    pub attributes: &'a [(&'a str, &'a str)],
}

impl Topic {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, topic, retry_for } = options;
        let mut builder = aws_sdk_sns::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        // SNS answers for the topics of its own region alone.
        if let Some(region) = topic.split(':').nth(3).filter(|region| !region.is_empty()) {
            builder.set_region(Some(Region::new(region.to_owned())));
        }
        Self { client: Client::from_conf(builder.build()), retry: RetryPolicy::new(rng, retry_for), arn: topic }
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// At least once: of a request whose answer is lost, two messages come.
    pub async fn publish(&self, message: &Message<'_>) -> Result<(), Fault> {
        let subject = subject(message.subject);
        self.retry
            .repeat(|| async {
                let mut request = self.client.publish().topic_arn(&self.arn).subject(&subject).message(message.text);
                for (name, value) in message.attributes {
                    request = request.message_attributes(*name, attribute(value));
                }
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map(drop)
    }

    /// The number of confirmed subscriptions.
    pub async fn subscribers(&self) -> Result<u64, Fault> {
        let told = self
            .retry
            .repeat(|| async {
                let request = self.client.get_topic_attributes().topic_arn(&self.arn);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let attributes = told.attributes.unwrap_or_default();
        let count = attributes.get("SubscriptionsConfirmed").and_then(|count| count.parse().ok());
        count.ok_or(Fault::Garbled)
    }

    /// What an operator can do about a fault of the topic.
    pub const fn fix(fault: Fault) -> &'static str {
        match fault {
            Fault::NotFound => "make the topic, or name another: aws_alert_topic",
            Fault::Denied => "permit sns:Publish on the topic, to this role and in the topic's own policy",
            Fault::Malformed => "check aws_alert_topic",
            fault => fault.fix(),
        }
    }
}

fn attribute(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().expect("the type is given")
}

/// Subjects are one line of ASCII.
fn subject(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    plain.take(LONGEST_SUBJECT).collect()
}

/// A bus whose alerts go to a topic too.
pub struct AlertingEvents {
    bus: Arc<dyn Events>,
    topic: Topic,
    /// Alerts that are on the bus but not yet in the topic: a retry does not put them on the bus again.
    halfway: Mutex<BTreeSet<EventId>>,
}

impl AlertingEvents {
    pub fn new(bus: Arc<dyn Events>, topic: Topic) -> Self {
        Self { bus, topic, halfway: Mutex::default() }
    }

    fn halfway(&self) -> MutexGuard<'_, BTreeSet<EventId>> {
        self.halfway.lock().expect("no holder panics")
    }
}

#[async_trait]
impl Events for AlertingEvents {
    async fn publish(&self, event: &Event) -> Result<(), EventsError> {
        self.bus.publish(event).await
    }

    async fn alert(&self, event: &Event) -> Result<(), EventsError> {
        let on_bus = self.halfway().contains(&event.id);
        if !on_bus {
            self.bus.alert(event).await?;
            self.halfway().insert(event.id);
        }
        let text = serde_json::to_string(event).expect("an event is JSON");
        let (subject, account) = (format!("Freehold: {}", event.kind), event.account_id.to_string());
        let attributes = [("kind", event.kind.as_str()), ("accountId", account.as_str())];
        let message = Message { subject: &subject, text: &text, attributes: &attributes };
        let sent = self.topic.publish(&message).await;
        if sent.is_ok() {
            self.halfway().remove(&event.id);
        }
        sent.map_err(|fault| EventsError(format!("SNS, {}: {fault}; {}", self.topic.arn, Topic::fix(fault))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_what_sns_takes() {
        assert_eq!(subject("Freehold: account.provisioning.failed"), "Freehold: account.provisioning.failed");
        assert_eq!(subject("Freehold: a\nb ü"), "Freehold: a?b ?");
        assert_eq!(subject(&"x".repeat(300)).len(), LONGEST_SUBJECT);
    }
}

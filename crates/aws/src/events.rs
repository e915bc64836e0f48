//! The event bus on EventBridge: lifecycle events and alerts, on one bus, told apart by their source.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use kernel::ports::{
    events::{Event, Events, EventsError},
    random::RandomSource,
};

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// Where events go.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The name or ARN of the bus.
    pub bus: String,
    /// The source that rules match lifecycle events by; that of alerts is the same with `.alert` behind it.
    pub source: String,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            bus: "default".to_owned(),
            source: "freehold".to_owned(),
            retry_for: retry::MAX_DURATION,
        }
    }
}

/// Puts each event on the bus: its kind as the detail's type, itself as the detail.
pub struct BusEvents {
    client: Client,
    retry: RetryPolicy,
    bus: String,
    source: String,
}

impl BusEvents {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, bus, source, retry_for } = options;
        let mut builder = aws_sdk_eventbridge::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        Self { client: Client::from_conf(builder.build()), retry: RetryPolicy::new(rng, retry_for), bus, source }
    }

    /// Events are delivered at least once, so an event may be put twice.
    async fn put(&self, source: &str, event: &Event) -> Result<(), EventsError> {
        let detail = serde_json::to_string(event).expect("an event is JSON");
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(source)
            .detail_type(&event.kind)
            .time(DateTime::from_secs(event.at.as_second()))
            .resources(event.account_id.to_string())
            .detail(detail)
            .build();
        self.retry
            .repeat(|| async {
                let answer = self.client.put_events().entries(entry.clone()).send().await;
                accepted(answer.map_err(|error| Fault::of(&error))?.entries())
            })
            .await
            .map_err(|fault| EventsError(format!("EventBridge: {fault}")))
    }
}

/// The request can go through while its entry does not.
fn accepted(entries: &[PutEventsResultEntry]) -> Result<(), Fault> {
    match entries {
        [entry] => entry.error_code().map_or(Ok(()), |code| {
            tracing::debug!(code, message = entry.error_message(), "an event was not accepted");
            Err(Fault::named(code))
        }),
        _ => Err(Fault::Garbled),
    }
}

#[async_trait]
impl Events for BusEvents {
    async fn publish(&self, event: &Event) -> Result<(), EventsError> {
        self.put(&self.source, event).await
    }

    async fn alert(&self, event: &Event) -> Result<(), EventsError> {
        self.put(&format!("{}.alert", self.source), event).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_was_not_accepted_is_a_fault() {
        let entry =
            |code: Option<&str>| PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).build();
        assert_eq!(accepted(&[entry(None)]), Ok(()));
        assert_eq!(accepted(&[entry(Some("ThrottlingException"))]), Err(Fault::Throttled));
        assert_eq!(accepted(&[entry(Some("InternalFailure"))]), Err(Fault::Internal));
        assert_eq!(accepted(&[]), Err(Fault::Garbled));
    }
}

//! What every adapter of the event bus must pass, checked by the events received.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use plane::{
    ids::{AccountId, EventId},
    ports::events::{Event, Events},
};
use serde_json::{Value, json};

use super::{cases, run, settled};
use crate::random::SeededRandom;

/// Receives the events on the bus.
#[async_trait]
pub trait Listener: Send + Sync {
    /// All that was heard so far, in any order, repeats included.
    async fn heard(&self) -> Vec<Event>;
}

/// A bus, and somebody who listens to it.
pub type Bus = (Arc<dyn Events>, Arc<dyn Listener>);

/// Runs every case on a silent bus and answers how many there were.
pub async fn check<Made>(make: impl Fn() -> Made) -> usize
where
    Made: Future<Output = Bus>,
{
    run(cases(), make).await
}

fn event(number: u64, kind: &str, detail: Value) -> Event {
    let at = Timestamp::from_second(1_780_315_200).expect("a moment of 2026");
    let id = EventId::new(at, &SeededRandom::new(number));
    let account_id = AccountId::new(at, &SeededRandom::new(0));
    Event { id, kind: kind.to_owned(), account_id, at, detail }
}

/// Checks that each is received, unchanged, at least once, and nothing else.
async fn hears(listener: &Arc<dyn Listener>, expected: &[&Event]) {
    let all = |heard: &Vec<Event>| expected.iter().all(|event| heard.contains(event));
    let heard = settled(async || listener.heard().await, all).await;
    assert!(all(&heard), "heard {heard:?}, expected {expected:?}");
    assert!(heard.iter().all(|event| expected.contains(&event)), "heard {heard:?}, expected {expected:?}");
}

cases! { Bus;
    a_published_event_is_heard(bus) {
        let event = event(1, "account.provisioning.started", json!({ "state": "ValidateInput", "items": [1, null] }));
        bus.0.publish(&event).await.unwrap();
        hears(&bus.1, &[&event]).await;
    }
    an_alert_is_heard(bus) {
        let event = event(1, "account.provisioning.failed", json!({ "state": "CreateTable" }));
        bus.0.alert(&event).await.unwrap();
        hears(&bus.1, &[&event]).await;
    }
    each_of_many_is_heard(bus) {
        let events: Vec<Event> = (0..20).map(|n| event(n, "user.created", json!({ "n": n }))).collect();
        for event in &events {
            bus.0.publish(event).await.unwrap();
        }
        hears(&bus.1, &events.iter().collect::<Vec<_>>()).await;
    }
    a_repeat_is_told_by_its_id(bus) {
        let event = event(1, "user.created", json!({}));
        bus.0.publish(&event).await.unwrap();
        bus.0.publish(&event).await.unwrap();
        hears(&bus.1, &[&event]).await;
    }
    text_beyond_ascii_is_heard(bus) {
        let event = event(1, "user.created", json!({ "name": "Zoë 漢字 \u{1f980} \"quoted\"" }));
        bus.0.publish(&event).await.unwrap();
        hears(&bus.1, &[&event]).await;
    }
}

//! Events that can't go out: nothing is lost or turned round, and what is out already does not go out again.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use plane::{
    ports::events::{Event, Events, EventsError},
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::{keys::MemoryKeys, memory::MemoryTables, world::World};

/// A bus that hears everything, and takes no alerts, or nothing at all, for a while.
#[derive(Default)]
struct Moody {
    heard: Mutex<Vec<Event>>,
    refuses_alerts: AtomicBool,
    refuses_after: Mutex<Option<usize>>,
}

impl Moody {
    fn hear(&self, event: &Event) -> Result<(), EventsError> {
        if let Some(left) = &mut *self.refuses_after.lock().unwrap() {
            *left = left.checked_sub(1).ok_or_else(|| EventsError("moody".into()))?;
        }
        self.heard.lock().unwrap().push(event.clone());
        Ok(())
    }

    fn heard(&self) -> Vec<Event> {
        self.heard.lock().unwrap().clone()
    }
}

#[async_trait]
impl Events for Moody {
    async fn publish(&self, event: &Event) -> Result<(), EventsError> {
        self.hear(event)
    }

    async fn alert(&self, event: &Event) -> Result<(), EventsError> {
        if self.refuses_alerts.load(Ordering::SeqCst) {
            return Err(EventsError("the topic is gone".into()));
        }
        self.hear(event)
    }
}

async fn world(faults: &str) -> (World, Arc<Moody>) {
    let bus = Arc::new(Moody::default());
    let events = Arc::clone(&bus);
    let settings = Settings { faults: faults.parse().unwrap(), ..Settings::default() };
    let tables = Arc::new(MemoryTables::default());
    let world = World::over_ports(tables, settings, MemoryKeys::default(), |ports| ports.events = events).await;
    world.set_up().await;
    (world, bus)
}

fn of<'e>(account: &Value, events: &'e [Event]) -> Vec<&'e str> {
    let id = account["id"].as_str().unwrap();
    events.iter().filter(|event| event.account_id.to_string() == id).map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn an_alert_that_is_held_up_holds_up_its_own_account_alone() {
    let (world, bus) = world("VerifyProvisioning:permanent").await;
    bus.refuses_alerts.store(true, Ordering::SeqCst);
    let offer = world.offer("Acme").await;
    let failed = world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    world.operator().await.post("/api/provisioning", json!({ "accountId": failed["id"] })).await.expect(202);
    world.run_ended(failed["id"].as_str().unwrap()).await;
    let other = world.offer("Bolt").await;
    let fine = world.onboard(world.account_request("Bolt", "public", &other, 3)).await;
    assert_eq!(fine["status"], "active", "{fine}");
    world.plane.relay_once().await.unwrap_err();
    let heard = bus.heard();
    assert!(of(&fine, &heard).contains(&"account.provisioning.succeeded"), "{heard:?}");
    assert!(!of(&failed, &heard).contains(&"account.provisioning.succeeded"), "it stands behind the alert: {heard:?}");

    bus.refuses_alerts.store(false, Ordering::SeqCst);
    world.plane.relay_once().await.unwrap();
    let heard = bus.heard();
    let kinds = of(&failed, &heard);
    let at = |kind: &str| kinds.iter().position(|heard| *heard == kind);
    assert!(at("account.provisioning.failed") < at("account.provisioning.succeeded"), "{kinds:?}");
    let mut ids: Vec<_> = heard.iter().map(|event| event.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), heard.len(), "each went out once");
}

#[tokio::test]
async fn what_went_out_before_the_bus_broke_does_not_go_out_again() {
    let (world, bus) = world("").await;
    world.plane.relay_once().await.unwrap();
    let before = bus.heard().len();
    *bus.refuses_after.lock().unwrap() = Some(2);
    let offer = world.offer("Acme").await;
    world.onboard(world.account_request("Acme", "public", &offer, 3)).await;
    for _ in 0..3 {
        world.plane.relay_once().await.unwrap_err();
    }
    assert_eq!(bus.heard().len(), before + 2);
    *bus.refuses_after.lock().unwrap() = None;
    world.plane.relay_once().await.unwrap();
    let mut ids: Vec<_> = bus.heard().iter().map(|event| event.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(all > before + 2 && ids.len() == all, "each went out once: {all}, {}", ids.len());
}

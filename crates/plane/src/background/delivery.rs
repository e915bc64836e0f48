//! Events on their way out: at least once, and in the order of their ids for each account.

use std::sync::Arc;

use crate::{
    change::OutgoingEvent,
    plane::Plane,
    ports::table::{CommitError, MAX_WRITES, Table},
    problem::{Code, Problem, Result},
    record::{decode, replace},
};

impl Plane {
    /// Delivers the events that wait; those that tell of a failure also as alerts.
    pub(super) async fn deliver(&self, table: &Arc<dyn Table>) -> Result<()> {
        loop {
            let due = super::waiting(table.as_ref(), OutgoingEvent::PENDING).await?;
            if due.is_empty() {
                return Ok(());
            }
            for items in due.chunks(MAX_WRITES) {
                let mut delivered = Vec::with_capacity(items.len());
                let mut held_up = Ok(());
                for item in items {
                    let outgoing = decode::<OutgoingEvent>(item)?;
                    held_up = self.send_out(&outgoing).await;
                    if held_up.is_err() {
                        break;
                    }
                    let sent = OutgoingEvent { delivered_at: Some(self.now()), ..outgoing.record.clone() };
                    delivered.push(replace(&outgoing, &sent));
                }
                // Those before the one that holds it up are not to go out each time that it is tried.
                if !delivered.is_empty() {
                    match table.commit(delivered).await {
                        // Another process delivered some of them too.
                        Ok(()) | Err(CommitError::Refused { .. }) => {}
                        Err(CommitError::Table(error)) => return Err(error.into()),
                    }
                }
                held_up?;
            }
        }
    }

    async fn send_out(&self, outgoing: &OutgoingEvent) -> Result<()> {
        let events = &self.ports().events;
        let event = &outgoing.event;
        let sent =
            if event.kind.ends_with(".failed") { events.alert(event).await } else { events.publish(event).await };
        sent.map_err(|error| {
            tracing::warn!(%error, event.id = %event.id, "an event was not delivered");
            Problem::new(Code::Unavailable, "the event bus does not answer now")
        })
    }
}

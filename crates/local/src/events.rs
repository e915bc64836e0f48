//! The event bus of the embedded profile: in the process, and in the log.

use async_trait::async_trait;
use kernel::ports::events::{Event, Events, EventsError};
use tokio::sync::broadcast;

pub struct Bus {
    sender: broadcast::Sender<Event>,
}

impl Default for Bus {
    fn default() -> Self {
        Self { sender: broadcast::channel(1024).0 }
    }
}

impl Bus {
    /// Events from now on. A listener that falls 1,024 behind misses some: the records of events hold them all.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
}

#[async_trait]
impl Events for Bus {
    async fn publish(&self, event: &Event) -> Result<(), EventsError> {
        tracing::info!(event.id = %event.id, event.kind, account.id = %event.account_id, "event");
        // Nobody may be listening.
        drop(self.sender.send(event.clone()));
        Ok(())
    }

    async fn alert(&self, event: &Event) -> Result<(), EventsError> {
        tracing::error!(event.id = %event.id, event.kind, account.id = %event.account_id, detail = %event.detail, "alert");
        drop(self.sender.send(event.clone()));
        Ok(())
    }
}

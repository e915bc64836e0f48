//! Lifecycle events and alerts, out of the product.

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, EventId};

/// Something that happened to an account. Delivered at least once; the id tells repeats apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: EventId,
    /// What happened, such as `account.provisioning.started`.
    #[serde(rename = "type")]
    pub kind: String,
    pub account_id: AccountId,
    pub at: Timestamp,
    /// References to what it concerns; never a secret.
    pub detail: serde_json::Value,
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("the event bus does not answer now: {0}")]
pub struct EventsError(pub String);

#[async_trait]
pub trait Events: Send + Sync {
    async fn publish(&self, event: &Event) -> Result<(), EventsError>;

    /// Tells the operators of something that needs them.
    async fn alert(&self, event: &Event) -> Result<(), EventsError>;
}

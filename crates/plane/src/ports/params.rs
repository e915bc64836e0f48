//! The parameter store: the published copy of the routes.

use async_trait::async_trait;

#[derive(Debug, Clone, thiserror::Error)]
#[error("the parameter store does not answer now: {0}")]
pub struct ParamsError(pub String);

/// Named text values; names are paths such as `/accounts/{id}/cloud-type`. All calls are idempotent.
#[async_trait]
pub trait Params: Send + Sync {
    async fn get(&self, name: &str) -> Result<Option<String>, ParamsError>;
    async fn put(&self, name: &str, value: &str) -> Result<(), ParamsError>;
    async fn delete(&self, name: &str) -> Result<(), ParamsError>;
}

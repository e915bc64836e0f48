//! The parameter store: the published copy of the routes.

use async_trait::async_trait;

use super::external_error::ExternalError;

#[derive(Debug, Clone, thiserror::Error)]
#[error("the parameter store does not answer now: {0}")]
pub struct ParamsError(pub ExternalError);

/// The maximum size of a value in bytes.
pub const MAX_VALUE_BYTES: usize = 4096;

/// Named text values; names are paths such as `/accounts/{id}/cloud-type`, of letters, digits and `_.-`, up to 15 levels
/// deep; values hold at least one byte. All calls are idempotent. A read may lag behind a write for a moment.
#[async_trait]
pub trait Params: Send + Sync {
    async fn get(&self, name: &str) -> Result<Option<String>, ParamsError>;
    /// Writes it unless there is one: what comes too late changes nothing.
    async fn put_new(&self, name: &str, value: &str) -> Result<(), ParamsError>;
    async fn put(&self, name: &str, value: &str) -> Result<(), ParamsError>;
    async fn delete(&self, name: &str) -> Result<(), ParamsError>;
}

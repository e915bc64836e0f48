//! What onboarding asks of a cloud: a dedicated table of an account's own.

use async_trait::async_trait;

use super::{table::TableName, trouble::Trouble};
use crate::ids::AccountId;

/// How far the making or removing of a dedicated table has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// Ask again later.
    Underway,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum DedicatedTableError {
    #[error("the cloud does not answer now: {0}")]
    Unavailable(Trouble),
    #[error("the cloud refuses: {0}")]
    Refused(Trouble),
}

/// Makes and removes dedicated tables with what belongs to them. Both are idempotent.
#[async_trait]
pub trait DedicatedTables: Send + Sync {
    async fn ensure_table(&self, account: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError>;

    async fn remove_table(&self, account: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError>;
}

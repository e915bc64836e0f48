//! What onboarding asks of a cloud: a dedicated table of an account's own.

use async_trait::async_trait;

use super::{external_error::ExternalError, table::TableName};
use crate::{directory::account::CloudType, ids::AccountId};

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
    Unavailable(ExternalError),
    #[error("the cloud refuses: {0}")]
    Refused(ExternalError),
}

/// Whose a dedicated table is.
#[derive(Clone, Debug)]
pub struct TableOwner {
    pub account: AccountId,
    /// What the account is called, for people who look at the cloud.
    pub name: String,
    pub cloud_type: CloudType,
}

/// Makes and removes dedicated tables with what belongs to them. Both are idempotent.
#[async_trait]
pub trait DedicatedTables: Send + Sync {
    async fn ensure_table(&self, owner: &TableOwner, table: &TableName) -> Result<Progress, DedicatedTableError>;

    async fn remove_table(&self, account: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError>;
}

//! What lets the platform use a table in another account of the cloud: whether it does, and lets nobody else.

use async_trait::async_trait;

use super::table::{CrossAccountRole, TableName};

/// The data that the owner of another account needs to give the platform access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInvitation {
    /// Who will ask: in AWS, the ARN of the platform's role.
    pub platform: String,
    /// What the table is to be called there.
    pub table: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossAccountError {
    /// The profile knows no other accounts.
    #[error("this profile has no way to other accounts")]
    NotHere,
    /// It may go through later.
    #[error("{0}")]
    Unavailable(String),
    /// It is not as it must be: what is wrong, and what its owner can do about it.
    #[error("{cause}")]
    Refused { cause: String, fix: String },
}

#[async_trait]
pub trait CrossAccountAccess: Send + Sync {
    async fn invitation(&self, table: &TableName) -> Result<TableInvitation, CrossAccountError>;

    /// Looks whether the role opens with the grant's external id, does not open without one or with another's, is of the
    /// account that its name says, which is not the platform's own, and can read the table.
    async fn check(&self, grant: &CrossAccountRole, table: &TableName) -> Result<(), CrossAccountError>;
}

/// There are no other accounts.
pub struct NoCrossAccountAccess;

#[async_trait]
impl CrossAccountAccess for NoCrossAccountAccess {
    async fn invitation(&self, _: &TableName) -> Result<TableInvitation, CrossAccountError> {
        Err(CrossAccountError::NotHere)
    }

    async fn check(&self, _: &CrossAccountRole, _: &TableName) -> Result<(), CrossAccountError> {
        Err(CrossAccountError::NotHere)
    }
}

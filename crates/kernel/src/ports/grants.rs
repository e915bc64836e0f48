//! What lets the platform use a table in another account of the cloud: whether it does, and lets nobody else.

use async_trait::async_trait;

use super::table::{Grant, TableName};

/// What the owner of another account is told, to let the platform in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who will ask: in AWS, the ARN of the platform's role.
    pub platform: String,
    /// What the table is to be called there.
    pub table: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
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
pub trait Grants: Send + Sync {
    async fn invitation(&self, table: &TableName) -> Result<Invitation, GrantError>;

    /// Looks whether the role opens with the grant's external id, does not open without one or with another's, is of the
    /// account that its name says, which is not the platform's own, and leads to the table.
    async fn check(&self, grant: &Grant, table: &TableName) -> Result<(), GrantError>;
}

/// There are no other accounts.
pub struct NoGrants;

#[async_trait]
impl Grants for NoGrants {
    async fn invitation(&self, _: &TableName) -> Result<Invitation, GrantError> {
        Err(GrantError::NotHere)
    }

    async fn check(&self, _: &Grant, _: &TableName) -> Result<(), GrantError> {
        Err(GrantError::NotHere)
    }
}

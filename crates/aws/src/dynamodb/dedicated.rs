//! The cloud port: dedicated tables, made and removed a step at a time.

use async_trait::async_trait;
use kernel::{
    ids::AccountId,
    ports::{
        dedicated_tables::{DedicatedTableError, DedicatedTables, Progress, TableOwner},
        table::{TableError, TableName},
    },
};

use super::DynamoTables;

/// Makes dedicated tables in DynamoDB.
pub struct DedicatedDynamoTables(DynamoTables);

impl DedicatedDynamoTables {
    pub fn new(tables: DynamoTables) -> Self {
        Self(tables)
    }
}

#[async_trait]
impl DedicatedTables for DedicatedDynamoTables {
    async fn ensure_table(&self, _: &TableOwner, table: &TableName) -> Result<Progress, DedicatedTableError> {
        self.0.advance(table).await.map_err(cloud_error)
    }

    async fn remove_table(&self, _: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError> {
        if *table == TableName::shared() {
            return Err(DedicatedTableError::Refused("the shared table is nobody's to remove".into()));
        }
        self.0.retire(table).await.map_err(cloud_error)
    }
}

fn cloud_error(error: TableError) -> DedicatedTableError {
    match error {
        TableError::Unavailable(error) => DedicatedTableError::Unavailable(error),
        TableError::Full => DedicatedTableError::Unavailable(error.to_string().into()),
        TableError::Invalid(_) | TableError::Damaged(_) => DedicatedTableError::Refused(error.to_string().into()),
    }
}

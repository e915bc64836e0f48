//! The cloud port: dedicated tables, made and removed a step at a time.

use async_trait::async_trait;
use kernel::{
    ids::AccountId,
    ports::{
        cloud::{Cloud, CloudError, Progress},
        table::{TableError, TableName},
    },
};

use super::DynamoTables;

/// Makes dedicated tables in DynamoDB.
pub struct DynamoCloud(DynamoTables);

impl DynamoCloud {
    pub fn new(tables: DynamoTables) -> Self {
        Self(tables)
    }
}

#[async_trait]
impl Cloud for DynamoCloud {
    async fn ensure_table(&self, _: AccountId, table: &TableName) -> Result<Progress, CloudError> {
        self.0.advance(table).await.map_err(cloud_error)
    }

    async fn remove_table(&self, _: AccountId, table: &TableName) -> Result<Progress, CloudError> {
        if *table == TableName::shared() {
            return Err(CloudError::Refused("the shared table is nobody's to remove".into()));
        }
        self.0.retire(table).await.map_err(cloud_error)
    }
}

fn cloud_error(error: TableError) -> CloudError {
    match error {
        TableError::Unavailable(trouble) => CloudError::Unavailable(trouble),
        TableError::Full => CloudError::Unavailable(error.to_string().into()),
        TableError::Invalid(_) | TableError::Damaged(_) => CloudError::Refused(error.to_string().into()),
    }
}

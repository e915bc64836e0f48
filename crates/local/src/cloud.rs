//! The cloud of the embedded profile: a dedicated table is a file of its own, made at once.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    ids::AccountId,
    ports::{
        cloud::{Cloud, CloudError, Progress},
        table::{TableError, TableName, Tables},
    },
};

pub struct LocalCloud(Arc<dyn Tables>);

impl LocalCloud {
    pub fn new(tables: Arc<dyn Tables>) -> Self {
        Self(tables)
    }
}

fn unavailable(error: TableError) -> CloudError {
    CloudError::Unavailable(error.to_string().into())
}

#[async_trait]
impl Cloud for LocalCloud {
    async fn ensure_table(&self, _: AccountId, table: &TableName) -> Result<Progress, CloudError> {
        self.0.create(table).await.map_err(unavailable)?;
        Ok(Progress::Done)
    }

    async fn remove_table(&self, _: AccountId, table: &TableName) -> Result<Progress, CloudError> {
        if *table == TableName::shared() {
            return Err(CloudError::Refused("the shared table is nobody's to remove".into()));
        }
        self.0.remove(table).await.map_err(unavailable)?;
        Ok(Progress::Done)
    }
}

//! The cloud of the embedded profile: a dedicated table is a file of its own, made at once.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    ids::AccountId,
    ports::{
        dedicated_tables::{DedicatedTableError, DedicatedTables, Progress, TableOwner},
        table::{TableError, TableName, Tables},
    },
};

pub struct LocalTables(Arc<dyn Tables>);

impl LocalTables {
    pub fn new(tables: Arc<dyn Tables>) -> Self {
        Self(tables)
    }
}

fn unavailable(error: TableError) -> DedicatedTableError {
    DedicatedTableError::Unavailable(error.to_string().into())
}

#[async_trait]
impl DedicatedTables for LocalTables {
    async fn ensure_table(&self, _: &TableOwner, table: &TableName) -> Result<Progress, DedicatedTableError> {
        self.0.create(table).await.map_err(unavailable)?;
        Ok(Progress::Done)
    }

    async fn remove_table(&self, _: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError> {
        if *table == TableName::shared() {
            return Err(DedicatedTableError::Refused("the shared table is nobody's to remove".into()));
        }
        self.0.remove(table).await.map_err(unavailable)?;
        Ok(Progress::Done)
    }
}

//! Tables that tell the search index which records were written, by any part of the product.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::index::SearchIndex;
use crate::ports::table::{
    Bodies, CommitError, CrossAccountRole, Item, Key, Query, Rows, Table, TableError, TableName, Tables, Write,
};

/// A commit whose end nobody saw may still be written for this long.
const UNCERTAIN: Duration = Duration::from_secs(10);

/// Tables whose commits the index learns of.
pub(crate) struct ObservedTables {
    inner: Arc<dyn Tables>,
    index: Arc<SearchIndex>,
}

impl ObservedTables {
    pub(crate) fn new(inner: Arc<dyn Tables>, index: Arc<SearchIndex>) -> Self {
        Self { inner, index }
    }

    fn observed(&self, inner: Arc<dyn Table>) -> Arc<dyn Table> {
        Arc::new(ObservedTable { inner, index: Arc::clone(&self.index) })
    }
}

#[async_trait]
impl Tables for ObservedTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        Ok(self.inner.open(name).await?.map(|table| self.observed(table)))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        Ok(self.observed(self.inner.create(name).await?))
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.inner.remove(name).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        self.inner.list().await
    }

    fn forget(&self, name: &TableName) {
        self.inner.forget(name);
    }

    async fn open_by(&self, grant: &CrossAccountRole, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        Ok(self.inner.open_by(grant, name).await?.map(|table| self.observed(table)))
    }

    fn disconnect(&self, grant: &CrossAccountRole) {
        self.inner.disconnect(grant);
    }
}

struct ObservedTable {
    inner: Arc<dyn Table>,
    index: Arc<SearchIndex>,
}

#[async_trait]
impl Table for ObservedTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.inner.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.inner.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.inner.query(query).await
    }

    async fn bodies(&self, query: &Query) -> Result<Bodies, TableError> {
        self.inner.bodies(query).await
    }

    async fn query_now(&self, query: &Query) -> Result<Rows, TableError> {
        self.inner.query_now(query).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let keys = writes.iter().filter(|write| !matches!(write, Write::Check { .. })).map(Write::key);
        let mut noted = NotedCommit { index: &self.index, keys: self.index.of_interest(keys), is_certain: false };
        let result = self.inner.commit(writes).await;
        noted.is_certain = match &result {
            Ok(()) | Err(CommitError::Refused { .. }) => true,
            Err(CommitError::Table(_)) => false,
        };
        result
    }
}

/// Notes the written keys when the commit has ended, or when its caller gave up.
struct NotedCommit<'i> {
    index: &'i SearchIndex,
    keys: Vec<Key>,
    is_certain: bool,
}

impl Drop for NotedCommit<'_> {
    fn drop(&mut self) {
        self.index.written(std::mem::take(&mut self.keys), (!self.is_certain).then_some(UNCERTAIN));
    }
}

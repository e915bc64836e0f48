//! Tables whose commits go through a hook: it can count, delay or refuse them, or act before and after.

use std::sync::Arc;

use async_trait::async_trait;
use plane::ports::table::{
    Bodies, CommitError, CrossAccountRole, Item, Key, Query, Rows, Table, TableError, TableName, Tables, Write,
};

/// Makes the commits in a table's place.
#[async_trait]
pub trait CommitHook: Send + Sync + 'static {
    async fn commit(&self, table: &dyn Table, writes: Vec<Write>) -> Result<(), CommitError>;
}

/// Tables with a hook.
pub struct HookedTables<H> {
    inner: Arc<dyn Tables>,
    hook: Arc<H>,
}

impl<H: CommitHook> HookedTables<H> {
    pub fn new(inner: Arc<dyn Tables>, hook: Arc<H>) -> Self {
        Self { inner, hook }
    }

    fn hooked(&self, inner: Arc<dyn Table>) -> Arc<dyn Table> {
        Arc::new(HookedTable { inner, hook: Arc::clone(&self.hook) })
    }
}

#[async_trait]
impl<H: CommitHook> Tables for HookedTables<H> {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        Ok(self.inner.open(name).await?.map(|table| self.hooked(table)))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        Ok(self.hooked(self.inner.create(name).await?))
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
        Ok(self.inner.open_by(grant, name).await?.map(|table| self.hooked(table)))
    }

    fn disconnect(&self, grant: &CrossAccountRole) {
        self.inner.disconnect(grant);
    }
}

struct HookedTable<H> {
    inner: Arc<dyn Table>,
    hook: Arc<H>,
}

#[async_trait]
impl<H: CommitHook> Table for HookedTable<H> {
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
        self.hook.commit(self.inner.as_ref(), writes).await
    }
}

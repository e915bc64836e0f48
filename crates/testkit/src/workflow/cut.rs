//! A table that stops answering at one commit, as it looks from a process that ends there.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use plane::ports::table::{CommitError, Item, Key, Query, Rows, Table, TableError, Write};
use tokio::sync::Notify;

/// Where the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the commit took effect.
    Before,
    /// After it took effect, and before anybody learned of it.
    After,
}

/// Lets a number of commits through.
pub struct CutTable {
    inner: Arc<dyn Table>,
    left: AtomicUsize,
    cut: Cut,
    pub happened: Notify,
}

impl CutTable {
    pub fn new(inner: Arc<dyn Table>, commits: usize, cut: Cut) -> Arc<Self> {
        Arc::new(Self { inner, left: AtomicUsize::new(commits), cut, happened: Notify::new() })
    }
}

#[async_trait]
impl Table for CutTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.inner.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.inner.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.inner.query(query).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before.is_ok() {
            return self.inner.commit(writes).await;
        }
        if self.cut == Cut::After {
            self.inner.commit(writes).await?;
        }
        self.happened.notify_one();
        std::future::pending().await
    }
}

/// Counts commits.
pub(super) struct CountTable {
    pub(super) inner: Arc<dyn Table>,
    pub(super) commits: AtomicUsize,
}

#[async_trait]
impl Table for CountTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.inner.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.inner.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.inner.query(query).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.inner.commit(writes).await
    }
}

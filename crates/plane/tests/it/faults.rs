//! A store that breaks or waits where a test says, so that a race comes out the same way every time.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use plane::ports::{
    external_error::ExternalError,
    table::{CommitError, Item, Key, Query, Rows, Table, TableError, TableName, Tables, Write},
};
use testkit::memory::MemoryTables;
use tokio::sync::oneshot;

/// Tables in memory, with faults.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Inner>);

struct Inner {
    tables: MemoryTables,
    /// Commits that still go through.
    left: AtomicUsize,
    held: Mutex<Option<Held>>,
    /// What a commit that fails says.
    error: Mutex<ExternalError>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            tables: MemoryTables::default(),
            left: AtomicUsize::new(usize::MAX),
            held: Mutex::default(),
            error: Mutex::new("the test broke it".into()),
        }
    }
}

struct Held {
    which: fn(&Write) -> bool,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

/// A commit that waits.
pub(crate) struct Hold {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Hold {
    /// Waits until the commit is about to be written, does something else first, and lets it go on.
    pub(crate) async fn meanwhile<T>(self, something: impl Future<Output = T>) -> T {
        self.reached.await.expect("the commit comes");
        let done = something.await;
        self.go.send(()).expect("the commit waits");
        done
    }
}

impl Faults {
    /// After so many commits, every other fails.
    pub(crate) fn break_after(&self, commits: usize) {
        self.0.left.store(commits, Ordering::SeqCst);
    }

    /// From now on commits fail, and say this.
    pub(crate) fn break_by(&self, error: ExternalError) {
        *self.0.error.lock().unwrap() = error;
        self.break_after(0);
    }

    pub(crate) fn mend(&self) {
        self.break_after(usize::MAX);
    }

    /// The contents of the tables.
    pub(crate) fn tables(&self) -> MemoryTables {
        self.0.tables.clone()
    }

    /// Holds the next commit that has such a write.
    pub(crate) fn hold(&self, which: fn(&Write) -> bool) -> Hold {
        let (reached, on_reached) = oneshot::channel();
        let (go, on_go) = oneshot::channel();
        *self.0.held.lock().unwrap() = Some(Held { which, reached, go: on_go });
        Hold { reached: on_reached, go }
    }
}

#[async_trait]
impl Tables for Faults {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        let table = self.0.tables.open(name).await?;
        Ok(table.map(|table| Arc::new(FaultyTable { table, faults: self.clone() }) as _))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        Ok(Arc::new(FaultyTable { table: self.0.tables.create(name).await?, faults: self.clone() }))
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.0.tables.remove(name).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        self.0.tables.list().await
    }
}

struct FaultyTable {
    table: Arc<dyn Table>,
    faults: Faults,
}

#[async_trait]
impl Table for FaultyTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.table.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.table.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.table.query(query).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let held = self.faults.0.held.lock().unwrap().take_if(|held| writes.iter().any(held.which));
        if let Some(Held { reached, go, .. }) = held {
            reached.send(()).expect("the test waits for it");
            go.await.expect("the test lets it go on");
        }
        let count = |left: usize| left.checked_sub(1);
        match self.faults.0.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) {
            Ok(_) => self.table.commit(writes).await,
            Err(_) => Err(TableError::Unavailable(self.faults.0.error.lock().unwrap().clone()).into()),
        }
    }
}

//! Tables in memory whose indexes show what was written only a while later, as DynamoDB's do.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use plane::ports::table::{
    CommitError, Condition, Index, Item, Key, MAX_KEYS, Query, Range, Rows, Table, TableError, TableName, Tables, Write,
};
use tokio::{sync::Mutex, time::Instant};

use crate::memory::MemoryTable;

/// All tables, each with indexes that lag behind by the same time.
pub struct LaggingTables {
    lag: Duration,
    tables: Mutex<BTreeMap<TableName, Arc<LaggingTable>>>,
}

impl LaggingTables {
    pub fn new(lag: Duration) -> Self {
        Self { lag, tables: Mutex::default() }
    }
}

#[async_trait]
impl Tables for LaggingTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        Ok(self.tables.lock().await.get(name).map(|table| Arc::clone(table) as Arc<dyn Table>))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        let mut tables = self.tables.lock().await;
        let made = tables.entry(name.clone()).or_insert_with(|| Arc::new(LaggingTable::new(self.lag)));
        Ok(Arc::clone(made) as Arc<dyn Table>)
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.tables.lock().await.remove(name);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        Ok(self.tables.lock().await.keys().cloned().collect())
    }
}

struct LaggingTable {
    lag: Duration,
    now: MemoryTable,
    /// What the indexes show.
    past: MemoryTable,
    /// What went through, and when the indexes are to show it.
    ahead: Mutex<VecDeque<(Instant, Vec<Write>)>>,
}

impl LaggingTable {
    fn new(lag: Duration) -> Self {
        Self { lag, now: MemoryTable::default(), past: MemoryTable::default(), ahead: Mutex::default() }
    }

    /// Lets the indexes see what is due.
    async fn catch_up(&self) {
        let mut ahead = self.ahead.lock().await;
        while ahead.front().is_some_and(|(due, _)| *due <= Instant::now()) {
            let Some((_, writes)) = ahead.pop_front() else { return };
            self.past.commit(writes).await.expect("what went through goes through again");
        }
    }
}

/// The write without its condition, which held; `None` where nothing is written.
fn unconditional(write: Write) -> Option<Write> {
    let when = Condition::Always;
    match write {
        Write::Put { item, .. } => Some(Write::Put { item, when }),
        Write::Add { key, field, by, .. } => Some(Write::Add { key, field, by, when }),
        Write::Delete { key, .. } => Some(Write::Delete { key, when }),
        Write::Check { .. } => None,
    }
}

#[async_trait]
impl Table for LaggingTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.now.get(key).await
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.now.batch_get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        if query.index == Index::Table {
            return self.now.query(query).await;
        }
        self.catch_up().await;
        self.past.query(query).await
    }

    async fn query_now(&self, query: &Query) -> Result<Rows, TableError> {
        let Rows { items, next } = self.query(query).await?;
        let keys: Vec<Key> = items.into_iter().map(|item| item.key).collect();
        let mut now = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            now.extend(self.now.batch_get(keys).await?.into_iter().flatten());
        }
        now.retain(|item| stands(query, item));
        Ok(Rows { items: now, next })
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let mut ahead = self.ahead.lock().await;
        self.now.commit(writes.clone()).await?;
        let shown: Vec<Write> = writes.into_iter().filter_map(unconditional).collect();
        if !shown.is_empty() {
            ahead.push_back((Instant::now() + self.lag, shown));
        }
        Ok(())
    }
}

fn stands(query: &Query, item: &Item) -> bool {
    let key = query.index.slot().map_or(Some(&item.key), |slot| item.index[slot].as_ref());
    key.is_some_and(|Key { pk, sk }| {
        *pk == query.pk
            && match &query.range {
                Range::All => true,
                Range::Prefix(prefix) => sk.starts_with(prefix),
                Range::Between(from, to) => from <= sk && sk <= to,
                Range::AtLeast(from) => from <= sk,
                Range::AtMost(to) => sk <= to,
            }
    })
}

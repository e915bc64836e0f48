//! The base of a case: one fresh table, and short ways to write to it and to query it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use plane::ports::table::{
    Bodies, CommitError, Condition, Index, Item, Key, NewItem, Order, Position, Query, Range, Rows, Table, TableError,
    TableName, Tables, Write,
};
use serde_json::{Value, json};

/// Indexes may lag by this much.
const LAG: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Ground {
    pub(super) tables: Arc<dyn Tables>,
    pub(super) table: Arc<dyn Table>,
}

impl Ground {
    pub(super) async fn new(tables: Arc<dyn Tables>) -> Self {
        let table = tables.create(&table_name("conformance")).await.expect("a table is made");
        Self { tables, table }
    }

    pub(super) async fn put(&self, item: NewItem) {
        self.commit(vec![put(item)]).await;
    }

    pub(super) async fn commit(&self, writes: Vec<Write>) {
        self.table.commit(writes).await.expect("the commit goes through");
    }

    /// Commits what must be refused, and answers the write blamed and the record it found.
    pub(super) async fn refused(&self, writes: Vec<Write>) -> (usize, Option<Item>) {
        match self.table.commit(writes).await {
            Err(CommitError::Refused { write, current }) => (write, current.map(|item| *item)),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    pub(super) async fn invalid(&self, writes: Vec<Write>) {
        match self.table.commit(writes).await {
            Err(CommitError::Table(TableError::Invalid(_))) => {}
            other => panic!("expected an invalid request, got {other:?}"),
        }
    }

    pub(super) async fn get(&self, pk: &str, sk: &str) -> Option<Item> {
        self.table.get(&Key::new(pk, sk)).await.expect("the read goes through")
    }

    pub(super) async fn version(&self, pk: &str, sk: &str) -> Option<u64> {
        self.get(pk, sk).await.map(|item| item.version)
    }

    pub(super) async fn body(&self, pk: &str, sk: &str) -> Value {
        body(&self.get(pk, sk).await.expect("the record is there"))
    }

    pub(super) async fn page(&self, query: &Query) -> Rows {
        self.table.query(query).await.expect("the query goes through")
    }

    pub(super) async fn bodies(&self, query: &Query) -> Bodies {
        self.table.bodies(query).await.expect("the query goes through")
    }

    pub(super) async fn invalid_query(&self, query: Query) {
        match self.table.query(&query).await {
            Err(TableError::Invalid(_)) => {}
            other => panic!("expected an invalid request, got {other:?}"),
        }
    }

    /// The sort keys that a query finds as the records are now.
    pub(super) async fn now(&self, query: &Query) -> Vec<String> {
        let rows = self.table.query_now(query).await.expect("the query goes through");
        rows.items.into_iter().map(|item| item.key.sk).collect()
    }

    /// All records of a query, page after page.
    pub(super) async fn walk(&self, mut query: Query) -> Vec<Item> {
        let mut all = Vec::new();
        loop {
            let page = self.page(&query).await;
            all.extend(page.items);
            query.after = page.next;
            if query.after.is_none() {
                return all;
            }
        }
    }

    /// Holds that a query finds these sort keys of the primary key, in this order; an index may take a while.
    pub(super) async fn finds(&self, query: &Query, expected: &[&str]) {
        self.finds_items(query, |items| {
            let found: Vec<&str> = items.iter().map(|item| item.key.sk.as_str()).collect();
            if found == expected { Ok(()) } else { Err(format!("{query:?} found {found:?}, expected {expected:?}")) }
        })
        .await;
    }

    /// Holds that what a query finds passes, at once or, in an index, before the lag is over.
    pub(super) async fn finds_items(&self, query: &Query, pass: impl Fn(&[Item]) -> Result<(), String>) {
        let max_lag = if query.index == Index::Table { Duration::ZERO } else { LAG };
        let begun = tokio::time::Instant::now();
        loop {
            match pass(&self.walk(query.clone()).await) {
                Ok(()) => return,
                Err(why) => assert!(begun.elapsed() < max_lag, "{why}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

pub(super) fn table_name(name: &str) -> TableName {
    TableName::try_from(name.to_owned()).expect("a table's name")
}

/// A record with a small body and no index entries.
pub(super) fn record(pk: &str, sk: &str) -> NewItem {
    with_body(pk, sk, &json!({ "n": 1 }))
}

pub(super) fn with_body(pk: &str, sk: &str, body: &Value) -> NewItem {
    NewItem { key: Key::new(pk, sk), index: [None, None, None], expires: None, body: Bytes::from(body.to_string()) }
}

/// The record with an entry in one index.
pub(super) fn indexed(mut item: NewItem, index: Index, pk: &str, sk: &str) -> NewItem {
    item.index[index.slot().expect("not the table itself")] = Some(Key::new(pk, sk));
    item
}

pub(super) fn put(item: NewItem) -> Write {
    put_when(item, Condition::Always)
}

pub(super) fn put_when(item: NewItem, when: Condition) -> Write {
    Write::Put { item, when }
}

pub(super) fn delete(pk: &str, sk: &str) -> Write {
    delete_when(pk, sk, Condition::Always)
}

pub(super) fn delete_when(pk: &str, sk: &str, when: Condition) -> Write {
    Write::Delete { key: Key::new(pk, sk), when }
}

pub(super) fn check(pk: &str, sk: &str, when: Condition) -> Write {
    Write::Check { key: Key::new(pk, sk), when }
}

pub(super) fn add(pk: &str, sk: &str, field: &'static str, by: i64) -> Write {
    Write::Add { key: Key::new(pk, sk), field, by, when: Condition::Always }
}

pub(super) fn query(index: Index, pk: &str) -> Query {
    Query { index, pk: pk.into(), range: Range::All, order: Order::Ascending, limit: 1000, after: None }
}

/// The position of an item in a walk.
pub(super) fn position(index: Index, item: &Item) -> Position {
    Position { key: item.key.clone(), index: index.slot().and_then(|slot| item.index[slot].clone()) }
}

pub(super) fn body(item: &Item) -> Value {
    serde_json::from_slice(&item.body).expect("a body is JSON")
}

pub(super) fn sort_keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.key.sk.as_str()).collect()
}

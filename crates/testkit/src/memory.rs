//! A table store in memory: an adapter like any other, held to the same conformance suite, for tests without a disk.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use plane::ports::table::{
    CommitError, Index, Item, Key, MAX_KEYS, MAX_PAGE, NewItem, Order, Position, Query, Range, Rows, Table, TableError,
    TableName, Tables, Write, validate,
};

/// All tables, in memory.
#[derive(Default, Clone)]
pub struct MemoryTables {
    tables: Arc<Mutex<BTreeMap<TableName, Arc<MemoryTable>>>>,
}

impl MemoryTables {
    /// Every record of every table, in order: for comparing whole states.
    pub fn dump(&self) -> Vec<(TableName, Vec<Item>)> {
        let tables = self.tables.lock().expect("no holder panics");
        tables.iter().map(|(name, table)| (name.clone(), table.dump())).collect()
    }

    /// Every record of a table, in the order of the keys.
    pub fn dump_of(&self, name: &TableName) -> Vec<Item> {
        let tables = self.tables.lock().expect("no holder panics");
        tables.get(name).map(|table| table.dump()).unwrap_or_default()
    }
}

#[async_trait]
impl Tables for MemoryTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        let tables = self.tables.lock().expect("no holder panics");
        Ok(tables.get(name).map(|table| Arc::clone(table) as Arc<dyn Table>))
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        let mut tables = self.tables.lock().expect("no holder panics");
        Ok(Arc::clone(tables.entry(name.clone()).or_default()) as Arc<dyn Table>)
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.tables.lock().expect("no holder panics").remove(name);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        Ok(self.tables.lock().expect("no holder panics").keys().cloned().collect())
    }
}

/// One table in memory.
#[derive(Default)]
pub struct MemoryTable {
    rows: Mutex<BTreeMap<Key, Item>>,
}

impl MemoryTable {
    /// Every record, in the order of the keys: for comparing whole states.
    pub fn dump(&self) -> Vec<Item> {
        self.rows.lock().expect("no holder panics").values().cloned().collect()
    }
}

#[async_trait]
impl Table for MemoryTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        validate::key(key)?;
        Ok(self.rows.lock().expect("no holder panics").get(key).cloned())
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        if keys.len() > MAX_KEYS {
            return Err(TableError::Invalid(format!("at most {MAX_KEYS} keys")));
        }
        keys.iter().try_for_each(validate::key)?;
        let rows = self.rows.lock().expect("no holder panics");
        Ok(keys.iter().map(|key| rows.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        validate::query(query)?;
        let rows = self.rows.lock().expect("no holder panics");
        let mut found: Vec<(Key, &Item)> = match query.index.slot() {
            None => rows
                .range((Bound::Included(Key::new(query.pk.as_str(), first(&query.range))), Bound::Unbounded))
                .take_while(|(key, _)| key.pk == query.pk && !past(&query.range, &key.sk))
                .filter(|(key, _)| within(&query.range, &key.sk))
                .map(|(key, item)| (key.clone(), item))
                .collect(),
            Some(slot) => rows
                .values()
                .filter_map(|item| item.index[slot].as_ref().map(|key| (key, item)))
                .filter(|(key, _)| key.pk == query.pk && within(&query.range, &key.sk))
                .map(|(key, item)| (key.clone(), item))
                .collect(),
        };
        found.sort_by(|a, b| (&a.0, &a.1.key).cmp(&(&b.0, &b.1.key)));
        if query.order == Order::Descending {
            found.reverse();
        }
        if let Some(after) = &query.after {
            let last = (after.index.clone().unwrap_or_else(|| after.key.clone()), after.key.clone());
            found.retain(|(key, item)| {
                let here = (key.clone(), item.key.clone());
                if query.order == Order::Ascending { here > last } else { here < last }
            });
        }
        let more = found.len() > query.limit;
        found.truncate(query.limit.min(MAX_PAGE));
        let next = found.last().filter(|_| more).map(|(key, item)| Position {
            key: item.key.clone(),
            index: (query.index != Index::Table).then(|| key.clone()),
        });
        Ok(Rows { items: found.into_iter().map(|(_, item)| item.clone()).collect(), next })
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        validate::writes(&writes)?;
        let mut rows = self.rows.lock().expect("no holder panics");
        let mut bodies: Vec<Option<Bytes>> = Vec::with_capacity(writes.len());
        for (place, write) in writes.iter().enumerate() {
            let current = rows.get(write.key());
            let refused = || CommitError::Refused { write: place, current: current.cloned().map(Box::new) };
            if !validate::holds(write.when(), current) {
                return Err(refused());
            }
            bodies.push(match write {
                Write::Add { field, by, .. } => Some(validate::add(current, field, *by).ok_or_else(refused)?),
                Write::Put { .. } | Write::Delete { .. } | Write::Check { .. } => None,
            });
        }
        for (write, body) in writes.into_iter().zip(bodies) {
            match write {
                Write::Put { item: NewItem { key, index, expires, body }, .. } => {
                    let version = rows.get(&key).map_or(1, |old| old.version + 1);
                    rows.insert(key.clone(), Item { key, index, version, expires, body });
                }
                Write::Add { key, .. } => {
                    if let (Some(item), Some(body)) = (rows.get_mut(&key), body) {
                        item.body = body;
                        item.version += 1;
                    }
                }
                Write::Delete { key, .. } => {
                    rows.remove(&key);
                }
                Write::Check { .. } => {}
            }
        }
        Ok(())
    }
}

/// The least sort key that can be within a range.
fn first(range: &Range) -> &str {
    match range {
        Range::All | Range::AtMost(_) => "",
        Range::Prefix(from) | Range::Between(from, _) | Range::AtLeast(from) => from,
    }
}

/// Whether nothing of a range can come from here on.
fn past(range: &Range, sk: &str) -> bool {
    match range {
        Range::All | Range::AtLeast(_) => false,
        Range::Prefix(prefix) => sk > prefix.as_str() && !sk.starts_with(prefix.as_str()),
        Range::Between(_, to) | Range::AtMost(to) => sk > to.as_str(),
    }
}

fn within(range: &Range, sk: &str) -> bool {
    match range {
        Range::All => true,
        Range::Prefix(prefix) => sk.starts_with(prefix.as_str()),
        Range::Between(from, to) => sk >= from.as_str() && sk <= to.as_str(),
        Range::AtLeast(from) => sk >= from.as_str(),
        Range::AtMost(to) => sk <= to.as_str(),
    }
}

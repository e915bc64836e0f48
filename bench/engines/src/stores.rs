//! The three engines behind one small face: ordered trees of bytes.

use std::path::Path;

use redb::{ReadableDatabase, TableDefinition};
use rusqlite::{Connection, OptionalExtension};

const CACHE: usize = 8 * 1024 * 1024;
const TREES: [&str; 4] = ["rows", "gsi1", "gsi2", "gsi3"];

pub trait Store {
    /// Writes a batch durably.
    fn commit(&self, batch: &[(usize, Vec<u8>, Vec<u8>)]);
    fn get(&self, tree: usize, key: &[u8]) -> Option<Vec<u8>>;
    /// The first bodies under a prefix of an index; with `follow`, each through its primary key (after the second zero).
    fn list(&self, tree: usize, prefix: &[u8], limit: usize, follow: bool) -> Vec<Vec<u8>>;
}

pub fn open(kind: &str, dir: &Path) -> Box<dyn Store> {
    match kind {
        "redb-pointers" | "redb-copies" => Box::new(Redb::open(dir, false)),
        "redb-quick" => Box::new(Redb::open(dir, true)),
        "fjall-pointers" => Box::new(Fjall::open(dir)),
        _ => Box::new(Sqlite::open(dir)),
    }
}

fn primary(entry: &[u8]) -> &[u8] {
    let mut zeros = entry.iter().enumerate().filter(|(_, b)| **b == 0).map(|(i, _)| i);
    &entry[zeros.nth(1).unwrap() + 1..]
}

fn end(prefix: &[u8]) -> Vec<u8> {
    [prefix, &[0xff]].concat()
}

struct Redb(redb::Database, bool);

fn tree(n: usize) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(TREES[n])
}

impl Redb {
    fn open(dir: &Path, quick: bool) -> Self {
        let db = redb::Builder::new().set_cache_size(CACHE).create(dir.join("data.redb")).unwrap();
        Self(db, quick)
    }
}

impl Store for Redb {
    fn commit(&self, batch: &[(usize, Vec<u8>, Vec<u8>)]) {
        let mut txn = self.0.begin_write().unwrap();
        txn.set_quick_repair(self.1);
        {
            let mut tables: Vec<_> = (0..4).map(|n| txn.open_table(tree(n)).unwrap()).collect();
            for (n, key, value) in batch {
                tables[*n].insert(key.as_slice(), value.as_slice()).unwrap();
            }
        }
        txn.commit().unwrap();
    }

    fn get(&self, n: usize, key: &[u8]) -> Option<Vec<u8>> {
        let txn = self.0.begin_read().unwrap();
        txn.open_table(tree(n)).unwrap().get(key).unwrap().map(|v| v.value().to_vec())
    }

    fn list(&self, n: usize, prefix: &[u8], limit: usize, follow: bool) -> Vec<Vec<u8>> {
        let txn = self.0.begin_read().unwrap();
        let (index, rows) = (txn.open_table(tree(n)).unwrap(), txn.open_table(tree(0)).unwrap());
        let walk = index.range::<&[u8]>(prefix..end(prefix).as_slice()).unwrap().take(limit);
        walk.map(|row| {
            let (key, value) = row.unwrap();
            if follow {
                rows.get(primary(key.value())).unwrap().unwrap().value().to_vec()
            } else {
                value.value().to_vec()
            }
        })
        .collect()
    }
}

struct Fjall(fjall::Database, Vec<fjall::Keyspace>);

impl Fjall {
    fn open(dir: &Path) -> Self {
        let db = fjall::Database::builder(dir.join("fjall")).cache_size(CACHE as u64).open().unwrap();
        let trees = TREES.map(|t| db.keyspace(t, fjall::KeyspaceCreateOptions::default).unwrap());
        Self(db, trees.into())
    }
}

impl Store for Fjall {
    fn commit(&self, batch: &[(usize, Vec<u8>, Vec<u8>)]) {
        let mut write = self.0.batch().durability(Some(fjall::PersistMode::SyncData));
        for (n, key, value) in batch {
            write.insert(&self.1[*n], key.as_slice(), value.as_slice());
        }
        write.commit().unwrap();
    }

    fn get(&self, n: usize, key: &[u8]) -> Option<Vec<u8>> {
        self.1[n].get(key).unwrap().map(|v| v.to_vec())
    }

    fn list(&self, n: usize, prefix: &[u8], limit: usize, follow: bool) -> Vec<Vec<u8>> {
        let walk = self.1[n].prefix(prefix).take(limit);
        walk.map(|row| {
            let (key, value) = row.into_inner().unwrap();
            if follow { self.1[0].get(primary(&key)).unwrap().unwrap().to_vec() } else { value.to_vec() }
        })
        .collect()
    }
}

struct Sqlite(Connection);

impl Sqlite {
    fn open(dir: &Path) -> Self {
        let db = Connection::open(dir.join("data.sqlite")).unwrap();
        db.pragma_update(None, "journal_mode", "wal").unwrap();
        db.pragma_update(None, "synchronous", "full").unwrap();
        db.pragma_update(None, "cache_size", -8192).unwrap();
        assert_eq!(db.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)).unwrap(), 2);
        for t in TREES {
            let make = format!("create table if not exists {t} (k blob primary key, v blob not null) without rowid");
            db.execute_batch(&make).unwrap();
        }
        Self(db)
    }
}

impl Store for Sqlite {
    fn commit(&self, batch: &[(usize, Vec<u8>, Vec<u8>)]) {
        let txn = self.0.unchecked_transaction().unwrap();
        for (n, key, value) in batch {
            let insert = format!("insert or replace into {} values (?1, ?2)", TREES[*n]);
            txn.prepare_cached(&insert).unwrap().execute((key, value)).unwrap();
        }
        txn.commit().unwrap();
    }

    fn get(&self, n: usize, key: &[u8]) -> Option<Vec<u8>> {
        let select = format!("select v from {} where k = ?1", TREES[n]);
        self.0.prepare_cached(&select).unwrap().query_row([key], |row| row.get(0)).optional().unwrap()
    }

    fn list(&self, n: usize, prefix: &[u8], limit: usize, _follow: bool) -> Vec<Vec<u8>> {
        let select = format!("select k from {} where k >= ?1 and k < ?2 order by k limit ?3", TREES[n]);
        let mut statement = self.0.prepare_cached(&select).unwrap();
        let keys = statement
            .query_map((prefix, end(prefix), i64::try_from(limit).unwrap()), |row| row.get::<_, Vec<u8>>(0))
            .unwrap();
        keys.map(|key| self.get(0, primary(&key.unwrap())).unwrap()).collect()
    }
}

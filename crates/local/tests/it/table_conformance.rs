//! The file tables, and the tables in memory that other tests rely on, are tables.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kernel::ports::table::{Condition, Index, Key, NewItem, Order, Query, Range, TableName, Tables, Write};
use local::table::FileTables;
use testkit::{conformance::table, lagging::LaggingTables, memory::MemoryTables};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn file_tables_conform() {
    let folders = Mutex::new(Vec::new());
    let count = table::check(async || {
        let folder = tempfile::tempdir().unwrap();
        let tables: Arc<dyn Tables> = Arc::new(FileTables::open(folder.path()).unwrap());
        folders.lock().unwrap().push(folder);
        tables
    })
    .await;
    println!("file tables: {count} cases");
    assert!(count >= 150, "the suite has shrunk to {count} cases");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_tables_conform() {
    let count = table::check(async || Arc::new(MemoryTables::default()) as Arc<dyn Tables>).await;
    println!("memory tables: {count} cases");
}

/// The suite lets indexes lag: this holds it to that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lagging_tables_conform() {
    let lag = std::time::Duration::from_millis(30);
    let count = table::check(async || Arc::new(LaggingTables::new(lag)) as Arc<dyn Tables>).await;
    println!("lagging tables: {count} cases");
}

#[test]
fn no_two_cases_share_a_name() {
    let mut names: Vec<&str> = table::cases().iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// More than the port asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_commits() {
    let folder = tempfile::tempdir().unwrap();
    let file: Arc<dyn Tables> = Arc::new(FileTables::open(folder.path()).unwrap());
    for tables in [file, Arc::new(MemoryTables::default())] {
        let table = tables.create(&TableName::shared()).await.unwrap();
        let pair = |n: u8| -> Vec<Write> {
            let item = |sk| NewItem {
                key: Key::new("p", sk),
                index: [None, None, None],
                expires: None,
                body: Bytes::from(format!("{{\"n\":{n}}}")),
            };
            ["a", "b"].map(|sk| Write::Put { item: item(sk), when: Condition::Always }).into()
        };
        table.commit(pair(0)).await.unwrap();
        let writing = Arc::clone(&table);
        let writer = tokio::spawn(async move {
            for n in 1..40 {
                writing.commit(pair(n)).await.unwrap();
            }
        });
        let whole = Query {
            index: Index::Table,
            pk: "p".into(),
            range: Range::All,
            order: Order::Ascending,
            limit: 2,
            after: None,
        };
        while !writer.is_finished() {
            let rows = table.query(&whole).await.unwrap().items;
            assert_eq!(rows[0].body, rows[1].body);
            // A read that never waits must still let the writer have its turn.
            tokio::task::yield_now().await;
        }
        writer.await.unwrap();
    }
}

//! The file tables, and the tables in memory that other tests rely on, are tables.

use std::sync::{Arc, Mutex};

use local::table::FileTables;
use plane::ports::table::Tables;
use testkit::{conformance::table, memory::MemoryTables};

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

#[test]
fn no_two_cases_share_a_name() {
    let mut names: Vec<&str> = table::cases().iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

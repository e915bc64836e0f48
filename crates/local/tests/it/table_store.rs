//! The store's files: found, damaged, foreign, unfinished, removed, closed when idle; and records that expire.

use std::{fs, path::PathBuf, sync::Arc};

use kernel::ports::table::{Index, Key, Order, Query, Range, Table, TableError, TableName, Tables, Write};
use local::table::{FileDisks, FileTables, Sizes};
use serde_json::json;

use crate::table_tools::{body, name, put, until};

/// A data folder whose shared table holds some records, closed.
async fn filled() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    for n in 0..300 {
        table
            .commit(vec![put("p", &format!("{n:03}"), &json!({ "text": "needle in the body", "n": n }))])
            .await
            .unwrap();
    }
    drop((table, tables));
    // Opening waits until the store before has closed, and a table that was only read closes with its store.
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    tables.open(&TableName::shared()).await.unwrap();
    let file = folder.path().join("data/tables/app_data.redb");
    assert!(file.exists());
    (folder, file)
}

/// Holds that the file is named as damaged, and left as it is.
async fn named_and_kept(data: &std::path::Path, file: &std::path::Path, expected: &[u8]) {
    let tables = FileTables::open(data).unwrap();
    for _ in 0..2 {
        match tables.open(&TableName::shared()).await {
            Err(TableError::Damaged(why)) => assert!(why.contains(file.to_str().unwrap()), "{why}"),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("a damaged file was opened"),
        }
        assert!(tables.create(&TableName::shared()).await.is_err());
    }
    drop(tables);
    assert!(fs::read(file).unwrap() == expected, "the damaged file was written");
}

#[tokio::test]
async fn garbage_is_named_and_kept() {
    let (folder, file) = filled().await;
    for garbage in [&b""[..], b"x", &[0; 10_000], b"SQLite format 3\0 and much more"] {
        fs::write(&file, garbage).unwrap();
        named_and_kept(&folder.path().join("data"), &file, garbage).await;
    }
}

#[tokio::test]
async fn a_file_cut_short_is_named_and_kept() {
    let (folder, file) = filled().await;
    let whole = fs::read(&file).unwrap();
    for length in [whole.len() / 2, 4096, 200, 9] {
        fs::write(&file, &whole[..length]).unwrap();
        named_and_kept(&folder.path().join("data"), &file, &whole[..length]).await;
    }
}

#[tokio::test]
async fn a_file_cut_short_after_a_crash_is_named_and_kept() {
    let (folder, file) = filled().await;
    let crashed = {
        let tables = FileTables::open(&folder.path().join("data")).unwrap();
        let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
        table.commit(vec![put("q", "s", &json!({}))]).await.unwrap();
        // As a crash would leave it: copied while it is open.
        fs::read(&file).unwrap()
    };
    let data = folder.path().join("crashed");
    let file = data.join("tables/app_data.redb");
    fs::create_dir_all(data.join("tables")).unwrap();
    for length in [crashed.len() / 4, 40_000, 4096, 200] {
        fs::write(&file, &crashed[..length]).unwrap();
        named_and_kept(&data, &file, &crashed[..length]).await;
    }
}

#[tokio::test]
async fn another_programs_database_is_named() {
    let (folder, file) = filled().await;
    fs::remove_file(&file).unwrap();
    {
        let foreign = redb::Database::create(&file).unwrap();
        let transaction = foreign.begin_write().unwrap();
        let mine: redb::TableDefinition<'_, &str, &str> = redb::TableDefinition::new("mine");
        transaction.open_table(mine).unwrap().insert("a", "b").unwrap();
        transaction.commit().unwrap();
    }
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    let Err(TableError::Damaged(why)) = tables.open(&TableName::shared()).await.map(drop) else {
        panic!("a foreign database was opened");
    };
    assert!(why.contains("another program's database") && why.contains(file.to_str().unwrap()), "{why}");
    let mine = redb::Database::open(&file).unwrap();
    let read = redb::ReadableDatabase::begin_read(&mine).unwrap();
    assert_eq!(read.list_tables().unwrap().count(), 1);
}

#[tokio::test]
async fn a_table_of_a_later_format_is_named() {
    let (folder, file) = filled().await;
    {
        let later = redb::Database::open(&file).unwrap();
        let transaction = later.begin_write().unwrap();
        let about: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("freehold");
        transaction.open_table(about).unwrap().insert("format", 3).unwrap();
        transaction.commit().unwrap();
    }
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    let Err(TableError::Damaged(why)) = tables.open(&TableName::shared()).await.map(drop) else {
        panic!("a later format was opened");
    };
    assert!(why.contains("table format 3, this version reads formats 1 to 2"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_first_format_is_noted_as_this_one_by_the_first_commit() {
    const ABOUT: redb::TableDefinition<'static, &str, u64> = redb::TableDefinition::new("freehold");
    let (folder, file) = filled().await;
    {
        let first = redb::Database::open(&file).unwrap();
        let transaction = first.begin_write().unwrap();
        transaction.open_table(ABOUT).unwrap().insert("format", 1).unwrap();
        transaction.commit().unwrap();
    }
    let format = || {
        let file = redb::Database::open(&file).unwrap();
        let read = redb::ReadableDatabase::begin_read(&file).unwrap();
        read.open_table(ABOUT).unwrap().get("format").unwrap().unwrap().value()
    };
    for expected in [1, 2] {
        assert_eq!(format(), expected);
        let tables = FileTables::open(&folder.path().join("data")).unwrap();
        let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
        assert!(body(&table, "p", "000").await.is_some());
        table.commit(vec![put("p", "new", &json!({}))]).await.unwrap();
        drop(table);
        closed(&tables).await;
    }
}

/// Closes the store's files once the last commit has let go of them.
async fn closed(tables: &FileTables) {
    let none_open = || {
        tables.close();
        tables.open_files() == 0
    };
    until("a store without open files", none_open).await;
}

#[tokio::test]
async fn a_damaged_record_is_told_and_the_others_read() {
    let (folder, file) = filled().await;
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(6).position(|window| window == b"needle").unwrap();
    bytes[at] = b'N';
    fs::write(&file, &bytes).unwrap();
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
    let mut damaged = 0;
    for n in 0..300 {
        match table.get(&Key::new("p", format!("{n:03}"))).await {
            Ok(Some(item)) => assert!(item.body.windows(6).any(|window| window == b"needle")),
            Err(TableError::Damaged(why)) => {
                assert!(why.contains(file.to_str().unwrap()), "{why}");
                damaged += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    // The page may have been an older copy that is no longer in use.
    assert!(damaged <= 1);
    table.commit(vec![put("q", "s", &json!({}))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_opens_again_while_the_last_one_is_closing() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..50 {
        let tables = FileTables::open(folder.path()).unwrap();
        let table = tables.create(&TableName::shared()).await.unwrap();
        for m in 0..n {
            assert_eq!(body(&table, "p", &m.to_string()).await, Some(json!({ "n": m })));
        }
        table.commit(vec![put("p", &n.to_string(), &json!({ "n": n }))]).await.unwrap();
    }
}

#[tokio::test]
async fn an_unfinished_table_does_not_count() {
    let (folder, file) = filled().await;
    let unfinished = file.with_file_name("app_acct_1.new");
    fs::write(&unfinished, b"half").unwrap();
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    assert_eq!(tables.list().await.unwrap(), [TableName::shared()]);
    assert!(!unfinished.exists());
    let made = tables.create(&name("app_acct_1")).await.unwrap();
    made.commit(vec![put("p", "s", &json!({}))]).await.unwrap();
}

#[tokio::test]
async fn a_removed_tables_file_is_gone_though_it_was_open() {
    let (folder, file) = filled().await;
    let tables = FileTables::open(&folder.path().join("data")).unwrap();
    let old = tables.open(&TableName::shared()).await.unwrap().unwrap();
    tables.remove(&TableName::shared()).await.unwrap();
    assert!(!file.exists());
    assert!(matches!(old.get(&Key::new("p", "000")).await, Err(TableError::Invalid(_))));
    assert!(old.commit(vec![put("p", "s", &json!({}))]).await.is_err());
    assert!(!file.exists());
    let new = tables.create(&TableName::shared()).await.unwrap();
    assert_eq!(body(&new, "p", "000").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idle_tables_close_and_open_again() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = Sizes { open_dedicated: 8, ..Sizes::default() };
    let tables = FileTables::open_with(folder.path(), Arc::new(FileDisks), sizes).unwrap();
    let shared = tables.create(&TableName::shared()).await.unwrap();
    shared.commit(vec![put("p", "s", &json!({ "n": -1 }))]).await.unwrap();
    let mut handles: Vec<Arc<dyn Table>> = Vec::new();
    for n in 0..60 {
        let table = tables.create(&name(&format!("app_acct_{n:03}"))).await.unwrap();
        table.commit(vec![put("p", "s", &json!({ "n": n }))]).await.unwrap();
        handles.push(table);
    }
    for _ in 0..3 {
        for (n, table) in handles.iter().enumerate() {
            assert_eq!(body(table, "p", "s").await, Some(json!({ "n": n })));
            table.commit(vec![put("p", "more", &json!({}))]).await.unwrap();
            // The bound, the shared table, and those whose last commit is just being let go.
            assert!(tables.open_files() <= 8 + 1 + 2, "{} files are open", tables.open_files());
        }
    }
    assert_eq!(body(&shared, "p", "s").await, Some(json!({ "n": -1 })));
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let table = Arc::clone(&handles[n * 7 % 60]);
            tokio::spawn(async move { table.commit(vec![put("race", &n.to_string(), &json!({}))]).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn expired_records_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let tables = FileTables::open(folder.path()).unwrap();
    let dedicated = name("app_acct_1");
    for table in [TableName::shared(), dedicated.clone()] {
        let table = tables.create(&table).await.unwrap();
        for n in 0..20 {
            let mut write = put("p", &format!("{n:02}"), &json!({ "n": n }));
            if let Write::Put { item, .. } = &mut write {
                item.expires = (n < 15).then_some(100 + n);
                item.index[0] = Some(Key::new("all", format!("{n:02}")));
            }
            table.commit(vec![write]).await.unwrap();
        }
        // Replaced with a later time, and with none: the old times no longer count.
        let mut later = put("p", "00", &json!({}));
        if let Write::Put { item, .. } = &mut later {
            item.expires = Some(1000);
        }
        table.commit(vec![later, put("p", "01", &json!({}))]).await.unwrap();
    }
    assert_eq!(tables.sweep(102, 1000).await.unwrap(), 0);
    assert_eq!(tables.sweep(103, 1000).await.unwrap(), 2);
    assert_eq!(tables.sweep(110, 3).await.unwrap(), 3);
    assert_eq!(tables.sweep(110, 1000).await.unwrap(), 11);
    drop(tables);
    // What was swept stays swept, and a store that has not opened a table yet still finds what is due there.
    let tables = FileTables::open(folder.path()).unwrap();
    assert_eq!(tables.sweep(200, 1000).await.unwrap(), 10);
    assert_eq!(tables.sweep(200, 1000).await.unwrap(), 0);
    let table = tables.open(&dedicated).await.unwrap().unwrap();
    for (index, pk, expected) in [(Index::Table, "p", 7), (Index::Gsi1, "all", 5)] {
        let query = Query { index, pk: pk.into(), range: Range::All, order: Order::Ascending, limit: 100, after: None };
        assert_eq!(table.query(&query).await.unwrap().items.len(), expected);
    }
}

#[tokio::test]
async fn a_store_that_is_closed_holds_no_file_and_opens_again_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let tables = FileTables::open(folder.path()).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    table.commit(vec![put("p", "s", &json!({ "kept": true }))]).await.unwrap();
    // The commit's own thread may still hold the file for a moment.
    while tables.open_files() > 0 {
        tables.close();
        tokio::task::yield_now().await;
    }
    assert_eq!(body(&table, "p", "s").await, Some(json!({ "kept": true })));
    assert_eq!(tables.open_files(), 1);
}

/// What a start after a crash finds: the file as it is now.
fn needs_repair(folder: &std::path::Path) -> bool {
    let image = folder.join("image");
    std::fs::copy(local::table::file(folder, &TableName::shared()), &image).unwrap();
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&image).unwrap();
    let mut builder = redb::Builder::new();
    builder.set_repair_callback(redb::RepairSession::abort);
    // An image taken in the middle of a sync may not open at all.
    builder.create_with_backend(redb::backends::FileBackend::new(file).unwrap()).is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_pause_a_crash_needs_no_repair() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = Sizes { large_bytes: 0, ..Sizes::default() };
    let tables = FileTables::open_with(folder.path(), Arc::new(FileDisks), sizes).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    for n in 0..3 {
        table.commit(vec![put("p", &n.to_string(), &json!({ "n": n }))]).await.unwrap();
        until("a file that needs no repair", || !needs_repair(folder.path())).await;
    }
    drop(table);
    // A leader that waits for jobs keeps no file open.
    closed(&tables).await;
    let small = FileTables::open(folder.path()).unwrap();
    let table = small.open(&TableName::shared()).await.unwrap().unwrap();
    table.commit(vec![put("p", "3", &json!({}))]).await.unwrap();
    assert!(needs_repair(folder.path()), "the test sees when a repair is needed");
}

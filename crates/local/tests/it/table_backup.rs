//! Backups: taken while work goes on, opened in place of the data folder.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use kernel::ports::table::{Condition, Index, Key, Order, Query, Range, TableName, Tables, Write};
use local::table::{BackupError, FileTables};
use serde_json::{Value, json};

use crate::table_tools::{body, name, put};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_holds_whole_commits() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tables = FileTables::open(folder.path()).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for table in ["app_data", "app_acct_1", "app_acct_2"] {
        let table = tables.create(&name(table)).await.unwrap();
        table.commit(pair(0)).await.unwrap();
        let stop = Arc::clone(&stop);
        writers.push(tokio::spawn(async move {
            let mut n = 0;
            while !stop.load(Ordering::SeqCst) {
                n += 1;
                table.commit(pair(n)).await.unwrap();
            }
            n
        }));
    }
    for round in 0..5 {
        let to = target.path().join(round.to_string());
        tables.backup(&to).await.unwrap();
        let restored = FileTables::open(&to).unwrap();
        assert_eq!(restored.list().await.unwrap(), tables.list().await.unwrap());
        for table in tables.list().await.unwrap() {
            let table = restored.open(&table).await.unwrap().unwrap();
            let n = body(&table, "a", "s").await.unwrap()["n"].as_i64().unwrap();
            assert_eq!(body(&table, "b", "s").await, Some(json!({ "n": n })));
            let of_index = Query {
                index: Index::Gsi2,
                pk: "tenant".into(),
                range: Range::All,
                order: Order::Ascending,
                limit: 10,
                after: None,
            };
            let found = table.query(&of_index).await.unwrap().items;
            let numbers: Vec<i64> = found
                .iter()
                .map(|item| serde_json::from_slice::<Value>(&item.body).unwrap()["n"].as_i64().unwrap())
                .collect();
            assert_eq!(numbers, [n, n]);
            table.commit(pair(n + 1)).await.unwrap();
        }
    }
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
}

/// Two records that always hold the same number, both in an index.
fn pair(n: i64) -> Vec<Write> {
    let mut writes = Vec::from(["a", "b"].map(|pk| put(pk, "s", &json!({ "n": n }))));
    for write in &mut writes {
        if let Write::Put { item, .. } = write {
            item.index[1] = Some(Key::new("tenant", item.key.pk.clone()));
        }
    }
    writes
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tables = FileTables::open(folder.path()).unwrap();
    tables.create(&TableName::shared()).await.unwrap();
    fs::write(target.path().join("mine"), "kept").unwrap();
    let refused = tables.backup(target.path()).await.unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty(_)));
    assert!(refused.to_string().contains(&target.path().display().to_string()));
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_empty_folder_will_do() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tables = FileTables::open(folder.path()).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    table.commit(vec![put("p", "s", &json!({ "n": 1 }))]).await.unwrap();
    tables.backup(target.path()).await.unwrap();
    let restored = FileTables::open(target.path()).unwrap().open(&TableName::shared()).await.unwrap().unwrap();
    restored.commit(vec![Write::Check { key: Key::new("p", "s"), when: Condition::Version(1) }]).await.unwrap();
}

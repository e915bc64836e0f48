//! Compaction: space comes back while readers and writers go on, and a compaction that fails changes nothing.

use std::{fs, sync::Arc};

use kernel::ports::table::{Condition, Index, Key, Order, Query, Range, Table, TableName, Tables, Write};
use serde_json::json;

use crate::table_tools::{Control, EIO, ENOSPC, World, body, controlled, put};

const WRITERS: usize = 16;
const ROWS: usize = 6_000;

fn delete(pk: &str, sk: &str) -> Write {
    Write::Delete { key: Key::new(pk, sk), when: Condition::Always }
}

/// Writes many rows and deletes two of three.
async fn make_sparse(table: &Arc<dyn Table>, rows: usize) {
    // Text that does not compress.
    let mut state: u64 = 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:08x}", state >> 32)
    };
    let filler: String = (0..320).map(|_| next()).collect();
    let sort = |n: usize| format!("{n:06}");
    for start in (0..rows).step_by(50) {
        let writes = (start..start + 50).map(|n| put("rows", &sort(n), &json!({ "n": n, "x": filler })));
        table.commit(writes.collect()).await.unwrap();
    }
    for start in (0..rows).step_by(75) {
        let writes = (start..start + 75).filter(|n| n % 3 != 0).map(|n| delete("rows", &sort(n)));
        table.commit(writes.collect()).await.unwrap();
    }
}

async fn count(table: &Arc<dyn Table>) -> usize {
    let query = |after| Query {
        index: Index::Table,
        pk: "rows".into(),
        range: Range::All,
        order: Order::Ascending,
        limit: 1000,
        after,
    };
    let (mut found, mut after) = (0, None);
    loop {
        let rows = table.query(&query(after)).await.unwrap();
        found += rows.items.len();
        after = rows.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_readers_go_on_while_space_comes_back() {
    let world = World::new().await;
    make_sparse(&world.table, ROWS).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let table = Arc::clone(&world.table);
            tokio::spawn(async move {
                let (writer, mut n) = (writer.to_string(), 0);
                while !table_is_done(&table).await {
                    n += 1;
                    let pair = ["a", "b"].map(|sk| put(&writer, sk, &json!({ "n": n })));
                    let moved = [
                        delete("moving", &format!("{writer}-{}", n - 1)),
                        put("moving", &format!("{writer}-{n}"), &json!({})),
                    ];
                    table.commit(pair.into_iter().chain(moved).collect()).await.unwrap();
                    for sk in ["a", "b"] {
                        assert_eq!(body(&table, &writer, sk).await, Some(json!({ "n": n })), "writer {writer}");
                    }
                }
                n
            })
        })
        .collect();
    let shared = TableName::shared();
    let first = world.tables.compact(&shared).await.unwrap().unwrap();
    for _ in 0..3 {
        world.tables.compact(&shared).await.unwrap().unwrap();
    }
    world.table.commit(vec![put("done", "done", &json!({}))]).await.unwrap();
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.await.unwrap());
    }
    assert!(first.bytes_after * 2 < first.bytes_before, "{first:?}");
    assert_eq!(count(&world.table).await, ROWS / 3);
    let World { control, tables, table, folder } = world;
    drop((table, tables));
    let tables = controlled(folder.path(), &control);
    let table = tables.open(&shared).await.unwrap().unwrap();
    assert_eq!(count(&table).await, ROWS / 3);
    for (writer, n) in written.into_iter().enumerate() {
        let found = body(&table, &writer.to_string(), "b").await;
        assert_eq!(found, Some(json!({ "n": n })), "writer {writer} after a start");
        for at in [n - 1, n + 1] {
            assert_eq!(body(&table, "moving", &format!("{writer}-{at}")).await, None);
        }
        assert!(n > 0 && body(&table, "moving", &format!("{writer}-{n}")).await.is_some());
    }
}

async fn table_is_done(table: &Arc<dyn Table>) -> bool {
    body(table, "done", "done").await.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_compaction_that_fails_changes_nothing() {
    type Arrange = fn(&Control, i64);
    let arrange: [(&str, Arrange); 4] = [
        ("sync", |control, point| control.fail_syncs_after(point, EIO)),
        ("sync without room", |control, point| control.fail_syncs_after(point, ENOSPC)),
        ("write", |control, point| control.fail_writes_after(point, EIO)),
        ("write without room", |control, point| control.fail_writes_after(point, ENOSPC)),
    ];
    for (what, arrange) in arrange {
        let mut failed = 0;
        for point in (0..40).chain((40..200).step_by(7)) {
            let world = World::new().await;
            make_sparse(&world.table, 150).await;
            arrange(&world.control, point);
            let done = world.tables.compact(&TableName::shared()).await;
            failed += usize::from(done.is_err());
            world.control.mend();
            assert_eq!(count(&world.table).await, 50, "{what} {point}");
            world.table.commit(vec![put("after", "a", &json!({}))]).await.unwrap();
            let World { control, tables, table, folder } = world;
            drop((table, tables));
            let tables = controlled(folder.path(), &control);
            let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
            assert_eq!(count(&table).await, 50, "{what} {point} opened again");
            assert!(body(&table, "after", "a").await.is_some(), "{what} {point}");
            let files = fs::read_dir(folder.path().join("tables")).unwrap().count();
            assert_eq!(files, 1, "{what} {point} left a file");
            if done.is_ok() {
                break;
            }
        }
        assert!(failed > 2, "{what}: no fault was met");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_a_sparse_file_is_compacted() {
    let world = World::new().await;
    make_sparse(&world.table, 15_000).await;
    let done = world.tables.compact_sparse().await.unwrap();
    assert_eq!(done.len(), 1, "{done:?}");
    assert!(done[0].1.bytes_after < done[0].1.bytes_before);
    assert_eq!(world.tables.compact_sparse().await.unwrap(), []);
    assert_eq!(count(&world.table).await, 5_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_is_removed_or_made_again_meanwhile_is_as_it_was_asked_for() {
    let world = World::new().await;
    let name = crate::table_tools::name("other");
    let file = local::table::file(world.folder.path(), &name);
    for round in 0..20 {
        let table = world.tables.create(&name).await.unwrap();
        make_sparse(&table, 150).await;
        let remove = async {
            world.tables.remove(&name).await.unwrap();
            assert!(world.tables.open(&name).await.unwrap().is_none());
            assert!(!file.exists());
            let again = world.tables.create(&name).await.unwrap();
            again.commit(vec![put("again", "again", &json!({ "n": round }))]).await.unwrap();
        };
        let (compacted, ()) = tokio::join!(world.tables.compact(&name), remove);
        drop(compacted);
        let again = world.tables.open(&name).await.unwrap().unwrap();
        assert_eq!(body(&again, "again", "again").await, Some(json!({ "n": round })));
        assert_eq!(count(&again).await, 0);
        world.tables.remove(&name).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_left_of_a_compaction_is_removed_at_the_start() {
    let world = World::new().await;
    let left = world.folder.path().join("tables/app_data.compacted");
    fs::write(&left, b"half a copy").unwrap();
    let World { control, tables, table, folder } = world;
    drop((table, tables));
    let tables = controlled(folder.path(), &control);
    assert!(!left.exists());
    assert!(tables.open(&TableName::shared()).await.unwrap().is_some());
}

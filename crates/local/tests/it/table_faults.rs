//! Storage that fails: nothing acknowledged is lost, nothing refused is seen, reads go on, commits work again once
//! the fault is gone.

use std::sync::atomic::Ordering;

use kernel::ports::table::{CommitError, Index, Order, Query, Range, TableError, TableName, Tables};
use serde_json::json;

use crate::table_tools::{Control, EIO, ENOSPC, World, body, controlled, put, until};

/// Every sync or write of a workload fails once in its turn.
const POINTS: i64 = 200;
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_failing_sync() {
    at_every_point("sync", EIO, |control, point| control.fail_syncs_after(point, EIO)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_sync_without_room() {
    at_every_point("sync", ENOSPC, |control, point| control.fail_syncs_after(point, ENOSPC)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_failing_write() {
    at_every_point("write", EIO, |control, point| control.fail_writes_after(point, EIO)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_write_without_room() {
    at_every_point("write", ENOSPC, |control, point| control.fail_writes_after(point, ENOSPC)).await;
}

/// Runs the workload with a fault at each of the first points in its turn, several workloads at a time.
async fn at_every_point(what: &str, error: i32, arrange: fn(&Control, i64)) {
    let mut running = tokio::task::JoinSet::new();
    for point in 0..POINTS {
        if running.len() == AT_ONCE {
            running.join_next().await.expect("some run").unwrap();
        }
        running.spawn(survive(format!("{what} {point}"), error, move |world| arrange(&world.control, point), point));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

/// A workload of pairs that are written together, with a fault on the way that lasts for some commits and then goes.
async fn survive(what: String, error: i32, arrange: impl Fn(&World), point: i64) {
    let world = World::new().await;
    world.table.commit(vec![put("a", "0", &json!({ "n": -1 })), put("b", "0", &json!({ "n": -1 }))]).await.unwrap();
    arrange(&world);
    let mut acknowledged = -1;
    let mut failed = 0;
    let mut n: i64 = 0;
    while failed < 1 + point % 4 {
        // Bodies of changing size, so that the file grows and the trees split on the way.
        let filler = "x".repeat(usize::try_from(n * 977 % 7000).unwrap());
        let pair = ["a", "b"].map(|pk| put(pk, "0", &json!({ "n": n })));
        let rest = (0..n % 5).map(|i| put("c", &format!("{n}-{i}"), &json!({ "x": filler })));
        match world.table.commit(pair.into_iter().chain(rest).collect()).await {
            Ok(()) => acknowledged = n,
            Err(why) => {
                assert!(world.control.fault_reached(), "{what}: {why} without a fault");
                let honest = match why {
                    CommitError::Table(TableError::Full) => error == ENOSPC,
                    CommitError::Table(TableError::Unavailable(_)) => true,
                    CommitError::Table(_) | CommitError::Refused { .. } => false,
                };
                assert!(honest, "{what}: {why:?}");
                failed += 1;
            }
        }
        // The store reads as of the last acknowledged commit, fault or not.
        for pk in ["a", "b"] {
            assert_eq!(body(&world.table, pk, "0").await, Some(json!({ "n": acknowledged })), "{what} {n}");
        }
        n += 1;
        assert!(n < 2000, "{what}: the fault is never reached");
    }
    world.control.mend();
    world.table.commit(vec![put("a", "0", &json!({ "n": n })), put("b", "0", &json!({ "n": n }))]).await.unwrap();
    assert_eq!(body(&world.table, "a", "0").await, Some(json!({ "n": n })), "{what}");
    let World { control, tables, table, folder } = world;
    drop((table, tables));
    let tables = controlled(folder.path(), &control);
    let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
    for pk in ["a", "b"] {
        assert_eq!(body(&table, pk, "0").await, Some(json!({ "n": n })), "{what} opened again");
    }
    let query = Query {
        index: Index::Table,
        pk: "c".into(),
        range: Range::All,
        order: Order::Ascending,
        limit: 1000,
        after: None,
    };
    assert!(table.query(&query).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failed_sync_fails_all_that_shared_it() {
    let world = World::new().await;
    world.table.commit(vec![put("p", "warm", &json!({}))]).await.unwrap();
    world.control.shut();
    let commit = |sk: String| {
        let table = std::sync::Arc::clone(&world.table);
        tokio::spawn(async move { table.commit(vec![put("p", &sk, &json!({}))]).await })
    };
    let first = commit("first".into());
    until("the first sync", || world.control.held() == 1).await;
    let rest: Vec<_> = (0..20).map(|n| commit(n.to_string())).collect();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    world.control.fail_syncs_after(0, EIO);
    world.control.open();
    assert!(first.await.unwrap().is_err());
    for commit in rest {
        assert!(commit.await.unwrap().is_err());
    }
    for sk in ["first", "0", "19"] {
        assert_eq!(body(&world.table, "p", sk).await, None);
    }
    world.control.mend();
    world.table.commit(vec![put("p", "after", &json!({}))]).await.unwrap();
    assert_eq!(body(&world.table, "p", "first").await, None);
    assert_eq!(body(&world.table, "p", "after").await, Some(json!({})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_could_not_be_made_can_be_made_later() {
    for point in 0..12 {
        let world = World::new().await;
        let name = crate::table_tools::name("other");
        world.control.fail_syncs_after(point, ENOSPC);
        let made = world.tables.create(&name).await;
        if made.is_err() {
            assert!(world.tables.open(&name).await.unwrap().is_none());
        }
        drop(made);
        world.control.mend();
        let table = world.tables.create(&name).await.unwrap();
        table.commit(vec![put("p", "s", &json!({}))]).await.unwrap();
        assert_eq!(body(&table, "p", "s").await, Some(json!({})));
        assert!(world.control.writes.load(Ordering::SeqCst) > 0);
    }
}

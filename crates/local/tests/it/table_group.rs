//! Group commit: many share a sync, none is answered before its own, and readers see nothing that is not durable.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kernel::ports::table::{CommitError, Condition, Key, Write};
use serde_json::json;

use crate::table_tools::{World, body, put, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_that_meet_share_syncs() {
    let world = World::new().await;
    world.control.shut();
    let first = tokio::spawn({
        let table = Arc::clone(&world.table);
        async move { table.commit(vec![put("p", "first", &json!({}))]).await }
    });
    until("the first sync", || world.control.held() == 1).await;
    let before = world.control.syncs.load(Ordering::SeqCst);
    let enqueued = Arc::new(AtomicUsize::new(0));
    let rest: Vec<_> = (0..100)
        .map(|n| {
            let (table, enqueued) = (Arc::clone(&world.table), Arc::clone(&enqueued));
            tokio::spawn(async move {
                let commit = table.commit(vec![put("p", &format!("{n:03}"), &json!({}))]);
                enqueued.fetch_add(1, Ordering::SeqCst);
                commit.await
            })
        })
        .collect();
    until("all are under way", || enqueued.load(Ordering::SeqCst) == 100).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    world.control.open();
    first.await.unwrap().unwrap();
    for commit in rest {
        commit.await.unwrap().unwrap();
    }
    let syncs = world.control.syncs.load(Ordering::SeqCst) - before;
    assert!(syncs <= 10, "101 commits took {syncs} syncs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_commit_takes_one_sync() {
    let world = World::new().await;
    world.table.commit(vec![put("p", "warm", &json!({}))]).await.unwrap();
    let before = world.control.syncs.load(Ordering::SeqCst);
    for n in 0..20 {
        world.table.commit(vec![put("p", &n.to_string(), &json!({}))]).await.unwrap();
    }
    // Giving room back at the end of the file takes one of its own now and then.
    let syncs = world.control.syncs.load(Ordering::SeqCst) - before;
    assert!((20..=22).contains(&syncs), "20 commits took {syncs} syncs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn none_is_answered_or_seen_before_its_sync() {
    let world = World::new().await;
    world.table.commit(vec![put("p", "s", &json!({ "n": 1 }))]).await.unwrap();
    world.control.shut();
    let answered = Arc::new(AtomicUsize::new(0));
    let commit = |writes: Vec<Write>| {
        let (table, answered) = (Arc::clone(&world.table), Arc::clone(&answered));
        tokio::spawn(async move {
            let answer = table.commit(writes).await;
            answered.fetch_add(1, Ordering::SeqCst);
            answer
        })
    };
    let first = commit(vec![put("p", "s", &json!({ "n": 2 }))]);
    until("the sync", || world.control.held() == 1).await;
    // Judged against what waits for its sync, and so must wait for it too.
    let refused = commit(vec![Write::Check { key: Key::new("p", "s"), when: Condition::Version(1) }]);
    for _ in 0..2000 {
        tokio::task::yield_now().await;
        assert_eq!(body(&world.table, "p", "s").await, Some(json!({ "n": 1 })));
    }
    assert_eq!(answered.load(Ordering::SeqCst), 0);
    world.control.open();
    first.await.unwrap().unwrap();
    assert_eq!(body(&world.table, "p", "s").await, Some(json!({ "n": 2 })));
    assert!(matches!(refused.await.unwrap(), Err(CommitError::Refused { write: 0, .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_do_not_wait_for_a_sync() {
    let world = World::new().await;
    for n in 0..500 {
        world.table.commit(vec![put("p", &format!("{n:03}"), &json!({ "x": "y".repeat(2000) }))]).await.unwrap();
    }
    world.control.shut();
    let table = Arc::clone(&world.table);
    let commit = tokio::spawn(async move { table.commit(vec![put("p", "s", &json!({}))]).await });
    until("the sync", || world.control.held() == 1).await;
    for n in 0..500 {
        assert!(body(&world.table, "p", &format!("{n:03}")).await.is_some());
    }
    assert!(!commit.is_finished());
    world.control.open();
    commit.await.unwrap().unwrap();
}

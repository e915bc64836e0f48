//! Races: commits that meet go through one after the other.

use std::sync::Arc;

use plane::ports::table::{CommitError, Condition, Index, Is, Key, Table, Write};
use serde_json::json;

use super::{
    ground::{add, check, delete_when, put, put_when, query, record, with_body},
    suite,
};

const RACERS: usize = 24;

/// Lets racers loose together, and counts those whose commit went through; all others must be refused.
async fn winners(table: &Arc<dyn Table>, writes: impl Fn(usize) -> Vec<Write>) -> usize {
    let racers: Vec<_> = (0..RACERS)
        .map(|racer| {
            let (table, writes) = (Arc::clone(table), writes(racer));
            tokio::spawn(async move {
                match table.commit(writes).await {
                    Ok(()) => 1,
                    Err(CommitError::Refused { .. }) => 0,
                    Err(CommitError::Table(why)) => panic!("{why}"),
                }
            })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        won += racer.await.expect("no racer panics");
    }
    won
}

suite! { "race";
    one_of_many_creates(t) {
        let won = winners(&t.table, |n| vec![put_when(with_body("p", "s", &json!({ "by": n })), Condition::Absent)]).await;
        assert_eq!((won, t.version("p", "s").await), (1, Some(1)));
    }
    one_of_many_deletes(t) {
        t.put(record("p", "s")).await;
        let won = winners(&t.table, |_| vec![delete_when("p", "s", Condition::Present)]).await;
        assert_eq!((won, t.get("p", "s").await), (1, None));
    }
    one_of_many_per_version(t) {
        t.put(record("p", "s")).await;
        let won = winners(&t.table, |_| vec![put_when(record("p", "s"), Condition::Version(1))]).await;
        assert_eq!((won, t.version("p", "s").await), (1, Some(2)));
    }
    loser_sees_the_winner(t) {
        let won = winners(&t.table, |n| vec![put_when(with_body("p", "s", &json!({ "by": n })), Condition::Absent)]).await;
        assert_eq!(won, 1);
        let (_, current) = t.refused(vec![put_when(record("p", "s"), Condition::Absent)]).await;
        assert_eq!(current, t.get("p", "s").await);
    }
    every_add_counts(t) {
        t.put(with_body("p", "s", &json!({ "n": 0 }))).await;
        let won = winners(&t.table, |n| vec![add("p", "s", "n", i64::try_from(n).unwrap())]).await;
        let sum = RACERS * (RACERS - 1) / 2;
        assert_eq!((won, t.body("p", "s").await), (RACERS, json!({ "n": sum })));
        assert_eq!(t.version("p", "s").await, Some(1 + RACERS as u64));
    }
    no_more_than_the_seats(t) {
        t.put(with_body("p", "s", &json!({ "used": 0, "total": 5 }))).await;
        let won = winners(&t.table, |n| {
            let take = Write::Add {
                key: Key::new("p", "s"), field: "used", by: 1, when: Condition::fields("used", Is::Less, "total"),
            };
            vec![take, put(record("seat", &n.to_string()))]
        })
        .await;
        let seats = t.walk(query(Index::Table, "seat")).await.len();
        assert_eq!((won, seats, t.body("p", "s").await), (5, 5, json!({ "used": 5, "total": 5 })));
    }
    one_of_many_that_cross(t) {
        // Each takes two of four names in turning order: the one that gets one must get both.
        let won = winners(&t.table, |n| {
            let name = |n: usize| put_when(record("name", &(n % 4).to_string()), Condition::Absent);
            vec![name(n), name(n + 1)]
        })
        .await;
        let names = t.walk(query(Index::Table, "name")).await.len();
        assert_eq!(names, won * 2);
        assert!((1..=2).contains(&won));
    }
    none_passes_a_closed_gate(t) {
        t.put(with_body("p", "gate", &json!({ "open": true }))).await;
        let won = winners(&t.table, |n| {
            if n == RACERS / 2 {
                vec![put(with_body("p", "gate", &json!({ "open": false })))]
            } else {
                let open = Condition::field("open", Is::Equal, true);
                vec![check("p", "gate", open), put(record("passed", &format!("{n:02}")))]
            }
        })
        .await;
        assert_eq!(t.walk(query(Index::Table, "passed")).await.len(), won - 1);
        assert_eq!(t.body("p", "gate").await, json!({ "open": false }));
    }
    different_records_do_not_refuse_each_other(t) {
        let won = winners(&t.table, |n| vec![put_when(record("p", &n.to_string()), Condition::Absent)]).await;
        assert_eq!(won, RACERS);
    }
}

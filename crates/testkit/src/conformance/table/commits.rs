//! Commits: all or nothing, over records and index entries; what a refusal says; sums.

use plane::ports::table::{Condition, Index, Is, Key, Write};
use serde_json::json;

use super::{
    ground::{add, body, check, delete, delete_when, indexed, put, put_when, query, record, with_body},
    suite,
};

suite! { "commit";
    hundred_writes_go_through(t) {
        t.commit((0..100).map(|n| put(record("p", &format!("{n:03}")))).collect()).await;
        assert_eq!(t.walk(query(Index::Table, "p")).await.len(), 100);
    }
    hundred_writes_or_none(t) {
        let mut writes: Vec<Write> = (0..99).map(|n| put(record("p", &format!("{n:03}")))).collect();
        writes.push(check("p", "gate", Condition::Present));
        assert_eq!(t.refused(writes).await, (99, None));
        assert_eq!(t.walk(query(Index::Table, "p")).await, []);
    }
    refused_leaves_no_index_entry(t) {
        let writes = vec![
            put(indexed(record("p", "a"), Index::Gsi1, "g", "a")),
            put(indexed(record("p", "b"), Index::Gsi2, "g", "b")),
            check("p", "gate", Condition::Present),
        ];
        t.refused(writes).await;
        t.put(indexed(indexed(record("p", "z"), Index::Gsi1, "g", "z"), Index::Gsi2, "g", "z")).await;
        t.finds(&query(Index::Gsi1, "g"), &["z"]).await;
        t.finds(&query(Index::Gsi2, "g"), &["z"]).await;
    }
    refused_removes_no_index_entry(t) {
        t.put(indexed(record("p", "a"), Index::Gsi1, "g", "a")).await;
        t.refused(vec![delete("p", "a"), check("p", "gate", Condition::Present)]).await;
        t.finds(&query(Index::Gsi1, "g"), &["a"]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    refused_moves_no_index_entry(t) {
        t.put(indexed(record("p", "a"), Index::Gsi1, "g", "a")).await;
        let moved = indexed(record("p", "a"), Index::Gsi1, "h", "a");
        t.refused(vec![put(moved), check("p", "gate", Condition::Present)]).await;
        t.finds(&query(Index::Gsi1, "g"), &["a"]).await;
        t.finds(&query(Index::Gsi1, "h"), &[]).await;
    }
    refused_adds_nothing(t) {
        t.put(record("p", "a")).await;
        t.refused(vec![add("p", "a", "n", 5), check("p", "gate", Condition::Present)]).await;
        assert_eq!(t.body("p", "a").await, json!({ "n": 1 }));
    }
    refused_removes_nothing(t) {
        t.put(record("p", "a")).await;
        t.refused(vec![delete("p", "a"), check("p", "gate", Condition::Present)]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    refusal_names_the_first(t) {
        let writes = vec![
            put(record("p", "a")),
            check("p", "b", Condition::Present),
            put(record("p", "c")),
            check("p", "d", Condition::Present),
        ];
        assert_eq!(t.refused(writes).await, (1, None));
    }
    refusal_names_the_last_of_many(t) {
        t.put(record("p", "099")).await;
        let writes = (0..100).map(|n| put_when(record("p", &format!("{n:03}")), Condition::Absent)).collect();
        let (write, current) = t.refused(writes).await;
        assert_eq!((write, current.map(|item| item.key.sk)), (99, Some("099".to_owned())));
    }
    refusal_carries_the_record(t) {
        t.put(indexed(with_body("p", "a", &json!({ "state": "closed" })), Index::Gsi1, "g", "a")).await;
        let (write, current) = t.refused(vec![put_when(record("p", "a"), Condition::Absent)]).await;
        assert_eq!((write, current), (0, t.get("p", "a").await));
    }
    refusal_of_delete_carries_the_record(t) {
        t.put(record("p", "a")).await;
        let (_, current) = t.refused(vec![delete_when("p", "a", Condition::Version(7))]).await;
        assert_eq!(current, t.get("p", "a").await);
    }
    refusal_of_check_carries_the_record(t) {
        t.put(record("p", "a")).await;
        let (_, current) = t.refused(vec![check("p", "a", Condition::field("n", Is::Greater, 1))]).await;
        assert_eq!(current, t.get("p", "a").await);
    }
    refusal_of_add_carries_the_record(t) {
        t.put(with_body("p", "a", &json!({ "n": "text" }))).await;
        let (_, current) = t.refused(vec![add("p", "a", "n", 1)]).await;
        assert_eq!(current, t.get("p", "a").await);
    }
    refusal_does_not_carry_a_write_of_its_own_commit(t) {
        t.put(with_body("p", "b", &json!({ "state": "old" }))).await;
        let writes = vec![put(record("p", "a")), put_when(with_body("p", "b", &json!({ "state": "new" })), Condition::Absent)];
        let (write, current) = t.refused(writes).await;
        assert_eq!((write, current.map(|item| body(&item))), (1, Some(json!({ "state": "old" }))));
    }
    conditions_see_the_state_before(t) {
        t.put(record("p", "b")).await;
        let writes = vec![put_when(record("p", "a"), Condition::Absent), delete_when("p", "b", Condition::Version(1))];
        t.commit(writes).await;
        assert_eq!((t.version("p", "a").await, t.version("p", "b").await), (Some(1), None));
    }
    check_lets_the_others_through(t) {
        t.put(record("p", "gate")).await;
        t.commit(vec![check("p", "gate", Condition::Present), put(record("p", "a"))]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    check_does_not_raise_the_version(t) {
        t.put(record("p", "gate")).await;
        t.commit(vec![check("p", "gate", Condition::Version(1))]).await;
        assert_eq!(t.version("p", "gate").await, Some(1));
    }
    check_of_absence_lets_the_others_through(t) {
        t.commit(vec![check("p", "gate", Condition::Absent), put(record("p", "a"))]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    all_kinds_in_one(t) {
        t.commit(vec![put(record("p", "gate")), put(record("p", "sum")), put(record("p", "old"))]).await;
        t.commit(vec![
            check("p", "gate", Condition::Present),
            add("p", "sum", "n", 2),
            delete("p", "old"),
            put(record("p", "new")),
        ])
        .await;
        let items = t.walk(query(Index::Table, "p")).await;
        let found: Vec<(&str, u64)> = items.iter().map(|item| (item.key.sk.as_str(), item.version)).collect();
        assert_eq!(found, [("gate", 1), ("new", 1), ("sum", 2)]);
    }
    across_partitions(t) {
        t.refused(vec![put(record("p", "a")), put(record("q", "a")), check("r", "a", Condition::Present)]).await;
        assert_eq!((t.get("p", "a").await, t.get("q", "a").await), (None, None));
        t.commit(vec![put(record("p", "a")), put(record("q", "a"))]).await;
        assert_eq!((t.version("p", "a").await, t.version("q", "a").await), (Some(1), Some(1)));
    }
    visible_as_soon_as_answered(t) {
        for n in 0..50 {
            t.put(with_body("p", "s", &json!({ "n": n }))).await;
            assert_eq!(t.body("p", "s").await, json!({ "n": n }));
            assert_eq!(t.walk(query(Index::Table, "p")).await.len(), 1);
        }
    }
    same_key_twice_is_invalid(t) {
        t.invalid(vec![put(record("p", "a")), put(record("p", "a"))]).await;
        assert_eq!(t.get("p", "a").await, None);
    }
    same_key_put_and_check_is_invalid(t) {
        t.invalid(vec![put(record("p", "a")), check("p", "a", Condition::Absent)]).await;
        assert_eq!(t.get("p", "a").await, None);
    }
    same_key_add_and_delete_is_invalid(t) {
        t.put(record("p", "a")).await;
        t.invalid(vec![add("p", "a", "n", 1), delete("p", "a")]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    same_key_far_apart_is_invalid(t) {
        let mut writes: Vec<Write> = (0..99).map(|n| put(record("p", &format!("{n:03}")))).collect();
        writes.push(delete("p", "000"));
        t.invalid(writes).await;
        assert_eq!(t.walk(query(Index::Table, "p")).await, []);
    }
    add_adds(t) {
        t.put(with_body("p", "s", &json!({ "n": 40 }))).await;
        t.commit(vec![add("p", "s", "n", 2)]).await;
        assert_eq!(t.body("p", "s").await, json!({ "n": 42 }));
    }
    add_takes_away(t) {
        t.put(with_body("p", "s", &json!({ "n": 1 }))).await;
        t.commit(vec![add("p", "s", "n", -3)]).await;
        assert_eq!(t.body("p", "s").await, json!({ "n": -2 }));
    }
    add_of_zero_is_a_write(t) {
        t.put(record("p", "s")).await;
        t.commit(vec![add("p", "s", "n", 0)]).await;
        assert_eq!((t.version("p", "s").await, t.body("p", "s").await), (Some(2), json!({ "n": 1 })));
    }
    add_to_a_missing_field_refuses(t) {
        t.put(with_body("p", "s", &json!({}))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
        assert_eq!(t.body("p", "s").await, json!({}));
    }
    add_to_text_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": "1" }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
    }
    add_to_a_fraction_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": 1.5 }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
    }
    add_to_null_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": null }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
    }
    add_to_a_boolean_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": true }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
    }
    add_beyond_the_top_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": i64::MAX }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", 1)]).await.0, 0);
        assert_eq!(t.body("p", "s").await, json!({ "n": i64::MAX }));
    }
    add_beyond_the_bottom_refuses(t) {
        t.put(with_body("p", "s", &json!({ "n": i64::MIN }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "n", -1)]).await.0, 0);
    }
    add_up_to_the_top(t) {
        t.put(with_body("p", "s", &json!({ "n": i64::MAX - 1 }))).await;
        t.commit(vec![add("p", "s", "n", 1)]).await;
        assert_eq!(t.body("p", "s").await, json!({ "n": i64::MAX }));
    }
    add_that_cannot_refuses_the_whole_commit(t) {
        t.put(with_body("p", "s", &json!({ "n": "text" }))).await;
        assert_eq!(t.refused(vec![put(record("p", "a")), add("p", "s", "n", 1)]).await.0, 1);
        assert_eq!(t.get("p", "a").await, None);
    }
    add_guarded_by_another_field(t) {
        t.put(with_body("p", "s", &json!({ "used": 1, "total": 2 }))).await;
        let take = || Write::Add {
            key: Key::new("p", "s"), field: "used", by: 1, when: Condition::fields("used", Is::Less, "total"),
        };
        t.commit(vec![take()]).await;
        let (write, current) = t.refused(vec![take()]).await;
        assert_eq!((write, body(&current.unwrap())), (0, json!({ "used": 2, "total": 2 })));
    }
    add_to_a_nested_name_refuses(t) {
        t.put(with_body("p", "s", &json!({ "a": { "n": 1 } }))).await;
        assert_eq!(t.refused(vec![add("p", "s", "a.n", 1)]).await.0, 0);
    }
}

//! The port's limits: what keeps to them goes through, what breaks them is invalid and writes nothing.

use plane::ports::table::{
    Condition, Index, Is, Key, MAX_COMMIT_BYTES, MAX_FIELD_BYTES, MAX_FIELDS_BYTES, MAX_ITEM_BYTES, MAX_KEYS, MAX_PAGE,
    MAX_PK_BYTES, MAX_SK_BYTES, Query, TableError, Write,
};
use serde_json::{Map, Value, json};

use super::{
    ground::{Ground, check, delete, indexed, put, query, record, with_body},
    suite,
};

/// A record of so many bytes, keys included.
fn sized(sk: &str, bytes: usize) -> Write {
    let frame = r#"{"x":""}"#.len() + "p".len() + sk.len();
    put(with_body("p", sk, &json!({ "x": "y".repeat(bytes - frame) })))
}

/// Ten records of so many bytes together.
fn filling(bytes: usize) -> Vec<Write> {
    let share = bytes / 10;
    (0..10).map(|n| sized(&format!("{n:02}"), if n == 0 { bytes - 9 * share } else { share })).collect()
}

/// A body whose fields, names included, have so many bytes, and that has a list beside them.
fn fields(bytes: usize) -> Value {
    let mut fields = Map::new();
    // Each has a name of three bytes and a text of 997, with its quotes.
    let (full, rest) = (bytes / 1000, bytes % 1000);
    for n in 0..full {
        fields.insert(format!("{n:03}"), "y".repeat(995).into());
    }
    fields.insert("abc".to_owned(), "y".repeat(rest - 5).into());
    fields.insert("list".to_owned(), json!(["y"]));
    fields.into()
}

async fn none_written(t: &Ground) {
    assert_eq!(t.walk(query(Index::Table, "p")).await, []);
}

async fn unreadable(t: &Ground, key: Key) {
    assert!(matches!(t.table.get(&key).await, Err(TableError::Invalid(_))));
}

suite! { "limit";
    no_write_at_all(t) {
        t.invalid(vec![]).await;
    }
    hundred_and_one_writes(t) {
        t.invalid((0..101).map(|n| put(record("p", &format!("{n:03}")))).collect()).await;
        none_written(&t).await;
    }
    hundred_and_one_checks(t) {
        t.invalid((0..101).map(|n| check("p", &format!("{n:03}"), Condition::Absent)).collect()).await;
    }
    largest_record(t) {
        t.commit(vec![sized("a", MAX_ITEM_BYTES)]).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    record_one_byte_too_large(t) {
        t.invalid(vec![sized("a", MAX_ITEM_BYTES + 1)]).await;
        none_written(&t).await;
    }
    index_keys_count_to_the_record(t) {
        let Write::Put { item, .. } = sized("a", MAX_ITEM_BYTES) else { unreachable!("a put was made") };
        t.invalid(vec![put(indexed(item, Index::Gsi1, "g", "g"))]).await;
        none_written(&t).await;
    }
    too_large_beside_small_ones(t) {
        t.invalid(vec![put(record("p", "a")), sized("b", MAX_ITEM_BYTES + 1)]).await;
        none_written(&t).await;
    }
    largest_commit(t) {
        t.commit(filling(MAX_COMMIT_BYTES)).await;
        assert_eq!(t.version("p", "09").await, Some(1));
    }
    commit_one_byte_too_large(t) {
        t.invalid(filling(MAX_COMMIT_BYTES + 1)).await;
        none_written(&t).await;
    }
    largest_commit_of_small_records(t) {
        // All that conditions may be on, as much as fits.
        let body = json!((0..16).map(|n| (format!("{n:02}"), "y".repeat(1000))).collect::<std::collections::BTreeMap<_, _>>());
        t.commit((0..100).map(|n| put(with_body("p", &format!("{n:03}"), &body))).collect()).await;
        assert_eq!(t.walk(query(Index::Table, "p")).await.len(), 100);
    }
    longest_text_of_a_condition(t) {
        let text = "y".repeat(MAX_FIELD_BYTES);
        t.put(with_body("p", "a", &json!({ "x": text }))).await;
        t.commit(vec![check("p", "a", Condition::field("x", Is::Equal, text))]).await;
    }
    text_too_long_for_a_condition(t) {
        let text = "y".repeat(MAX_FIELD_BYTES + 1);
        t.put(with_body("p", "a", &json!({ "x": text, "z": "z" }))).await;
        t.refused(vec![check("p", "a", Condition::field("x", Is::Equal, text.clone()))]).await;
        t.refused(vec![check("p", "a", Condition::field("x", Is::NotEqual, "z"))]).await;
        t.refused(vec![check("p", "a", Condition::field("z", Is::Less, text))]).await;
        t.refused(vec![check("p", "a", Condition::fields("x", Is::Equal, "x"))]).await;
    }
    most_in_fields_of_conditions(t) {
        t.put(with_body("p", "a", &fields(MAX_FIELDS_BYTES))).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    too_much_in_fields_of_conditions(t) {
        t.invalid(vec![put(with_body("p", "a", &fields(MAX_FIELDS_BYTES + 1)))]).await;
        none_written(&t).await;
    }
    lists_and_long_texts_are_not_fields_of_conditions(t) {
        let long = "y".repeat(MAX_FIELDS_BYTES);
        t.put(with_body("p", "a", &json!({ "text": long, "list": [long], "map": { "x": long } }))).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    longest_keys(t) {
        let (pk, sk) = ("k".repeat(MAX_PK_BYTES), "s".repeat(MAX_SK_BYTES));
        t.put(record(&pk, &sk)).await;
        assert_eq!(t.version(&pk, &sk).await, Some(1));
        t.finds(&query(Index::Table, &pk), &[&sk]).await;
    }
    longest_index_keys(t) {
        let (pk, sk) = ("k".repeat(MAX_PK_BYTES), "s".repeat(MAX_SK_BYTES));
        t.put(indexed(record("p", "a"), Index::Gsi2, &pk, &sk)).await;
        t.finds(&query(Index::Gsi2, &pk), &["a"]).await;
    }
    partition_key_too_long(t) {
        t.invalid(vec![put(record(&"k".repeat(MAX_PK_BYTES + 1), "s"))]).await;
    }
    sort_key_too_long(t) {
        t.invalid(vec![put(record("p", &"s".repeat(MAX_SK_BYTES + 1)))]).await;
    }
    keys_are_measured_in_bytes(t) {
        t.invalid(vec![put(record("p", &"ä".repeat(MAX_SK_BYTES / 2 + 1)))]).await;
        t.put(record("p", &"ä".repeat(MAX_SK_BYTES / 2))).await;
    }
    index_partition_key_too_long(t) {
        t.invalid(vec![put(indexed(record("p", "a"), Index::Gsi1, &"k".repeat(MAX_PK_BYTES + 1), "s"))]).await;
        none_written(&t).await;
    }
    index_sort_key_too_long(t) {
        t.invalid(vec![put(indexed(record("p", "a"), Index::Gsi3, "g", &"s".repeat(MAX_SK_BYTES + 1)))]).await;
        none_written(&t).await;
    }
    empty_partition_key(t) {
        t.invalid(vec![put(record("", "s"))]).await;
    }
    empty_sort_key(t) {
        t.invalid(vec![put(record("p", ""))]).await;
        none_written(&t).await;
    }
    empty_key_of_a_delete(t) {
        t.invalid(vec![delete("p", "")]).await;
    }
    empty_key_of_a_check(t) {
        t.invalid(vec![check("", "s", Condition::Absent)]).await;
    }
    empty_index_partition_key(t) {
        t.invalid(vec![put(indexed(record("p", "a"), Index::Gsi1, "", "s"))]).await;
        none_written(&t).await;
    }
    empty_index_sort_key(t) {
        t.invalid(vec![put(indexed(record("p", "a"), Index::Gsi2, "g", ""))]).await;
        none_written(&t).await;
    }
    get_of_an_empty_key(t) {
        unreadable(&t, Key::new("", "s")).await;
        unreadable(&t, Key::new("p", "")).await;
    }
    get_of_a_key_too_long(t) {
        unreadable(&t, Key::new("p", "s".repeat(MAX_SK_BYTES + 1))).await;
    }
    batch_of_a_hundred(t) {
        t.commit((0..100).map(|n| put(record("p", &format!("{n:03}")))).collect()).await;
        let keys: Vec<Key> = (0..MAX_KEYS).rev().map(|n| Key::new("p", format!("{n:03}"))).collect();
        let read = t.table.batch_get(&keys).await.unwrap();
        assert!(read.iter().zip(&keys).all(|(item, key)| item.as_ref().is_some_and(|item| item.key == *key)));
    }
    batch_of_a_hundred_and_one(t) {
        let keys: Vec<Key> = (0..=MAX_KEYS).map(|n| Key::new("p", format!("{n:03}"))).collect();
        assert!(matches!(t.table.batch_get(&keys).await, Err(TableError::Invalid(_))));
    }
    batch_with_an_empty_key(t) {
        let keys = [Key::new("p", "a"), Key::new("p", "")];
        assert!(matches!(t.table.batch_get(&keys).await, Err(TableError::Invalid(_))));
    }
    page_of_none(t) {
        t.invalid_query(Query { limit: 0, ..query(Index::Table, "p") }).await;
    }
    page_beyond_the_largest(t) {
        t.invalid_query(Query { limit: MAX_PAGE + 1, ..query(Index::Gsi1, "p") }).await;
    }
    query_of_an_empty_partition_key(t) {
        t.invalid_query(query(Index::Table, "")).await;
    }
    query_of_a_partition_key_too_long(t) {
        t.invalid_query(query(Index::Gsi2, &"k".repeat(MAX_PK_BYTES + 1))).await;
    }
    position_of_the_table_in_an_index(t) {
        let after = Some(plane::ports::table::Position { key: Key::new("p", "a"), index: None });
        t.invalid_query(Query { after, ..query(Index::Gsi1, "p") }).await;
    }
    position_of_an_index_in_the_table(t) {
        let after = Some(plane::ports::table::Position { key: Key::new("p", "a"), index: Some(Key::new("g", "a")) });
        t.invalid_query(Query { after, ..query(Index::Table, "p") }).await;
    }
}

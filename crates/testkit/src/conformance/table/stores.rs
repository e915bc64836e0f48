//! Tables: made, opened, listed, removed, each apart from the others.

use plane::ports::table::{Index, TableName};
use serde_json::json;

use super::{
    ground::{Ground, body, delete, indexed, put, query, record, table_name, with_body},
    suite,
};

async fn names(t: &Ground) -> Vec<String> {
    let names: Vec<TableName> = t.tables.list().await.unwrap();
    names.iter().map(TableName::to_string).filter(|name| name != "conformance").collect()
}

suite! { "store";
    open_of_none(t) {
        assert!(t.tables.open(&table_name("nothing")).await.unwrap().is_none());
    }
    open_of_a_table(t) {
        t.put(record("p", "a")).await;
        let again = t.tables.open(&table_name("conformance")).await.unwrap().expect("it was made");
        assert_eq!(again.get(&plane::ports::table::Key::new("p", "a")).await.unwrap(), t.get("p", "a").await);
    }
    opening_does_not_make(t) {
        t.tables.open(&table_name("nothing")).await.unwrap();
        assert_eq!(names(&t).await, [""; 0]);
    }
    create_again_finds_the_same(t) {
        t.put(record("p", "a")).await;
        let again = t.tables.create(&table_name("conformance")).await.unwrap();
        assert_eq!(again.get(&plane::ports::table::Key::new("p", "a")).await.unwrap(), t.get("p", "a").await);
    }
    two_handles_are_one_table(t) {
        let again = t.tables.create(&table_name("conformance")).await.unwrap();
        again.commit(vec![put(record("p", "a"))]).await.unwrap();
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    list_of_none(t) {
        assert_eq!(names(&t).await, [""; 0]);
    }
    list_is_in_order(t) {
        for name in ["zebra", "apple", "mango-1", "mango_1", "m01"] {
            t.tables.create(&table_name(name)).await.unwrap();
        }
        let mut expected = vec!["zebra", "apple", "mango-1", "mango_1", "m01"];
        expected.sort_unstable();
        assert_eq!(names(&t).await, expected);
    }
    list_forgets_the_removed(t) {
        t.tables.create(&table_name("one")).await.unwrap();
        t.tables.create(&table_name("two")).await.unwrap();
        t.tables.remove(&table_name("one")).await.unwrap();
        assert_eq!(names(&t).await, ["two"]);
    }
    remove_of_none_is_fine(t) {
        t.tables.remove(&table_name("nothing")).await.unwrap();
        t.tables.remove(&table_name("nothing")).await.unwrap();
    }
    removed_is_gone(t) {
        t.tables.create(&table_name("other")).await.unwrap();
        t.tables.remove(&table_name("other")).await.unwrap();
        assert!(t.tables.open(&table_name("other")).await.unwrap().is_none());
    }
    made_again_is_empty(t) {
        t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
        t.tables.remove(&table_name("conformance")).await.unwrap();
        let t = Ground::new(t.tables).await;
        assert_eq!(t.get("p", "a").await, None);
        t.finds(&query(Index::Table, "p"), &[]).await;
        t.finds(&query(Index::Gsi1, "g"), &[]).await;
        t.put(record("p", "a")).await;
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    removing_one_leaves_the_others(t) {
        t.put(record("p", "a")).await;
        t.tables.create(&table_name("other")).await.unwrap();
        t.tables.remove(&table_name("other")).await.unwrap();
        assert_eq!(t.version("p", "a").await, Some(1));
    }
    tables_are_apart(t) {
        let other = t.tables.create(&table_name("other")).await.unwrap();
        let other = Ground { tables: t.tables.clone(), table: other };
        t.put(indexed(with_body("p", "a", &json!({ "in": "first" })), Index::Gsi1, "g", "1")).await;
        other.put(indexed(with_body("p", "a", &json!({ "in": "second" })), Index::Gsi1, "g", "1")).await;
        assert_eq!(t.body("p", "a").await, json!({ "in": "first" }));
        assert_eq!(other.body("p", "a").await, json!({ "in": "second" }));
        other.finds_items(&query(Index::Gsi1, "g"), |items| match items {
            [item] if body(item) == json!({ "in": "second" }) => Ok(()),
            _ => Err(format!("{items:?}")),
        })
        .await;
    }
    deleting_in_one_leaves_the_other(t) {
        let other = t.tables.create(&table_name("other")).await.unwrap();
        let other = Ground { tables: t.tables.clone(), table: other };
        t.put(record("p", "a")).await;
        other.put(record("p", "a")).await;
        other.commit(vec![delete("p", "a")]).await;
        assert_eq!((t.version("p", "a").await, other.get("p", "a").await), (Some(1), None));
    }
    versions_are_apart(t) {
        let other = t.tables.create(&table_name("other")).await.unwrap();
        let other = Ground { tables: t.tables.clone(), table: other };
        t.put(record("p", "a")).await;
        t.put(record("p", "a")).await;
        other.put(record("p", "a")).await;
        assert_eq!((t.version("p", "a").await, other.version("p", "a").await), (Some(2), Some(1)));
    }
    longest_and_shortest_names(t) {
        let long = "a".repeat(100);
        for name in ["abc", long.as_str()] {
            t.tables.create(&table_name(name)).await.unwrap();
            assert!(t.tables.open(&table_name(name)).await.unwrap().is_some());
        }
        assert_eq!(names(&t).await, [long.as_str(), "abc"]);
    }
    racing_creates_make_one(t) {
        let made = (0..8).map(|n| {
            let tables = t.tables.clone();
            tokio::spawn(async move {
                let table = tables.create(&table_name("raced")).await.unwrap();
                table.commit(vec![put(record("p", &n.to_string()))]).await.unwrap();
            })
        });
        for task in made.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let table = t.tables.open(&table_name("raced")).await.unwrap().expect("it was made");
        let raced = Ground { tables: t.tables.clone(), table };
        assert_eq!(raced.walk(query(Index::Table, "p")).await.len(), 8);
    }
}

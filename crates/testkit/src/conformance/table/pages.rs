//! Pages: limits, cursors that resume exactly, and index entries that come, move and go.

use plane::ports::table::{Bodies, Index, Key, MAX_PAGE, Order, Query, Range};
use serde_json::json;

use super::{
    ground::{Ground, add, body, delete, indexed, position, put, query, record, sort_keys, with_body},
    suite,
};

const PLACES: [Index; 4] = [Index::Table, Index::Gsi1, Index::Gsi2, Index::Gsi3];

/// Twenty records `00` to `19` in the same order in every index.
async fn twenty(t: &Ground) {
    t.commit((0..20).map(|n| put(everywhere(&format!("{n:02}")))).collect()).await;
    for index in PLACES {
        t.finds_items(&query(index, "p"), |items| match items.len() {
            20 => Ok(()),
            found => Err(format!("{index:?} shows {found} of 20")),
        })
        .await;
    }
}

fn everywhere(sk: &str) -> plane::ports::table::NewItem {
    let item = indexed(record("p", sk), Index::Gsi1, "p", sk);
    indexed(indexed(item, Index::Gsi2, "p", sk), Index::Gsi3, "p", sk)
}

/// Holds that pages of every size, in both directions, join to the whole.
async fn joins(t: &Ground, index: Index, range: Range, whole: &[&str]) {
    for order in [Order::Ascending, Order::Descending] {
        let mut expected = whole.to_vec();
        if order == Order::Descending {
            expected.reverse();
        }
        for limit in [1, 2, 3, 7, 19, 20, 21, MAX_PAGE] {
            let query = Query { range: range.clone(), order, limit, ..query(index, "p") };
            t.finds(&query, &expected).await;
            let page = t.page(&query).await;
            assert!(page.items.len() <= limit);
            let bodies = page.items.into_iter().map(|item| item.body).collect();
            assert_eq!(t.bodies(&query).await, Bodies { bodies, next: page.next });
        }
    }
}

/// What a walk finds that pauses after `stop` records while `meanwhile` happens.
async fn paused(t: &Ground, index: Index, stop: usize, meanwhile: impl AsyncFnOnce(&Ground)) -> Vec<String> {
    let first = t.page(&Query { limit: stop, ..query(index, "p") }).await;
    assert_eq!(first.items.len(), stop);
    meanwhile(t).await;
    let rest = t.walk(Query { after: first.next, ..query(index, "p") }).await;
    rest.into_iter().map(|item| item.key.sk).collect()
}

suite! { "page";
    empty_partition(t) {
        for index in PLACES {
            let page = t.page(&query(index, "p")).await;
            assert_eq!((page.items.len(), page.next), (0, None));
        }
    }
    joins_in_the_table(t) {
        twenty(&t).await;
        let whole: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
        joins(&t, Index::Table, Range::All, &whole.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    joins_in_the_indexes(t) {
        twenty(&t).await;
        let whole: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
        for index in &PLACES[1..] {
            joins(&t, *index, Range::All, &whole.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
    }
    joins_within_a_range(t) {
        twenty(&t).await;
        for index in PLACES {
            joins(&t, index, Range::Between("03".into(), "05".into()), &["03", "04", "05"]).await;
        }
    }
    joins_within_a_prefix(t) {
        twenty(&t).await;
        let expected = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];
        for index in PLACES {
            joins(&t, index, Range::Prefix("1".into()), &expected).await;
        }
    }
    joins_up_to_a_bound(t) {
        twenty(&t).await;
        for index in PLACES {
            joins(&t, index, Range::AtMost("02".into()), &["00", "01", "02"]).await;
            joins(&t, index, Range::AtLeast("18".into()), &["18", "19"]).await;
        }
    }
    full_page_has_a_next(t) {
        twenty(&t).await;
        for index in PLACES {
            assert!(t.page(&Query { limit: 19, ..query(index, "p") }).await.next.is_some());
        }
    }
    next_is_the_last_record(t) {
        twenty(&t).await;
        for index in PLACES {
            let page = t.page(&Query { limit: 5, ..query(index, "p") }).await;
            assert_eq!(page.next, Some(position(index, page.items.last().unwrap())));
        }
    }
    thousand_in_one_page(t) {
        for start in (0..1000).step_by(100) {
            t.commit((start..start + 100).map(|n| put(record("p", &format!("{n:04}")))).collect()).await;
        }
        let all = t.walk(Query { limit: 1000, ..query(Index::Table, "p") }).await;
        assert_eq!(all.len(), 1000);
        assert!(all.windows(2).all(|pair| pair[0].key < pair[1].key));
    }
    any_record_is_a_position(t) {
        twenty(&t).await;
        for index in PLACES {
            let items = t.page(&query(index, "p")).await.items;
            let after = Some(position(index, &items[12]));
            let rest = t.walk(Query { after: after.clone(), ..query(index, "p") }).await;
            assert_eq!(sort_keys(&rest), ["13", "14", "15", "16", "17", "18", "19"]);
            let before = t.walk(Query { after, order: Order::Descending, range: Range::AtLeast("10".into()), ..query(index, "p") }).await;
            assert_eq!(sort_keys(&before), ["11", "10"]);
        }
    }
    position_at_the_end_leaves_nothing(t) {
        twenty(&t).await;
        for index in PLACES {
            let items = t.page(&query(index, "p")).await.items;
            let after = Some(position(index, &items[19]));
            assert_eq!(t.walk(Query { after, ..query(index, "p") }).await, []);
        }
    }
    position_goes_to_text_and_back(t) {
        twenty(&t).await;
        for index in PLACES {
            let page = t.page(&Query { limit: 18, ..query(index, "p") }).await;
            let text = serde_json::to_string(&page.next).unwrap();
            let after = serde_json::from_str(&text).unwrap();
            assert_eq!(sort_keys(&t.walk(Query { after, ..query(index, "p") }).await), ["18", "19"]);
        }
    }
    resumes_after_its_record_was_deleted(t) {
        twenty(&t).await;
        let rest = paused(&t, Index::Table, 17, async |t| t.commit(vec![delete("p", "16")]).await).await;
        assert_eq!(rest, ["17", "18", "19"]);
    }
    resumes_in_an_index_after_its_record_was_deleted(t) {
        twenty(&t).await;
        let rest = paused(&t, Index::Gsi2, 17, async |t| {
            t.commit(vec![delete("p", "16")]).await;
            t.finds(&Query { range: Range::Between("15".into(), "17".into()), ..query(Index::Gsi2, "p") }, &["15", "17"]).await;
        })
        .await;
        assert_eq!(rest, ["17", "18", "19"]);
    }
    resumes_in_an_index_after_its_record_moved(t) {
        twenty(&t).await;
        let rest = paused(&t, Index::Gsi1, 17, async |t| {
            t.put(indexed(record("p", "16"), Index::Gsi1, "p", "185")).await;
            t.finds(&Query { range: Range::AtLeast("18".into()), ..query(Index::Gsi1, "p") }, &["18", "16", "19"]).await;
        })
        .await;
        assert_eq!(rest, ["17", "18", "16", "19"]);
    }
    resumes_after_the_rest_was_deleted(t) {
        twenty(&t).await;
        let rest = paused(&t, Index::Table, 17, async |t| {
            t.commit(["17", "18", "19"].map(|sk| delete("p", sk)).into()).await;
        })
        .await;
        assert!(rest.is_empty());
    }
    sees_what_is_inserted_ahead_not_behind(t) {
        twenty(&t).await;
        let rest = paused(&t, Index::Table, 17, async |t| t.commit(vec![put(record("p", "095")), put(record("p", "175"))]).await).await;
        assert_eq!(rest, ["17", "175", "18", "19"]);
    }
    no_record_twice_while_others_are_inserted(t) {
        twenty(&t).await;
        let mut query = Query { limit: 3, ..query(Index::Table, "p") };
        let mut seen = Vec::new();
        for round in 0.. {
            let page = t.page(&query).await;
            seen.extend(page.items.into_iter().map(|item| item.key.sk));
            t.put(record("p", &format!("{:02}x", round * 2 % 20))).await;
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        let old: Vec<&String> = seen.iter().filter(|sk| !sk.ends_with('x')).collect();
        assert_eq!(old.len(), 20);
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
    }
    equal_index_keys_come_in_one_order(t) {
        let keys = [("b", "1"), ("a", "2"), ("a", "1"), ("ab", "1"), ("a\u{0}", "9"), ("é", "0")];
        t.commit(keys.iter().map(|(pk, sk)| put(indexed(record(pk, sk), Index::Gsi3, "p", "same"))).collect()).await;
        t.finds_items(&query(Index::Gsi3, "p"), |items| match items.len() {
            6 => Ok(()),
            found => Err(format!("{found} of 6")),
        })
        .await;
        let mut expected: Vec<Key> = t.walk(query(Index::Gsi3, "p")).await.into_iter().map(|item| item.key).collect();
        for order in [Order::Ascending, Order::Descending] {
            for limit in [1, 4, 100] {
                t.finds_items(&Query { order, limit, ..query(Index::Gsi3, "p") }, |items| {
                    let found: Vec<&Key> = items.iter().map(|item| &item.key).collect();
                    if found.iter().copied().eq(&expected) { Ok(()) } else { Err(format!("{order:?} {limit}: {found:?}")) }
                })
                .await;
            }
            expected.reverse();
        }
        expected.sort();
        expected.dedup();
        assert_eq!(expected.len(), 6);
    }
    equal_index_keys_within_bounds(t) {
        let entry = |sk, at| put(indexed(record("p", sk), Index::Gsi1, "p", at));
        t.commit(vec![entry("1", "a"), entry("2", "b"), entry("3", "b"), entry("4", "b\u{0}"), entry("5", "c")]).await;
        let finds = async |range, expected: &[&str]| {
            t.finds_items(&Query { range, ..query(Index::Gsi1, "p") }, |items| {
                let mut found = sort_keys(items);
                found.sort_unstable();
                if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
            })
            .await;
        };
        finds(Range::Between("b".into(), "b".into()), &["2", "3"]).await;
        finds(Range::AtMost("b".into()), &["1", "2", "3"]).await;
        t.finds(&Query { range: Range::AtLeast("b\u{0}".into()), ..query(Index::Gsi1, "p") }, &["4", "5"]).await;
    }
}

mod entries {
    use super::{Index, Query, Range, add, body, delete, indexed, json, put, query, record, with_body};
    use crate::conformance::table::suite;

    suite! { "index";
        record_without_keys_stands_in_none(t) {
            t.put(record("p", "a")).await;
            for index in [Index::Gsi1, Index::Gsi2, Index::Gsi3] {
                t.finds(&query(index, "p"), &[]).await;
            }
        }
        each_index_holds_its_own(t) {
            let item = indexed(indexed(record("p", "a"), Index::Gsi1, "one", "1"), Index::Gsi2, "two", "2");
            t.put(indexed(item, Index::Gsi3, "three", "3")).await;
            t.finds(&query(Index::Gsi1, "one"), &["a"]).await;
            t.finds(&query(Index::Gsi2, "two"), &["a"]).await;
            t.finds(&query(Index::Gsi3, "three"), &["a"]).await;
            t.finds(&query(Index::Gsi1, "two"), &[]).await;
            t.finds(&query(Index::Gsi2, "three"), &[]).await;
            t.finds(&query(Index::Gsi3, "one"), &[]).await;
        }
        shows_the_whole_record(t) {
            let mut item = indexed(with_body("p", "a", &json!({ "x": [1, "y"] })), Index::Gsi2, "g", "1");
            item.expires = Some(4_102_444_800);
            t.put(item).await;
            let read = t.get("p", "a").await.unwrap();
            t.finds_items(&query(Index::Gsi2, "g"), |items| {
                if items == [read.clone()] { Ok(()) } else { Err(format!("{items:?}")) }
            })
            .await;
        }
        shows_a_large_record(t) {
            let text = "x".repeat(50_000);
            t.put(indexed(with_body("p", "a", &json!({ "text": text })), Index::Gsi2, "g\u{0}", "1\u{1}")).await;
            t.finds_items(&query(Index::Gsi2, "g\u{0}"), |items| match items {
                [item] if body(item)["text"] == text => Ok(()),
                _ => Err(format!("{} records", items.len())),
            })
            .await;
        }
        moves_when_replaced(t) {
            t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
            t.put(indexed(record("p", "a"), Index::Gsi1, "h", "1")).await;
            t.finds(&query(Index::Gsi1, "h"), &["a"]).await;
            t.finds(&query(Index::Gsi1, "g"), &[]).await;
        }
        moves_within_its_partition(t) {
            t.commit(vec![
                put(indexed(record("p", "a"), Index::Gsi3, "g", "1")),
                put(indexed(record("p", "b"), Index::Gsi3, "g", "2")),
            ])
            .await;
            t.put(indexed(record("p", "a"), Index::Gsi3, "g", "3")).await;
            t.finds(&query(Index::Gsi3, "g"), &["b", "a"]).await;
        }
        moves_to_another_index(t) {
            t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
            t.put(indexed(record("p", "a"), Index::Gsi2, "g", "1")).await;
            t.finds(&query(Index::Gsi2, "g"), &["a"]).await;
            t.finds(&query(Index::Gsi1, "g"), &[]).await;
        }
        goes_when_replaced_without(t) {
            t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
            t.put(record("p", "a")).await;
            t.finds(&query(Index::Gsi1, "g"), &[]).await;
        }
        goes_when_deleted(t) {
            let item = indexed(indexed(record("p", "a"), Index::Gsi1, "g", "1"), Index::Gsi2, "g", "1");
            t.put(indexed(item, Index::Gsi3, "g", "1")).await;
            t.commit(vec![delete("p", "a")]).await;
            for index in [Index::Gsi1, Index::Gsi2, Index::Gsi3] {
                t.finds(&query(index, "g"), &[]).await;
            }
        }
        comes_when_replaced_with(t) {
            t.put(record("p", "a")).await;
            t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
            t.finds(&query(Index::Gsi1, "g"), &["a"]).await;
        }
        shows_the_new_body(t) {
            for n in 0..3 {
                t.put(indexed(with_body("p", "a", &json!({ "n": n })), Index::Gsi2, "g", "1")).await;
            }
            t.finds_items(&query(Index::Gsi2, "g"), |items| match items {
                [item] if body(item) == json!({ "n": 2 }) && item.version == 3 => Ok(()),
                _ => Err(format!("{items:?}")),
            })
            .await;
        }
        shows_a_body_that_grew_and_shrank(t) {
            for length in [10, 20_000, 10] {
                let text = "x".repeat(length);
                t.put(indexed(with_body("p", "a", &json!({ "text": text })), Index::Gsi2, "g", "1")).await;
                t.finds_items(&query(Index::Gsi2, "g"), |items| match items {
                    [item] if body(item)["text"] == text => Ok(()),
                    _ => Err(format!("{} records at {length}", items.len())),
                })
                .await;
            }
        }
        shows_what_add_wrote(t) {
            t.put(indexed(record("p", "a"), Index::Gsi2, "g", "1")).await;
            t.commit(vec![add("p", "a", "n", 9)]).await;
            t.finds_items(&query(Index::Gsi2, "g"), |items| match items {
                [item] if body(item) == json!({ "n": 10 }) && item.version == 2 => Ok(()),
                _ => Err(format!("{items:?}")),
            })
            .await;
        }
        what_has_left_is_not_found_now(t) {
            t.put(indexed(record("p", "a"), Index::Gsi1, "g", "1")).await;
            t.put(indexed(record("p", "b"), Index::Gsi1, "g", "2")).await;
            t.put(indexed(record("p", "c"), Index::Gsi1, "g", "3")).await;
            t.finds(&query(Index::Gsi1, "g"), &["a", "b", "c"]).await;
            t.put(indexed(record("p", "a"), Index::Gsi1, "h", "1")).await;
            t.commit(vec![delete("p", "b")]).await;
            assert_eq!(t.now(&query(Index::Gsi1, "g")).await, ["c"]);
        }
        what_has_moved_out_of_the_range_is_not_found_now(t) {
            t.put(indexed(record("p", "a"), Index::Gsi3, "g", "1")).await;
            t.finds(&query(Index::Gsi3, "g"), &["a"]).await;
            t.put(indexed(record("p", "a"), Index::Gsi3, "g", "2")).await;
            let up_to_one = Query { range: Range::AtMost("1".into()), ..query(Index::Gsi3, "g") };
            assert_eq!(t.now(&up_to_one).await, [""; 0]);
        }
        what_is_found_now_is_as_it_is(t) {
            t.put(indexed(record("p", "a"), Index::Gsi2, "g", "1")).await;
            t.finds(&query(Index::Gsi2, "g"), &["a"]).await;
            t.commit(vec![add("p", "a", "n", 9)]).await;
            let items = t.table.query_now(&query(Index::Gsi2, "g")).await.unwrap().items;
            assert_eq!(items, [t.get("p", "a").await.unwrap()]);
        }
        one_partition_of_many_partitions(t) {
            let writes = (0..50).map(|n| put(indexed(record(&format!("p{n:02}"), "x"), Index::Gsi2, "tenant", &format!("{n:02}"))));
            t.commit(writes.collect()).await;
            t.finds_items(&query(Index::Gsi2, "tenant"), |items| {
                let found: Vec<&str> = items.iter().map(|item| item.key.pk.as_str()).collect();
                let sorted = found.is_sorted() && found.len() == 50;
                if sorted { Ok(()) } else { Err(format!("{found:?}")) }
            })
            .await;
        }
    }
}

pub(super) fn all() -> Vec<super::Case> {
    [cases(), entries::cases()].concat()
}

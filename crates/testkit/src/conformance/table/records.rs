//! Records: written, read, replaced, removed.

use bytes::Bytes;
use plane::ports::table::{Index, Key};
use serde_json::json;

use super::{
    ground::{add, body, delete, indexed, put, record, with_body},
    suite,
};

suite! { "record";
    absent_is_none(t) {
        assert_eq!(t.get("p", "s").await, None);
    }
    reads_back_whole(t) {
        let item = indexed(indexed(record("p", "s"), Index::Gsi1, "a", "b"), Index::Gsi3, "c", "d");
        t.put(item.clone()).await;
        let read = t.get("p", "s").await.unwrap();
        assert_eq!((read.key, read.index, read.expires), (item.key, item.index, item.expires));
    }
    expiry_reads_back(t) {
        let mut item = record("p", "s");
        item.expires = Some(4_102_444_800);
        t.put(item).await;
        assert_eq!(t.get("p", "s").await.unwrap().expires, Some(4_102_444_800));
    }
    expiry_goes_when_replaced_without(t) {
        let mut item = record("p", "s");
        item.expires = Some(4_102_444_800);
        t.put(item).await;
        t.put(record("p", "s")).await;
        assert_eq!(t.get("p", "s").await.unwrap().expires, None);
    }
    first_version_is_one(t) {
        t.put(record("p", "s")).await;
        assert_eq!(t.version("p", "s").await, Some(1));
    }
    every_put_raises_the_version(t) {
        for _ in 0..5 {
            t.put(record("p", "s")).await;
        }
        assert_eq!(t.version("p", "s").await, Some(5));
    }
    add_raises_the_version(t) {
        t.put(record("p", "s")).await;
        t.commit(vec![add("p", "s", "n", 1)]).await;
        assert_eq!(t.version("p", "s").await, Some(2));
    }
    version_starts_anew_after_delete(t) {
        t.put(record("p", "s")).await;
        t.put(record("p", "s")).await;
        t.commit(vec![delete("p", "s")]).await;
        t.put(record("p", "s")).await;
        assert_eq!(t.version("p", "s").await, Some(1));
    }
    put_replaces_the_whole_body(t) {
        t.put(with_body("p", "s", &json!({ "a": 1, "b": 2 }))).await;
        t.put(with_body("p", "s", &json!({ "b": 3 }))).await;
        assert_eq!(t.body("p", "s").await, json!({ "b": 3 }));
    }
    delete_removes(t) {
        t.put(record("p", "s")).await;
        t.commit(vec![delete("p", "s")]).await;
        assert_eq!(t.get("p", "s").await, None);
    }
    delete_of_absent_is_fine(t) {
        t.commit(vec![delete("p", "s")]).await;
        assert_eq!(t.get("p", "s").await, None);
    }
    same_sort_key_in_two_partitions(t) {
        t.put(with_body("p", "s", &json!({ "at": "p" }))).await;
        t.put(with_body("q", "s", &json!({ "at": "q" }))).await;
        assert_eq!(t.body("p", "s").await, json!({ "at": "p" }));
        assert_eq!(t.body("q", "s").await, json!({ "at": "q" }));
    }
    keys_do_not_run_into_each_other(t) {
        t.put(with_body("ab", "c", &json!({ "at": 1 }))).await;
        t.put(with_body("a", "bc", &json!({ "at": 2 }))).await;
        assert_eq!(t.body("ab", "c").await, json!({ "at": 1 }));
        assert_eq!(t.body("a", "bc").await, json!({ "at": 2 }));
    }
    low_characters_in_keys_stay_apart(t) {
        let keys = [("a", "b"), ("a\u{0}", "b"), ("a\u{1}", "b"), ("a", "\u{0}b"), ("a\u{0}b", "\u{1}"), ("a\u{1}\u{1}", "b")];
        for (at, (pk, sk)) in keys.into_iter().enumerate() {
            t.put(with_body(pk, sk, &json!({ "at": at }))).await;
        }
        for (at, (pk, sk)) in keys.into_iter().enumerate() {
            assert_eq!(t.body(pk, sk).await, json!({ "at": at }), "{pk:?} {sk:?}");
        }
    }
    case_of_keys_matters(t) {
        t.put(record("p", "S")).await;
        assert_eq!(t.get("p", "s").await, None);
        assert_eq!(t.get("P", "S").await, None);
    }
    empty_object(t) {
        t.put(with_body("p", "s", &json!({}))).await;
        assert_eq!(t.body("p", "s").await, json!({}));
    }
    empty_texts_in_the_body(t) {
        t.put(with_body("p", "s", &json!({ "": "", "a": "" }))).await;
        assert_eq!(t.body("p", "s").await, json!({ "": "", "a": "" }));
    }
    unicode_in_the_body(t) {
        let text = json!({ "näme": "Zoë 漢字 \u{1f980} \u{0}\u{1f} \"\\/ e\u{301}" });
        t.put(with_body("p", "s", &text)).await;
        assert_eq!(t.body("p", "s").await, text);
    }
    unicode_in_keys(t) {
        t.put(record("pä漢", "s\u{1f980}é")).await;
        assert_eq!(t.version("pä漢", "s\u{1f980}é").await, Some(1));
    }
    keys_are_not_normalised(t) {
        t.put(record("p", "é")).await;
        assert_eq!(t.get("p", "e\u{301}").await, None);
    }
    nested_body(t) {
        let nested = json!({ "a": { "b": [1, { "c": [null, true, 1.5, "x", []] }, {}] } });
        t.put(with_body("p", "s", &nested)).await;
        assert_eq!(t.body("p", "s").await, nested);
    }
    large_integers_keep_their_digits(t) {
        let numbers = json!({ "max": i64::MAX, "min": i64::MIN, "exact": 9_007_199_254_740_993_i64 });
        t.put(with_body("p", "s", &numbers)).await;
        assert_eq!(t.body("p", "s").await, numbers);
    }
    add_keeps_the_rest_of_the_body(t) {
        t.put(with_body("p", "s", &json!({ "a": [1, "x"], "n": 1, "z": { "y": null } }))).await;
        t.commit(vec![add("p", "s", "n", 41)]).await;
        assert_eq!(t.body("p", "s").await, json!({ "a": [1, "x"], "n": 42, "z": { "y": null } }));
    }
    add_keeps_keys_and_expiry(t) {
        let mut item = indexed(record("p", "s"), Index::Gsi2, "tenant", "x");
        item.expires = Some(4_102_444_800);
        t.put(item.clone()).await;
        t.commit(vec![add("p", "s", "n", 1)]).await;
        let read = t.get("p", "s").await.unwrap();
        assert_eq!((read.index, read.expires), (item.index, item.expires));
    }
    large_body(t) {
        let text = "x".repeat(300 * 1024);
        t.put(with_body("p", "s", &json!({ "text": text }))).await;
        assert_eq!(body(&t.get("p", "s").await.unwrap())["text"].as_str().unwrap().len(), text.len());
    }
    body_with_space_around(t) {
        let mut item = record("p", "s");
        item.body = Bytes::from_static(b" \n{ \"a\" : 1 }\t");
        t.put(item).await;
        assert_eq!(t.body("p", "s").await, json!({ "a": 1 }));
    }
    batch_in_the_order_asked(t) {
        t.commit(["a", "b", "c"].map(|sk| put(record("p", sk))).into()).await;
        let keys = ["c", "a", "b"].map(|sk| Key::new("p", sk));
        let read = t.table.batch_get(&keys).await.unwrap();
        let read: Vec<Key> = read.into_iter().map(|item| item.unwrap().key).collect();
        assert_eq!(read, keys);
    }
    batch_with_missing(t) {
        t.put(record("p", "b")).await;
        let keys = ["a", "b", "c"].map(|sk| Key::new("p", sk));
        let there: Vec<bool> = t.table.batch_get(&keys).await.unwrap().iter().map(Option::is_some).collect();
        assert_eq!(there, [false, true, false]);
    }
    batch_with_duplicates(t) {
        t.put(record("p", "a")).await;
        let keys = ["a", "x", "a", "x", "a"].map(|sk| Key::new("p", sk));
        let there: Vec<bool> = t.table.batch_get(&keys).await.unwrap().iter().map(Option::is_some).collect();
        assert_eq!(there, [true, false, true, false, true]);
    }
    batch_of_none(t) {
        assert_eq!(t.table.batch_get(&[]).await.unwrap(), []);
    }
    batch_across_partitions(t) {
        t.commit(vec![put(record("p", "a")), put(record("q", "a"))]).await;
        let read = t.table.batch_get(&[Key::new("q", "a"), Key::new("p", "a")]).await.unwrap();
        assert!(read.iter().all(Option::is_some));
    }
    batch_reads_what_get_reads(t) {
        t.put(indexed(record("p", "a"), Index::Gsi1, "x", "y")).await;
        let read = t.table.batch_get(&[Key::new("p", "a")]).await.unwrap();
        assert_eq!(read[0], t.get("p", "a").await);
    }
}

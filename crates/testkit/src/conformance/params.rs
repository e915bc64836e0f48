//! What every adapter of the parameter store must pass. Reads are repeated for a while, since they may lag behind.

use std::sync::Arc;

use plane::ports::params::{MAX_VALUE_BYTES, Params};

use super::{cases, run, settled};

/// Runs every case on a store of its own and answers how many there were.
pub async fn check<Made>(make: impl Fn() -> Made) -> usize
where
    Made: Future<Output = Arc<dyn Params>>,
{
    run(cases(), make).await
}

async fn holds(params: &Arc<dyn Params>, name: &str, expected: Option<&str>) {
    let found = settled(async || params.get(name).await.unwrap(), |found| found.as_deref() == expected).await;
    assert_eq!(found.as_deref(), expected, "{name}");
}

cases! { Arc<dyn Params>;
    absent_is_none(params) {
        holds(&params, "/accounts/1/cloud-type", None).await;
    }
    reads_back(params) {
        params.put("/accounts/1/cloud-type", "private").await.unwrap();
        holds(&params, "/accounts/1/cloud-type", Some("private")).await;
    }
    replaces(params) {
        for value in ["one", "two", "three"] {
            params.put("/a/b", value).await.unwrap();
            holds(&params, "/a/b", Some(value)).await;
        }
    }
    what_is_there_is_not_put_anew(params) {
        params.put_new("/a/b", "one").await.unwrap();
        holds(&params, "/a/b", Some("one")).await;
        params.put_new("/a/b", "two").await.unwrap();
        holds(&params, "/a/b", Some("one")).await;
        params.put("/a/b", "three").await.unwrap();
        holds(&params, "/a/b", Some("three")).await;
    }
    putting_the_same_again_is_fine(params) {
        params.put("/a/b", "one").await.unwrap();
        params.put("/a/b", "one").await.unwrap();
        holds(&params, "/a/b", Some("one")).await;
    }
    deletes(params) {
        params.put("/a/b", "one").await.unwrap();
        holds(&params, "/a/b", Some("one")).await;
        params.delete("/a/b").await.unwrap();
        holds(&params, "/a/b", None).await;
    }
    deleting_what_is_absent_is_fine(params) {
        params.delete("/a/b").await.unwrap();
        params.delete("/a/b").await.unwrap();
    }
    comes_back_after_it_was_deleted(params) {
        params.put("/a/b", "one").await.unwrap();
        params.delete("/a/b").await.unwrap();
        params.put("/a/b", "two").await.unwrap();
        holds(&params, "/a/b", Some("two")).await;
    }
    names_are_apart(params) {
        for name in ["/a", "/a/b", "/a/b/c", "/a/B", "/a/b-c", "/a/b.c", "/a/b_c"] {
            params.put(name, name).await.unwrap();
        }
        params.delete("/a/b").await.unwrap();
        holds(&params, "/a/b", None).await;
        for name in ["/a", "/a/b/c", "/a/B", "/a/b-c", "/a/b.c", "/a/b_c"] {
            holds(&params, name, Some(name)).await;
        }
    }
    values_come_back_as_they_were(params) {
        for value in [" ", "{\"a\": [1]}", "Zoë 漢字 \u{1f980}", "a\nb\tc", "a,b,c"] {
            params.put("/a/b", value).await.unwrap();
            holds(&params, "/a/b", Some(value)).await;
        }
    }
    longest_value(params) {
        let value = "x".repeat(MAX_VALUE_BYTES);
        params.put("/a/b", &value).await.unwrap();
        holds(&params, "/a/b", Some(&value)).await;
    }
    one_of_racing_puts_stays(params) {
        let values: Vec<String> = (0..8).map(|n| n.to_string()).collect();
        let puts = values.clone().into_iter().map(|value| {
            let params = Arc::clone(&params);
            tokio::spawn(async move { params.put("/a/b", &value).await.unwrap() })
        });
        for put in puts.collect::<Vec<_>>() {
            put.await.unwrap();
        }
        let found = settled(async || params.get("/a/b").await.unwrap(), Option::is_some).await;
        assert!(found.is_some_and(|found| values.contains(&found)));
    }
}

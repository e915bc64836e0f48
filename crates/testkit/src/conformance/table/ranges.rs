//! Queries: which records a range holds and in what order, in the table and in each index alike.

use plane::ports::table::{Index, Order, Query, Range};

use super::ground::{Ground, indexed, put, query, record};

/// Sort keys in the order of their bytes, with all that is awkward to order.
const SORTS: [&str; 16] = [
    "\u{0}",
    "\u{1}",
    "A",
    "a",
    "a\u{0}",
    "a\u{1}",
    "a#1",
    "a#10",
    "a#2",
    "aa",
    "b",
    "ba",
    "b\u{7f}",
    "é",
    "漢",
    "\u{10ffff}",
];

/// Writes `name: range => (sort key) passes` as cases: four places, both directions.
macro_rules! ranges {
    ($($name:ident: $range:expr => |$sort:ident| $passes:expr;)*) => {
        pub(super) fn cases() -> Vec<super::Case> {
            let mut cases = Vec::new();
            $(
                ranges!(@case cases, $name, "table", Index::Table, $range, |$sort| $passes);
                ranges!(@case cases, $name, "gsi1", Index::Gsi1, $range, |$sort| $passes);
                ranges!(@case cases, $name, "gsi2", Index::Gsi2, $range, |$sort| $passes);
                ranges!(@case cases, $name, "gsi3", Index::Gsi3, $range, |$sort| $passes);
            )*
            cases
        }
    };
    (@case $cases:ident, $name:ident, $place:literal, $index:expr, $range:expr, |$sort:ident| $passes:expr) => {
        $cases.push(super::Case {
            name: concat!("range::", stringify!($name), "::", $place),
            run: |tables| Box::pin(async move {
                hold(Ground::new(tables).await, $index, $range, |$sort: &str| $passes).await;
            }),
        });
    };
}

fn text(text: &str) -> String {
    text.to_owned()
}

ranges! {
    all: Range::All => |_sort| true;
    prefix: Range::Prefix(text("a")) => |sort| sort.starts_with('a');
    prefix_longer: Range::Prefix(text("a#1")) => |sort| sort.starts_with("a#1");
    prefix_of_none: Range::Prefix(text("zz")) => |_sort| false;
    prefix_beyond_ascii: Range::Prefix(text("漢")) => |sort| sort == "漢";
    prefix_of_the_last_character: Range::Prefix(text("\u{10ffff}")) => |sort| sort == "\u{10ffff}";
    prefix_with_a_zero: Range::Prefix(text("a\u{0}")) => |sort| sort == "a\u{0}";
    between: Range::Between(text("a#1"), text("b")) => |sort| ("a#1"..="b").contains(&sort);
    between_bounds_that_are_not_there: Range::Between(text("B"), text("azz")) => |sort| ("B".."azz").contains(&sort);
    between_one: Range::Between(text("a"), text("a")) => |sort| sort == "a";
    at_least: Range::AtLeast(text("b")) => |sort| sort >= "b";
    at_least_beyond_all: Range::AtLeast(text("\u{10ffff}a")) => |_sort| false;
    at_most: Range::AtMost(text("a")) => |sort| sort <= "a";
    at_most_the_last: Range::AtMost(text("\u{10ffff}")) => |_sort| true;
}

async fn hold(t: Ground, index: Index, range: Range, passes: impl Fn(&str) -> bool) {
    let writes = SORTS.iter().enumerate().map(|(at, sort)| {
        // In an index, the primary keys run against the order of the sort keys, so that neither can be taken for the other.
        let counted = format!("{:02}", SORTS.len() - at);
        put(if index == Index::Table { record("p", sort) } else { indexed(record("q", &counted), index, "p", sort) })
    });
    t.commit(writes.rev().collect()).await;
    // Neighbours that must not be found.
    for pk in ["o", "p\u{0}", "p\u{1}", "pp", "P", "q"] {
        t.put(if index == Index::Table { record(pk, "a") } else { indexed(record(pk, "near"), index, pk, "a") }).await;
    }
    let mut expected: Vec<&str> = SORTS.into_iter().filter(|sort| passes(sort)).collect();
    for order in [Order::Ascending, Order::Descending] {
        let query = Query { range: range.clone(), order, ..query(index, "p") };
        t.finds_items(&query, |items| {
            let found: Vec<&str> = items
                .iter()
                .map(|item| index.slot().map_or(&item.key, |slot| item.index[slot].as_ref().expect("stands there")))
                .map(|key| key.sk.as_str())
                .collect();
            if found == expected { Ok(()) } else { Err(format!("{order:?}: found {found:?}, expected {expected:?}")) }
        })
        .await;
        expected.reverse();
    }
}

//! One page of a list whose records pass a filter: every filtered list looks at records through [`scan`].
//!
//! INVARIANT: the work of one page is bounded by the number and by the size of the records that it looks at, whatever
//! the filter keeps.

use crate::ports::table::{Index, Item, Position, Query, Table, TableError};

/// At most this many records are looked at for one page.
pub const MAX_RECORDS: usize = 2_000;
/// A page ends with the record whose body brings the bytes that it looked at to this many.
pub const MAX_BYTES: usize = 1024 * 1024;
/// At most this many records are read from the table at a time; other requests run in between.
const AT_A_TIME: usize = 100;

/// The records that a page keeps. The page can be short, or empty, and still have a `next`.
#[derive(Debug)]
pub struct Scanned {
    pub items: Vec<Item>,
    /// Where the next page goes on; `None` at the end of the list.
    pub next: Option<Position>,
}

/// Looks at the records of a query until `query.limit` of them are kept, the list ends or the bounds of a page are
/// reached.
pub(crate) async fn scan<E: From<TableError>>(
    table: &dyn Table,
    mut query: Query,
    mut keep: impl FnMut(&Item) -> Result<bool, E> + Send,
) -> Result<Scanned, E> {
    let wanted = query.limit;
    query.limit = wanted.min(AT_A_TIME);
    let (mut kept, mut records, mut bytes) = (Vec::new(), 0, 0);
    loop {
        let rows = table.query(&query).await?;
        let mut left = rows.items.len();
        for item in rows.items {
            left -= 1;
            records += 1;
            bytes += item.body.len();
            query.after = Some(position(&item, query.index));
            if keep(&item)? {
                kept.push(item);
            }
            if kept.len() == wanted || records == MAX_RECORDS || bytes >= MAX_BYTES {
                let more = left > 0 || rows.next.is_some();
                return Ok(Scanned { items: kept, next: query.after.filter(|_| more) });
            }
        }
        if rows.next.is_none() {
            return Ok(Scanned { items: kept, next: None });
        }
        query.after = rows.next;
        query.limit = AT_A_TIME;
        tokio::task::yield_now().await;
    }
}

/// Where a page that ends with this record goes on.
fn position(item: &Item, index: Index) -> Position {
    Position { key: item.key.clone(), index: index.slot().and_then(|slot| item.index[slot].clone()) }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;
    use crate::ports::table::{CommitError, Key, Order, Range, Rows, Write};

    /// A table of records with bodies of one size, which notes the limits that it is asked for.
    struct Uniform {
        records: usize,
        size: usize,
        asked: Mutex<Vec<usize>>,
    }

    #[async_trait]
    impl Table for Uniform {
        async fn get(&self, _: &Key) -> Result<Option<Item>, TableError> {
            unreachable!("a scan asks by query alone")
        }
        async fn batch_get(&self, _: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
            unreachable!("a scan asks by query alone")
        }
        async fn query(&self, query: &Query) -> Result<Rows, TableError> {
            self.asked.lock().unwrap().push(query.limit);
            let first = query.after.as_ref().map_or(0, |after| after.key.sk.parse::<usize>().unwrap() + 1);
            let last = self.records.min(first + query.limit);
            let item = |number: usize| Item {
                key: Key::new("all", format!("{number:06}")),
                index: [None, None, None],
                version: 1,
                expires: None,
                body: Bytes::from(vec![b' '; self.size]),
            };
            let items: Vec<_> = (first..last).map(item).collect();
            let next = items.last().filter(|_| last < self.records).map(|item| position(item, query.index));
            Ok(Rows { items, next })
        }
        async fn commit(&self, _: Vec<Write>) -> Result<(), CommitError> {
            unreachable!("a scan writes nothing")
        }
    }

    /// How many records each page looks at and keeps, to the end of the list.
    async fn pages(table: &Uniform, limit: usize, keep: impl Fn(usize) -> bool + Send + Sync) -> Vec<(usize, usize)> {
        let mut query = Query {
            index: Index::Table,
            pk: "all".into(),
            range: Range::All,
            order: Order::Ascending,
            limit,
            after: None,
        };
        let mut pages = Vec::new();
        for _ in 0..1000 {
            let mut looked_at = 0;
            let page = scan::<TableError>(table, query.clone(), |item| {
                looked_at += 1;
                Ok(keep(item.key.sk.parse().unwrap()))
            });
            let page = page.await.unwrap();
            pages.push((looked_at, page.items.len()));
            query.after = page.next;
            if query.after.is_none() {
                return pages;
            }
        }
        panic!("the list has no end")
    }

    fn table(records: usize, size: usize) -> Uniform {
        Uniform { records, size, asked: Mutex::default() }
    }

    #[tokio::test]
    async fn a_page_looks_at_a_bounded_number_of_records() {
        let small = table(4_500, 10);
        assert_eq!(pages(&small, 200, |_| false).await, [(2000, 0), (2000, 0), (500, 0)]);
        assert!(small.asked.lock().unwrap().iter().all(|limit| *limit <= AT_A_TIME));
        assert_eq!(pages(&small, 1, |number| number == 4_000).await, [(2000, 0), (2000, 0), (1, 1), (499, 0)]);
    }

    #[tokio::test]
    async fn a_page_looks_at_a_bounded_number_of_bytes() {
        assert_eq!(pages(&table(100, 32 * 1024), 200, |_| false).await, [(32, 0), (32, 0), (32, 0), (4, 0)]);
        assert_eq!(pages(&table(3, 1200 * 1024), 200, |_| true).await, [(1, 1), (1, 1), (1, 1)], "one at least");
    }

    #[tokio::test]
    async fn pages_hold_every_kept_record_once() {
        let kept: usize = pages(&table(1_234, 10), 7, |number| number % 3 == 0).await.iter().map(|page| page.1).sum();
        assert_eq!(kept, 412);
        assert_eq!(pages(&table(10, 10), 5, |_| true).await, [(5, 5), (5, 5)], "no cursor leads to an empty last page");
        assert_eq!(pages(&table(0, 10), 5, |_| true).await, [(0, 0)]);
    }
}

//! Queries: ranges and positions as DynamoDB takes them, and pages put together from its pages.
//!
//! DynamoDB refuses empty bounds, bounds that cross, and positions out of the range; to the port these are ranges and
//! positions like any other, so they are settled here. `GSI3` holds keys alone, in shards: a page of it is put together from
//! all of them, and its records are read from the table.

use std::cmp::Ordering;

use aws_sdk_dynamodb::Client;
use kernel::ports::table::{Index, Item, Key, MAX_SK_BYTES, Order, Position, Query, Range, Rows, TableError, validate};

use super::{
    item::{self, Attributes, IndexNames, PK, SHARDS, SK, names_of, text},
    table_error,
};
use crate::{fault::Fault, retry::RetryPolicy};

pub(super) async fn query(
    client: &Client,
    retry: &RetryPolicy,
    table: &str,
    query: &Query,
) -> Result<Rows, TableError> {
    validate::query(query)?;
    let mut rows = Rows { items: Vec::new(), next: None };
    let Some(span) = span(&query.range)? else { return Ok(rows) };
    let mut from = match start(query, &span) {
        Start::Anywhere => None,
        Start::After(position) => Some(position),
        Start::Nowhere => return Ok(rows),
    };
    loop {
        let (items, last) = retry
            .repeat(|| page(client, table, query, &span, from.clone(), query.limit - rows.items.len()))
            .await
            .map_err(table_error)?;
        for item in items {
            rows.items.push(item::read(item)?);
        }
        let Some(last) = last else { return Ok(rows) };
        if rows.items.len() == query.limit {
            let (key, index) = item::read_keys(last, names_of(query.index))?;
            rows.next = Some(Position { key, index });
            return Ok(rows);
        }
        // DynamoDB ends its own page after 1 MB.
        from = Some(last);
    }
}

/// The keys of a page of `GSI3`, in order, and where it ends.
pub(super) async fn waiting(
    client: &Client,
    retry: &RetryPolicy,
    table: &str,
    query: &Query,
) -> Result<(Vec<Key>, Option<Position>), TableError> {
    validate::query(query)?;
    let Some(span) = span(&query.range)? else { return Ok((Vec::new(), None)) };
    if start(query, &span) == Start::Nowhere {
        return Ok((Vec::new(), None));
    }
    let shards = (0..SHARDS).map(|number| shard_keys(client, retry, table, query, &span, number));
    let (mut entries, mut more) = (Vec::new(), false);
    for shard in futures::future::try_join_all(shards).await? {
        entries.extend(shard.0);
        more |= shard.1;
    }
    // Stable: equal sort keys are of one shard, which has an order of its own.
    match query.order {
        Order::Ascending => entries.sort_by(|(_, one), (_, other)| one.sk.cmp(&other.sk)),
        Order::Descending => entries.sort_by(|(_, one), (_, other)| other.sk.cmp(&one.sk)),
    }
    more |= entries.len() > query.limit;
    entries.truncate(query.limit);
    let next = entries.last().filter(|_| more).cloned();
    let next = next.map(|(key, index)| Position { key, index: Some(index) });
    Ok((entries.into_iter().map(|(key, _)| key).collect(), next))
}

type Entries = Vec<(Key, Key)>;

/// A page's share of one shard: as much as the page could hold, and whether the shard has more.
async fn shard_keys(
    client: &Client,
    retry: &RetryPolicy,
    table: &str,
    query: &Query,
    span: &Span<'_>,
    number: u32,
) -> Result<(Entries, bool), TableError> {
    let query = Query { pk: item::shard(&query.pk, number), ..query.clone() };
    // The last record of the page before is of one shard; the others can start at the same place.
    let mut from = query.after.as_ref().and_then(|after| {
        let index = after.index.as_ref().map(|index| Key { pk: query.pk.clone(), sk: index.sk.clone() });
        match start(&Query { after: Some(Position { key: after.key.clone(), index }), ..query.clone() }, span) {
            Start::After(position) => Some(position),
            Start::Anywhere | Start::Nowhere => None,
        }
    });
    let mut entries = Entries::new();
    loop {
        let (items, last) = retry
            .repeat(|| page(client, table, &query, span, from.clone(), query.limit - entries.len()))
            .await
            .map_err(table_error)?;
        for item in items {
            entries.push(item::read_entry(item)?);
        }
        if last.is_none() || entries.len() == query.limit {
            return Ok((entries, last.is_some()));
        }
        from = last;
    }
}

type Page = (Vec<Attributes>, Option<Attributes>);

async fn page(
    client: &Client,
    table: &str,
    query: &Query,
    span: &Span<'_>,
    from: Option<Attributes>,
    limit: usize,
) -> Result<Page, Fault> {
    let names = names_of(query.index);
    let (pk, sk) = names.map_or((PK, SK), |names| (names.pk, names.sk));
    let mut request = client
        .query()
        .table_name(table)
        .set_index_name(names.map(|names| names.name.to_owned()))
        // An index is never consistent, and says so if it is asked.
        .consistent_read(query.index == Index::Table)
        .scan_index_forward(query.order == Order::Ascending)
        .limit(i32::try_from(limit).expect("a page has at most 1000 records"))
        .set_exclusive_start_key(from)
        .expression_attribute_names("#pk", pk)
        .expression_attribute_values(":pk", text(&query.pk));
    let (condition, bounds) = match *span {
        Span::All => ("#pk = :pk", [None, None]),
        Span::Prefix(prefix) => ("#pk = :pk AND begins_with(#sk, :from)", [Some(prefix), None]),
        Span::Between(from, to) => ("#pk = :pk AND #sk BETWEEN :from AND :to", [Some(from), Some(to)]),
        Span::AtLeast(from) => ("#pk = :pk AND #sk >= :from", [Some(from), None]),
        Span::AtMost(to) => ("#pk = :pk AND #sk <= :to", [None, Some(to)]),
    };
    request = request.key_condition_expression(condition);
    if bounds != [None, None] {
        request = request.expression_attribute_names("#sk", sk);
    }
    for (placeholder, bound) in [":from", ":to"].into_iter().zip(bounds) {
        if let Some(bound) = bound {
            request = request.expression_attribute_values(placeholder, text(bound));
        }
    }
    let answer = request.send().await.map_err(|error| Fault::of(&error))?;
    Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
}

/// A range whose bounds are neither empty nor crossed.
#[derive(Debug, PartialEq, Eq)]
enum Span<'range> {
    All,
    Prefix(&'range str),
    Between(&'range str, &'range str),
    AtLeast(&'range str),
    AtMost(&'range str),
}

/// `None` if no sort key is within the range.
fn span(range: &Range) -> Result<Option<Span<'_>>, TableError> {
    let span = match range {
        Range::All => Span::All,
        Range::Prefix(bound) | Range::AtLeast(bound) if bound.is_empty() => Span::All,
        Range::AtMost(to) | Range::Between(_, to) if to.is_empty() => return Ok(None),
        Range::Prefix(prefix) => Span::Prefix(prefix),
        Range::AtLeast(from) => Span::AtLeast(from),
        Range::AtMost(to) => Span::AtMost(to),
        Range::Between(from, to) if from.is_empty() => Span::AtMost(to),
        Range::Between(from, to) if from > to => return Ok(None),
        Range::Between(from, to) => Span::Between(from, to),
    };
    let fits = |bound: &str| bound.len() <= MAX_SK_BYTES;
    let all_fit = match span {
        Span::All => true,
        Span::Prefix(bound) | Span::AtLeast(bound) | Span::AtMost(bound) => fits(bound),
        Span::Between(from, to) => fits(from) && fits(to),
    };
    if all_fit {
        Ok(Some(span))
    } else {
        Err(TableError::Invalid(format!("a bound of a range has at most {MAX_SK_BYTES} bytes")))
    }
}

impl Span<'_> {
    /// The position of a sort key: before the range, within it, or after it.
    fn side(&self, sk: &str) -> Ordering {
        match *self {
            Self::Prefix(prefix) if !sk.starts_with(prefix) => sk.cmp(prefix),
            Self::Between(from, _) | Self::AtLeast(from) if sk < from => Ordering::Less,
            Self::Between(_, to) | Self::AtMost(to) if sk > to => Ordering::Greater,
            Self::All | Self::Prefix(_) | Self::Between(..) | Self::AtLeast(_) | Self::AtMost(_) => Ordering::Equal,
        }
    }
}

/// Whether a query covers a record.
pub(super) fn stands(query: &Query, item: &Item) -> bool {
    let key = query.index.slot().map_or(Some(&item.key), |slot| item.index[slot].as_ref());
    let Ok(Some(span)) = span(&query.range) else { return false };
    key.is_some_and(|key| key.pk == query.pk && span.side(&key.sk) == Ordering::Equal)
}

/// Where a walk begins.
#[derive(Debug, PartialEq)]
enum Start {
    Anywhere,
    After(Attributes),
    /// All of the range lies behind the position.
    Nowhere,
}

fn start(query: &Query, span: &Span<'_>) -> Start {
    let Some(after) = &query.after else { return Start::Anywhere };
    let here = after.index.as_ref().unwrap_or(&after.key);
    let mut side = here.pk.cmp(&query.pk).then_with(|| span.side(&here.sk));
    if query.order == Order::Descending {
        side = side.reverse();
    }
    match side {
        Ordering::Less => Start::Anywhere,
        Ordering::Equal => Start::After(position(after, names_of(query.index))),
        Ordering::Greater => Start::Nowhere,
    }
}

fn position(Position { key, index }: &Position, names: Option<&IndexNames>) -> Attributes {
    let mut position = item::primary(key);
    if let (Some(names), Some(Key { pk, sk })) = (names, index) {
        position.insert(names.pk.to_owned(), text(pk));
        position.insert(names.sk.to_owned(), text(sk));
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_crossed_bounds_are_settled() {
        let text = str::to_owned;
        let cases = [
            (Range::Prefix(text("")), Some(Span::All)),
            (Range::AtLeast(text("")), Some(Span::All)),
            (Range::AtMost(text("")), None),
            (Range::Between(text(""), text("b")), Some(Span::AtMost("b"))),
            (Range::Between(text(""), text("")), None),
            (Range::Between(text("c"), text("b")), None),
            (Range::Between(text("b"), text("b")), Some(Span::Between("b", "b"))),
        ];
        for (range, expected) in cases {
            assert_eq!(span(&range).unwrap(), expected, "{range:?}");
        }
    }

    #[test]
    fn positions_out_of_the_range_are_settled() {
        let query = |order, sk: &str| Query {
            index: Index::Table,
            pk: "p".into(),
            range: Range::All,
            order,
            limit: 1,
            after: Some(Position { key: Key::new("p", sk), index: None }),
        };
        let span = Span::Between("b", "d");
        assert_eq!(start(&query(Order::Ascending, "a"), &span), Start::Anywhere);
        assert_eq!(start(&query(Order::Ascending, "e"), &span), Start::Nowhere);
        assert_eq!(start(&query(Order::Descending, "a"), &span), Start::Nowhere);
        assert_eq!(start(&query(Order::Descending, "e"), &span), Start::Anywhere);
        assert!(matches!(start(&query(Order::Descending, "d"), &span), Start::After(_)));
        let prefix = Span::Prefix("b");
        assert_eq!(start(&query(Order::Ascending, "azz"), &prefix), Start::Anywhere);
        assert!(matches!(start(&query(Order::Ascending, "bzz"), &prefix), Start::After(_)));
        assert_eq!(start(&query(Order::Ascending, "c"), &prefix), Start::Nowhere);
    }

    #[test]
    fn a_record_that_has_left_does_not_stand() {
        let item = |index| Item {
            key: Key::new("p", "s"),
            index: [None, index, None],
            version: 1,
            expires: None,
            body: "{}".into(),
        };
        let query = Query {
            index: Index::Gsi2,
            pk: "g".into(),
            range: Range::Prefix("b".into()),
            order: Order::Ascending,
            limit: 1,
            after: None,
        };
        assert!(stands(&query, &item(Some(Key::new("g", "b1")))));
        for left in [None, Some(Key::new("h", "b1")), Some(Key::new("g", "c"))] {
            assert!(!stands(&query, &item(left)));
        }
        let table = Query { index: Index::Table, pk: "p".into(), range: Range::All, ..query };
        assert!(stands(&table, &item(None)));
    }
}

//! The waiting lines of a table, read fairly: a turn takes so many records of each account, and goes on where the last one ended.

use std::{collections::HashMap, sync::Mutex};

use crate::{
    ports::table::{Index, Item, Order, Query, Range, Table},
    problem::Result,
};

/// A turn takes at most this many records of one line.
pub(super) const PER_TURN: usize = 400;
/// Of those, at most so many of one account.
pub(super) const PER_ACCOUNT: usize = 100;

/// What a turn takes of a line.
#[derive(Debug, Default)]
pub(super) struct QueueBatch {
    pub(super) items: Vec<Item>,
    /// More waits.
    pub(super) more: bool,
}

/// Where the next turn of each line begins.
#[derive(Debug, Default)]
pub struct Lines(Mutex<HashMap<(String, &'static str), String>>);

impl Lines {
    /// Takes the next portion of a line whose sort keys begin with the account. The accounts take turns; each gives its oldest
    /// records.
    pub(super) async fn take(&self, table: &dyn Table, name: &str, line: &'static str) -> Result<QueueBatch> {
        let place = (name.to_owned(), line);
        let start = self.0.lock().expect("no holder panics").remove(&place);
        let mut portion = QueueBatch::default();
        let mut end = collect(table, line, start.as_deref(), None, &mut portion).await?;
        if end.is_none()
            && let Some(start) = &start
        {
            // Round to the accounts before the one that this turn began with.
            end = collect(table, line, None, Some(start), &mut portion).await?;
        }
        if let Some(end) = end {
            portion.more = true;
            self.0.lock().expect("no holder panics").insert(place, end);
        }
        Ok(portion)
    }
}

/// Takes records from a sort key on, up to another one. Answers where the next turn goes on if the portion is full.
async fn collect(
    table: &dyn Table,
    line: &'static str,
    from: Option<&str>,
    to: Option<&str>,
    portion: &mut QueueBatch,
) -> Result<Option<String>> {
    let mut from = from.map(ToOwned::to_owned);
    let (mut account, mut taken) = (String::new(), 0);
    loop {
        let query = Query {
            index: Index::Gsi3,
            pk: line.to_owned(),
            range: from.clone().map_or(Range::All, Range::AtLeast),
            order: Order::Ascending,
            limit: PER_ACCOUNT,
            after: None,
        };
        let Some((rows, is_last)) = next_rows(table, query).await? else { return Ok(None) };
        let mut skip = None;
        let mut last = String::new();
        for item in rows {
            let sort_key = item.index[2].as_ref().map_or_else(String::new, |key| key.sk.clone());
            if to.is_some_and(|to| sort_key.as_str() >= to) {
                return Ok(None);
            }
            let its = sort_key.split('#').next().unwrap_or_default().to_owned();
            if its != account {
                (account, taken) = (its, 0);
            }
            if taken == PER_ACCOUNT {
                // "$" follows "#": the first key behind all of this account's.
                portion.more = true;
                skip = Some(format!("{account}$"));
                break;
            }
            if portion.items.len() >= PER_TURN {
                return Ok(Some(sort_key));
            }
            taken += 1;
            last = sort_key;
            portion.items.push(item);
        }
        if skip.is_none() && is_last {
            return Ok(None);
        }
        // A key with a space behind it is the next possible one.
        from = Some(skip.unwrap_or_else(|| format!("{last} ")));
    }
}

/// The next records of a line as they are now, and whether it ends with them. What an index still shows though it was done is
/// passed over.
async fn next_rows(table: &dyn Table, mut query: Query) -> Result<Option<(Vec<Item>, bool)>> {
    loop {
        let rows = table.query_now(&query).await?;
        if !rows.items.is_empty() {
            return Ok(Some((rows.items, rows.next.is_none())));
        }
        query.after = rows.next;
        if query.after.is_none() {
            return Ok(None);
        }
    }
}

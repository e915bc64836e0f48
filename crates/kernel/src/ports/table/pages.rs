//! All records of a query, page by page.

use super::{Index, Item, Order, Query, Range, Rows, Table, TableError};

impl Query {
    /// The records of a partition in the order of their sort keys, from the first.
    pub fn ascending(index: Index, pk: impl Into<String>, range: Range) -> Self {
        Self { index, pk: pk.into(), range, order: Order::Ascending, limit: 200, after: None }
    }
}

/// The pages of a query, from its place on to the end.
pub struct Pages<'t> {
    table: &'t dyn Table,
    query: Query,
    /// The records are read as they are now, whatever an index still shows.
    current: bool,
    is_over: bool,
}

impl<'t> Pages<'t> {
    pub const fn new(table: &'t dyn Table, query: Query) -> Self {
        Self { table, query, current: false, is_over: false }
    }

    /// By [`Table::query_now`].
    pub const fn current(table: &'t dyn Table, query: Query) -> Self {
        Self { table, query, current: true, is_over: false }
    }

    /// The records of the next page, which can be none; `None` after the last page.
    pub async fn next(&mut self) -> Result<Option<Vec<Item>>, TableError> {
        if self.is_over {
            return Ok(None);
        }
        let found = if self.current { self.table.query_now(&self.query) } else { self.table.query(&self.query) };
        let Rows { items, next } = found.await?;
        self.is_over = next.is_none();
        self.query.after = next;
        Ok(Some(items))
    }
}

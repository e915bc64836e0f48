//! A tenant's rows: the records of the account, and the enterprise, that a guard let somebody into. There is no other
//! way to them.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{
    Kernel,
    change::Claim,
    guard::{Granted, actions::Action},
    ids::{AccountId, EnterpriseId},
    page::{Page, PageQuery},
    ports::table::{Index, Key, Order, Position, Query, Range, Rows as TableRows, Table},
    problem::{Problem, Result},
    record::{Record, Stored, TenantRecord, decode, decode_part, links, partition, tenant_key},
    scan::scan,
};

/// A list that an index keeps in a partition of one account.
#[derive(Clone, Debug)]
pub struct List {
    pub index: Index,
    pub partition: String,
}

/// The rows of one account in one of its tables.
#[derive(Clone)]
pub struct Rows {
    kernel: Kernel,
    table: Arc<dyn Table>,
    account: AccountId,
    enterprise: Option<EnterpriseId>,
}

impl Kernel {
    /// The account's rows of the directory.
    pub fn rows<A: Action>(&self, who: &Granted<A>) -> Rows {
        Rows {
            kernel: self.clone(),
            table: Arc::clone(self.router().shared()),
            account: who.account(),
            enterprise: who.enterprise(),
        }
    }

    /// The account's rows of its own table.
    pub async fn workload_rows<A: Action>(&self, who: &Granted<A>) -> Result<Rows> {
        let route = self.router().route(who.account()).await?;
        let table = self.router().table(&route).await?;
        Ok(Rows { kernel: self.clone(), table, account: who.account(), enterprise: who.enterprise() })
    }
}

impl Rows {
    /// Whose rows they are.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// A record by its id. One that is not there, not in this account or not in this enterprise is all the same.
    pub async fn get<R: TenantRecord>(&self, id: impl std::fmt::Display) -> Result<Stored<R>> {
        self.find(id).await?.ok_or_else(|| Problem::not_found(R::NOUN))
    }

    /// The same, where it may be absent.
    pub async fn find<R: TenantRecord>(&self, id: impl std::fmt::Display) -> Result<Option<Stored<R>>> {
        let Some(item) = self.table.get(&tenant_key(self.account, R::KIND, id)).await? else { return Ok(None) };
        let found = decode::<R>(&item)?;
        let visible = match (self.enterprise, found.record.enterprise()) {
            (Some(mine), Some(its)) => mine == its,
            (None, _) | (_, None) => true,
        };
        Ok(visible.then_some(found))
    }

    /// The stored body of a record of the account, whatever its enterprise.
    pub async fn body<R: TenantRecord>(&self, id: impl std::fmt::Display) -> Result<Option<bytes::Bytes>> {
        Ok(self.table.get(&tenant_key(self.account, R::KIND, id)).await?.map(|item| item.body))
    }

    /// A record of the account by its sort key, whatever its kind.
    pub async fn at<R: Record>(&self, sort_key: impl Into<String>) -> Result<Option<Stored<R>>> {
        let key = Key::new(partition(self.account), sort_key);
        self.table.get(&key).await?.map(|item| decode(&item)).transpose()
    }

    /// Who holds a unique name: the claim, if the name is taken.
    pub async fn holder(&self, claim: &Claim) -> Result<Option<Stored<Claim>>> {
        self.table.get(&claim.place().key).await?.map(|item| decode(&item)).transpose()
    }

    /// The account's records whose sort keys begin so, all of them: for links of one thing, of which there are few.
    pub async fn links<R: Record>(&self, prefix: impl Into<String>) -> Result<Vec<R>> {
        links(self.table.as_ref(), self.account, prefix.into()).await
    }

    /// A page of the account's records whose sort keys begin so, in either order, with the position of the next.
    pub async fn under(&self, prefix: &str, order: Order, limit: usize, after: Option<Position>) -> Result<TableRows> {
        let range = Range::Prefix(prefix.to_owned());
        let query = Query { index: Index::Table, pk: partition(self.account), range, order, limit, after };
        Ok(self.table.query(&query).await?)
    }

    /// A page of what an index lists in one of the account's own partitions, such as the members of a group.
    pub async fn listed(&self, list: &List, limit: usize, after: Option<Position>) -> Result<TableRows> {
        Ok(self.table.query(&self.listing(list, limit, after)?).await?)
    }

    /// The same as the records are now, whatever the index still shows.
    pub async fn listed_now(&self, list: &List, limit: usize, after: Option<Position>) -> Result<TableRows> {
        Ok(self.table.query_now(&self.listing(list, limit, after)?).await?)
    }

    /// The first records of a list as they are now: none only if the list has none. An index still shows what a commit shortly
    /// before removed.
    pub async fn first_listed_now(&self, list: &List, limit: usize) -> Result<TableRows> {
        let mut rows = self.listed_now(list, limit, None).await?;
        while rows.items.is_empty() && rows.next.is_some() {
            rows = self.listed_now(list, limit, rows.next).await?;
        }
        Ok(rows)
    }

    fn listing(&self, list: &List, limit: usize, after: Option<Position>) -> Result<Query> {
        let List { index, partition: pk } = list.clone();
        let own = partition(self.account);
        // The partitions of an account's lists begin with its own.
        if pk != own && !pk.strip_prefix(&own).is_some_and(|rest| rest.starts_with('#')) {
            return Err(Problem::internal(&"a list of another account was asked for"));
        }
        Ok(Query { index, pk, range: Range::All, order: Order::Ascending, limit, after })
    }

    /// A page of all records of a kind, as they are stored.
    pub async fn page<R: TenantRecord>(&self, page: &PageQuery) -> Result<Page<R>> {
        let (mut query, of) = self.query::<R>(page)?;
        query.limit = page.limit.get();
        let rows = self.table.bodies(&query).await?;
        let next = rows.next.map(|position| self.kernel.cursors().seal(&of, &position));
        Ok(Page::new(rows.bodies, next))
    }

    /// A page of the records of a kind that pass a filter, within the bounds of [`scan`]. `by` says what the filter is, so
    /// that a cursor serves it alone. `V` is the record, or the fields of it that the filter needs.
    pub async fn filtered<R: TenantRecord, V: DeserializeOwned>(
        &self,
        page: &PageQuery,
        by: &str,
        keep: impl Fn(&V) -> bool + Send + Sync,
    ) -> Result<Page<R>> {
        let (mut query, of) = self.query::<R>(&PageQuery { limit: page.limit, cursor: None })?;
        let of = format!("{of} {by}");
        if let Some(cursor) = &page.cursor {
            query.after = Some(self.kernel.cursors().open(&of, cursor)?);
        }
        let found =
            scan(self.table.as_ref(), query, |item| Ok::<_, Problem>(keep(&decode_part(item, R::NOUN)?))).await?;
        let next = found.next.map(|position| self.kernel.cursors().seal(&of, &position));
        Ok(Page::new(found.items.into_iter().map(|item| item.body).collect(), next))
    }

    fn query<R: TenantRecord>(&self, page: &PageQuery) -> Result<(Query, String)> {
        let (index, pk) = match self.enterprise {
            Some(enterprise) => (Index::Gsi2, format!("ACCOUNT#{}#ENTERPRISE#{enterprise}", self.account)),
            None => (Index::Table, partition(self.account)),
        };
        let of = format!("{} {pk}", R::KIND);
        let after = page.cursor.as_deref().map(|cursor| self.kernel.cursors().open(&of, cursor)).transpose()?;
        let range = Range::Prefix(format!("{}#", R::KIND));
        Ok((Query { index, pk, range, order: Order::Ascending, limit: page.limit.get(), after }, of))
    }
}

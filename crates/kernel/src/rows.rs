//! A tenant's rows: the records of the account, and the enterprise, that a guard let somebody into. There is no other
//! way to them.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{
    Kernel,
    guard::{Granted, actions::Action},
    ids::{AccountId, EnterpriseId},
    page::{Page, PageQuery},
    ports::table::{Index, Key, Order, Query, Range, Table},
    problem::{Problem, Result},
    record::{Record, Stored, TenantRecord, decode, decode_part, partition, tenant_key},
    scan::scan,
};

/// The rows of one account in one of its tables.
#[derive(Clone)]
pub struct Rows {
    plane: Kernel,
    table: Arc<dyn Table>,
    pub account: AccountId,
    pub enterprise: Option<EnterpriseId>,
}

impl Kernel {
    /// The account's rows of the directory.
    pub fn rows<A: Action>(&self, who: &Granted<A>) -> Rows {
        Rows {
            plane: self.clone(),
            table: Arc::clone(self.router().shared()),
            account: who.account(),
            enterprise: who.enterprise(),
        }
    }

    /// The account's rows of its own table.
    pub async fn workload_rows<A: Action>(&self, who: &Granted<A>) -> Result<Rows> {
        let route = self.router().route(who.account()).await?;
        let table = self.router().table(&route).await?;
        Ok(Rows { plane: self.clone(), table, account: who.account(), enterprise: who.enterprise() })
    }
}

impl Rows {
    pub fn table(&self) -> &dyn Table {
        self.table.as_ref()
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

    /// A record of the account by its key, whatever its kind.
    pub async fn read<R: Record>(&self, key: &Key) -> Result<Option<Stored<R>>> {
        debug_assert_eq!(key.pk, partition(self.account), "rows of the account alone");
        self.table.get(key).await?.map(|item| decode(&item)).transpose()
    }

    /// A page of all records of a kind, as they are stored.
    pub async fn page<R: TenantRecord>(&self, page: &PageQuery) -> Result<Page<R>> {
        let (mut query, of) = self.query::<R>(page)?;
        query.limit = page.limit.get();
        let rows = self.table.bodies(&query).await?;
        let next = rows.next.map(|position| self.plane.cursors().seal(&of, &position));
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
            query.after = Some(self.plane.cursors().open(&of, cursor)?);
        }
        let found =
            scan(self.table.as_ref(), query, |item| Ok::<_, Problem>(keep(&decode_part(item, R::NOUN)?))).await?;
        let next = found.next.map(|position| self.plane.cursors().seal(&of, &position));
        Ok(Page::new(found.items.into_iter().map(|item| item.body).collect(), next))
    }

    fn query<R: TenantRecord>(&self, page: &PageQuery) -> Result<(Query, String)> {
        let (index, pk) = match self.enterprise {
            Some(enterprise) => (Index::Gsi2, format!("ACCOUNT#{}#ENTERPRISE#{enterprise}", self.account)),
            None => (Index::Table, partition(self.account)),
        };
        let of = format!("{} {pk}", R::KIND);
        let after = page.cursor.as_deref().map(|cursor| self.plane.cursors().open(&of, cursor)).transpose()?;
        let range = Range::Prefix(format!("{}#", R::KIND));
        Ok((Query { index, pk, range, order: Order::Ascending, limit: page.limit.get(), after }, of))
    }
}

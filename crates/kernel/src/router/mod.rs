//! The router: which table contains an account's workload data, versioned and cached.
//!
//! The route is control-plane state (a record of the shared table); the parameter store holds its published copy. Every
//! write of a tenant's record carries the route's version as a condition against the copy in the very table that it
//! goes to, so that a write by an old route is refused there. That condition is on one of the route's fences, picked by
//! chance: DynamoDB cancels transactions that meet on one item, and on the route itself all writes of an account would meet.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::{
    directory::account::{Account, AccountStatus, CloudType},
    ids::AccountId,
    kinds::{OnRemoval, RecordKind},
    ports::table::{Condition, CrossAccountRole, Index, Is, Key, Pages, Query, Range, Table, TableName, Tables, Write},
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, Stored, decode, encode, partition, tenant_key},
};

/// The kinds of record of the router.
pub(crate) const KINDS: &[RecordKind] = &[Route::DECLARED, Fence::DECLARED];

/// Whether an account's records may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteState {
    Open,
    /// The account is leaving: only its removal writes.
    Closed,
}

/// The location of an account's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    pub account_id: AccountId,
    /// The table of the workload data: the shared one or a dedicated one.
    pub table: TableName,
    /// Directory data is copied to the dedicated table too (private accounts).
    pub copies_directory: bool,
    pub version: u64,
    pub state: RouteState,
    /// The role that gives access to the table in another AWS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<CrossAccountRole>,
    /// How many fences the route has. None, as earlier versions wrote it: writes meet on the route itself.
    #[serde(default)]
    pub fences: u32,
}

/// A new route has so many fences.
pub const FENCES: u32 = 16;

/// What of a route a write is held to, once more: written with the route, and removed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fence {
    pub account_id: AccountId,
    pub number: u32,
    pub version: u64,
    pub state: RouteState,
}

impl Fence {
    pub const KIND: &'static str = "FENCE";

    pub fn key(account: AccountId, number: u32) -> Key {
        tenant_key(account, Self::KIND, number)
    }
}

impl Record for Fence {
    const NOUN: &'static str = "fence";
    const DECLARED: RecordKind =
        RecordKind::of_account(Self::NOUN, "FENCE#").internal().on_removal(OnRemoval::DeletedLast);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.number))
    }
}

impl Route {
    pub fn key(account: AccountId) -> Key {
        Key::new(partition(account), "ROUTE")
    }

    /// The writes that put the route in a table, with its fences. The route's own, which has the condition, is the first.
    pub fn puts(&self, when: Condition) -> Vec<Write> {
        let fences = (0..self.fences).map(|number| {
            let (account_id, version, state) = (self.account_id, self.version, self.state);
            Write::Put { item: encode(&Fence { account_id, number, version, state }), when: Condition::Always }
        });
        std::iter::once(Write::Put { item: encode(self), when }).chain(fences).collect()
    }

    /// The writes that remove a route and all fences that it can have.
    pub fn removal(account: AccountId) -> Vec<Write> {
        let keys = std::iter::once(Self::key(account)).chain((0..FENCES).map(|number| Fence::key(account, number)));
        keys.map(|key| Write::Delete { key, when: Condition::Always }).collect()
    }

    /// The condition that a write by this route carries, on the fence that a random number picks.
    pub fn fence(&self, random: u32) -> Write {
        let key = match self.fences {
            0 => Self::key(self.account_id),
            fences => Fence::key(self.account_id, random % fences),
        };
        Write::Check {
            key,
            when: Condition::All(vec![
                Condition::field("version", Is::Equal, self.version),
                Condition::field("state", Is::Equal, "open"),
            ]),
        }
    }
}

impl Record for Route {
    const NOUN: &'static str = "route";
    const DECLARED: RecordKind =
        RecordKind::of_account(Self::NOUN, "ROUTE").internal().on_removal(OnRemoval::DeletedLast).secret(&["grant"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id))
    }
}

/// How long a route is believed without a look at the store.
const BELIEVED: Duration = Duration::from_mins(5);

/// Finds tables.
#[derive(Clone)]
pub struct Router {
    tables: Arc<dyn Tables>,
    shared: Arc<dyn Table>,
    routes: Cache<AccountId, Arc<Route>>,
}

impl Router {
    /// A router over a store, whose shared table is made if it is not there.
    pub async fn open(tables: Arc<dyn Tables>) -> Result<Self> {
        let shared = tables.create(&TableName::shared()).await?;
        let routes = Cache::builder().max_capacity(10_000).time_to_live(BELIEVED).build();
        Ok(Self { tables, shared, routes })
    }

    /// The shared table: directory data of every account, workload data of public ones.
    pub(crate) fn shared(&self) -> &Arc<dyn Table> {
        &self.shared
    }

    pub(crate) fn tables(&self) -> &Arc<dyn Tables> {
        &self.tables
    }

    /// The route of an account.
    pub async fn route(&self, account: AccountId) -> Result<Arc<Route>> {
        if let Some(route) = self.routes.get(&account) {
            return Ok(route);
        }
        let item = self.shared.get(&Route::key(account)).await?;
        let route = match item {
            Some(item) => Arc::new(decode::<Route>(&item)?.record),
            None => return Err(Problem::new(Code::Conflict, "the account is not set up yet")),
        };
        self.routes.insert(account, Arc::clone(&route));
        Ok(route)
    }

    /// Forgets what is remembered of an account's route: it has changed.
    pub fn forget(&self, account: AccountId) {
        self.routes.invalidate(&account);
    }

    /// Forgets every route.
    pub fn forget_all(&self) {
        self.routes.invalidate_all();
    }

    /// Drops the access to a table in another AWS account: from now on this process can't use that role.
    pub fn disconnect(&self, account: AccountId, grant: &CrossAccountRole) {
        self.forget(account);
        self.tables.disconnect(grant);
    }

    /// The table of an account's own, in whichever AWS account; `None` if it has none. Also during onboarding and removal.
    pub(crate) async fn own_table(&self, account: AccountId) -> Result<Option<Arc<dyn Table>>> {
        let name = TableName::dedicated(account);
        let grant = match self.routes.get(&account) {
            Some(route) => route.grant.clone(),
            None => match self.shared.get(&Route::key(account)).await? {
                Some(item) => decode::<Route>(&item)?.record.grant,
                None => None,
            },
        };
        Ok(match &grant {
            Some(grant) => self.tables.open_by(grant, &name).await?,
            None => self.tables.open(&name).await?,
        })
    }

    /// The accounts that are in use and whose own tables the store does not have.
    pub async fn missing_tables(&self) -> Result<Vec<(AccountId, TableName)>> {
        let there: BTreeSet<_> = self.tables.list().await?.into_iter().collect();
        let mut own = own_tables(self.shared.as_ref()).await?;
        own.retain(|(_, table)| !there.contains(table));
        Ok(own)
    }

    /// The table of a route.
    pub(crate) async fn table(&self, route: &Route) -> Result<Arc<dyn Table>> {
        if route.grant.is_none() && route.table == TableName::shared() {
            return Ok(Arc::clone(&self.shared));
        }
        let found = match &route.grant {
            Some(grant) => self.tables.open_by(grant, &route.table).await?,
            None => self.tables.open(&route.table).await?,
        };
        if let Some(table) = found {
            return Ok(table);
        }
        tracing::error!(account.id = %route.account_id, table = %route.table, "the route leads to no table");
        Err(Problem::new(Code::Unavailable, "the account's table can't be reached").retry_after(5))
    }
}

/// The accounts that are in use and have a table of their own in the same store, by what the shared table says.
pub async fn own_tables(shared: &dyn Table) -> Result<Vec<(AccountId, TableName)>> {
    let mut pages = Pages::new(shared, Query::ascending(Index::Gsi1, Account::BY_NAME, Range::All));
    let mut own = Vec::new();
    while let Some(items) = pages.next().await? {
        for item in &items {
            let Stored { record: account, .. } = decode::<Account>(item)?;
            let is_used = matches!(account.status, AccountStatus::Active | AccountStatus::Disabled);
            if !is_used || account.cloud_type == CloudType::Public {
                continue;
            }
            let Some(item) = shared.get(&Route::key(account.id)).await? else { continue };
            let route = decode::<Route>(&item)?.record;
            if route.grant.is_none() && route.table != TableName::shared() {
                own.push((account.id, route.table));
            }
        }
    }
    Ok(own)
}

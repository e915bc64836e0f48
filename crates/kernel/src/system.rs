//! Reads and writes that the platform does on its own account, each under the name of its task.
//!
//! INVARIANT: outside this crate nobody holds a table. A tenant's records are reached by a [`crate::guard::Granted`] (see
//! [`crate::rows`]) or by a [`SystemTask`], which the code names where it reads or writes.

use std::sync::Arc;

use crate::{
    Kernel,
    ids::AccountId,
    ports::table::{
        Bodies, CommitError, CrossAccountRole, Item, Key, Pages, Query, Rows, Table, TableError, TableName, Write,
    },
    problem::Result,
    record::{Record, links},
    router::Route,
    scan::{Scanned, scan},
};

/// What the platform does without a grant of somebody who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemTask {
    /// Keeps the directory of accounts and moves them through their life.
    AccountLifecycle,
    /// Sets an account up, as steps of its run.
    Onboarding,
    /// Takes an account down, as steps of its run.
    Deprovisioning,
    /// Keeps at least one administrator of the platform.
    Administrators,
    /// Finds who somebody is, and where they may go.
    Identification,
    /// Invites people and lets them in.
    Invitations,
    /// Gives people another e-mail address.
    EmailChange,
    /// Counts requests that deal with credentials.
    RateLimits,
    /// Checks and signs the chains of audit logs.
    AuditChecks,
    /// Keeps enterprises, products and services, which belong to the platform.
    Catalogue,
    /// Counts the seats of licenses.
    Licensing,
    /// Reminds of licenses that end.
    Reminders,
    /// Keeps connections to other AWS accounts, which belong to the platform.
    Connections,
    /// Keeps the mails that were sent.
    Outbox,
    /// Sets the platform up (Day-0) and verifies it.
    Setup,
}

/// A table, as one task of the platform uses it.
#[derive(Clone)]
pub struct SystemTable {
    table: Arc<dyn Table>,
    task: SystemTask,
}

impl Kernel {
    /// The shared table, for a task of the platform.
    pub fn system(&self, task: SystemTask) -> SystemTable {
        SystemTable { table: Arc::clone(self.router().shared()), task }
    }

    /// The dedicated table of an account, for a task of the platform; `None` if it has none.
    pub async fn system_dedicated(&self, task: SystemTask, account: AccountId) -> Result<Option<SystemTable>> {
        // Another process may have removed or made it.
        self.router().tables().forget(&TableName::dedicated(account));
        Ok(self.router().own_table(account).await?.map(|table| SystemTable { table, task }))
    }

    /// A table in another account of the cloud, for a task of the platform; `None` if there is none of that name.
    pub async fn system_granted(
        &self,
        task: SystemTask,
        grant: &CrossAccountRole,
        name: &TableName,
    ) -> Result<Option<SystemTable>, TableError> {
        Ok(self.router().tables().open_by(grant, name).await?.map(|table| SystemTable { table, task }))
    }

    /// The table of a route, for a task of the platform.
    pub async fn system_routed(&self, task: SystemTask, route: &Route) -> Result<SystemTable> {
        Ok(SystemTable { table: self.router().table(route).await?, task })
    }
}

impl SystemTable {
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        self.table.get(key).await
    }

    /// The records of up to [`crate::ports::table::MAX_KEYS`] keys, in the order asked.
    pub async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.table.batch_get(keys).await
    }

    pub async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        self.table.query(query).await
    }

    /// All records of a query, page by page.
    pub fn pages(&self, query: Query) -> Pages<'_> {
        Pages::new(self.table.as_ref(), query)
    }

    /// As [`Self::pages`], with the records as they are now, whatever an index still shows.
    pub fn current_pages(&self, query: Query) -> Pages<'_> {
        Pages::current(self.table.as_ref(), query)
    }

    /// The bodies alone, for answers that are spliced from them.
    pub async fn bodies(&self, query: &Query) -> Result<Bodies, TableError> {
        self.table.bodies(query).await
    }

    /// One bounded page of the records that pass a filter.
    pub async fn scan<E: From<TableError>>(
        &self,
        query: Query,
        keep: impl FnMut(&Item) -> Result<bool, E> + Send,
    ) -> Result<Scanned, E> {
        scan(self.table.as_ref(), query, keep).await
    }

    /// As [`Self::query`], with the records as they are now, whatever an index still shows.
    pub async fn query_now(&self, query: &Query) -> Result<Rows, TableError> {
        self.table.query_now(query).await
    }

    /// The records of an account whose sort keys begin so, all of them.
    pub async fn links<R: Record>(&self, account: AccountId, prefix: impl Into<String>) -> Result<Vec<R>> {
        links(self.table.as_ref(), account, prefix.into()).await
    }

    /// Writes all or nothing. Writes of requests go through [`crate::change::Change`], which has the audit entry too.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        tracing::trace!(task = ?self.task, writes = writes.len(), "a task of the platform writes");
        self.table.commit(writes).await
    }
}

impl std::fmt::Debug for SystemTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemTable").field("task", &self.task).finish_non_exhaustive()
    }
}

//! What goes on after a commit: entries of the audit log are sealed, events go out, private accounts' own tables get their
//! copies, and queues outside their dead letters. All of it can be repeated, and is taken up again after a crash.

mod asked;
mod copies;
mod delivery;
mod letters;
mod rest;
mod sealing;

pub use asked::{Asked, Written};
pub use rest::Round;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinSet};

use crate::{
    plane::Plane,
    ports::table::{Index, Item, Order, Position, Query, Range, Rows, Table, TableName},
    problem::Result,
};

/// Without news, the store is looked at this often: another process may have written.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// After a fault the next try waits so long.
const PAUSE: Duration = Duration::from_millis(500);
/// Commits that come this close together are tended together.
const GATHER: Duration = Duration::from_millis(10);

/// What tells the tending that there is work.
#[derive(Debug, Default)]
pub(crate) struct News {
    notify: Notify,
    /// Something was committed that nobody has tended yet.
    fresh: AtomicBool,
    /// Dedicated tables that were written to.
    tables: Mutex<BTreeSet<TableName>>,
    stopping: AtomicBool,
}

impl News {
    pub(crate) fn of(&self, table: &TableName) {
        if *table != TableName::shared() {
            self.tables.lock().expect("no holder panics").insert(table.clone());
        }
        self.fresh.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Acquire)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// What goes on beside answers.
#[derive(Debug, Default)]
pub(crate) struct Aside(Mutex<JoinSet<()>>);

impl Plane {
    /// Tends what commits leave to be done, until the plane stops. To be spawned once.
    pub async fn tend(self) {
        self.look_everywhere().await;
        loop {
            if let Err(problem) = self.tend_once().await {
                tracing::warn!(%problem, "work after commits is behind; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            if self.news().stopping.load(Ordering::Acquire) {
                return;
            }
            // Either way leads back to the store.
            drop(tokio::time::timeout(LOOK_AGAIN, self.news().notify.notified()).await);
            tokio::time::sleep(GATHER).await;
        }
    }

    /// What a crash left in dedicated tables is found by looking at each once.
    async fn look_everywhere(&self) {
        match self.router().tables().list().await {
            Ok(tables) => tables.iter().for_each(|table| self.news().of(table)),
            Err(error) => tracing::warn!(%error, "the tables could not be listed"),
        }
        match self.connected_tables().await {
            Ok(tables) => tables.iter().for_each(|table| self.news().of(table)),
            Err(problem) => tracing::warn!(%problem, "the tables in other accounts could not be listed"),
        }
    }

    /// Does all that is to be done now.
    pub async fn tend_once(&self) -> Result<()> {
        self.news().fresh.store(false, Ordering::Release);
        let shared = Arc::clone(self.router().shared());
        let shared = self.tend_table(&shared).await;
        let tables: Vec<TableName> = self.news().tables.lock().expect("no holder panics").iter().cloned().collect();
        // A table that can't be reached, as where its owner has closed the way to it, holds up no other's.
        let mut all = Ok(());
        for name in tables {
            self.news().tables.lock().expect("no holder panics").remove(&name);
            let tended = self.tend_named(&name).await;
            if tended.is_err() {
                self.news().tables.lock().expect("no holder panics").insert(name);
            }
            all = all.and(tended);
        }
        shared.and(all)
    }

    async fn tend_named(&self, name: &TableName) -> Result<()> {
        if *name == TableName::shared() {
            return self.tend_table(&Arc::clone(self.router().shared())).await;
        }
        let Some(account) = name.account() else { return Ok(()) };
        match self.router().own_table(account).await? {
            Some(table) => self.tend_table(&table).await,
            None => Ok(()),
        }
    }

    async fn tend_table(&self, table: &Arc<dyn Table>) -> Result<()> {
        // What one of them stands on and can't reach holds up none of the others.
        let copied = self.make_copies(table).await;
        let delivered = self.deliver(table).await;
        let sealed = self.seal(table).await;
        let settled = self.settle_letters(table).await;
        copied.and(delivered).and(sealed).and(settled)
    }
}

/// The first records of a waiting line. One that an index still shows there, and that was done, is not done again.
async fn waiting(table: &dyn Table, line: &str) -> Result<Vec<Item>> {
    Ok(waiting_after(table, line, None).await?.items)
}

/// The same behind a position in the line.
async fn waiting_after(table: &dyn Table, line: &str, after: Option<Position>) -> Result<Rows> {
    let mut query = Query {
        index: Index::Gsi3,
        pk: line.to_owned(),
        range: Range::All,
        order: Order::Ascending,
        limit: 400,
        after,
    };
    loop {
        let rows = table.query_now(&query).await?;
        if !rows.items.is_empty() || rows.next.is_none() {
            return Ok(rows);
        }
        query.after = rows.next;
    }
}

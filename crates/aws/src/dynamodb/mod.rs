//! The table port on DynamoDB.
//!
//! Each record is one item (`item.rs` says how it is laid out), each commit one request, each table one of DynamoDB's, with
//! the keys `PK` and `SK`, and three global indexes: `GSI1` and `GSI2` hold what lists need, `GSI3` holds keys alone.

mod commit;
mod counters;
mod dedicated;
mod expression;
mod item;
mod layout;
mod query;
mod schema;
pub mod stream;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::KeysAndAttributes};
use kernel::ports::{
    dedicated_tables::Progress,
    random::RandomSource,
    table::{
        COMPARED_FIELDS, CommitError, Index, Item, Key, MAX_KEYS, Position, Query, Rows, Table, TableError, TableName,
        Tables, Write, validate,
    },
};
use tokio::time::Instant;

pub use self::dedicated::DedicatedDynamoTables;
use self::{
    counters::Counters,
    item::{Attributes, primary},
    schema::Stage,
};
use crate::{
    fault::Fault,
    retry::{self, Attempts, RetryPolicy},
};

/// A table that was there is believed to be for so long.
const BELIEVED: Duration = Duration::from_mins(1);
/// Between two looks at a table that comes or goes.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How tables are named, reached and made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The prefix of all table names, so that several deployments share an AWS account.
    pub prefix: String,
    pub protection: Protection,
    /// The id, alias or ARN of a key of KMS that encrypts new tables; else DynamoDB's own.
    pub kms_key: Option<String>,
    /// The fields that are kept beside bodies, for conditions; `None`: all that conditions may be on.
    pub compared: Option<&'static [&'static str]>,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
    /// [`Tables::create`] and [`Tables::remove`] wait so long for a table to come and to go.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            prefix: String::new(),
            protection: Protection::default(),
            kms_key: None,
            compared: Some(&COMPARED_FIELDS),
            retry_for: retry::MAX_DURATION,
            wait: Duration::from_mins(2),
        }
    }
}

/// What protects new tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Backups of every second of the last 35 days.
    pub point_in_time: bool,
    /// Removal is refused until somebody takes this away by hand.
    pub from_deletion: bool,
}

/// The state of the shared table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableState {
    Missing,
    Coming,
    /// A table, but with other keys or indexes.
    Foreign,
    There {
        /// Its removal is refused.
        protected: bool,
    },
}

/// What is switched on for the shared table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Every second of the last days can be had back.
    pub backed_up: Result<bool, Fault>,
    /// Expired records are removed.
    pub expires: Result<bool, Fault>,
}

/// The tables of one account and region of AWS.
#[derive(Clone)]
pub struct DynamoTables(Arc<Inner>);

struct Inner {
    client: Client,
    retry: RetryPolicy,
    options: Options,
    /// Tables that were there, and when.
    seen: Mutex<HashMap<TableName, Instant>>,
    /// Tables of earlier versions whose records already have shards, as this process knows.
    moved: Mutex<HashSet<String>>,
    counters: Counters,
}

impl DynamoTables {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let mut builder = aws_sdk_dynamodb::config::Builder::from(config);
        builder.set_endpoint_url(options.endpoint.clone());
        let client = Client::from_conf(builder.build());
        let retry = RetryPolicy::new(rng, options.retry_for);
        let (seen, moved, counters) = (Mutex::default(), Mutex::default(), Counters::default());
        Self(Arc::new(Inner { client, retry, options, seen, moved, counters }))
    }

    /// The state and the name of the shared table.
    pub async fn standing(&self) -> (String, Result<TableState, Fault>) {
        let Inner { client, retry, .. } = &*self.0;
        let table = self.full(&TableName::shared());
        let standing = match schema::stage(client, retry, &table).await {
            Ok(Stage::None | Stage::Going) => Ok(TableState::Missing),
            Ok(Stage::Coming) => Ok(TableState::Coming),
            Ok(Stage::Foreign) => Ok(TableState::Foreign),
            Ok(Stage::There { protected, .. }) => Ok(TableState::There { protected }),
            Err(fault) => Err(fault),
        };
        (table, standing)
    }

    /// What is switched on for the shared table, which is there.
    pub async fn switches(&self) -> Switches {
        let Inner { client, retry, .. } = &*self.0;
        let table = self.full(&TableName::shared());
        Switches {
            backed_up: retry.repeat(async || schema::backed_up(client, &table).await).await,
            expires: retry.repeat(async || schema::expires(client, &table).await).await,
        }
    }

    /// How many tables the region has, including those of others.
    pub async fn count(&self) -> Result<usize, Fault> {
        let Inner { client, retry, .. } = &*self.0;
        Ok(schema::names(client, retry, "").await?.len())
    }

    /// Makes the shared table, or what it lacks.
    pub async fn mend(&self) -> Result<(), TableError> {
        self.create(&TableName::shared()).await?;
        let Inner { client, retry, options, .. } = &*self.0;
        let table = self.full(&TableName::shared());
        let stage = schema::stage(client, retry, &table).await.map_err(table_error)?;
        if options.protection.from_deletion && matches!(stage, Stage::There { protected: false, .. }) {
            schema::protect(client, retry, &table, true).await.map_err(table_error)?;
        }
        Ok(())
    }

    /// Takes the making of a table one step further; idempotent. It takes DynamoDB some seconds to half a minute.
    pub(crate) async fn advance(&self, name: &TableName) -> Result<Progress, TableError> {
        let Inner { client, retry, options, .. } = &*self.0;
        let table = self.full(name);
        match schema::stage(client, retry, &table).await.map_err(table_error)? {
            Stage::None => {
                schema::create(client, retry, &table, options).await.map_err(table_error)?;
                Ok(Progress::Underway)
            }
            Stage::Coming | Stage::Going => Ok(Progress::Underway),
            Stage::There { earlier, .. } => {
                match schema::settle(client, retry, &table, options.protection).await {
                    Ok(()) => {}
                    // DynamoDB makes a new table's backups possible some time after the table.
                    Err(Fault::Underway) => return Ok(Progress::Underway),
                    Err(fault) => return Err(table_error(fault)),
                }
                if earlier {
                    self.move_records(&table).await?;
                }
                Ok(Progress::Done)
            }
            Stage::Foreign => Err(foreign(&table)),
        }
    }

    /// Gives the records of a table of an earlier version their shards. Needed once for each table.
    async fn move_records(&self, table: &str) -> Result<(), TableError> {
        let Inner { client, retry, moved, .. } = &*self.0;
        if moved.lock().expect("no holder panics").contains(table) {
            return Ok(());
        }
        layout::settle(client, retry, table).await?;
        moved.lock().expect("no holder panics").insert(table.to_owned());
        Ok(())
    }

    /// Whether somebody who removes a table may: takes its protection away if it has one. One that is absent is as good.
    #[cfg(feature = "cloudformation")]
    pub(crate) async fn unprotect(&self, name: &TableName) -> Result<(), TableError> {
        let Inner { client, retry, .. } = &*self.0;
        let table = self.full(name);
        match schema::stage(client, retry, &table).await.map_err(table_error)? {
            Stage::There { protected: true, .. } => {
                schema::protect(client, retry, &table, false).await.map_err(table_error)
            }
            // A foreign one stands in the way, and is not ours to change.
            Stage::There { protected: false, .. } | Stage::None | Stage::Coming | Stage::Going | Stage::Foreign => {
                Ok(())
            }
        }
    }

    /// Takes the removal of a table one step further; idempotent.
    pub(crate) async fn retire(&self, name: &TableName) -> Result<Progress, TableError> {
        let Inner { client, retry, seen, .. } = &*self.0;
        seen.lock().expect("no holder panics").remove(name);
        let table = self.full(name);
        match schema::stage(client, retry, &table).await.map_err(table_error)? {
            Stage::None => Ok(Progress::Done),
            Stage::Coming | Stage::Going => Ok(Progress::Underway),
            Stage::There { protected: true, .. } => {
                // The caller has decided; the table is still changing when this returns.
                schema::protect(client, retry, &table, false).await.map_err(table_error)?;
                Ok(Progress::Underway)
            }
            Stage::There { protected: false, .. } => {
                schema::remove(client, retry, &table).await.map_err(table_error)?;
                Ok(Progress::Underway)
            }
            Stage::Foreign => Err(foreign(&table)),
        }
    }

    /// Takes step after step until it is done or the wait is over. The first look again comes soon: emulators are quick.
    async fn until_done<Step>(&self, step: impl Fn() -> Step) -> Result<(), TableError>
    where
        Step: Future<Output = Result<Progress, TableError>>,
    {
        let begun = Instant::now();
        let mut pause = LOOK_AGAIN / 50;
        while step().await? == Progress::Underway {
            if begun.elapsed() >= self.0.options.wait {
                return Err(TableError::Unavailable("a table is still being made or removed".into()));
            }
            tokio::time::sleep(pause).await;
            pause = LOOK_AGAIN.min(pause * 2);
        }
        Ok(())
    }

    /// The name that a table has in AWS.
    pub(crate) fn full(&self, name: &TableName) -> String {
        format!("{}{name}", self.0.options.prefix)
    }

    fn table(&self, name: &TableName) -> Arc<dyn Table> {
        self.0.seen.lock().expect("no holder panics").insert(name.clone(), Instant::now());
        Arc::new(DynamoTable { inner: Arc::clone(&self.0), name: self.full(name) })
    }

    fn was_seen(&self, name: &TableName) -> bool {
        let seen = self.0.seen.lock().expect("no holder panics");
        seen.get(name).is_some_and(|at| at.elapsed() < BELIEVED)
    }
}

#[async_trait]
impl Tables for DynamoTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        let Inner { client, retry, .. } = &*self.0;
        let full = self.full(name);
        if self.was_seen(name) {
            return Ok(Some(Arc::new(DynamoTable { inner: Arc::clone(&self.0), name: full })));
        }
        match schema::stage(client, retry, &full).await.map_err(table_error)? {
            Stage::None | Stage::Going => Ok(None),
            Stage::Coming => Err(TableError::Unavailable("the table is still being made".into())),
            Stage::There { earlier, .. } => {
                if earlier {
                    self.move_records(&full).await?;
                }
                Ok(Some(self.table(name)))
            }
            Stage::Foreign => Err(foreign(&full)),
        }
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        self.until_done(|| self.advance(name)).await?;
        Ok(self.table(name))
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.until_done(|| self.retire(name)).await
    }

    fn forget(&self, name: &TableName) {
        self.0.seen.lock().expect("no holder panics").remove(name);
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        let Inner { client, retry, options, .. } = &*self.0;
        let names = schema::names(client, retry, &options.prefix).await.map_err(table_error)?;
        // What has another kind of name is not ours.
        let ours = names.iter().filter_map(|name| TableName::try_from(name[options.prefix.len()..].to_owned()).ok());
        let mut ours: Vec<TableName> = ours.collect();
        ours.sort();
        Ok(ours)
    }
}

/// One table.
struct DynamoTable {
    inner: Arc<Inner>,
    name: String,
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        validate::key(key)?;
        let Inner { client, retry, .. } = &*self.inner;
        let answer = retry
            .repeat(|| async {
                let request = client.get_item().table_name(&self.name).set_key(Some(primary(key)));
                request.consistent_read(true).send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map_err(table_error)?;
        answer.item.map(item::read).transpose()
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        if keys.len() > MAX_KEYS {
            return Err(TableError::Invalid(format!("at most {MAX_KEYS} keys are read at once")));
        }
        keys.iter().try_for_each(validate::key)?;
        let found = self.found(keys).await?;
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        let Inner { client, retry, .. } = &*self.inner;
        match query.index {
            Index::Table | Index::Gsi1 | Index::Gsi2 => query::query(client, retry, &self.name, query).await,
            Index::Gsi3 => {
                let (keys, next) = query::waiting(client, retry, &self.name, query).await?;
                self.now(query, &keys, next).await
            }
        }
    }

    async fn query_now(&self, query: &Query) -> Result<Rows, TableError> {
        match query.index {
            Index::Table | Index::Gsi3 => self.query(query).await,
            Index::Gsi1 | Index::Gsi2 => {
                let Rows { items, next } = self.query(query).await?;
                let keys: Vec<Key> = items.into_iter().map(|item| item.key).collect();
                self.now(query, &keys, next).await
            }
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let Inner { client, retry, options, counters, .. } = &*self.inner;
        commit::commit(client, retry, counters, &self.name, &writes, options.compared).await
    }
}

impl DynamoTable {
    /// The records of a page as they are now, without those that have left it.
    async fn now(&self, query: &Query, keys: &[Key], next: Option<Position>) -> Result<Rows, TableError> {
        let mut items = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            items.extend(self.batch_get(keys).await?.into_iter().flatten());
        }
        items.retain(|item| query::stands(query, item));
        Ok(Rows { items, next })
    }

    /// The records that are there. DynamoDB takes each key once, and may leave some for another request.
    async fn found(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, TableError> {
        let Inner { client, retry, .. } = &*self.inner;
        let once: HashSet<&Key> = keys.iter().collect();
        let mut open: Vec<Attributes> = once.into_iter().map(primary).collect();
        let mut found = HashMap::new();
        let mut tries = Attempts::default();
        while !open.is_empty() {
            let answer = retry
                .repeat(|| async {
                    let asked = KeysAndAttributes::builder().set_keys(Some(open.clone())).consistent_read(true);
                    let asked = asked.build().expect("keys are given");
                    let request = client.batch_get_item().request_items(&self.name, asked);
                    request.send().await.map_err(|error| Fault::of(&error))
                })
                .await
                .map_err(table_error)?;
            let before = open.len();
            open = answer
                .unprocessed_keys
                .and_then(|mut left| left.remove(&self.name))
                .map(|left| left.keys)
                .unwrap_or_default();
            for attributes in answer.responses.and_then(|mut all| all.remove(&self.name)).unwrap_or_default() {
                let item = item::read(attributes)?;
                found.insert(item.key.clone(), item);
            }
            // A large answer comes in parts, at once; only one that brings nothing is a sign of too much.
            if open.len() == before && !retry.pause(&mut tries).await {
                return Err(table_error(Fault::Throttled));
            }
        }
        Ok(found)
    }
}

fn foreign(table: &str) -> TableError {
    TableError::Invalid(format!("the table {table} has other keys or indexes, or can't be used as it is"))
}

/// The port's error for a fault of DynamoDB.
fn table_error(fault: Fault) -> TableError {
    match fault {
        Fault::Malformed => TableError::Invalid("DynamoDB refused the request as malformed".into()),
        Fault::Quota => TableError::Full,
        Fault::Throttled
        | Fault::Conflict
        | Fault::Underway
        | Fault::TimedOut
        | Fault::Unreachable
        | Fault::Internal
        | Fault::Garbled
        | Fault::NotFound
        | Fault::InUse
        | Fault::NoCredentials
        | Fault::UnknownCredentials
        | Fault::Expired
        | Fault::Signature
        | Fault::Clock
        | Fault::Denied
        | Fault::KeyDenied
        | Fault::KeyDisabled
        | Fault::KeyUnusable
        | Fault::KeyMissing
        | Fault::Rejected
        | Fault::Paused
        | Fault::Refused
        | Fault::NoSuchUser
        | Fault::Policy
        | Fault::Trigger
        | Fault::Unknown => TableError::Unavailable(fault.external_error("DynamoDB")),
    }
}

//! The table: the one door to stored records, as narrow as what DynamoDB and an ordered embedded store both offer.
//!
//! A record has a primary key (partition and sort key), may be in three indexes under keys of their own, carries a
//! version that every write raises by one, and a body that is one JSON object.
//!
//! What an adapter must keep (`testkit::conformance::table` holds it to that):
//! - `commit` is atomic over all its writes and all their index entries, and durable before it answers;
//! - conditions are judged against the state that the commit finds, all of them before any write;
//! - `get`, `batch_get` and a query of [`Index::Table`] see every commit that was answered before they began;
//!   a query of the other indexes may lag behind, by seconds at worst: what decides goes by `query_now`;
//! - what they see of a commit that is under way may be a part: two records agree for certain only where a condition
//!   of the commit that relies on it says so;
//! - nothing spans two tables.

mod pages;
pub mod validate;

pub use pages::Pages;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::external_error::ExternalError;

/// The maximum number of writes in one commit.
pub const MAX_WRITES: usize = 100;
/// The maximum number of keys in one `batch_get`.
pub const MAX_KEYS: usize = 100;
/// At most this many bytes are written in one commit. DynamoDB takes 4 MiB, which hold the fields that conditions may be
/// on (see [`MAX_FIELDS_BYTES`]) a second time.
pub const MAX_COMMIT_BYTES: usize = 2 * 1024 * 1024;
/// The maximum size of a record in bytes: keys, index keys and body together. DynamoDB takes 400 KiB, with the
/// names of its attributes and, a second time, the fields that conditions may be on.
pub const MAX_ITEM_BYTES: usize = 380 * 1024;
/// A text of more bytes than these can't be the field of a condition.
pub const MAX_FIELD_BYTES: usize = 1024;
/// The maximum size in bytes of the top-level fields of a record that conditions may use: numbers, booleans,
/// null, and texts of up to [`MAX_FIELD_BYTES`], with their names.
pub const MAX_FIELDS_BYTES: usize = 16 * 1024;
/// The top-level fields of the product's records that conditions and sums are on, in order. A store that keeps such fields
/// beside the bodies keeps these alone.
///
/// INVARIANT: a name that is added holds of records that are written from then on, not of those that a store has already.
pub const COMPARED_FIELDS: [&str; 19] = [
    "count",
    "digest",
    "enabled",
    "endDate",
    "epoch",
    "fence",
    "holder",
    "identityStatus",
    "mailId",
    "request",
    "runs",
    "seats",
    "since",
    "startDate",
    "state",
    "subject",
    "used",
    "uses",
    "version",
];
/// The maximum size of a partition key in bytes.
pub const MAX_PK_BYTES: usize = 2048;
/// The maximum size of a sort key in bytes.
pub const MAX_SK_BYTES: usize = 1024;
/// At most this many records come back from one query, whatever the limit asked.
pub const MAX_PAGE: usize = 1000;
/// Three indexes beside the table itself.
pub const INDEXES: usize = 3;

/// A partition key and a sort key. Both hold at least one byte; sort keys order by their bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// A record as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub key: Key,
    /// The record's keys in `Gsi1`, `Gsi2` and `Gsi3`; `None` if it is not in that index. A query of `Gsi1` or
    /// `Gsi2` need not tell the keys in the other indexes.
    pub index: [Option<Key>; INDEXES],
    /// 1 when created, one more with every write.
    pub version: u64,
    /// Second since the Unix epoch after which the store may drop the record. It may linger: readers check.
    pub expires: Option<i64>,
    /// One JSON object.
    pub body: Bytes,
}

/// A record as it is written: the version is the store's to give.
#[derive(Clone, Debug, PartialEq)]
pub struct NewItem {
    pub key: Key,
    pub index: [Option<Key>; INDEXES],
    pub expires: Option<i64>,
    pub body: Bytes,
}

/// What must hold of a record for a write to go through. A condition on a field of a record that is absent, or that
/// lacks the field, or whose types differ, or whose text has more than [`MAX_FIELD_BYTES`], does not hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Always,
    Absent,
    Present,
    /// The record is there and at this version.
    Version(u64),
    /// A top-level field of the body compares so. Numbers compare with numbers, text with text (by bytes); booleans
    /// and null only by `Equal` and `NotEqual`.
    Field {
        name: &'static str,
        is: Is,
        than: Operand,
    },
    All(Vec<Condition>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Value(Value),
    /// Another top-level field of the same record.
    Field(&'static str),
}

impl Condition {
    pub fn field(name: &'static str, is: Is, value: impl Into<Value>) -> Self {
        Self::Field { name, is, than: Operand::Value(value.into()) }
    }

    pub fn fields(name: &'static str, is: Is, other: &'static str) -> Self {
        Self::Field { name, is, than: Operand::Field(other) }
    }
}

/// One write of a commit. No two writes of a commit may touch the same key.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Creates or replaces a record whole, index entries included.
    Put { item: NewItem, when: Condition },
    /// Adds to a top-level integer field of a record that is there. A record that is absent, or whose field is not an
    /// integer, refuses.
    Add { key: Key, field: &'static str, by: i64, when: Condition },
    /// Removes a record and its index entries; succeeds for an absent record.
    Delete { key: Key, when: Condition },
    /// Writes nothing, and lets the commit through only if the condition holds.
    Check { key: Key, when: Condition },
}

impl Write {
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { item, .. } => &item.key,
            Self::Add { key, .. } | Self::Delete { key, .. } | Self::Check { key, .. } => key,
        }
    }

    pub fn when(&self) -> &Condition {
        match self {
            Self::Put { when, .. } | Self::Add { when, .. } | Self::Delete { when, .. } | Self::Check { when, .. } => {
                when
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Index {
    /// The table itself, by primary key.
    Table,
    /// By entity type.
    Gsi1,
    /// By tenant.
    Gsi2,
    /// By status and date.
    Gsi3,
}

impl Index {
    /// The place of the index in [`Item::index`]; `None` for the table itself.
    pub const fn slot(self) -> Option<usize> {
        match self {
            Self::Table => None,
            Self::Gsi1 => Some(0),
            Self::Gsi2 => Some(1),
            Self::Gsi3 => Some(2),
        }
    }
}

/// Which sort keys of a partition are meant; bounds are inclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    All,
    Prefix(String),
    Between(String, String),
    AtLeast(String),
    AtMost(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// Where a page ended: the last record that it held. Index positions hold both keys, since index keys may repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub key: Key,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Key>,
}

/// A walk through one partition, in the order of the sort keys. Records with equal index sort keys come in an order of
/// the store's own, the same in every walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub index: Index,
    pub pk: String,
    pub range: Range,
    pub order: Order,
    /// From 1 to [`MAX_PAGE`].
    pub limit: usize,
    pub after: Option<Position>,
}

/// A page of records; `next` is there if there may be more.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub items: Vec<Item>,
    pub next: Option<Position>,
}

/// The same page without the attributes besides the bodies.
#[derive(Clone, Debug, PartialEq)]
pub struct Bodies {
    pub bodies: Vec<Bytes>,
    pub next: Option<Position>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum TableError {
    /// A passing fault: the same call may go through later. Whether a commit that meets it was written is not known.
    #[error("the store does not answer now: {0}")]
    Unavailable(ExternalError),
    /// No room is left. Nothing was written.
    #[error("the store is full")]
    Full,
    /// The stored bytes are not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The caller broke a limit of the port.
    #[error("not a valid request to the table: {0}")]
    Invalid(String),
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A condition did not hold; nothing was written.
    #[error("the condition of write {write} does not hold")]
    Refused {
        /// Which write of the commit, counted from 0: the first whose condition did not hold.
        write: usize,
        /// The record as it was found.
        current: Option<Box<Item>>,
    },
    #[error(transparent)]
    Table(#[from] TableError),
}

/// One table.
#[async_trait]
pub trait Table: Send + Sync {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError>;

    /// The records of up to [`MAX_KEYS`] keys, in the order asked.
    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError>;

    async fn query(&self, query: &Query) -> Result<Rows, TableError>;

    /// What `query` finds, for answers that are spliced from the bodies alone. Adapters that can read those without the
    /// keys beside them do so.
    async fn bodies(&self, query: &Query) -> Result<Bodies, TableError> {
        let Rows { items, next } = self.query(query).await?;
        Ok(Bodies { bodies: items.into_iter().map(|item| item.body).collect(), next })
    }

    /// The current records of `query`: one that an index still shows after its removal is left out.
    /// What is new, an index may still not show. Adapters whose indexes lag read the records again.
    async fn query_now(&self, query: &Query) -> Result<Rows, TableError> {
        self.query(query).await
    }

    /// Writes all or nothing, and answers when it is durable.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError>;
}

/// A table's name: lower-case letters, digits, `_` and `-`, 3 to 100 of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TableName(String);

impl TableName {
    /// The table of the control plane's directory and of public accounts.
    pub fn shared() -> Self {
        Self("app_data".into())
    }

    /// The table of one private or hybrid account.
    pub fn dedicated(account: crate::ids::AccountId) -> Self {
        Self(format!("app_acct_{account}"))
    }

    /// Whose table it is, if it is one account's.
    pub fn account(&self) -> Option<crate::ids::AccountId> {
        self.0.strip_prefix("app_acct_")?.parse().ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TableName {
    type Error = TableError;

    fn try_from(name: String) -> Result<Self, TableError> {
        let fits = (3..=100).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if fits { Ok(Self(name)) } else { Err(TableError::Invalid("a table's name".into())) }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tables that one store holds.
#[async_trait]
pub trait Tables: Send + Sync {
    /// Opens a table; `None` if there is none of that name.
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError>;

    /// Makes an empty table, or finds the one that is there.
    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError>;

    /// Removes a table with all its records; succeeds for an absent table.
    async fn remove(&self, name: &TableName) -> Result<(), TableError>;

    /// The names of all tables, in order.
    async fn list(&self) -> Result<Vec<TableName>, TableError>;

    /// Forgets that a table was there: a store that is asked over a network believes so for a while, and another process
    /// may have removed it.
    fn forget(&self, _name: &TableName) {}

    /// Opens a table in another AWS account, by the role that its owner granted; `None` if there is none of that name.
    async fn open_by(&self, grant: &CrossAccountRole, _name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        Err(TableError::Invalid(format!("this profile has no way to the tables of {}", grant.role)))
    }

    /// Forgets what was obtained by a grant: tables that were opened by it answer no more.
    fn disconnect(&self, _grant: &CrossAccountRole) {}
}

/// What lets the platform use a table in another account of the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CrossAccountRole {
    /// The role to assume: in AWS, its ARN.
    pub role: String,
    /// The platform's own word for this connection, made by it and never taken from anybody: the role opens to no other.
    pub external_id: String,
    /// Where the table is: in AWS, the region.
    pub region: String,
}

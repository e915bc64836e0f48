//! Records: what the table contains, each type with its keys in one place.
//!
//! The body of an entity's record is the JSON that the API answers, so that a page of a list is spliced together from
//! stored bytes without reading them.

use aws_lc_rs::digest;
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    ids::{AccountId, EnterpriseId},
    kinds::{self, RecordKind},
    ports::table::{Condition, INDEXES, Index, Item, Key, NewItem, Order, Query, Range, Table, Write},
    problem::{Code, Problem, Result},
    text::Name,
};

/// The keys of a record: its own and those in the three indexes.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordKeys {
    pub key: Key,
    pub index: [Option<Key>; INDEXES],
    pub expires: Option<i64>,
}

impl RecordKeys {
    pub fn at(key: Key) -> Self {
        Self { key, index: [None, None, None], expires: None }
    }

    /// Also by entity type (`Gsi1`).
    #[must_use]
    pub fn by_type(mut self, key: Key) -> Self {
        self.index[0] = Some(key);
        self
    }

    /// Also by tenant (`Gsi2`).
    #[must_use]
    pub fn by_tenant(mut self, key: Key) -> Self {
        self.index[1] = Some(key);
        self
    }

    /// The enterprise of an account that a record belongs to by its key in `Gsi2`.
    pub fn enterprise(&self, account: AccountId) -> Option<EnterpriseId> {
        let key = self.index[1].as_ref()?;
        key.pk.strip_prefix(&enterprise_prefix(account))?.parse().ok()
    }

    /// Also by status and date (`Gsi3`).
    #[must_use]
    pub fn by_status(mut self, key: Key) -> Self {
        self.index[2] = Some(key);
        self
    }

    /// Dropped by the store some time after this second since the Unix epoch.
    #[must_use]
    pub const fn until(mut self, second: i64) -> Self {
        self.expires = Some(second);
        self
    }
}

/// A kind of record.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a person calls it, in lower case.
    const NOUN: &'static str;
    /// The kind, as the registry has it.
    const DECLARED: RecordKind;

    fn place(&self) -> RecordKeys;
}

/// A kind of record that belongs to an account, with the key `ACCOUNT#<account>` / `<KIND>#<id>`.
pub trait TenantRecord: Record {
    /// The prefix of the sort key, in capitals.
    const KIND: &'static str;

    fn account(&self) -> AccountId;

    /// The enterprise that it belongs to; `None` for what belongs to the account as a whole.
    fn enterprise(&self) -> Option<EnterpriseId>;
}

/// The name of a record, for filters by name.
#[derive(Debug, Deserialize)]
pub struct RecordName {
    pub name: Name,
}

/// The partition of an account.
pub fn partition(account: AccountId) -> String {
    format!("ACCOUNT#{account}")
}

/// The key of an account's record of some kind.
pub fn tenant_key(account: AccountId, kind: &str, id: impl std::fmt::Display) -> Key {
    Key::new(partition(account), format!("{kind}#{id}"))
}

/// The key in `Gsi2` of a record that belongs to one enterprise of an account.
pub fn enterprise_key(account: AccountId, enterprise: EnterpriseId, kind: &str, id: impl std::fmt::Display) -> Key {
    Key::new(format!("{}{enterprise}", enterprise_prefix(account)), format!("{kind}#{id}"))
}

fn enterprise_prefix(account: AccountId) -> String {
    format!("ACCOUNT#{account}#ENTERPRISE#")
}

/// A record as it was read, with the version that it had.
#[derive(Clone, Debug)]
pub struct Stored<R> {
    pub record: R,
    pub version: u64,
}

impl<R> std::ops::Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

/// A record with the ids of the records that it is linked to, as they were read together.
#[derive(Clone, Debug)]
pub struct Linked<R, I> {
    pub record: Stored<R>,
    pub ids: Vec<I>,
}

impl<R, I: std::fmt::Display> Linked<R, I> {
    /// The version of the list of links: the same ids in any order have the same version, and others have another.
    pub fn version(&self) -> u64 {
        let mut ids: Vec<String> = self.ids.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        let digest = digest::digest(&digest::SHA256, ids.join(",").as_bytes());
        u64::from_be_bytes(digest.as_ref()[..8].try_into().expect("a digest has 32 bytes"))
    }
}

/// Reads a record out of its item.
pub fn decode<R: Record>(item: &Item) -> Result<Stored<R>> {
    Ok(Stored { record: decode_part(item, R::NOUN)?, version: item.version })
}

/// Reads some fields of a record out of its item. `noun` is what a person calls the record.
pub fn decode_part<V: DeserializeOwned>(item: &Item, noun: &str) -> Result<V> {
    serde_json::from_slice(&item.body).map_err(|cause| {
        tracing::error!(key = ?item.key, %cause, "a stored {noun} can't be read");
        Problem::new(Code::Internal, format!("a stored {noun} can't be read"))
    })
}

/// The record as it is to be written.
pub fn encode<R: Record>(record: &R) -> NewItem {
    let RecordKeys { key, index, expires } = record.place();
    let body = serde_json::to_vec(record).expect("records hold nothing that JSON can't");
    NewItem { key, index, expires, body: Bytes::from(body) }
}

/// A write that makes a record which must not be there yet.
pub fn create<R: Record>(record: &R) -> Write {
    Write::Put { item: encode(record), when: Condition::Absent }
}

/// A write that replaces a record as it was read.
pub fn replace<R: Record>(old: &Stored<R>, new: &R) -> Write {
    Write::Put { item: encode(new), when: Condition::Version(old.version) }
}

/// A write that removes a record as it was read.
pub fn remove<R: Record>(old: &Stored<R>) -> Write {
    Write::Delete { key: old.record.place().key, when: Condition::Version(old.version) }
}

/// A write that deletes a record, if it is there.
pub fn delete<R: Record>(record: &R) -> Write {
    kinds::delete(&record.place().key)
}

/// The links of one thing: all records of an account whose sort keys begin so.
pub(crate) async fn links<R: Record>(table: &dyn Table, account: AccountId, prefix: String) -> Result<Vec<R>> {
    let mut query = Query {
        index: Index::Table,
        pk: partition(account),
        range: Range::Prefix(prefix),
        order: Order::Ascending,
        limit: 500,
        after: None,
    };
    let mut all = Vec::new();
    loop {
        let rows = table.query(&query).await?;
        for item in &rows.items {
            all.push(decode::<R>(item)?.record);
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(all),
        }
    }
}

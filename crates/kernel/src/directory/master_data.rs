//! Master data: what enterprises, products and services have in common. It is the platform's, not an account's; its
//! records are in the shared table, and its lists in `Gsi1`, by name.

use serde::{Deserialize, Serialize};

use crate::{
    change::NameClaim,
    event_kinds::RecordEvents,
    ids::{Id, LicenseId},
    kinds::RecordKind,
    ports::table::Key,
    record::{Record, RecordKeys},
    text::{Name, fold},
};

/// A kind of master data.
pub trait MasterRecord: Record + Clone {
    type Kind: 'static;
    /// In capitals: the partition of `Gsi1` that lists them, and a part of their keys.
    const KIND: &'static str;
    const EVENTS: RecordEvents;

    fn id(&self) -> Id<Self::Kind>;
    fn name(&self) -> &Name;
    /// Made by Day-0: it can't be renamed, unlinked or deleted.
    fn built_in(&self) -> bool;
}

/// The key of a record of master data.
pub fn key<R: MasterRecord>(id: Id<R::Kind>) -> Key {
    Key::new(partition::<R>(id), "METADATA")
}

/// The key in `Gsi1` of a record of master data: lists are by name.
pub fn list_key<R: MasterRecord>(record: &R) -> Key {
    Key::new(R::KIND, format!("{}#{}", by_name(record.name()), record.id()))
}

/// The keys of a record of master data.
pub fn place<R: MasterRecord>(record: &R) -> RecordKeys {
    RecordKeys::at(key::<R>(record.id())).by_type(list_key(record))
}

/// The claim on the name: unique among its kind.
pub fn name_claim<R: MasterRecord>(id: Id<R::Kind>, name: &Name) -> NameClaim {
    NameClaim::new(&format!("{}-NAME", R::KIND), name, id)
}

/// The name as lists order it. A folded name can be longer than the name; a sort key holds 1,024 bytes.
pub fn by_name(name: &Name) -> String {
    let mut name = fold(name.as_str());
    while name.len() > 900 {
        name.pop();
    }
    name
}

pub fn partition<R: MasterRecord>(id: Id<R::Kind>) -> String {
    format!("MASTER#{}#{id}", R::KIND)
}

/// How many licenses use a record of master data. Every license that comes or goes changes it, so a delete or an
/// unlink that saw it at some version can't miss a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UseCount {
    of: String,
    pub uses: u64,
}

impl UseCount {
    pub fn none<R: MasterRecord>(id: Id<R::Kind>) -> Self {
        Self { of: partition::<R>(id), uses: 0 }
    }

    pub fn key<R: MasterRecord>(id: Id<R::Kind>) -> Key {
        Key::new(partition::<R>(id), "USES")
    }
}

impl Record for UseCount {
    const NOUN: &'static str = "count of licenses";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MASTER#", "USES");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(self.of.clone(), "USES"))
    }
}

/// A license that depends on a link of master data: of an enterprise to a product, or of a product to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkUse {
    of: String,
    to: String,
    license_id: LicenseId,
}

impl LinkUse {
    pub fn new<R: MasterRecord, T>(of: Id<R::Kind>, to: Id<T>, license_id: LicenseId) -> Self {
        Self { of: partition::<R>(of), to: to.to_string(), license_id }
    }

    /// The partition, and the beginning of the sort keys, of all uses of one link.
    pub fn of<R: MasterRecord, T>(of: Id<R::Kind>, to: Id<T>) -> (String, String) {
        (partition::<R>(of), format!("LICENSE#{to}#"))
    }
}

impl Record for LinkUse {
    const NOUN: &'static str = "use of a link";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MASTER#", "LICENSE#");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(self.of.clone(), format!("LICENSE#{}#{}", self.to, self.license_id)))
    }
}

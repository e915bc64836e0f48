//! Enterprises: what accounts are licensed for.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    directory::master_data::{self, MasterRecord},
    event_kinds::{EventKind, RecordEvents},
    guard::actions::{Action as _, MasterDataRead},
    ids::{EnterpriseId, EnterpriseKind, Id, ProductId},
    kinds::RecordKind,
    record::{Record, RecordKeys},
    text::{Description, Name},
};

/// An enterprise, which accounts are licensed for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enterprise {
    pub id: EnterpriseId,
    pub name: Name,
    pub description: Option<Description>,
    // A product that was deleted since is no longer linked, though its id may still be here: answers leave it out.
    /// The products it is linked to.
    pub product_ids: Vec<ProductId>,
    /// Made by the platform: it can't be changed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Record for Enterprise {
    const NOUN: &'static str = "enterprise";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MASTER#ENTERPRISE#", "METADATA")
        .named()
        .searched(MasterDataRead::FACTS, &[])
        .listed_in(<Self as MasterRecord>::KIND);

    fn place(&self) -> RecordKeys {
        master_data::place(self)
    }
}

impl MasterRecord for Enterprise {
    type Kind = EnterpriseKind;
    const KIND: &'static str = "ENTERPRISE";
    const EVENTS: RecordEvents = RecordEvents {
        created: EventKind::new("enterprise.created", "An enterprise was created."),
        updated: EventKind::new("enterprise.updated", "An enterprise was changed."),
        deleted: EventKind::new("enterprise.deleted", "An enterprise was deleted."),
    };

    fn id(&self) -> Id<EnterpriseKind> {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn built_in(&self) -> bool {
        self.built_in
    }
}

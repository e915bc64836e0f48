//! Products: services under one name.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event_kinds::{EventKind, RecordEvents},
    features::master_data::{self, MasterRecord},
    guard::actions::{Action as _, MasterDataRead},
    ids::{Id, ProductId, ProductKind, ServiceId},
    kinds::RecordKind,
    record::{Record, RecordKeys},
    text::{Description, Name},
};

/// A product that enterprises offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub id: ProductId,
    pub name: Name,
    pub description: Option<Description>,
    // A service that was deleted since is no longer linked, though its id may still be here: answers leave it out.
    /// The services it is linked to.
    pub service_ids: Vec<ServiceId>,
    /// Made by the platform: it can't be changed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Record for Product {
    const NOUN: &'static str = "product";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MASTER#PRODUCT#", "METADATA")
        .named()
        .searched(MasterDataRead::FACTS, &[])
        .listed_in(<Self as MasterRecord>::KIND);

    fn place(&self) -> RecordKeys {
        master_data::place(self)
    }
}

impl MasterRecord for Product {
    type Kind = ProductKind;
    const KIND: &'static str = "PRODUCT";
    const EVENTS: RecordEvents = RecordEvents {
        created: EventKind::new("product.created", "A product was created."),
        updated: EventKind::new("product.updated", "A product was changed."),
        deleted: EventKind::new("product.deleted", "A product was deleted."),
    };

    fn id(&self) -> Id<ProductKind> {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn built_in(&self) -> bool {
        self.built_in
    }
}

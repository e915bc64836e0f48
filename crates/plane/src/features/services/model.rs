//! Services: what products are made of.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event_kinds::{EventKind, RecordEvents},
    features::master_data::{self, MasterRecord},
    guard::actions::{Action as _, MasterDataRead},
    ids::{Id, ServiceId, ServiceKind},
    kinds::RecordKind,
    record::{Record, RecordKeys},
    text::{Description, Name},
};

/// A service that products offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub id: ServiceId,
    pub name: Name,
    pub description: Option<Description>,
    /// Made by the platform: it can't be changed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Record for Service {
    const NOUN: &'static str = "service";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MASTER#SERVICE#", "METADATA")
        .named()
        .searched(MasterDataRead::FACTS, &[])
        .listed_in(<Self as MasterRecord>::KIND);

    fn place(&self) -> RecordKeys {
        master_data::place(self)
    }
}

impl MasterRecord for Service {
    type Kind = ServiceKind;
    const KIND: &'static str = "SERVICE";
    const EVENTS: RecordEvents = RecordEvents {
        created: EventKind::new("service.created", "A service was created."),
        updated: EventKind::new("service.updated", "A service was changed."),
        deleted: EventKind::new("service.deleted", "A service was deleted."),
    };

    fn id(&self) -> Id<ServiceKind> {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn built_in(&self) -> bool {
        self.built_in
    }
}

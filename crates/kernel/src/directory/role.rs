//! Roles: what their holders may do, within a scope mask.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::NameClaim,
    guard::{
        actions::{Action as _, RoleRead},
        rights::{Mask, MenuPermission},
    },
    ids::{AccountId, EnterpriseId, ProductId, RoleId, ServiceId},
    kinds::{OnRemoval, RecordKind, Stage, delete},
    ports::table::{Item, Key, Write},
    problem::Result,
    record::{self, Record, RecordKeys, TenantRecord, decode, enterprise_key, tenant_key},
    text::{Description, Name},
};

/// Whether a role makes its holder an operator of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleKind {
    /// Works inside its own account.
    Tenant,
    /// Works in every account. Held by users of the platform account alone; never made through the API.
    Platform,
}

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    pub id: RoleId,
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub product_id: Option<ProductId>,
    pub service_id: Option<ServiceId>,
    pub name: Name,
    pub description: Option<Description>,
    pub kind: RoleKind,
    /// The 15-bit scope mask: bit 0 is account/visible, bit 14 workstream/delete. Permissions count within it.
    pub mask: Mask,
    /// Made by the platform: it can't be renamed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Role {
    pub fn key(account: AccountId, id: RoleId) -> Key {
        tenant_key(account, Self::KIND, id)
    }

    /// The claim on the role's name: unique in its enterprise of its account.
    pub fn name_claim(&self) -> NameClaim {
        NameClaim::new(&format!("ROLE-NAME#{}#{}", self.account_id, self.enterprise_id), &self.name, self.id)
    }
}

/// Deletes a role with the claim on its name.
fn deletion(item: &Item) -> Result<Vec<Write>> {
    let claim = decode::<Role>(item)?.record.name_claim();
    Ok([delete(&item.key)].into_iter().chain(claim.claims().iter().map(record::delete)).collect())
}

impl Record for Role {
    const NOUN: &'static str = "role";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "ROLE#")
        .named()
        .searched(RoleRead::FACTS, &[])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Access))
        .deleted_by(deletion);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.id)).by_tenant(enterprise_key(
            self.account_id,
            self.enterprise_id,
            Self::KIND,
            self.id,
        ))
    }
}

impl TenantRecord for Role {
    const KIND: &'static str = "ROLE";

    fn account(&self) -> AccountId {
        self.account_id
    }

    fn enterprise(&self) -> Option<EnterpriseId> {
        Some(self.enterprise_id)
    }
}

/// What a role permits, menu by menu.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolePermissions {
    pub account_id: AccountId,
    pub role_id: RoleId,
    /// Menus left out give nothing.
    pub permissions: Vec<MenuPermission>,
}

impl RolePermissions {
    pub fn key(account: AccountId, role: RoleId) -> Key {
        tenant_key(account, "PERMISSIONS", role)
    }
}

impl Record for RolePermissions {
    const NOUN: &'static str = "role's permissions";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "PERMISSIONS#")
        .part_of(Role::NOUN)
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Access));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.role_id))
    }
}

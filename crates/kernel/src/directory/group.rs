//! Groups: users in, roles out.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::NameClaim,
    directory::role::Role,
    guard::actions::{Action as _, GroupRead},
    ids::{AccountId, EnterpriseId, GroupId, RoleId},
    kinds::{LinkEnd, OnRemoval, RecordKind, Stage, delete},
    ports::table::{Index, Item, Key, Write},
    problem::Result,
    record::{self, Record, RecordKeys, TenantRecord, decode, enterprise_key, tenant_key},
    rows::List,
    text::{Description, Name},
};

/// A group of users of one enterprise of an account; its members have its roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub id: GroupId,
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub name: Name,
    pub description: Option<Description>,
    /// Made by the platform: it can't be renamed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Group {
    pub fn key(account: AccountId, id: GroupId) -> Key {
        tenant_key(account, Self::KIND, id)
    }

    /// The claim on the group's name: unique in its enterprise of its account.
    pub fn name_claim(&self) -> NameClaim {
        NameClaim::new(&format!("GROUP-NAME#{}#{}", self.account_id, self.enterprise_id), &self.name, self.id)
    }
}

/// Deletes a group with the claim on its name.
fn deletion(item: &Item) -> Result<Vec<Write>> {
    let claim = decode::<Group>(item)?.record.name_claim();
    Ok([delete(&item.key)].into_iter().chain(claim.claims().iter().map(record::delete)).collect())
}

impl Record for Group {
    const NOUN: &'static str = "group";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "GROUP#")
        .named()
        .searched(GroupRead::FACTS, &[])
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

impl TenantRecord for Group {
    const KIND: &'static str = "GROUP";

    fn account(&self) -> AccountId {
        self.account_id
    }

    fn enterprise(&self) -> Option<EnterpriseId> {
        Some(self.enterprise_id)
    }
}

/// A role that a group gives to its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRole {
    pub account_id: AccountId,
    pub group_id: GroupId,
    pub role_id: RoleId,
}

impl GroupRole {
    pub const KIND: &'static str = "GROUPROLE";

    /// The beginning of the sort keys of a group's roles.
    pub fn of(group: GroupId) -> String {
        format!("{}#{group}#", Self::KIND)
    }

    /// The partition of `Gsi2` that holds the groups that give a role.
    pub fn givers(account: AccountId, role: RoleId) -> List {
        List { index: Index::Gsi2, partition: format!("ACCOUNT#{account}#ROLE#{role}#GROUPS") }
    }
}

impl Record for GroupRole {
    const NOUN: &'static str = "link of a group and a role";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "GROUPROLE#")
        .link([LinkEnd { noun: Group::NOUN, list: "groups" }, LinkEnd { noun: Role::NOUN, list: "roles" }])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Links));

    fn place(&self) -> RecordKeys {
        RecordKeys::at(tenant_key(self.account_id, Self::KIND, format_args!("{}#{}", self.group_id, self.role_id)))
            .by_tenant(Key::new(Self::givers(self.account_id, self.role_id).partition, self.group_id.to_string()))
    }
}

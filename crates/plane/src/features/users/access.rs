//! What a user's groups and roles come to, and where they may go: what the console's header and menus are drawn from.

use axum::{http::StatusCode, response::Response};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::model::User;
use crate::{
    features::{
        accounts::model::{Account, CloudType},
        enterprises::model::Enterprise,
        groups::model::Group,
        master_data,
        roles::model::Role,
    },
    guard::{
        actor::{Access, Actor, access},
        rights::{Mask, MenuPermission, write_menus},
    },
    http::{
        answer::{Answer, Plain, json},
        openapi::Operation,
    },
    ids::{AccountId, EnterpriseId, GroupId, RoleId},
    plane::Plane,
    ports::table::{Index, MAX_KEYS, Order, Query, Range},
    problem::{Problem, Result},
    record::{decode, partition},
    system::SystemTask,
    text::Name,
};

/// Everything that somebody may do.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// The union of the roles' scope masks.
    pub mask: Mask,
    /// All seven menus.
    pub menus: Vec<MenuPermission>,
    pub roles: Vec<RoleName>,
    pub groups: Vec<GroupName>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleName {
    pub id: RoleId,
    pub name: Name,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupName {
    pub id: GroupId,
    pub name: Name,
}

impl From<&Access> for Permissions {
    fn from(access: &Access) -> Self {
        let role = |role: &Role| RoleName { id: role.id, name: role.name.clone() };
        let group = |group: &Group| GroupName { id: group.id, name: group.name.clone() };
        Self {
            mask: access.grants.mask(),
            menus: access.grants.menus(),
            roles: access.roles.iter().map(role).collect(),
            groups: access.groups.iter().map(group).collect(),
        }
    }
}

impl Answer for Permissions {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        Plain::<Self>::describe(operation, schemas);
    }

    fn into_response(self) -> Response {
        json(StatusCode::OK, self.to_json())
    }
}

impl Permissions {
    fn to_json(&self) -> Vec<u8> {
        /// What 27 menus and tabs come to, and some names.
        const USUAL: usize = 4096;
        let plain = "numbers, ids and names are JSON";
        let mut json = Vec::with_capacity(USUAL);
        json.extend_from_slice(b"{\"mask\":");
        serde_json::to_writer(&mut json, &self.mask).expect(plain);
        json.extend_from_slice(b",\"menus\":");
        write_menus(&self.menus, &mut json);
        json.extend_from_slice(b",\"roles\":");
        serde_json::to_writer(&mut json, &self.roles).expect(plain);
        json.extend_from_slice(b",\"groups\":");
        serde_json::to_writer(&mut json, &self.groups).expect(plain);
        json.push(b'}');
        json
    }
}

/// Where somebody may go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Reach")]
pub struct AccessSummary {
    pub user: User,
    /// The accounts that can be chosen; an operator finds the others with GET /api/accounts.
    pub accounts: Vec<AccountAccess>,
    pub default_account_id: AccountId,
    pub default_enterprise_id: EnterpriseId,
    /// Works in every account.
    pub operator: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AccountReach")]
pub struct AccountAccess {
    pub id: AccountId,
    pub name: Name,
    pub cloud_type: CloudType,
    pub enterprises: Vec<EnterpriseAccess>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EnterpriseReach")]
pub struct EnterpriseAccess {
    pub id: EnterpriseId,
    pub name: Name,
}

/// What of a license says which enterprise it is for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Licensed {
    enterprise_id: EnterpriseId,
}

/// How many accounts an operator's reach lists at most.
const LISTED: usize = 200;

impl Plane {
    /// What a user may do, computed from the records as they are now.
    pub async fn permissions(&self, user: &User) -> Result<Permissions> {
        Ok(Permissions::from(&access(self, user.account_id, user.id).await?))
    }

    /// Where an actor may go.
    pub async fn reach(&self, actor: &Actor) -> Result<AccessSummary> {
        let mut accounts = Vec::new();
        if actor.operator {
            let query = Query {
                index: Index::Gsi1,
                pk: Account::BY_NAME.into(),
                range: Range::All,
                order: Order::Ascending,
                limit: LISTED,
                after: None,
            };
            for item in self.system(SystemTask::Identification).query(&query).await?.items {
                accounts.push(decode::<Account>(&item)?.record);
            }
        } else {
            let item = self.system(SystemTask::Identification).get(&Account::key(actor.account())).await?;
            let item = item.ok_or_else(|| Problem::not_found("account"))?;
            accounts.push(decode::<Account>(&item)?.record);
        }
        let mut reach = Vec::with_capacity(accounts.len());
        for Account { id, name, cloud_type, .. } in accounts {
            let all = enterprise_reach(self, id).await?;
            let mine = |enterprise: &EnterpriseAccess| actor.every_enterprise() || enterprise.id == actor.enterprise();
            let enterprises = all.into_iter().filter(mine).collect();
            reach.push(AccountAccess { id, name, cloud_type, enterprises });
        }
        Ok(AccessSummary {
            user: actor.user.clone(),
            accounts: reach,
            default_account_id: actor.account(),
            default_enterprise_id: actor.enterprise(),
            operator: actor.operator,
        })
    }
}

/// The enterprises that an account has licenses for.
async fn enterprise_reach(plane: &Plane, account: AccountId) -> Result<Vec<EnterpriseAccess>> {
    let query = Query {
        index: Index::Table,
        pk: partition(account),
        range: Range::Prefix("LICENSE#".into()),
        order: Order::Ascending,
        limit: 500,
        after: None,
    };
    let mut ids: Vec<EnterpriseId> = Vec::new();
    for item in plane.system(SystemTask::Identification).query(&query).await?.items {
        let license: Licensed = serde_json::from_slice(&item.body).map_err(|error| Problem::internal(&error))?;
        if !ids.contains(&license.enterprise_id) {
            ids.push(license.enterprise_id);
        }
    }
    let keys: Vec<_> = ids.iter().map(|id| master_data::key::<Enterprise>(*id)).collect();
    let mut enterprises = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MAX_KEYS) {
        for item in plane.system(SystemTask::Identification).batch_get(keys).await?.iter().flatten() {
            let Enterprise { id, name, .. } = decode::<Enterprise>(item)?.record;
            enterprises.push(EnterpriseAccess { id, name });
        }
    }
    Ok(enterprises)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::rights::{Flags, everywhere};

    #[test]
    fn permissions_are_written_as_serde_writes_them() {
        let name = Name::try_from("Über \\ \"all\"").unwrap();
        let permissions = Permissions {
            mask: Mask::VIEW,
            menus: everywhere(Flags::VIEW),
            roles: vec![RoleName { id: RoleId::from_uuid(uuid::Uuid::nil()), name: name.clone() }],
            groups: vec![GroupName { id: GroupId::from_uuid(uuid::Uuid::nil()), name }],
        };
        assert_eq!(String::from_utf8(permissions.to_json()).unwrap(), serde_json::to_string(&permissions).unwrap());
    }
}

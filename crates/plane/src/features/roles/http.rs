//! Roles over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::{Role, RoleKind, RolePermissions},
    ops::location,
};
use crate::{
    guard::{
        Granted,
        actions::{MasterDataRead, RoleCreate, RoleDelete, RoleEdit, RoleRead},
        presets::RolePreset,
        rights::{Mask, MenuPermission},
    },
    http::{
        answer::{Created, Found, NoContent},
        extract::{Confirmed, IfMatch, Json, Path, Query, ReadByGuard},
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, ProductId, RoleId, ServiceId, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::{Problem, Result},
    record::{Record as _, RecordName},
    search::folded,
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/roles", list, "List roles")
        .post("/api/roles", create, "Create a role")
        .answering_in_commit()
        .get("/api/role-presets", presets, "List what new roles can start with")
        .get("/api/roles/{roleId}", read, "Show a role")
        .put("/api/roles/{roleId}", update, "Update a role")
        .delete("/api/roles/{roleId}", delete, "Delete a role, and take it from its groups")
        .get("/api/roles/{roleId}/permissions", permissions, "Show what a role permits")
        .put("/api/roles/{roleId}/permissions", set_permissions, "Replace what a role permits")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct RoleFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Roles whose names contain this, without case and accents.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "enterpriseId": example::ENTERPRISE,
    "name": "Bookkeeper",
    "description": "Sees users and edits workstreams",
}))]
struct NewRole {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: ReadByGuard<EnterpriseId>,
    #[serde(default)]
    product_id: Option<ProductId>,
    #[serde(default)]
    service_id: Option<ServiceId>,
    name: Name,
    #[serde(default)]
    description: Option<Description>,
    /// Left out: the creator's own.
    #[serde(default)]
    mask: Option<Mask>,
    /// The role starts with the permissions of this preset.
    #[serde(default)]
    preset: Option<RolePreset>,
    /// The role starts with these permissions. Left out, and without a preset, it permits nothing yet.
    #[serde(default)]
    #[schemars(length(max = 7))]
    permissions: Option<Vec<MenuPermission>>,
}

impl NewRole {
    fn take_permissions(&mut self) -> Result<Vec<MenuPermission>> {
        match (self.preset, self.permissions.take()) {
            (Some(_), Some(_)) => Err(Problem::field("/permissions", "a preset or permissions, not both")),
            (Some(preset), None) => Ok(preset.permissions()),
            (None, given) => Ok(given.unwrap_or_default()),
        }
    }
}

/// What a new role can start with.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RolePresetItem {
    preset: RolePreset,
    name: &'static str,
    summary: &'static str,
    permissions: Vec<MenuPermission>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "description": "Sees users, edits workstreams",
}))]
struct RoleUpdate {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
    #[serde(default)]
    mask: Option<Mask>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "permissions": [{
        "menu": "access-control",
        "isVisible": true, "canView": true, "canCreate": false, "canEdit": false, "canDelete": false,
    }],
}))]
struct RolePermissionsUpdate {
    /// Menus left out give nothing; each occurs once.
    #[schemars(length(max = 7))]
    permissions: Vec<MenuPermission>,
}

async fn list(who: Granted<RoleRead>, plane: Plane, Query(which): Query<RoleFilter>) -> Result<Page<Role>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let Some(name) = which.name else { return plane.rows(&who).page(&page).await };
    let name = folded(name.as_str());
    plane
        .rows(&who)
        .filtered(&page, &format!("name {name}"), |role: &RecordName| folded(role.name.as_str()).contains(&name))
        .await
}

async fn create(who: Granted<RoleCreate>, plane: Plane, Json(mut new): Json<NewRole>) -> Result<Created<Role>> {
    let permissions = new.take_permissions()?;
    let now = plane.now();
    let role = Role {
        id: RoleId::new(now, plane.rng()),
        account_id: who.account(),
        enterprise_id: who.enterprise_of_new()?,
        product_id: new.product_id,
        service_id: new.service_id,
        name: new.name,
        description: new.description,
        kind: RoleKind::Tenant,
        mask: new.mask.unwrap_or_else(|| who.actor().access.grants.mask()),
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    plane.create_role(&who, &role, permissions).await?;
    Ok(Created { location: location(role.id), record: role })
}

async fn presets(_: Granted<MasterDataRead>) -> Result<Page<RolePresetItem>> {
    let item = |preset: RolePreset| RolePresetItem {
        preset,
        name: preset.name(),
        summary: preset.summary(),
        permissions: preset.permissions(),
    };
    Ok(Page::of(&RolePreset::ALL.map(item), None))
}

async fn read(who: Granted<RoleRead>, plane: Plane, Path(id): Path<RoleId>) -> Result<Found<Role>> {
    Ok(Found(plane.rows(&who).get(id).await?))
}

async fn update(
    who: Granted<RoleEdit>,
    plane: Plane,
    Path(id): Path<RoleId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<RoleUpdate>,
) -> Result<Found<Role>> {
    let old = plane.rows(&who).get::<Role>(id).await?;
    if_match.allows(Role::NOUN, old.version)?;
    let new = Role {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        mask: update.mask.unwrap_or(old.mask),
        updated_at: plane.now(),
        ..old.record.clone()
    };
    plane.replace_role(&who, &old, new, confirm).await.map(Found)
}

async fn delete(
    who: Granted<RoleDelete>,
    plane: Plane,
    Path(id): Path<RoleId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.rows(&who).get::<Role>(id).await?;
    if_match.allows(Role::NOUN, old.version)?;
    plane.delete_role(&who, &old, confirm).await?;
    Ok(NoContent)
}

async fn permissions(who: Granted<RoleRead>, plane: Plane, Path(id): Path<RoleId>) -> Result<Found<RolePermissions>> {
    Ok(Found(plane.role_permissions(&who, id).await?))
}

async fn set_permissions(
    who: Granted<RoleEdit>,
    plane: Plane,
    Path(id): Path<RoleId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<RolePermissionsUpdate>,
) -> Result<Found<RolePermissions>> {
    let old = plane.role_permissions(&who, id).await?;
    if_match.allows(RolePermissions::NOUN, old.version)?;
    plane.replace_role_permissions(&who, &old, update.permissions, confirm).await.map(Found)
}

//! Roles over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    model::{Role, RolePermissions},
    ops::{NewRole, RoleUpdate, location},
};
use crate::{
    guard::{
        Granted,
        actions::{RoleCreate, RoleDelete, RoleEdit, RoleRead},
        rights::{Mask, MenuPermission},
    },
    http::{
        answer::{Created, Found, NoContent},
        extract::{IfMatch, Json, Path, Query, ReadByGuard},
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, ProductId, RoleId, ServiceId},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::Result,
    record::RecordName,
    text::{Description, Name, fold},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/roles", list, "List roles")
        .post("/api/roles", create, "Create a role")
        .answering_in_commit()
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
    /// Roles whose names begin so, however they are written.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoleCreation {
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
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoleChange {
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
struct PermissionsChange {
    /// Menus left out give nothing; each stands once.
    #[schemars(length(max = 7))]
    permissions: Vec<MenuPermission>,
}

async fn list(who: Granted<RoleRead>, plane: Plane, Query(which): Query<RoleFilter>) -> Result<Page<Role>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let Some(name) = which.name else { return plane.rows(&who).page(&page).await };
    let name = fold(name.as_str());
    plane
        .rows(&who)
        .filtered(&page, &format!("name {name}"), |role: &RecordName| fold(role.name.as_str()).starts_with(&name))
        .await
}

async fn create(who: Granted<RoleCreate>, plane: Plane, Json(new): Json<RoleCreation>) -> Result<Created<Role>> {
    let RoleCreation { account_id: _, enterprise_id: _, product_id, service_id, name, description, mask } = new;
    let new = NewRole { product_id, service_id, name, description, mask };
    let role = plane.create_role(&who, new).await?;
    Ok(Created { location: location(role.id), record: role })
}

async fn read(who: Granted<RoleRead>, plane: Plane, Path(role): Path<RoleId>) -> Result<Found<Role>> {
    Ok(Found(plane.rows(&who).get(role).await?))
}

async fn update(
    who: Granted<RoleEdit>,
    plane: Plane,
    Path(role): Path<RoleId>,
    seen: IfMatch,
    Json(change): Json<RoleChange>,
) -> Result<Found<Role>> {
    let RoleChange { account_id: _, name, description, mask } = change;
    Ok(Found(plane.update_role(&who, role, seen, RoleUpdate { name, description, mask }).await?))
}

async fn delete(who: Granted<RoleDelete>, plane: Plane, Path(role): Path<RoleId>) -> Result<NoContent> {
    plane.delete_role(&who, role).await?;
    Ok(NoContent)
}

async fn permissions(who: Granted<RoleRead>, plane: Plane, Path(role): Path<RoleId>) -> Result<Found<RolePermissions>> {
    Ok(Found(plane.role_permissions(&who, role).await?))
}

async fn set_permissions(
    who: Granted<RoleEdit>,
    plane: Plane,
    Path(role): Path<RoleId>,
    seen: IfMatch,
    Json(change): Json<PermissionsChange>,
) -> Result<Found<RolePermissions>> {
    Ok(Found(plane.set_role_permissions(&who, role, seen, change.permissions).await?))
}

//! Groups over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{model::Group, ops::location};
use crate::{
    features::{roles::model::Role, users::model::User},
    guard::{
        Granted,
        actions::{GroupCreate, GroupDelete, GroupEdit, GroupRead},
    },
    http::{
        answer::{Created, Found, LinkedPage, NoContent},
        extract::{Confirmed, IfMatch, Json, Path, Query, ReadByGuard},
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, GroupId, RoleId, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::Result,
    record::{Linked, Record as _, RecordName},
    search::folded,
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/groups", list, "List groups")
        .post("/api/groups", create, "Create a group")
        .answering_in_commit()
        .get("/api/groups/{groupId}", read, "Show a group")
        .put("/api/groups/{groupId}", update, "Update a group")
        .delete("/api/groups/{groupId}", delete, "Delete a group, and take it from its users")
        .get("/api/groups/{groupId}/roles", roles, "List the roles that a group gives")
        .put("/api/groups/{groupId}/roles", set_roles, "Replace the roles that a group gives")
        .get("/api/groups/{groupId}/users", members, "List the members of a group")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct GroupFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Groups whose names contain this, without case and accents.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "enterpriseId": example::ENTERPRISE,
    "name": "Finance",
    "description": "Bookkeepers and controllers",
    "roleIds": [example::ROLE],
}))]
struct NewGroup {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: ReadByGuard<EnterpriseId>,
    name: Name,
    #[serde(default)]
    description: Option<Description>,
    #[serde(default)]
    #[schemars(length(max = 40))]
    role_ids: Vec<RoleId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "name": "Finance and control",
}))]
struct GroupUpdate {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
    #[serde(default)]
    #[schemars(length(max = 40))]
    role_ids: Option<Vec<RoleId>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "roleIds": [example::ROLE],
}))]
struct GroupRolesUpdate {
    #[schemars(length(max = 40))]
    role_ids: Vec<RoleId>,
}

async fn list(who: Granted<GroupRead>, plane: Plane, Query(which): Query<GroupFilter>) -> Result<Page<Group>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let Some(name) = which.name else { return plane.rows(&who).page(&page).await };
    let name = folded(name.as_str());
    plane
        .rows(&who)
        .filtered(&page, &format!("name {name}"), |group: &RecordName| folded(group.name.as_str()).contains(&name))
        .await
}

async fn create(who: Granted<GroupCreate>, plane: Plane, Json(new): Json<NewGroup>) -> Result<Created<Group>> {
    let now = plane.now();
    let group = Group {
        id: GroupId::new(now, plane.rng()),
        account_id: who.account(),
        enterprise_id: who.enterprise_of_new()?,
        name: new.name,
        description: new.description,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    plane.create_group(&who, &group, &new.role_ids).await?;
    Ok(Created { location: location(group.id), record: group })
}

async fn read(who: Granted<GroupRead>, plane: Plane, Path(id): Path<GroupId>) -> Result<Found<Group>> {
    Ok(Found(plane.rows(&who).get(id).await?))
}

async fn update(
    who: Granted<GroupEdit>,
    plane: Plane,
    Path(id): Path<GroupId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<GroupUpdate>,
) -> Result<Found<Group>> {
    let old = plane.rows(&who).get::<Group>(id).await?;
    if_match.allows(Group::NOUN, old.version)?;
    let new = Group {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        updated_at: plane.now(),
        ..old.record.clone()
    };
    plane.replace_group(&who, &old, new, update.role_ids.as_deref(), confirm).await.map(Found)
}

async fn delete(
    who: Granted<GroupDelete>,
    plane: Plane,
    Path(id): Path<GroupId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.rows(&who).get::<Group>(id).await?;
    if_match.allows(Group::NOUN, old.version)?;
    plane.delete_group(&who, &old, confirm).await?;
    Ok(NoContent)
}

async fn roles(who: Granted<GroupRead>, plane: Plane, Path(id): Path<GroupId>) -> Result<LinkedPage<Role>> {
    roles_page(&plane, &plane.group_role_links(&who, id).await?).await
}

async fn set_roles(
    who: Granted<GroupEdit>,
    plane: Plane,
    Path(id): Path<GroupId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<GroupRolesUpdate>,
) -> Result<LinkedPage<Role>> {
    let old = plane.group_role_links(&who, id).await?;
    if_match.allows("list of roles", old.version())?;
    roles_page(&plane, &plane.set_group_roles(&who, &old, &update.role_ids, confirm).await?).await
}

async fn roles_page(plane: &Plane, links: &Linked<Group, RoleId>) -> Result<LinkedPage<Role>> {
    Ok(LinkedPage { page: Page::of(&plane.roles_of(links).await?, None), version: links.version() })
}

async fn members(
    who: Granted<GroupRead>,
    plane: Plane,
    Path(id): Path<GroupId>,
    Query(page): Query<PageQuery>,
) -> Result<Page<User>> {
    plane.group_members(&who, id, &page).await
}

//! Users over HTTP.

use std::sync::LazyLock;

use jiff::Timestamp;
use memchr::memmem::Finder;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    access::Permissions,
    links,
    model::{InvitationState, User, UserInvitation, UserStatus},
    ops::{UserChanges, UserDetails, location},
    status::StatusChange,
};
use crate::{
    day::Day,
    directory::seats::LicensedUse,
    features::{groups::model::Group, licenses::model::License, workstreams::model::Workstream},
    guard::{
        Granted,
        actions::{Action, UserCreate, UserDelete, UserEdit, UserRead},
    },
    http::{
        answer::{Created, CreatedAsStored, Found, LinkedPage, NoContent},
        extract::{Confirmed, IfMatch, Json, Path, Query, ReadByGuard},
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, GroupId, LicenseId, ProductId, ServiceId, UserId, WorkstreamId, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::{Problem, Result},
    record::{Linked, Record as _, Stored},
    search::SearchText,
    text::{Bounded, Email, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/users", list, "List users")
        .post("/api/users", create, "Create a user, on a seat of a license")
        .answering_in_commit()
        .post("/api/users/provision", provision, "Create a user with an identity, and send the invitation")
        .costly()
        .get("/api/users/{userId}", read, "Show a user")
        .put("/api/users/{userId}", update, "Update a user")
        .delete("/api/users/{userId}", delete, "Delete a user; the seat is free")
        .post("/api/users/{userId}/invitation", invite, "Send a user a new invitation; the one before is void")
        .costly()
        .get("/api/users/{userId}/permissions", permissions, "Show what a user may do")
        .get("/api/users/{userId}/groups", groups, "List the groups that a user is in")
        .put("/api/users/{userId}/groups", set_groups, "Replace the groups that a user is in")
        .get("/api/users/{userId}/workstreams", workstreams, "List the workstreams that a user is in")
        .put("/api/users/{userId}/workstreams", set_workstreams, "Replace the workstreams that a user is in")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct UserFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    status: Option<UserStatus>,
    /// Users who have not accepted their invitation, and can still do so or not.
    invitation: Option<InvitationState>,
    /// Users whose e-mail addresses begin so, however they are written.
    #[schemars(length(min = 1, max = 254))]
    email: Option<Bounded<254>>,
    /// Users whose names or e-mail addresses contain this, without case and accents: several words in any order; or the user with this id.
    q: Option<Bounded<200>>,
    /// Users of the license's enterprise, product and service.
    license_id: Option<LicenseId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "enterpriseId": example::ENTERPRISE,
    "productId": example::PRODUCT,
    "serviceId": example::SERVICE,
    "firstName": "Grace",
    "lastName": "Hopper",
    "email": "grace@acme.example",
    "startDate": "2026-01-01",
    "groupIds": [example::GROUP],
}))]
struct NewUser {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: ReadByGuard<EnterpriseId>,
    product_id: ProductId,
    service_id: ServiceId,
    first_name: Name,
    last_name: Name,
    email: Email,
    start_date: Day,
    #[serde(default)]
    end_date: Option<Day>,
    #[serde(default)]
    #[schemars(length(max = 30))]
    group_ids: Vec<GroupId>,
    #[serde(default)]
    #[schemars(length(max = 30))]
    workstream_ids: Vec<WorkstreamId>,
}

impl NewUser {
    fn details(self) -> UserDetails {
        UserDetails {
            product_id: self.product_id,
            service_id: self.service_id,
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            start_date: self.start_date,
            end_date: self.end_date,
            group_ids: self.group_ids,
            workstream_ids: self.workstream_ids,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "lastName": "Murray",
    "endDate": "2036-12-31",
}))]
struct UserUpdate {
    #[expect(dead_code, reason = "the guard reads it")]
    #[serde(default)]
    account_id: Option<ReadByGuard<AccountId>>,
    #[serde(default)]
    first_name: Option<Name>,
    #[serde(default)]
    last_name: Option<Name>,
    /// Only as long as the user has no identity.
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    start_date: Option<Day>,
    #[serde(default)]
    end_date: Patch<Option<Day>>,
    /// `inactive` frees the seat and ends the sessions; `active` takes a seat again.
    #[serde(default)]
    status: Option<StatusChange>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "groupIds": [example::GROUP],
}))]
struct UserGroupsUpdate {
    #[schemars(length(max = 30))]
    group_ids: Vec<GroupId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "workstreamIds": [example::WORKSTREAM],
}))]
struct UserWorkstreamsUpdate {
    #[schemars(length(max = 30))]
    workstream_ids: Vec<WorkstreamId>,
}

async fn list(who: Granted<UserRead>, plane: Plane, Query(which): Query<UserFilter>) -> Result<Page<User>> {
    let UserFilter { limit, cursor, status, invitation, email, q, license_id } = which;
    let page = PageQuery { limit, cursor };
    let email = email.map(|email| email.as_str().to_lowercase());
    let text = q.map(|text| SearchText::parse(text.as_str())).transpose()?;
    let rows = plane.rows(&who);
    let (now, today) = (plane.now(), plane.clock().today());
    if status.is_none() && invitation.is_none() && email.is_none() && text.is_none() && license_id.is_none() {
        return as_of(rows.page(&page).await?, now, today);
    }
    // Users carry over to the licenses that follow: those of a license are those of its enterprise, product and service.
    let triple = match license_id {
        Some(license) => rows.find::<License>(license).await?.map(|license| license.triple()),
        None => None,
    };
    let by = format!("{status:?} {invitation:?} {email:?} {text:?} {license_id:?}");
    let found = rows.filtered(&page, &by, |user: &User| {
        let has_license = |license| triple.map_or(license == user.license_id, |triple| triple == LicensedUse::of(user));
        let state = user.invitation.map(|invitation| invitation.at(now).state);
        status.is_none_or(|status| status == user.status_on(today))
            && invitation.is_none_or(|wanted| state == Some(wanted))
            && email.as_ref().is_none_or(|email| user.email.as_str().to_lowercase().starts_with(email))
            && text.as_ref().is_none_or(|text| text.matches(user.id.uuid(), &[&user.full_name(), user.email.as_str()]))
            && license_id.is_none_or(has_license)
    });
    as_of(found.await?, now, today)
}

/// The page with the states of this time. Few records are written anew: those of users whose last day ended, or whose invitation
/// expired, just now.
fn as_of(page: Page<User>, now: Timestamp, today: Day) -> Result<Page<User>> {
    /// What of a user depends on the time.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Dated {
        status: UserStatus,
        end_date: Option<Day>,
        #[serde(default)]
        invitation: Option<UserInvitation>,
    }
    let items = page.items.into_iter().map(|body| {
        if !is_dated(&body) {
            return Ok(body);
        }
        let Dated { status, end_date, invitation } = read_body(&body)?;
        let has_ended = status == UserStatus::Active && end_date.is_some_and(|end| end < today);
        let is_as_stored = invitation.is_none_or(|invitation| invitation.at(now) == invitation);
        if !has_ended && is_as_stored {
            return Ok(body);
        }
        let user = read_body::<User>(&body)?.as_of(now, today);
        Ok(serde_json::to_vec(&user).expect("records hold nothing that JSON can't").into())
    });
    Ok(Page::new(items.collect::<Result<_>>()?, page.next_cursor))
}

/// Whether a user's record has what depends on the time: a last day, or an invitation that can expire. Most have neither, and
/// reading each record would double the cost of a page.
///
/// Bodies are JSON without white space, and a quote in a text is escaped: the bytes can be those of a field alone.
fn is_dated(body: &[u8]) -> bool {
    static FIELDS: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| [Finder::new(b"\"endDate\":\""), Finder::new(b"\"state\":\"sent\"")]);
    FIELDS.iter().any(|field| field.find(body).is_some())
}

fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| Problem::internal(&cause))
}

/// The user with the states of this time.
fn shown(plane: &Plane, Stored { record, version }: Stored<User>) -> Found<User> {
    Found(Stored { record: record.as_of(plane.now(), plane.clock().today()), version })
}

async fn create(who: Granted<UserCreate>, plane: Plane, Json(new): Json<NewUser>) -> Result<Created<User>> {
    let user = plane.create_user(&who, new.details()).await?;
    Ok(Created { location: location(user.id), record: user })
}

async fn provision(who: Granted<UserCreate>, plane: Plane, Json(new): Json<NewUser>) -> Result<CreatedAsStored<User>> {
    let stored = plane.provision_user(&who, new.details()).await?;
    Ok(CreatedAsStored { location: location(stored.id), stored })
}

async fn invite(who: Granted<UserEdit>, plane: Plane, Path(user): Path<UserId>) -> Result<Found<User>> {
    Ok(Found(plane.invite_user(&who, user).await?))
}

async fn read(who: Granted<UserRead>, plane: Plane, Path(user): Path<UserId>) -> Result<Found<User>> {
    let user = plane.rows(&who).get(user).await?;
    Ok(shown(&plane, user))
}

async fn update(
    who: Granted<UserEdit>,
    plane: Plane,
    Path(id): Path<UserId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<UserUpdate>,
) -> Result<Found<User>> {
    let old = plane.rows(&who).get::<User>(id).await?;
    if_match.allows(User::NOUN, old.version)?;
    let UserUpdate { account_id: _, first_name, last_name, email, start_date, end_date, status } = update;
    let changes = UserChanges { first_name, last_name, email, start_date, end_date, status };
    Ok(shown(&plane, plane.update_user(&who, &old, changes, confirm).await?))
}

async fn delete(
    who: Granted<UserDelete>,
    plane: Plane,
    Path(id): Path<UserId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.rows(&who).get::<User>(id).await?;
    if_match.allows(User::NOUN, old.version)?;
    plane.delete_user(&who, &old, confirm).await?;
    Ok(NoContent)
}

async fn permissions(who: Granted<UserRead>, plane: Plane, Path(user): Path<UserId>) -> Result<Permissions> {
    let user: Stored<User> = plane.rows(&who).get(user).await?;
    plane.permissions(&user).await
}

async fn groups(who: Granted<UserRead>, plane: Plane, Path(user): Path<UserId>) -> Result<LinkedPage<Group>> {
    groups_page(&plane, &links::memberships(&plane, &who, user).await?).await
}

async fn set_groups(
    who: Granted<UserEdit>,
    plane: Plane,
    Path(user): Path<UserId>,
    Query(Confirmed { confirm }): Query<Confirmed>,
    if_match: IfMatch,
    Json(update): Json<UserGroupsUpdate>,
) -> Result<LinkedPage<Group>> {
    let old = links::memberships(&plane, &who, user).await?;
    if_match.allows("list of groups", old.version())?;
    groups_page(&plane, &links::set_groups(&plane, &who, &old, &update.group_ids, confirm).await?).await
}

async fn groups_page(plane: &Plane, memberships: &Linked<User, GroupId>) -> Result<LinkedPage<Group>> {
    let page = Page::of(&links::groups(plane, memberships).await?, None);
    Ok(LinkedPage { page, version: memberships.version() })
}

async fn workstreams(who: Granted<UserRead>, plane: Plane, Path(user): Path<UserId>) -> Result<LinkedPage<Workstream>> {
    let assignments = links::assignments(&plane, &who, user).await?;
    workstreams_page(&plane, &who, &assignments).await
}

async fn set_workstreams(
    who: Granted<UserEdit>,
    plane: Plane,
    Path(user): Path<UserId>,
    if_match: IfMatch,
    Json(update): Json<UserWorkstreamsUpdate>,
) -> Result<LinkedPage<Workstream>> {
    let old = links::assignments(&plane, &who, user).await?;
    if_match.allows("list of workstreams", old.version())?;
    let assignments = links::set_workstreams(&plane, &who, &old, &update.workstream_ids).await?;
    workstreams_page(&plane, &who, &assignments).await
}

async fn workstreams_page<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    assignments: &Linked<User, WorkstreamId>,
) -> Result<LinkedPage<Workstream>> {
    let page = Page::of(&links::workstreams(plane, who, assignments).await?, None);
    Ok(LinkedPage { page, version: assignments.version() })
}

//! Services over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::model::Service;
use crate::{
    features::{licenses::sight::CatalogueSight, master_data},
    guard::{
        Granted,
        actions::{EnterpriseCreate, EnterpriseDelete, EnterpriseEdit, MasterDataRead},
    },
    http::{
        answer::{Created, Found, NoContent},
        extract::{IfMatch, Json, Path, Query},
        idempotency::AnswerHead,
        routes::Routes,
    },
    ids::ServiceId,
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::{Problem, Result},
    record::{Record as _, Stored},
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/services", list, "List services by name")
        .post("/api/services", create, "Create a service")
        .answering_in_commit()
        .get("/api/services/{serviceId}", read, "Show a service")
        .put("/api/services/{serviceId}", update, "Update a service")
        .delete("/api/services/{serviceId}", delete, "Delete a service and its links")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ServiceFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Those whose names begin so, however they are written.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Ledger",
    "description": "Books every payment",
}))]
struct NewService {
    name: Name,
    #[serde(default)]
    description: Option<Description>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "description": "Books every payment, in every currency",
}))]
struct ServiceUpdate {
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
}

async fn list(who: Granted<MasterDataRead>, plane: Plane, Query(which): Query<ServiceFilter>) -> Result<Page<Service>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let licensed = match plane.catalogue_sight(&who).await? {
        CatalogueSight::Everything => None,
        CatalogueSight::Licensed { services, .. } => Some(services.into_iter().collect::<Vec<_>>()),
    };
    let (services, next_cursor) =
        plane.visible_masters::<Service>(&who, &page, which.name.as_ref(), licensed.as_deref()).await?;
    Ok(Page::of(&services, next_cursor))
}

async fn read(who: Granted<MasterDataRead>, plane: Plane, Path(id): Path<ServiceId>) -> Result<Found<Service>> {
    if !plane.catalogue_sight(&who).await?.sees_service(id) {
        return Err(Problem::not_found(Service::NOUN));
    }
    plane.master(id).await.map(Found)
}

async fn create(who: Granted<EnterpriseCreate>, plane: Plane, Json(new): Json<NewService>) -> Result<Created<Service>> {
    let now = plane.now();
    let service = Service {
        id: ServiceId::new(now, plane.rng()),
        name: new.name,
        description: new.description,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let location = format!("/api/services/{}", service.id);
    let mut change = master_data::created(&who, &service);
    change.answers(AnswerHead::created(location.clone(), 1), &service);
    plane.commit(change).await?;
    Ok(Created { location, record: service })
}

async fn update(
    who: Granted<EnterpriseEdit>,
    plane: Plane,
    Path(id): Path<ServiceId>,
    if_match: IfMatch,
    Json(update): Json<ServiceUpdate>,
) -> Result<Found<Service>> {
    let old = plane.master::<Service>(id).await?;
    if_match.allows(Service::NOUN, old.version)?;
    let service = Service {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        updated_at: plane.now(),
        ..old.record.clone()
    };
    plane.commit(master_data::replaced(&who, &old, &service)?).await?;
    Ok(Found(Stored { record: service, version: old.version + 1 }))
}

async fn delete(
    who: Granted<EnterpriseDelete>,
    plane: Plane,
    Path(id): Path<ServiceId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.master::<Service>(id).await?;
    if_match.allows(Service::NOUN, old.version)?;
    plane.commit(master_data::removed(&who, &old)?).await?;
    Ok(NoContent)
}

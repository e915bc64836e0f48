//! Enterprises over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{model::Enterprise, ops::EnterpriseView};
use crate::{
    features::{
        licenses::sight::CatalogueSight,
        master_data::{self, Links},
        products::{Catalogue, model::Product},
    },
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
    ids::{EnterpriseId, ProductKind, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::Result,
    record::{Record as _, Stored},
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/enterprises", list, "List enterprises, with their products and services, by name")
        .post("/api/enterprises", create, "Create an enterprise")
        .answering_in_commit()
        .refusing(&[404])
        .get("/api/enterprises/{enterpriseId}", read, "Show an enterprise with its products and services")
        .put("/api/enterprises/{enterpriseId}", update, "Update an enterprise; the products given replace its links")
        .delete("/api/enterprises/{enterpriseId}", delete, "Delete an enterprise and its links")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct EnterpriseFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Those whose names begin so, however they are written.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Retail",
    "description": "Shops and markets",
    "productIds": [example::PRODUCT],
}))]
struct NewEnterprise {
    name: Name,
    #[serde(default)]
    description: Option<Description>,
    /// The products that the enterprise is linked to.
    #[serde(default)]
    product_ids: Links<ProductKind>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "description": "Shops, markets and fairs",
    "productIds": [example::PRODUCT],
}))]
struct EnterpriseUpdate {
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
    /// The products that the enterprise is linked to from now on. A link that a license uses can't be removed.
    #[serde(default)]
    product_ids: Option<Links<ProductKind>>,
}

async fn list(
    who: Granted<MasterDataRead>,
    plane: Plane,
    Query(which): Query<EnterpriseFilter>,
) -> Result<Page<EnterpriseView>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    plane.visible_enterprises(&who, &page, which.name.as_ref()).await
}

async fn read(
    who: Granted<MasterDataRead>,
    plane: Plane,
    Path(id): Path<EnterpriseId>,
) -> Result<Found<EnterpriseView>> {
    let (stored, sight) = plane.visible_enterprise(&who, id).await?;
    found(&plane, &sight, stored).await
}

async fn create(
    who: Granted<EnterpriseCreate>,
    plane: Plane,
    Json(new): Json<NewEnterprise>,
) -> Result<Created<EnterpriseView>> {
    let now = plane.now();
    let product_ids = new.product_ids.into_ids();
    plane.check_links::<Product>(&product_ids, "productIds").await?;
    let enterprise = Enterprise {
        id: EnterpriseId::new(now, plane.rng()),
        name: new.name,
        description: new.description,
        product_ids,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let location = format!("/api/enterprises/{}", enterprise.id);
    let mut change = master_data::created(&who, &enterprise);
    let sight = CatalogueSight::Everything;
    let record = plane.enterprise_view(&mut Catalogue::default(), &sight, enterprise).await?;
    change.answers(AnswerHead::created(location.clone(), 1), &record);
    plane.commit(change).await?;
    Ok(Created { location, record })
}

async fn update(
    who: Granted<EnterpriseEdit>,
    plane: Plane,
    Path(id): Path<EnterpriseId>,
    if_match: IfMatch,
    Json(update): Json<EnterpriseUpdate>,
) -> Result<Found<EnterpriseView>> {
    let old = plane.master::<Enterprise>(id).await?;
    if_match.allows(Enterprise::NOUN, old.version)?;
    let product_ids = update.product_ids.map_or_else(|| old.product_ids.clone(), Links::into_ids);
    let (new, gone) = master_data::difference(&old.product_ids, &product_ids);
    let enterprise = Enterprise {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        product_ids,
        updated_at: plane.now(),
        ..old.record.clone()
    };
    let mut change = master_data::replaced(&who, &old, &enterprise)?;
    if !new.is_empty() {
        plane.check_links::<Product>(&enterprise.product_ids, "productIds").await?;
    }
    plane.unlink::<Enterprise, _>(&mut change, id, &gone).await?;
    plane.commit(change).await?;
    found(&plane, &CatalogueSight::Everything, Stored { record: enterprise, version: old.version + 1 }).await
}

async fn delete(
    who: Granted<EnterpriseDelete>,
    plane: Plane,
    Path(id): Path<EnterpriseId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.master::<Enterprise>(id).await?;
    if_match.allows(Enterprise::NOUN, old.version)?;
    plane.commit(master_data::removed(&who, &old)?).await?;
    Ok(NoContent)
}

async fn found(plane: &Plane, sight: &CatalogueSight, stored: Stored<Enterprise>) -> Result<Found<EnterpriseView>> {
    let record = plane.enterprise_view(&mut Catalogue::default(), sight, stored.record).await?;
    Ok(Found(Stored { record, version: stored.version }))
}

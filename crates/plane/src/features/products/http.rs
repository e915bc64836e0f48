//! Products over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    model::Product,
    ops::{Catalogue, ProductView},
};
use crate::{
    features::{
        licenses::sight::CatalogueSight,
        master_data::{self, Links},
        services::model::Service,
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
    ids::{ProductId, ServiceKind, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::{Problem, Result},
    record::{Record as _, Stored},
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/products", list, "List products, with their services, by name")
        .post("/api/products", create, "Create a product")
        .answering_in_commit()
        .refusing(&[404])
        .get("/api/products/{productId}", read, "Show a product with its services")
        .put("/api/products/{productId}", update, "Update a product; the services given replace its links")
        .delete("/api/products/{productId}", delete, "Delete a product and its links")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ProductFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Those whose names begin so, however they are written.
    name: Option<Name>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Payments",
    "description": "Takes payments",
    "serviceIds": [example::SERVICE],
}))]
struct NewProduct {
    name: Name,
    #[serde(default)]
    description: Option<Description>,
    /// The services that the product is linked to.
    #[serde(default)]
    service_ids: Links<ServiceKind>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Payments Plus",
    "serviceIds": [example::SERVICE],
}))]
struct ProductUpdate {
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
    /// The services that the product is linked to from now on. A link that a license uses can't be removed.
    #[serde(default)]
    service_ids: Option<Links<ServiceKind>>,
}

async fn list(
    who: Granted<MasterDataRead>,
    plane: Plane,
    Query(which): Query<ProductFilter>,
) -> Result<Page<ProductView>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let sight = plane.catalogue_sight(&who).await?;
    let licensed = match &sight {
        CatalogueSight::Everything => None,
        CatalogueSight::Licensed { products, .. } => Some(products.iter().copied().collect::<Vec<_>>()),
    };
    let (products, next_cursor) =
        plane.visible_masters::<Product>(&who, &page, which.name.as_ref(), licensed.as_deref()).await?;
    let views = Catalogue::default().views(&plane, products).await?;
    let views: Vec<_> = views.into_iter().map(|view| view.within(&sight)).collect();
    Ok(Page::of(&views, next_cursor))
}

async fn read(who: Granted<MasterDataRead>, plane: Plane, Path(id): Path<ProductId>) -> Result<Found<ProductView>> {
    let sight = plane.catalogue_sight(&who).await?;
    if !sight.sees_product(id) {
        return Err(Problem::not_found(Product::NOUN));
    }
    let Found(Stored { record, version }) = found(&plane, plane.master(id).await?).await?;
    Ok(Found(Stored { record: record.within(&sight), version }))
}

async fn create(
    who: Granted<EnterpriseCreate>,
    plane: Plane,
    Json(new): Json<NewProduct>,
) -> Result<Created<ProductView>> {
    let now = plane.now();
    let service_ids = new.service_ids.into_ids();
    plane.check_links::<Service>(&service_ids, "serviceIds").await?;
    let product = Product {
        id: ProductId::new(now, plane.rng()),
        name: new.name,
        description: new.description,
        service_ids,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let location = format!("/api/products/{}", product.id);
    let mut change = master_data::created(&who, &product);
    let record = Catalogue::default().view(&plane, product).await?;
    change.answers(AnswerHead::created(location.clone(), 1), &record);
    plane.commit(change).await?;
    Ok(Created { location, record })
}

async fn update(
    who: Granted<EnterpriseEdit>,
    plane: Plane,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Json(update): Json<ProductUpdate>,
) -> Result<Found<ProductView>> {
    let old = plane.master::<Product>(id).await?;
    if_match.allows(Product::NOUN, old.version)?;
    let service_ids = update.service_ids.map_or_else(|| old.service_ids.clone(), Links::into_ids);
    let (new, gone) = master_data::difference(&old.service_ids, &service_ids);
    let product = Product {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        service_ids,
        updated_at: plane.now(),
        ..old.record.clone()
    };
    let mut change = master_data::replaced(&who, &old, &product)?;
    if !new.is_empty() {
        plane.check_links::<Service>(&product.service_ids, "serviceIds").await?;
    }
    plane.unlink::<Product, _>(&mut change, id, &gone).await?;
    plane.commit(change).await?;
    found(&plane, Stored { record: product, version: old.version + 1 }).await
}

async fn delete(
    who: Granted<EnterpriseDelete>,
    plane: Plane,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.master::<Product>(id).await?;
    if_match.allows(Product::NOUN, old.version)?;
    plane.commit(master_data::removed(&who, &old)?).await?;
    Ok(NoContent)
}

async fn found(plane: &Plane, stored: Stored<Product>) -> Result<Found<ProductView>> {
    let record = Catalogue::default().view(plane, stored.record).await?;
    Ok(Found(Stored { record, version: stored.version }))
}

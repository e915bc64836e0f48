//! Products with their services, and the links between them.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::model::Product;
use crate::{
    features::{
        licenses::sight::CatalogueSight,
        master_data::{LinkedName, MasterRecord},
        services::model::Service,
    },
    ids::{Id, ProductId, ServiceId, ServiceKind},
    plane::Plane,
    problem::{Problem, Result},
};

/// A product as the API shows it: with its services.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    #[serde(flatten)]
    pub product: Product,
    /// The services it is linked to.
    pub services: Vec<LinkedName<ServiceKind>>,
}

impl ProductView {
    /// The same without the services that somebody does not see.
    #[must_use]
    pub fn within(mut self, sight: &CatalogueSight) -> Self {
        self.services.retain(|service| sight.sees_service(service.id));
        self.product.service_ids.retain(|id| sight.sees_service(*id));
        self
    }
}

/// Products and services that were read for an answer, each once.
#[derive(Debug, Default)]
pub struct Catalogue {
    products: HashMap<ProductId, Option<Product>>,
    services: HashMap<ServiceId, Option<Service>>,
}

impl Catalogue {
    /// The products of some ids that are there, in that order, with their services.
    pub async fn products(&mut self, plane: &Plane, ids: &[ProductId]) -> Result<Vec<ProductView>> {
        learn(plane, &mut self.products, ids).await?;
        let products: Vec<Product> =
            ids.iter().filter_map(|id| self.products.get(id).and_then(Option::as_ref)).cloned().collect();
        self.views(plane, products).await
    }

    /// Products with their services.
    pub async fn views(&mut self, plane: &Plane, products: Vec<Product>) -> Result<Vec<ProductView>> {
        let ids: Vec<ServiceId> = products.iter().flat_map(|product| product.service_ids.iter().copied()).collect();
        learn(plane, &mut self.services, &ids).await?;
        let view = |mut product: Product| {
            let known = |id: &ServiceId| self.services.get(id).and_then(Option::as_ref);
            let services: Vec<_> = product.service_ids.iter().filter_map(known).map(LinkedName::of).collect();
            product.service_ids = services.iter().map(|service| service.id).collect();
            ProductView { product, services }
        };
        Ok(products.into_iter().map(view).collect())
    }

    /// One product with its services.
    pub async fn view(&mut self, plane: &Plane, product: Product) -> Result<ProductView> {
        Ok(self.views(plane, vec![product]).await?.remove(0))
    }
}

/// Reads those ids that were not looked for before.
async fn learn<R: MasterRecord>(
    plane: &Plane,
    known: &mut HashMap<Id<R::Kind>, Option<R>>,
    ids: &[Id<R::Kind>],
) -> Result<()> {
    let mut new: Vec<_> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    new.sort_unstable();
    new.dedup();
    let mut found = plane.masters::<R>(&new).await?;
    for id in new {
        known.insert(id, found.remove(&id).map(|stored| stored.record));
    }
    Ok(())
}

impl Plane {
    /// Refuses links to what is not there, and names the field.
    pub async fn check_links<R: MasterRecord>(&self, ids: &[Id<R::Kind>], field: &str) -> Result<()> {
        let found = self.masters::<R>(ids).await?;
        match ids.iter().position(|id| !found.contains_key(id)) {
            Some(place) => Err(Problem::not_found_at(R::NOUN, format!("/{field}/{place}"))),
            None => Ok(()),
        }
    }
}

//! The part of the catalogue that a caller sees: operators see all, others what their account licenses in their enterprise.

use std::collections::BTreeSet;

use super::model::License;
use crate::{
    guard::{Granted, actions::Action},
    ids::{EnterpriseId, ProductId, ServiceId},
    plane::Plane,
    problem::Result,
    record::TenantRecord as _,
};

/// The part of the catalogue that a caller sees.
#[derive(Debug)]
pub enum CatalogueSight {
    Everything,
    /// What licenses name, whatever their dates.
    Licensed {
        enterprises: BTreeSet<EnterpriseId>,
        products: BTreeSet<ProductId>,
        services: BTreeSet<ServiceId>,
    },
}

impl CatalogueSight {
    pub fn sees_enterprise(&self, id: EnterpriseId) -> bool {
        match self {
            Self::Everything => true,
            Self::Licensed { enterprises, .. } => enterprises.contains(&id),
        }
    }

    pub fn sees_product(&self, id: ProductId) -> bool {
        match self {
            Self::Everything => true,
            Self::Licensed { products, .. } => products.contains(&id),
        }
    }

    pub fn sees_service(&self, id: ServiceId) -> bool {
        match self {
            Self::Everything => true,
            Self::Licensed { services, .. } => services.contains(&id),
        }
    }
}

impl Plane {
    /// The part of the catalogue that the caller sees.
    pub async fn catalogue_sight<A: Action>(&self, who: &Granted<A>) -> Result<CatalogueSight> {
        let actor = who.actor();
        if actor.operator {
            return Ok(CatalogueSight::Everything);
        }
        let licenses: Vec<License> = self.rows(who).links(format!("{}#", License::KIND)).await?;
        let own = |license: &&License| actor.every_enterprise() || license.enterprise_id == actor.enterprise();
        Ok(CatalogueSight::Licensed {
            enterprises: licenses.iter().filter(own).map(|license| license.enterprise_id).collect(),
            products: licenses.iter().filter(own).map(|license| license.product_id).collect(),
            services: licenses.iter().filter(own).map(|license| license.service_id).collect(),
        })
    }
}

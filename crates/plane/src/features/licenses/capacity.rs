//! What an account's licenses come to: seats, and the products and services that they open.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::model::{License, Seats};
use crate::{
    features::{master_data::LinkedName, products::model::Product, services::model::Service},
    guard::{
        Granted,
        actions::{Action, LicenseRead},
    },
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ProductKind, ServiceId, ServiceKind, known},
    plane::Plane,
    problem::Result,
};

/// The seats of the licenses in force.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capacity {
    account_id: AccountId,
    total_seats: u64,
    used_seats: u64,
    available_seats: u64,
    licenses: Vec<LicenseCapacity>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicenseCapacity {
    license_id: LicenseId,
    seats: u32,
    used: u32,
    available: u32,
}

/// What the licenses in force open.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LicensedEntities {
    account_id: AccountId,
    /// By name, each once.
    products: Vec<LinkedName<ProductKind>>,
    /// By name, each once.
    services: Vec<LinkedName<ServiceKind>>,
    /// Which of them go together.
    licenses: Vec<LicensedTriple>,
}

#[expect(clippy::struct_field_names, reason = "the names are the API's")]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicensedTriple {
    license_id: LicenseId,
    enterprise_id: EnterpriseId,
    product_id: ProductId,
    service_id: ServiceId,
}

/// Whether an account's people work in every account.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GlobalAccess {
    account_id: AccountId,
    global_access: bool,
}

impl Plane {
    pub(super) async fn capacity(&self, who: &Granted<LicenseRead>) -> Result<Capacity> {
        let licenses = licenses_in_force(self, who).await?;
        let counters: Vec<Seats> = self.rows(who).links(format!("{}#", Seats::KIND)).await?;
        let counters: HashMap<LicenseId, Seats> =
            counters.into_iter().map(|counter| (counter.license_id, counter)).collect();
        let seats = licenses.iter().filter_map(|license| counters.get(&license.id));
        let licenses: Vec<LicenseCapacity> = seats
            .map(|seats| LicenseCapacity {
                license_id: seats.license_id,
                seats: seats.seats,
                used: seats.used,
                available: seats.available(),
            })
            .collect();
        let sum = |of: fn(&LicenseCapacity) -> u32| licenses.iter().map(|license| u64::from(of(license))).sum();
        Ok(Capacity {
            account_id: who.account(),
            total_seats: sum(|license| license.seats),
            used_seats: sum(|license| license.used),
            available_seats: sum(|license| license.available),
            licenses,
        })
    }

    pub(super) async fn licensed_entities(&self, who: &Granted<LicenseRead>) -> Result<LicensedEntities> {
        let licenses = licenses_in_force(self, who).await?;
        let products: Vec<ProductId> = distinct(licenses.iter().map(|license| license.product_id));
        let services: Vec<ServiceId> = distinct(licenses.iter().map(|license| license.service_id));
        let products = self.masters::<Product>(&products).await?;
        let services = self.masters::<Service>(&services).await?;
        let triple = |license: License| LicensedTriple {
            license_id: license.id,
            enterprise_id: license.enterprise_id,
            product_id: license.product_id,
            service_id: license.service_id,
        };
        Ok(LicensedEntities {
            account_id: who.account(),
            products: by_name(products.values().map(|product| LinkedName::of(&product.record))),
            services: by_name(services.values().map(|service| LinkedName::of(&service.record))),
            licenses: licenses.into_iter().map(triple).collect(),
        })
    }

    /// Only the platform account's license of the Global enterprise opens the other accounts.
    pub(super) async fn global_access(&self, account_id: AccountId) -> Result<GlobalAccess> {
        let today = self.clock().today();
        let global_access = account_id == known::ROOT_ACCOUNT
            && self
                .licenses_of(account_id)
                .await?
                .iter()
                .any(|license| license.enterprise_id == known::GLOBAL_ENTERPRISE && license.in_force(today));
        Ok(GlobalAccess { account_id, global_access })
    }
}

async fn licenses_in_force<A: Action>(plane: &Plane, who: &Granted<A>) -> Result<Vec<License>> {
    let today = plane.clock().today();
    let mut licenses = plane.licenses_of(who.account()).await?;
    licenses.retain(|license| {
        license.in_force(today) && who.enterprise().is_none_or(|enterprise| enterprise == license.enterprise_id)
    });
    Ok(licenses)
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn by_name<K>(briefs: impl Iterator<Item = LinkedName<K>>) -> Vec<LinkedName<K>> {
    let sorted: BTreeMap<_, _> =
        briefs.map(|brief| ((crate::text::fold(brief.name.as_str()), brief.id), brief)).collect();
    sorted.into_values().collect()
}

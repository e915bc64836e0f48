//! What an account's licenses come to: seats, and the products and services that they open.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{model::License, pools::seat_pools};
use crate::{
    day::Day,
    directory::seats::{LicenseTerm, LicensedUse, SeatPool},
    features::{master_data::LinkedName, products::model::Product, services::model::Service},
    guard::{
        Granted,
        actions::{Action, LicenseRead},
    },
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ProductKind, ServiceId, ServiceKind, known},
    plane::Plane,
    problem::Result,
};

/// The seats of an account today, and what becomes of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capacity {
    account_id: AccountId,
    /// Of the licenses in force.
    total_seats: u64,
    /// Users who hold a seat.
    used_seats: u64,
    available_seats: u64,
    /// The licenses in force. Those of one enterprise, product and service fill one after the other.
    licenses: Vec<LicenseCapacity>,
    /// Of the licenses in force, those that end within 30 days.
    ending: Vec<LicensePeriod>,
    /// Licenses that have ended, and whose grace period has not.
    ended: Vec<LicensePeriod>,
    /// Licenses that are still to begin.
    future: Vec<LicensePeriod>,
    /// The seats of each enterprise, product and service.
    triples: Vec<TripleCapacity>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicenseCapacity {
    license_id: LicenseId,
    seats: u32,
    used: u32,
    available: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicensePeriod {
    license_id: LicenseId,
    start_date: Day,
    end_date: Day,
    /// The last day of its grace period.
    grace_ends_on: Day,
    seats: u32,
}

/// The seats that the licenses of one enterprise, product and service give together.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TripleCapacity {
    enterprise_id: EnterpriseId,
    product_id: ProductId,
    service_id: ServiceId,
    seats: u32,
    /// Users who hold a seat. When a license ends they keep it, and sit on the one that follows.
    used: u32,
    available: u32,
    /// Null: there are seats enough today.
    over_capacity: Option<OverCapacity>,
    /// The first day on which the licenses known today give fewer seats than are used.
    falls_short_on: Option<Day>,
}

/// More users hold a seat than the licenses in force give. Nobody gets a new one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OverCapacity {
    /// So many seats are missing.
    by: u32,
    /// The first day without grace: from then on users are refused with `license_ended`, the least recently active first.
    refused_from: Option<Day>,
    /// So many users are refused today.
    refused: u32,
}

/// Licenses that end within so many days are shown as ending.
const ENDING_DAYS: u32 = 30;

impl TripleCapacity {
    fn of(pool: &SeatPool, today: Day, grace: u32) -> Self {
        let (terms, used) = (&pool.terms.record, pool.counter.used);
        let LicensedUse { enterprise, product, service } = terms.triple();
        let seats = terms.capacity(today);
        let falls_short_on = terms.falls_short_on(used, today);
        let over_capacity = (falls_short_on == Some(today)).then(|| OverCapacity {
            by: used.saturating_sub(seats),
            refused_from: terms.refuses_from(used, today, grace),
            refused: terms.admits(today, grace).map_or(0, |admitted| used.saturating_sub(admitted)),
        });
        Self {
            enterprise_id: enterprise,
            product_id: product,
            service_id: service,
            seats,
            used,
            available: seats.saturating_sub(used),
            over_capacity,
            falls_short_on,
        }
    }
}

impl LicensePeriod {
    fn of(term: &LicenseTerm, grace: u32) -> Self {
        let LicenseTerm { license_id, start_date, end_date, seats, .. } = *term;
        Self { license_id, start_date, end_date, grace_ends_on: term.grace_ends(grace), seats }
    }
}

impl Capacity {
    fn of(account_id: AccountId, pools: &[SeatPool], today: Day, grace: u32) -> Self {
        let triples: Vec<TripleCapacity> = pools.iter().map(|pool| TripleCapacity::of(pool, today, grace)).collect();
        let terms = || pools.iter().flat_map(|pool| &pool.terms.licenses);
        let periods = |wanted: &dyn Fn(&LicenseTerm) -> bool| -> Vec<LicensePeriod> {
            terms().filter(|term| wanted(term)).map(|term| LicensePeriod::of(term, grace)).collect()
        };
        let sum = |of: fn(&TripleCapacity) -> u32| triples.iter().map(|triple| u64::from(of(triple))).sum();
        Self {
            account_id,
            total_seats: sum(|triple| triple.seats),
            used_seats: sum(|triple| triple.used),
            available_seats: sum(|triple| triple.available),
            licenses: pools.iter().flat_map(|pool| filled(pool, today)).collect(),
            ending: periods(&|term| term.in_force(today) && term.end_date <= today.plus(ENDING_DAYS)),
            ended: periods(&|term| term.end_date < today && today <= term.grace_ends(grace)),
            future: periods(&|term| today < term.start_date),
            triples,
        }
    }
}

/// The licenses in force with the users, one license after the other.
fn filled(pool: &SeatPool, today: Day) -> Vec<LicenseCapacity> {
    let mut left = pool.counter.used;
    let in_force = pool.terms.licenses.iter().filter(|term| term.in_force(today));
    let filled = in_force.map(|term| {
        let used = left.min(term.seats);
        left -= used;
        LicenseCapacity { license_id: term.license_id, seats: term.seats, used, available: term.seats - used }
    });
    filled.collect()
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
        let mut licenses = self.licenses_of(who.account()).await?;
        licenses.retain(|license| who.enterprise().is_none_or(|enterprise| enterprise == license.enterprise_id));
        let pools = seat_pools(self, who.account(), &licenses).await?;
        Ok(Capacity::of(who.account(), &pools, self.clock().today(), self.settings().license_grace_days))
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

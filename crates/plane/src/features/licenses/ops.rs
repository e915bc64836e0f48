//! Making, changing and ending licenses, with the seats that they give.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    decide::{self, LicenseRefused, Update, Updated},
    model::{License, LicensedUse},
    pools::{MAX_ATTEMPTS, seat_pool_on},
};
use crate::{
    change::Change,
    directory::seats::{MAX_LICENSES, SeatCounter, SeatPool, SeatTerms, terms_changed},
    event_kinds::Reference,
    features::{
        enterprises::model::Enterprise,
        master_data::{self, LinkUse, UseCount},
        products::model::Product,
        services::model::Service,
    },
    guard::{
        Granted,
        actions::{Action, LicenseCreate, LicenseDelete, LicenseEdit},
    },
    http::idempotency::AnswerHead,
    ids::{AccountId, EnterpriseId},
    plane::Plane,
    ports::table::{Condition, Is, Key, Write},
    problem::{Code, Problem, Result},
    record::{self, Record as _, Stored, TenantRecord as _, decode},
    system::SystemTask,
};

impl Plane {
    /// The writes that create licenses, for one commit of any account: each paired with the error returned if its condition
    /// fails. Refuses impossible ones; `pointer` is the license's place in the request.
    pub async fn license_writes(
        &self,
        licenses: &[License],
        pointer: impl Fn(usize) -> String,
    ) -> Result<Vec<(Write, Problem)>> {
        let mut writes = Vec::new();
        let mut checks = BTreeMap::new();
        for (place, license) in licenses.iter().enumerate() {
            let pointer = pointer(place);
            decide::check(license).map_err(|refused| refused.problem(&pointer))?;
            check_triple(self, license.triple(), &pointer, &mut checks).await?;
            let again = || Problem::new(Code::Conflict, "the license is there already");
            writes.push((record::create(license), again()));
            writes.extend(link_uses(license).iter().map(|link| (record::create(link), again())));
        }
        writes.extend(seat_writes(self, licenses).await?);
        let changed =
            || Problem::new(Code::Conflict, "the enterprise, product or service changed meanwhile; try again");
        writes.extend(checks.into_iter().map(|(key, when)| (Write::Check { key, when }, changed())));
        writes.extend(count_uses(licenses, 1).into_iter().map(|write| (write, changed())));
        Ok(writes)
    }

    /// Every license of an account.
    pub async fn licenses_of(&self, account: AccountId) -> Result<Vec<License>> {
        self.system(SystemTask::Licensing).links(account, format!("{}#", License::KIND)).await
    }

    /// The enterprise that a new record of an account belongs to: the one named, if the account has a license of it;
    /// else the caller's own; else, for an operator in another account, that of the account's first license.
    pub async fn enterprise_for_new<A: Action>(&self, who: &Granted<A>) -> Result<EnterpriseId> {
        let at_home = who.account() == who.actor().account();
        let own = who.actor().enterprise();
        match who.enterprise() {
            Some(named) if at_home && named == own => Ok(own),
            None if at_home => Ok(own),
            Some(named) => {
                let licenses = self.licenses_of(who.account()).await?;
                let licensed = licenses.iter().any(|license| license.enterprise_id == named);
                licensed
                    .then_some(named)
                    .ok_or_else(|| Problem::not_found_at("enterprise of this account", "/enterpriseId"))
            }
            None => {
                let licenses = self.licenses_of(who.account()).await?;
                licenses.first().map(|license| license.enterprise_id).ok_or_else(|| {
                    Problem::new(Code::Conflict, "the account has no license, so no enterprise to work in")
                })
            }
        }
    }

    pub(super) async fn update_license(
        &self,
        who: &Granted<LicenseEdit>,
        old: &Stored<License>,
        given: &Update,
    ) -> Result<Stored<License>> {
        retrying(|| try_update(self, who, old, given)).await
    }

    pub(super) async fn delete_license(&self, who: &Granted<LicenseDelete>, old: &Stored<License>) -> Result<()> {
        if old.built_in {
            return Err(LicenseRefused::Protected.problem(""));
        }
        retrying(|| try_delete(self, who, old)).await
    }
}

/// Makes a license of the account that the caller was let into. `answer` is kept for the request.
pub(super) async fn create_license<V: Serialize + Sync>(
    plane: &Plane,
    who: &Granted<LicenseCreate>,
    license: &License,
    location: &str,
    answer: &V,
) -> Result<()> {
    retrying(|| try_create(plane, who, license, location, answer)).await
}

/// Tries again what lost a race for seats or with another license of the same triple: the next look decides anew.
async fn retrying<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    for _ in 1..MAX_ATTEMPTS {
        match work().await {
            Err(problem) if problem.retry_after == Some(0) => {}
            other => return other,
        }
    }
    work().await
}

async fn try_create<V: Serialize + Sync>(
    plane: &Plane,
    who: &Granted<LicenseCreate>,
    license: &License,
    location: &str,
    answer: &V,
) -> Result<()> {
    let mut change = Change::by(who).about(License::NOUN, license.id);
    for (write, problem) in plane.license_writes(std::slice::from_ref(license), |_| String::new()).await? {
        change.write_or(write, problem);
    }
    change.event(&super::events::CREATED, &Reference::to(License::NOUN, license.id));
    change.answers(AnswerHead::created(location.to_owned(), 1), answer);
    plane.commit(change).await
}

async fn try_update(
    plane: &Plane,
    who: &Granted<LicenseEdit>,
    old: &Stored<License>,
    given: &Update,
) -> Result<Stored<License>> {
    let pool = pool_today(plane, old).await?;
    let grace = plane.settings().license_grace_days;
    let decided = decide::update(old, &pool, given, grace, plane.now());
    let Updated { license: new, terms } = decided.map_err(|refused| refused.problem(""))?;
    let mut change = Change::by(who).about(License::NOUN, new.id);
    change.replace(old, &new);
    if let Some(terms) = terms {
        for (write, problem) in pool.change(&terms) {
            change.write_or(write, problem);
        }
    }
    change.event(&super::events::UPDATED, &Reference::to(License::NOUN, new.id));
    plane.commit(change).await?;
    Ok(Stored { record: new, version: old.version + 1 })
}

async fn try_delete(plane: &Plane, who: &Granted<LicenseDelete>, old: &Stored<License>) -> Result<()> {
    let pool = pool_today(plane, old).await?;
    let terms = decide::delete(old, &pool, plane.settings().license_grace_days);
    let terms = terms.map_err(|refused| refused.problem(""))?;
    let mut change = Change::by(who).about(License::NOUN, old.id);
    change.remove(old);
    for (write, problem) in license_removal(old, &pool, &terms) {
        change.write_or(write, problem);
    }
    change.event(&super::events::DELETED, &Reference::to(License::NOUN, old.id));
    plane.commit(change).await
}

/// The seats of a license's triple, counted for today.
async fn pool_today(plane: &Plane, license: &License) -> Result<SeatPool> {
    let pool = seat_pool_on(plane, license.account_id, license.triple(), plane.clock().today()).await?;
    pool.ok_or_else(|| Problem::not_found(License::NOUN))
}

/// The writes that count the seats of new licenses of one account.
async fn seat_writes(plane: &Plane, licenses: &[License]) -> Result<Vec<(Write, Problem)>> {
    let today = plane.clock().today();
    let mut by_triple: BTreeMap<LicensedUse, Vec<&License>> = BTreeMap::new();
    for license in licenses {
        by_triple.entry(license.triple()).or_default().push(license);
    }
    let mut writes = Vec::new();
    for (triple, licenses) in by_triple {
        let account = licenses[0].account_id;
        let terms = licenses.iter().map(|license| license.term());
        let Some(pool) = seat_pool_on(plane, account, triple, today).await? else {
            let created = SeatPool::create(&SeatTerms::new(account, triple, terms.collect()), today);
            writes.extend(created.map(|write| (write, terms_changed())));
            continue;
        };
        let mut all = pool.terms.record.clone();
        all.licenses.extend(terms);
        if all.licenses.len() > MAX_LICENSES {
            let detail =
                format!("an account has at most {MAX_LICENSES} licenses of one enterprise, product and service");
            return Err(Problem::new(Code::Conflict, detail).help("delete licenses that have ended"));
        }
        writes.extend(pool.change(&all));
    }
    Ok(writes)
}

/// Refuses a triple that is not linked; notes what must stay as it was seen.
async fn check_triple(
    plane: &Plane,
    triple: LicensedUse,
    pointer: &str,
    checks: &mut BTreeMap<Key, Condition>,
) -> Result<()> {
    let LicensedUse { enterprise, product, service } = triple;
    let keys = [
        master_data::key::<Enterprise>(enterprise),
        master_data::key::<Product>(product),
        master_data::key::<Service>(service),
    ];
    let found = plane.system(SystemTask::Licensing).batch_get(&keys).await?;
    let [found_enterprise, found_product, found_service] = found.as_slice() else {
        return Err(Problem::internal(&"three keys, another number of answers"));
    };
    let missing = |noun, field| Problem::not_found_at(noun, format!("{pointer}/{field}"));
    let enterprise_item = found_enterprise.as_ref().ok_or_else(|| missing(Enterprise::NOUN, "enterpriseId"))?;
    let product_item = found_product.as_ref().ok_or_else(|| missing(Product::NOUN, "productId"))?;
    found_service.as_ref().ok_or_else(|| missing(Service::NOUN, "serviceId"))?;
    if !decode::<Enterprise>(enterprise_item)?.product_ids.contains(&product) {
        return Err(not_linked("the enterprise is not linked to the product"));
    }
    if !decode::<Product>(product_item)?.service_ids.contains(&service) {
        return Err(not_linked("the product is not linked to the service"));
    }
    let [enterprise, product, service] = keys;
    checks.insert(enterprise, Condition::Version(enterprise_item.version));
    checks.insert(product, Condition::Version(product_item.version));
    checks.insert(service, Condition::Present);
    Ok(())
}

/// What goes with a license, beside its own record: for the commit that removes it.
fn license_removal(license: &License, pool: &SeatPool, terms: &SeatTerms) -> Vec<(Write, Problem)> {
    let mut writes = if terms.licenses.is_empty() {
        let free = Condition::field("used", Is::Equal, 0);
        let counter = Write::Delete { key: SeatCounter::key(terms.account_id, terms.triple()), when: free };
        vec![(record::remove(&pool.terms), terms_changed()), (counter, terms_changed())]
    } else {
        Vec::from(pool.change(terms))
    };
    let again = || Problem::new(Code::Conflict, "the license is gone already");
    let gone = |link: &LinkUse| Write::Delete { key: link.place().key, when: Condition::Always };
    writes.extend(link_uses(license).iter().map(|link| (gone(link), again())));
    writes.extend(count_uses(std::slice::from_ref(license), -1).into_iter().map(|write| (write, again())));
    writes
}

/// The writes that end a license whatever its seats: for the removal of its account. They go into one commit, whose
/// first write is refused if the license went before, so that a repeated step counts it once. Two licenses can share
/// counters: a commit each.
pub fn license_end(license: &License) -> Vec<Write> {
    let License { account_id, id, .. } = *license;
    let mut writes = vec![
        Write::Delete { key: License::key(account_id, id), when: Condition::Present },
        Write::Delete { key: SeatTerms::key(account_id, license.triple()), when: Condition::Always },
        Write::Delete { key: SeatCounter::key(account_id, license.triple()), when: Condition::Always },
    ];
    let gone = |link: &LinkUse| Write::Delete { key: link.place().key, when: Condition::Always };
    writes.extend(link_uses(license).iter().map(gone));
    writes.extend(count_uses(std::slice::from_ref(license), -1));
    writes
}

fn link_uses(license: &License) -> [LinkUse; 2] {
    let License { id, enterprise_id, product_id, service_id, .. } = *license;
    [
        LinkUse::new::<Enterprise, _>(enterprise_id, product_id, id),
        LinkUse::new::<Product, _>(product_id, service_id, id),
    ]
}

/// One write for each enterprise, product and service that the licenses use.
fn count_uses(licenses: &[License], each: i64) -> Vec<Write> {
    let mut counts: BTreeMap<Key, i64> = BTreeMap::new();
    for license in licenses {
        let LicensedUse { enterprise, product, service } = license.triple();
        for key in [
            UseCount::key::<Enterprise>(enterprise),
            UseCount::key::<Product>(product),
            UseCount::key::<Service>(service),
        ] {
            *counts.entry(key).or_default() += each;
        }
    }
    counts.into_iter().map(|(key, by)| Write::Add { key, field: "uses", by, when: Condition::Present }).collect()
}

fn not_linked(why: &str) -> Problem {
    Problem::new(Code::Conflict, format!("a license is for what is linked: {why}"))
        .help("GET /api/enterprises shows the products and services that are linked")
}

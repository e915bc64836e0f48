//! Making, changing and ending licenses, and giving out their seats.

use std::collections::BTreeMap;

use super::{
    decide::{self, LicenseRefused, Update},
    model::{License, LicensedUse, Seats, license_limit_exceeded, no_active_license},
};
use crate::{
    change::Change,
    day::Day,
    event_kinds::Reference,
    features::{
        enterprises::model::Enterprise,
        master_data::{self, LinkUse, UseCount},
        products::model::Product,
        services::model::Service,
    },
    guard::{
        Granted,
        actions::{Action, LicenseDelete, LicenseEdit},
    },
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
            writes.push((record::create(&Seats::free(license)), again()));
            writes.extend(link_uses(license).iter().map(|link| (record::create(link), again())));
        }
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

    /// The licenses of an account for a triple that are in force, the oldest first.
    pub async fn find_licenses(&self, account: AccountId, triple: LicensedUse, today: Day) -> Result<Vec<License>> {
        let mut licenses = self.licenses_of(account).await?;
        licenses.retain(|license| license.triple() == triple && license.in_force(today));
        Ok(licenses)
    }

    /// Commits a change together with taking a seat: of the first license for the triple that is in force and has one
    /// free. `change` is asked for each license that is tried. Answers the license whose seat was taken.
    pub async fn commit_with_seat(
        &self,
        account: AccountId,
        triple: LicensedUse,
        mut change: impl FnMut(&License) -> Result<Change>,
    ) -> Result<License> {
        let today = self.clock().today();
        let licenses = self.find_licenses(account, triple, today).await?;
        let mut refused = if licenses.is_empty() { no_active_license() } else { license_limit_exceeded() };
        for license in licenses {
            let seats = self.seats(&license).await?;
            if seats.available() == 0 {
                continue;
            }
            let mut change = change(&license)?;
            for (write, problem) in license.take_seat(&seats, today) {
                change.write_or(write, problem);
            }
            match self.commit(change).await {
                Ok(()) => return Ok(license),
                Err(problem) if matches!(problem.code, Code::LicenseLimitExceeded | Code::NoActiveLicense) => {
                    // One write holds both: that a seat is free, and that the license is in force.
                    let is_full = self.seats(&license).await?.available() == 0;
                    refused = if is_full { problem } else { no_active_license() };
                }
                Err(problem) => return Err(problem),
            }
        }
        Err(refused)
    }

    /// The seats of a license as they are now.
    pub async fn seats(&self, license: &License) -> Result<Seats> {
        Ok(stored_seats(self, license).await?.record)
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
        given: Update,
    ) -> Result<Stored<License>> {
        let mut tries = 0;
        loop {
            tries += 1;
            match try_update_license(self, who, old, given.clone()).await {
                // A seat was taken or left between reading the counter and the commit, which need not stand in the way.
                Err(problem) if problem.code == Code::SeatsInUse && problem.retry_after.is_some() && tries < 8 => {}
                done => return done,
            }
        }
    }

    pub(super) async fn delete_license(&self, who: &Granted<LicenseDelete>, old: &Stored<License>) -> Result<()> {
        if old.built_in {
            return Err(LicenseRefused::Protected.problem(""));
        }
        let Seats { seats, used, .. } = self.seats(old).await?;
        let mut change = Change::by(who).about(License::NOUN, old.id);
        change.remove(old);
        for (write, problem) in license_removal(old, used, seats) {
            change.write_or(write, problem);
        }
        change.event(&super::events::DELETED, &Reference::to(License::NOUN, old.id));
        self.commit(change).await
    }
}

async fn stored_seats(plane: &Plane, license: &License) -> Result<Stored<Seats>> {
    let item = plane.system(SystemTask::Licensing).get(&Seats::key(license.account_id, license.id)).await?;
    // A license that went meanwhile has none.
    let none = || Stored { record: Seats { seats: 0, ..Seats::free(license) }, version: 0 };
    item.map_or_else(|| Ok(none()), |item| decode::<Seats>(&item))
}

async fn try_update_license(
    plane: &Plane,
    who: &Granted<LicenseEdit>,
    old: &Stored<License>,
    given: Update,
) -> Result<Stored<License>> {
    let today = plane.clock().today();
    let seats = stored_seats(plane, old).await?;
    let new = decide::update(old, &seats, given, today, plane.now()).map_err(|refused| refused.problem(""))?;
    let mut change = Change::by(who).about(License::NOUN, new.id);
    change.replace(old, &new);
    let (write, problem) = decide::seats_write(&seats, old, &new);
    change.write_or(write, problem);
    change.event(&super::events::UPDATED, &Reference::to(License::NOUN, new.id));
    plane.commit(change).await?;
    Ok(Stored { record: new, version: old.version + 1 })
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
fn license_removal(license: &License, used: u32, seats: u32) -> Vec<(Write, Problem)> {
    let held = LicenseRefused::StillHeld { used, seats }.problem("");
    let free = Condition::field("used", Is::Equal, 0);
    let mut writes =
        vec![(Write::Delete { key: Seats::key(license.account_id, license.id), when: free }, held.clone())];
    let gone = |link: &LinkUse| Write::Delete { key: link.place().key, when: Condition::Always };
    writes.extend(link_uses(license).iter().map(|link| (gone(link), held.clone())));
    writes.extend(count_uses(std::slice::from_ref(license), -1).into_iter().map(|write| (write, held.clone())));
    writes
}

/// The writes that end a license whatever its seats: for the removal of its account. They go into one commit, whose
/// first write is refused if the license went before, so that a repeated step counts it once. Two licenses can share
/// counters: a commit each.
pub fn license_end(license: &License) -> Vec<Write> {
    let mut writes = vec![
        Write::Delete { key: License::key(license.account_id, license.id), when: Condition::Present },
        Write::Delete { key: Seats::key(license.account_id, license.id), when: Condition::Always },
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

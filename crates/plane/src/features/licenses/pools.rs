//! The seats of an account's enterprises, products and services: reads their counters, makes those of earlier versions, and takes
//! seats in the commits of those who get them.

use std::collections::BTreeSet;

use super::model::{License, license_limit_exceeded, no_active_license};
use crate::{
    audit::Author,
    change::Change,
    day::Day,
    directory::{
        seats::{LicensedUse, SeatCounter, SeatPool, SeatTerms},
        user::{User, UserStatus},
    },
    features::users::ending::end_users,
    ids::AccountId,
    plane::Plane,
    ports::table::{Condition, Item, Key, Write},
    problem::{Code, Problem, Result},
    record::{self, Record as _, TenantRecord as _, decode, decode_part, tenant_key},
    system::SystemTask,
};

/// How many times a commit that lost a race is tried.
pub(super) const MAX_ATTEMPTS: usize = 16;
/// So many counters of an earlier version are deleted with the commit that replaces them; the others are read no more.
const MAX_REPLACED: usize = 90;

impl Plane {
    /// Commits a change together with taking a seat of a triple. `change` is asked for each try.
    pub async fn commit_with_seat(
        &self,
        account: AccountId,
        triple: LicensedUse,
        mut change: impl FnMut(&License) -> Result<Change>,
    ) -> Result<License> {
        for _ in 0..MAX_ATTEMPTS {
            let (license, take) = self.free_seat(account, triple).await?;
            let mut change = change(&license)?;
            change.write_or(take, license_limit_exceeded());
            match self.commit(change).await {
                Ok(()) => return Ok(license),
                // The last seat was taken meanwhile, or the day ended: the next look says which.
                Err(problem) if problem.code == Code::LicenseLimitExceeded => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(Problem::new(Code::Unavailable, "many users take seats at once; try again").retry_after(1))
    }

    /// A free seat of a triple: the license that its user is listed under, and the write that takes it.
    /// Before a refusal, the seats of users are freed whose last day is over.
    pub async fn free_seat(&self, account: AccountId, triple: LicensedUse) -> Result<(License, Write)> {
        let today = self.clock().today();
        let Some(mut pool) = seat_pool_on(self, account, triple, today).await? else { return Err(no_active_license()) };
        if pool.counter.available() == 0 && end_users(self, Some((account, triple))).await?.ended > 0 {
            pool = seat_pool_on(self, account, triple, today).await?.ok_or_else(no_active_license)?;
        }
        let day = pool.counter.since;
        if pool.terms.capacity(day) == 0 {
            return Err(no_active_license());
        }
        if pool.counter.available() == 0 {
            return Err(license_limit_exceeded());
        }
        // The licenses fill one after the other.
        let mut before = 0;
        let in_force = pool.terms.licenses.iter().filter(|term| term.in_force(day));
        let mut fills = in_force.skip_while(|term| {
            before += term.seats;
            before <= pool.counter.used
        });
        let term = fills.next().ok_or_else(license_limit_exceeded)?;
        let item = self.system(SystemTask::Licensing).get(&License::key(account, term.license_id)).await?;
        let license = item.map(|item| decode::<License>(&item)).transpose()?.ok_or_else(no_active_license)?;
        Ok((license.record, pool.counter.take()))
    }

    /// The seats of a triple as they were counted last; `None` if the account has no license of it.
    pub async fn seat_pool(&self, account: AccountId, triple: LicensedUse) -> Result<Option<SeatPool>> {
        for _ in 0..MAX_ATTEMPTS {
            if let Some(pool) = read(self, account, triple).await? {
                return Ok(Some(pool));
            }
            let Some(writes) = writes_of_earlier_version(self, account, triple).await? else { return Ok(None) };
            let mut change = bookkeeping(account);
            for write in writes {
                change.write(write);
            }
            match self.commit(change).await {
                Ok(()) => {}
                // Another process was faster, or a user of an earlier version took a seat.
                Err(problem) if problem.code == Code::Conflict => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(contended())
    }
}

/// The write that frees the seat of a user of the triple; `None`: the account never had a license of it.
pub async fn free_seat_of(plane: &Plane, account: AccountId, triple: LicensedUse) -> Result<Option<Write>> {
    Ok(plane.seat_pool(account, triple).await?.map(|pool| pool.counter.free()))
}

/// The seats of a triple on a day, counted for it in the store.
pub(super) async fn seat_pool_on(
    plane: &Plane,
    account: AccountId,
    triple: LicensedUse,
    day: Day,
) -> Result<Option<SeatPool>> {
    match plane.seat_pool(account, triple).await? {
        Some(pool) => rolled(plane, pool, day).await.map(Some),
        None => Ok(None),
    }
}

/// The seats that some licenses of an account give.
pub(super) async fn seat_pools(plane: &Plane, account: AccountId, licenses: &[License]) -> Result<Vec<SeatPool>> {
    let triples: BTreeSet<LicensedUse> = licenses.iter().map(License::triple).collect();
    let mut pools = Vec::with_capacity(triples.len());
    for triple in triples {
        pools.extend(plane.seat_pool(account, triple).await?);
    }
    Ok(pools)
}

async fn read(plane: &Plane, account: AccountId, triple: LicensedUse) -> Result<Option<SeatPool>> {
    let keys = [SeatTerms::key(account, triple), SeatCounter::key(account, triple)];
    let found = plane.system(SystemTask::Licensing).batch_get(&keys).await?;
    let [Some(terms), Some(counter)] = found.as_slice() else { return Ok(None) };
    Ok(Some(SeatPool { terms: decode(terms)?, counter: decode(counter)? }))
}

/// The pool with its counter on a day.
async fn rolled(plane: &Plane, mut pool: SeatPool, today: Day) -> Result<SeatPool> {
    let (account, triple) = (pool.terms.account_id, pool.terms.triple());
    for _ in 0..MAX_ATTEMPTS {
        if pool.counter.serves(today) {
            return Ok(pool);
        }
        let mut change = bookkeeping(account);
        for write in pool.roll(today) {
            change.write(write);
        }
        match plane.commit(change).await {
            Ok(()) => {}
            Err(problem) if matches!(problem.code, Code::Conflict | Code::PreconditionFailed) => {}
            Err(problem) => return Err(problem),
        }
        pool = read(plane, account, triple).await?.ok_or_else(no_active_license)?;
    }
    Err(contended())
}

/// A change that keeps count of seats, and is no act of anybody.
fn bookkeeping(account: AccountId) -> Change {
    Change::by_platform(Author::System { name: "licensing".into() }, "license_count", account).following()
}

/// The seat counter of one license, in an earlier version.
#[derive(serde::Deserialize)]
struct LicenseSeats {
    used: u32,
}

/// The writes that make the counter of a triple whose licenses an earlier version made; `None` if there are none.
async fn writes_of_earlier_version(
    plane: &Plane,
    account: AccountId,
    triple: LicensedUse,
) -> Result<Option<Vec<Write>>> {
    let mut licenses = plane.licenses_of(account).await?;
    licenses.retain(|license| license.triple() == triple);
    if licenses.is_empty() {
        return Ok(None);
    }
    let terms = SeatTerms::new(account, triple, licenses.iter().map(License::term).collect());
    let counters = earlier_counters(plane, account, &licenses).await?;
    let used = if counters.is_empty() {
        count_holders(plane, account, triple).await?
    } else {
        let used = counters.iter().map(|item| Ok(decode_part::<LicenseSeats>(item, SeatCounter::NOUN)?.used));
        used.sum::<Result<u32>>()?
    };
    let counter = SeatCounter::new(&terms, plane.clock().today(), used);
    let mut writes = vec![record::create(&terms), record::create(&counter)];
    let replaced = counters.into_iter().take(MAX_REPLACED);
    writes.extend(replaced.map(|item| Write::Delete { key: item.key, when: Condition::Version(item.version) }));
    Ok(Some(writes))
}

async fn earlier_counters(plane: &Plane, account: AccountId, licenses: &[License]) -> Result<Vec<Item>> {
    let keys: Vec<Key> = licenses.iter().map(|license| tenant_key(account, SeatCounter::KIND, license.id)).collect();
    let mut counters = Vec::new();
    for keys in keys.chunks(crate::ports::table::MAX_KEYS) {
        counters.extend(plane.system(SystemTask::Licensing).batch_get(keys).await?.into_iter().flatten());
    }
    Ok(counters)
}

/// Counts the users who hold a seat, where no counter is left.
async fn count_holders(plane: &Plane, account: AccountId, triple: LicensedUse) -> Result<u32> {
    let users: Vec<User> = plane.system(SystemTask::Licensing).links(account, format!("{}#", User::KIND)).await?;
    let holders = users.iter().filter(|user| user.status == UserStatus::Active && LicensedUse::of(user) == triple);
    Ok(u32::try_from(holders.count()).unwrap_or(u32::MAX))
}

pub(super) fn contended() -> Problem {
    Problem::new(Code::Unavailable, "the licenses are being changed by many at once; try again").retry_after(1)
}

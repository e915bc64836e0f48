//! What may be asked of a license, decided without a store.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{Contact, GraceDays, License, RenewalNotification, SeatCount};
use crate::{
    day::Day,
    directory::seats::{SeatPool, SeatTerms},
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId, known},
    patch::Patch,
    problem::{Code, Problem, Result},
};

/// A license as it is asked for.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenseTerms {
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    pub start_date: Day,
    /// The last day on which the license is in force.
    pub end_date: Day,
    pub number_of_users: SeatCount,
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Left out, nobody is reminded.
    #[serde(default)]
    pub renewal_notification: Option<RenewalNotification>,
    /// Days for which its users may act after the last day. Left out, as the platform's setting says.
    #[serde(default)]
    pub grace_days: Option<GraceDays>,
}

impl LicenseTerms {
    /// The license of an account on these terms.
    pub fn into_license(self, id: LicenseId, account_id: AccountId, now: Timestamp) -> License {
        License {
            id,
            account_id,
            enterprise_id: self.enterprise_id,
            product_id: self.product_id,
            service_id: self.service_id,
            start_date: self.start_date,
            end_date: self.end_date,
            number_of_users: self.number_of_users,
            contact: self.contact,
            renewal_notification: self.renewal_notification.unwrap_or_default(),
            grace_days: self.grace_days,
            built_in: false,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Why a license can't be as it is asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LicenseRefused {
    #[error("the last day is not before the first")]
    EndsBeforeItStarts,
    #[error("the Global enterprise is licensed to the platform account alone")]
    GlobalElsewhere,
    #[error("{} a seat, and {} would be left today", holders(*used), seats(*left))]
    SeatsInUse { used: u32, left: u32 },
    #[error("{} a seat of it, and {} would be left today", holders(*used), seats(*left))]
    StillHeld { used: u32, left: u32 },
    #[error("the platform's own license can't be deleted, nor end before today")]
    Protected,
}

impl LicenseRefused {
    /// The problem; `pointer` is the license's place in the request.
    pub(super) fn problem(&self, pointer: &str) -> Problem {
        match self {
            Self::EndsBeforeItStarts => Problem::field(format!("{pointer}/endDate"), self.to_string()),
            Self::GlobalElsewhere => Problem::new(Code::Forbidden, self.to_string()),
            Self::SeatsInUse { .. } => Problem::new(Code::SeatsInUse, self.to_string()).help(
                "deactivate or delete users first; or send \"overCapacity\": true: then nobody gets a new seat, and when the \
                 grace period is over, the least recently active users are refused",
            ),
            Self::StillHeld { .. } => Problem::new(Code::SeatsInUse, self.to_string())
                .help("deactivate or delete users first, or give the license another last day"),
            Self::Protected => Problem::new(Code::Protected, self.to_string()),
        }
    }
}

fn holders(users: u32) -> String {
    if users == 1 { "1 user holds".into() } else { format!("{users} users hold") }
}

fn seats(seats: u32) -> String {
    if seats == 1 { "1 seat".into() } else { format!("{seats} seats") }
}

/// Refuses a license that can't be.
pub(super) fn check(license: &License) -> Result<(), LicenseRefused> {
    if license.end_date < license.start_date {
        return Err(LicenseRefused::EndsBeforeItStarts);
    }
    if license.enterprise_id == known::GLOBAL_ENTERPRISE && license.account_id != known::ROOT_ACCOUNT {
        return Err(LicenseRefused::GlobalElsewhere);
    }
    Ok(())
}

/// What an update gives; the rest stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    pub start_date: Option<Day>,
    pub end_date: Option<Day>,
    pub number_of_users: Option<SeatCount>,
    pub contact: Patch<Option<Contact>>,
    pub renewal_notification: Option<RenewalNotification>,
    pub grace_days: Patch<Option<GraceDays>>,
    /// The operator knows that more users hold a seat than the licenses then give.
    pub over_capacity: bool,
}

/// A license after an update.
#[derive(Debug, PartialEq)]
pub(super) struct Updated {
    pub license: License,
    /// What the seats depend on then; `None`: as before.
    pub terms: Option<SeatTerms>,
}

/// The license with an update, if those who hold seats allow it. The pool's counter is on the day of the update.
pub(super) fn update(
    old: &License,
    pool: &SeatPool,
    update: &Update,
    default_grace: u32,
    now: Timestamp,
) -> Result<Updated, LicenseRefused> {
    let new = License {
        start_date: update.start_date.unwrap_or(old.start_date),
        end_date: update.end_date.unwrap_or(old.end_date),
        number_of_users: update.number_of_users.unwrap_or(old.number_of_users),
        contact: update.contact.clone().or(old.contact.clone()),
        renewal_notification: update.renewal_notification.unwrap_or(old.renewal_notification),
        grace_days: update.grace_days.clone().or(old.grace_days),
        updated_at: now,
        ..old.clone()
    };
    check(&new)?;
    if new.term() == old.term() {
        return Ok(Updated { license: new, terms: None });
    }
    let today = pool.counter.since;
    if old.built_in && old.in_force(today) && !new.in_force(today) {
        return Err(LicenseRefused::Protected);
    }
    let mut terms = pool.terms.record.clone();
    for term in terms.licenses.iter_mut().filter(|term| term.license_id == old.id) {
        *term = new.term().replacing(term, today, default_grace);
    }
    if takes_from_holders(pool, &terms, default_grace) {
        if old.built_in {
            return Err(LicenseRefused::Protected);
        }
        if !update.over_capacity {
            return Err(LicenseRefused::SeatsInUse { used: pool.counter.used, left: terms.capacity(today) });
        }
    }
    Ok(Updated { license: new, terms: Some(terms) })
}

/// What the seats depend on without a license, if those who hold seats allow that it goes.
pub(super) fn delete(license: &License, pool: &SeatPool, default_grace: u32) -> Result<SeatTerms, LicenseRefused> {
    let mut terms = pool.terms.record.clone();
    terms.licenses.retain(|term| term.license_id != license.id);
    let used = pool.counter.used;
    if takes_from_holders(pool, &terms, default_grace) || terms.licenses.is_empty() && used > 0 {
        return Err(LicenseRefused::StillHeld { used, left: terms.capacity(pool.counter.since) });
    }
    Ok(terms)
}

/// Whether other terms leave fewer seats today, or let fewer users act, than there are users with a seat.
fn takes_from_holders(pool: &SeatPool, after: &SeatTerms, default_grace: u32) -> bool {
    let (today, used) = (pool.counter.since, pool.counter.used);
    let before = &pool.terms.record;
    let left = after.capacity(today);
    let admits = |terms: &SeatTerms| terms.admits(today, default_grace).unwrap_or(u32::MAX).min(used);
    left < used && left < before.capacity(today) || admits(after) < admits(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::seats::SeatCounter, ids::Id, record::Stored};

    fn day(text: &str) -> Day {
        Day::try_from(text.to_owned()).expect("a day")
    }

    fn license() -> License {
        let terms = LicenseTerms {
            enterprise_id: Id::from_uuid(uuid::Uuid::from_u128(7)),
            product_id: known::GLOBAL_PRODUCT,
            service_id: known::GLOBAL_SERVICE,
            start_date: day("2026-01-01"),
            end_date: day("2026-12-31"),
            number_of_users: SeatCount::try_from(10).expect("in bounds"),
            contact: None,
            renewal_notification: None,
            grace_days: None,
        };
        let account = Id::from_uuid(uuid::Uuid::from_u128(8));
        terms.into_license(Id::from_uuid(uuid::Uuid::from_u128(9)), account, Timestamp::UNIX_EPOCH)
    }

    fn pool(used: u32, today: &str) -> SeatPool {
        let old = license();
        let terms = SeatTerms::new(old.account_id, old.triple(), vec![old.term()]);
        let counter = Stored { record: SeatCounter::new(&terms, day(today), used), version: 1 };
        SeatPool { terms: Stored { record: terms, version: 1 }, counter }
    }

    fn try_update(used: u32, given: &Update, today: &str) -> Result<Updated, LicenseRefused> {
        update(&license(), &pool(used, today), given, 14, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn seats_shrink_below_those_that_are_taken_if_the_operator_says_so() {
        let to = |seats| Update { number_of_users: SeatCount::try_from(seats).ok(), ..Update::default() };
        assert!(try_update(4, &to(4), "2026-06-01").is_ok());
        assert_eq!(try_update(4, &to(3), "2026-06-01"), Err(LicenseRefused::SeatsInUse { used: 4, left: 3 }));
        let confirmed = try_update(4, &Update { over_capacity: true, ..to(3) }, "2026-06-01").unwrap();
        let terms = confirmed.terms.unwrap();
        assert_eq!((terms.capacity(day("2026-06-01")), terms.admits(day("2026-06-15"), 14)), (3, Some(10)));
        assert_eq!(terms.admits(day("2026-06-16"), 14), Some(3));
        assert_eq!(terms.refuses_from(4, day("2026-06-01"), 14), Some(day("2026-06-16")));
    }

    #[test]
    fn a_reduction_that_was_undone_gives_a_later_one_no_grace() {
        let to = |seats, grace: u32| Update {
            number_of_users: SeatCount::try_from(seats).ok(),
            grace_days: Patch::Value(serde_json::from_value(grace.into()).expect("in bounds")),
            over_capacity: true,
            ..Update::default()
        };
        let (mut license, mut pool) = (license(), pool(4, "2026-06-01"));
        for (seats, grace) in [(3, 30), (10, 30), (3, 0)] {
            let updated = update(&license, &pool, &to(seats, grace), 14, Timestamp::UNIX_EPOCH).unwrap();
            license = updated.license;
            pool.terms.record = updated.terms.unwrap();
        }
        let from = |today: &str| pool.terms.refuses_from(4, day(today), 14);
        assert_eq!(from("2026-06-01"), Some(day("2026-06-02")));
        assert_eq!(from("2026-07-15"), Some(day("2026-06-02")), "the day does not move once it has come");
        assert_eq!(from("2027-02-01"), Some(day("2026-06-02")));
    }

    #[test]
    fn dates_move_as_long_as_nobody_is_left_out() {
        let ends = |end: &str| Update { end_date: Some(day(end)), ..Update::default() };
        assert!(try_update(1, &ends("2026-06-01"), "2026-06-01").is_ok());
        let left_out = Err(LicenseRefused::SeatsInUse { used: 1, left: 0 });
        assert_eq!(try_update(1, &ends("2026-05-31"), "2026-06-01"), left_out);
        assert!(try_update(0, &ends("2026-05-31"), "2026-06-01").is_ok());
        assert!(try_update(1, &ends("2027-06-30"), "2027-06-01").is_ok(), "an expired one is prolonged");
        assert_eq!(try_update(0, &ends("2025-12-31"), "2026-06-01"), Err(LicenseRefused::EndsBeforeItStarts));
    }

    #[test]
    fn a_license_is_deleted_when_nobody_needs_it() {
        let held = Err(LicenseRefused::StillHeld { used: 1, left: 0 });
        assert_eq!(delete(&license(), &pool(1, "2026-06-01"), 14), held);
        assert_eq!(delete(&license(), &pool(1, "2027-06-01"), 14), held, "its users are known by it");
        assert!(delete(&license(), &pool(0, "2026-06-01"), 14).is_ok());
    }

    #[test]
    fn global_is_the_platforms_alone() {
        let global = License { enterprise_id: known::GLOBAL_ENTERPRISE, ..license() };
        assert_eq!(check(&global), Err(LicenseRefused::GlobalElsewhere));
        assert_eq!(check(&License { account_id: known::ROOT_ACCOUNT, ..global }), Ok(()));
    }
}

//! What may be asked of a license, decided without a store.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{Contact, License, RenewalNotification, SeatCount, Seats};
use crate::{
    day::Day,
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId, known},
    patch::Patch,
    ports::table::{Condition, Is, Write},
    problem::{Code, Problem, Result},
    record::{Stored, replace},
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
    #[error("{used} seats are taken, and {asked} would be left")]
    SeatsInUse { used: u32, asked: u32 },
    #[error("{used} of its {seats} seats are taken, and the license would not be in force today")]
    HoldersLeftOut { used: u32, seats: u32 },
    #[error("{used} of its {seats} seats are taken")]
    StillHeld { used: u32, seats: u32 },
    #[error("the platform's own license can't be deleted, nor end before today")]
    Protected,
}

impl LicenseRefused {
    /// The problem; `pointer` is the license's place in the request.
    pub(super) fn problem(&self, pointer: &str) -> Problem {
        match self {
            Self::EndsBeforeItStarts => Problem::field(format!("{pointer}/endDate"), self.to_string()),
            Self::GlobalElsewhere => Problem::new(Code::Forbidden, self.to_string()),
            Self::SeatsInUse { .. } | Self::HoldersLeftOut { .. } | Self::StillHeld { .. } => {
                Problem::new(Code::SeatsInUse, self.to_string()).help("deactivate or delete users of the license first")
            }
            Self::Protected => Problem::new(Code::Protected, self.to_string()),
        }
    }
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
}

/// The license with an update, if those who hold its seats allow it.
pub(super) fn update(
    old: &License,
    seats: &Seats,
    update: Update,
    today: Day,
    now: Timestamp,
) -> Result<License, LicenseRefused> {
    let new = License {
        start_date: update.start_date.unwrap_or(old.start_date),
        end_date: update.end_date.unwrap_or(old.end_date),
        number_of_users: update.number_of_users.unwrap_or(old.number_of_users),
        contact: update.contact.or(old.contact.clone()),
        renewal_notification: update.renewal_notification.unwrap_or(old.renewal_notification),
        updated_at: now,
        ..old.clone()
    };
    check(&new)?;
    let (used, asked) = (seats.used, new.number_of_users.get());
    if used > asked {
        return Err(LicenseRefused::SeatsInUse { used, asked });
    }
    if leaves_out(old, &new, today) {
        if old.built_in {
            return Err(LicenseRefused::Protected);
        }
        if used > 0 {
            return Err(LicenseRefused::HoldersLeftOut { used, seats: seats.seats });
        }
    }
    Ok(new)
}

/// Whether those who hold its seats today would hold them of a license that is not in force.
fn leaves_out(old: &License, new: &License, today: Day) -> bool {
    old.in_force(today) && !new.in_force(today)
}

/// The write that takes the seats along with an update, and holds against those who take one meanwhile.
pub(super) fn seats_write(seats: &Stored<Seats>, old: &License, new: &License) -> (Write, Problem) {
    if !seats.is_of(new) {
        // New dates, or a counter of an earlier version.
        return (replace(seats, &Seats { used: seats.used, ..Seats::free(new) }), seats_moved());
    }
    let (before, after) = (old.number_of_users.get(), new.number_of_users.get());
    let when = vec![Condition::field("seats", Is::Equal, before), Condition::field("used", Is::LessOrEqual, after)];
    let (key, when) = (Seats::key(old.account_id, old.id), Condition::All(when));
    let by = i64::from(after) - i64::from(before);
    let write = if by == 0 { Write::Check { key, when } } else { Write::Add { key, field: "seats", by, when } };
    (write, seats_moved())
}

fn seats_moved() -> Problem {
    Problem::new(Code::SeatsInUse, "seats were taken meanwhile that the change would not leave").retry_after(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

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
        };
        let account = Id::from_uuid(uuid::Uuid::from_u128(8));
        terms.into_license(Id::from_uuid(uuid::Uuid::from_u128(9)), account, Timestamp::UNIX_EPOCH)
    }

    fn try_update(used: u32, given: Update, today: &str) -> Result<License, LicenseRefused> {
        let old = license();
        update(&old, &Seats { used, ..Seats::free(&old) }, given, day(today), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn seats_can_shrink_to_those_that_are_taken() {
        let to = |seats| Update { number_of_users: SeatCount::try_from(seats).ok(), ..Update::default() };
        assert!(try_update(4, to(4), "2026-06-01").is_ok());
        assert_eq!(try_update(4, to(3), "2026-06-01"), Err(LicenseRefused::SeatsInUse { used: 4, asked: 3 }));
    }

    #[test]
    fn dates_move_as_long_as_nobody_is_left_out() {
        let ends = |end: &str| Update { end_date: Some(day(end)), ..Update::default() };
        assert!(try_update(1, ends("2026-06-01"), "2026-06-01").is_ok());
        let left_out = Err(LicenseRefused::HoldersLeftOut { used: 1, seats: 10 });
        assert_eq!(try_update(1, ends("2026-05-31"), "2026-06-01"), left_out);
        assert!(try_update(0, ends("2026-05-31"), "2026-06-01").is_ok());
        assert!(try_update(1, ends("2027-06-30"), "2027-06-01").is_ok(), "an expired one is prolonged");
        assert_eq!(try_update(0, ends("2025-12-31"), "2026-06-01"), Err(LicenseRefused::EndsBeforeItStarts));
    }

    #[test]
    fn global_is_the_platforms_alone() {
        let global = License { enterprise_id: known::GLOBAL_ENTERPRISE, ..license() };
        assert_eq!(check(&global), Err(LicenseRefused::GlobalElsewhere));
        assert_eq!(check(&License { account_id: known::ROOT_ACCOUNT, ..global }), Ok(()));
    }
}

//! The status of a user: what somebody asks for, and what follows from the last day.

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{User, UserStatus};
use crate::{
    day::Day,
    problem::{Code, Problem, Result},
};

/// The status that somebody gives a user. That a user has ended follows from the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusChange {
    Active,
    Inactive,
}

/// The status of a user after an update of dates or status.
pub(super) fn status_after(old: &User, new: &User, asked: Option<StatusChange>, today: Day) -> Result<UserStatus> {
    let is_over = new.end_date.is_some_and(|end| end < today);
    match (asked, old.status) {
        (Some(StatusChange::Inactive), _) | (None, UserStatus::Inactive) => Ok(UserStatus::Inactive),
        (Some(StatusChange::Active), UserStatus::Inactive | UserStatus::Ended) if is_over => {
            Err(Problem::new(Code::Conflict, "the last day of the user is over").help("give another endDate, or none"))
        }
        (Some(StatusChange::Active), _) | (None, UserStatus::Active | UserStatus::Ended) => {
            Ok(if is_over { UserStatus::Ended } else { UserStatus::Active })
        }
    }
}

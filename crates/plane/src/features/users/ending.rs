//! Ends users whose last day is over: their seats become free, and their status says so.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::model::{User, UserStatus};
use crate::{
    audit::Author,
    change::Change,
    day::Day,
    directory::{account::Account, seats::LicensedUse},
    event_kinds::Reference,
    features::licenses::free_seat_of,
    ids::AccountId,
    jobs::{Job, JobCounts},
    kinds::RecordKind,
    plane::Plane,
    ports::table::{Index, Key, Query, Range},
    problem::{Code, Result},
    record::{Record, RecordKeys, Stored, TenantRecord as _, create, decode, replace},
    system::SystemTask,
};

/// The job that ends users.
const JOB: &str = "user-endings";
/// At most this many users whose last day is over are looked at before a create is refused.
const MAX_LOOKED_AT: usize = 2_000;

/// What a round did.
#[derive(Debug, Default)]
pub struct Endings {
    pub ended: u64,
    /// They were changed meanwhile, or their account is being removed.
    skipped: u64,
}

/// Ends users, four times an hour.
pub(super) fn job(plane: &Plane) -> Job {
    let plane = plane.clone();
    let summary = "Free the seats of users whose last day is over";
    Job::new(JOB, summary, SignedDuration::from_mins(15), move || {
        let plane = plane.clone();
        async move { run(&plane).await }
    })
}

async fn run(plane: &Plane) -> Result<JobCounts> {
    let taken_over = take_over_earlier_records(plane).await?;
    let Endings { ended, skipped } = end_users(plane, None).await?;
    let counts = [("ended", ended), ("skipped", skipped), ("takenOver", taken_over)];
    Ok(counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect::<BTreeMap<_, _>>())
}

/// Ends the users whose last day is over: all, or those of one triple of an account.
pub async fn end_users(plane: &Plane, only: Option<(AccountId, LicensedUse)>) -> Result<Endings> {
    let today = plane.clock().today();
    let table = plane.system(SystemTask::Licensing);
    // Those who end today act until midnight: their keys are longer than the day.
    let due = Range::AtMost(today.to_string());
    let mut pages = table.current_pages(Query::ascending(Index::Gsi3, User::BY_END, due));
    let (mut endings, mut looked_at) = (Endings::default(), 0);
    while let Some(items) = pages.next().await? {
        looked_at += items.len();
        for item in &items {
            let user = decode::<User>(item)?;
            if only.is_none_or(|only| only == (user.account_id, LicensedUse::of(&user))) {
                let ended = end(plane, &user, today).await?;
                *(if ended { &mut endings.ended } else { &mut endings.skipped }) += 1;
            }
        }
        if only.is_some() && looked_at >= MAX_LOOKED_AT {
            break;
        }
    }
    Ok(endings)
}

/// Ends one user. Answers whether it did.
async fn end(plane: &Plane, user: &Stored<User>, today: Day) -> Result<bool> {
    if user.status_on(today) != UserStatus::Ended || user.status == UserStatus::Ended {
        return Ok(false);
    }
    let ended = User { status: UserStatus::Ended, updated_at: plane.now(), ..user.record.clone() };
    let mut change = Change::by_platform(Author::System { name: JOB.into() }, "user_end", user.account_id)
        .about(User::NOUN, user.id)
        .in_enterprise(user.enterprise_id);
    change.replace(user, &ended);
    if let Some(free) = free_seat_of(plane, user.account_id, LicensedUse::of(user)).await? {
        change.write(free);
    }
    change.event(&super::events::ENDED, &Reference::to(User::NOUN, user.id));
    match plane.commit(change).await {
        Ok(()) => Ok(true),
        Err(problem) if matches!(problem.code, Code::PreconditionFailed | Code::Conflict | Code::NotFound) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// That the records of an earlier version have the keys and counters of this one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TakenOver {}

impl TakenOver {
    fn key() -> Key {
        Key::new("PLATFORM", "SEATS-TAKEN-OVER")
    }
}

impl Record for TakenOver {
    const NOUN: &'static str = "end of an upgrade";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "PLATFORM", "SEATS-TAKEN-OVER");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key())
    }
}

/// Goes once through all accounts: counts the seats of licenses that an earlier version made, and lists its users by their last
/// day. Answers how many users it wrote.
async fn take_over_earlier_records(plane: &Plane) -> Result<u64> {
    let table = plane.system(SystemTask::Licensing);
    if table.get(&TakenOver::key()).await?.is_some() {
        return Ok(0);
    }
    let mut pages = table.pages(Query::ascending(Index::Gsi1, Account::BY_NAME, Range::All));
    let mut written = 0;
    while let Some(items) = pages.next().await? {
        for item in &items {
            written += take_over_account(plane, decode::<Account>(item)?.record.id).await?;
        }
    }
    // Another process may have been faster.
    drop(table.commit(vec![create(&TakenOver {})]).await);
    Ok(written)
}

async fn take_over_account(plane: &Plane, account: AccountId) -> Result<u64> {
    for license in plane.licenses_of(account).await? {
        plane.seat_pool(account, license.triple()).await?;
    }
    let table = plane.system(SystemTask::Licensing);
    let users = Range::Prefix(format!("{}#", User::KIND));
    let mut pages = table.pages(Query::ascending(Index::Table, crate::record::partition(account), users));
    let mut written = 0;
    while let Some(items) = pages.next().await? {
        for item in &items {
            let user = decode::<User>(item)?;
            // Who was changed meanwhile was written by this version.
            if user.place().index[2] != item.index[2] && table.commit(vec![replace(&user, &user.record)]).await.is_ok()
            {
                written += 1;
            }
        }
    }
    Ok(written)
}

//! Whether a user may act by the licenses of their enterprise, product and service.
//!
//! When licenses ended, or were reduced, and their grace periods are over, fewer users may act than hold a seat: those who were
//! active most recently. Who is refused can't become more active, so the choice stays until the numbers change.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use moka::sync::Cache;

use crate::{
    Kernel,
    day::Day,
    directory::{
        seats::{LicensedUse, SeatCounter, SeatTerms},
        user::{User, UserStatus},
    },
    identity::last_activity,
    ids::{AccountId, UserId},
    problem::Result,
    record::{TenantRecord as _, decode, links},
};

/// Whether the licenses let a user act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatRuling {
    Admitted,
    LicenseEnded,
}

/// Who may act of the users of triples with too few seats.
pub(super) type Selections = Cache<(AccountId, LicensedUse), Selection>;

/// The users who may act, as long as the numbers are these.
#[derive(Clone)]
pub(super) struct Selection {
    admitted: u32,
    used: u32,
    users: Arc<HashSet<UserId>>,
}

impl Kernel {
    /// Judges a user by the licenses of a day.
    pub(super) async fn seat_ruling(&self, user: &User, today: Day) -> Result<SeatRuling> {
        let Some((admitted, used)) = too_few_seats(self, user, today).await? else { return Ok(SeatRuling::Admitted) };
        if admitted == 0 {
            return Ok(SeatRuling::LicenseEnded);
        }
        let key = (user.account_id, LicensedUse::of(user));
        let known = self.actors().selections.get(&key);
        let users = if let Some(known) = known.filter(|known| (known.admitted, known.used) == (admitted, used)) {
            known.users
        } else {
            let users = Arc::new(most_recently_active(self, user, admitted).await?);
            self.actors().selections.insert(key, Selection { admitted, used, users: Arc::clone(&users) });
            users
        };
        let is_admitted = users.contains(&user.id);
        Ok(if is_admitted { SeatRuling::Admitted } else { SeatRuling::LicenseEnded })
    }
}

/// How many users may act and how many hold a seat, if these are more. Accounts of an earlier version have no counters until a
/// job has made them.
async fn too_few_seats(kernel: &Kernel, user: &User, today: Day) -> Result<Option<(u32, u32)>> {
    let triple = LicensedUse::of(user);
    let keys = [SeatTerms::key(user.account_id, triple), SeatCounter::key(user.account_id, triple)];
    let found = kernel.router().shared().batch_get(&keys).await?;
    let [Some(terms), Some(counter)] = found.as_slice() else { return Ok(None) };
    let (terms, counter) = (decode::<SeatTerms>(terms)?.record, decode::<SeatCounter>(counter)?.record);
    let admitted = terms.admits(today, kernel.settings().license_grace_days);
    Ok(admitted.filter(|admitted| *admitted < counter.used).map(|admitted| (admitted, counter.used)))
}

/// So many of the users who hold a seat beside this one: those who were active last.
async fn most_recently_active(kernel: &Kernel, beside: &User, admitted: u32) -> Result<HashSet<UserId>> {
    let table = kernel.router().shared().as_ref();
    let mut users: Vec<User> = links(table, beside.account_id, format!("{}#", User::KIND)).await?;
    users.retain(|user| user.status == UserStatus::Active && LicensedUse::of(user) == LicensedUse::of(beside));
    let subjects: Vec<_> = users.iter().map(User::subject).collect();
    let active = last_activity(table, &subjects).await?;
    let mut ranked: Vec<(Option<Timestamp>, UserId)> =
        users.iter().zip(active).map(|(user, active)| (active, user.id)).collect();
    // Of users who never signed in, the newest go first.
    ranked.sort_by(|(one, one_id), (other, other_id)| other.cmp(one).then(one_id.cmp(other_id)));
    let admitted = usize::try_from(admitted).unwrap_or(usize::MAX);
    Ok(ranked.into_iter().take(admitted).map(|(_, id)| id).collect())
}

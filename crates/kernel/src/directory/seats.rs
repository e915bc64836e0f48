//! Seats of an account, counted for each enterprise, product and service: what the licenses give on a day, how many users hold
//! one, and how many may still act when licenses ended.
//!
//! INVARIANT: `seats` of a counter is the capacity of its terms on the day `since`. A commit that takes a seat checks both the day
//! and the count; a commit that changes the terms changes `seats` as well.

use serde::{Deserialize, Serialize};

use crate::{
    day::Day,
    directory::user::User,
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId, known},
    kinds::RecordKind,
    ports::table::{Condition, Is, Key, Write},
    problem::{Code, Problem},
    record::{self, Record, RecordKeys, Stored, tenant_key},
};

/// At most this many licenses of an account are for one enterprise, product and service.
pub const MAX_LICENSES: usize = 1_000;

/// So many reductions of a license are known.
const MAX_REDUCTIONS: usize = 50;

/// What a license is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LicensedUse {
    pub enterprise: EnterpriseId,
    pub product: ProductId,
    pub service: ServiceId,
}

impl LicensedUse {
    pub const fn of(user: &User) -> Self {
        Self { enterprise: user.enterprise_id, product: user.product_id, service: user.service_id }
    }

    fn key(self, account: AccountId, kind: &str) -> Key {
        tenant_key(account, kind, format_args!("{}#{}#{}", self.enterprise, self.product, self.service))
    }
}

/// What seats depend on of one license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseTerm {
    pub license_id: LicenseId,
    pub start_date: Day,
    pub end_date: Day,
    pub seats: u32,
    /// `None`: as many as the platform's setting says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<u32>,
    /// The license was in force before its dates were changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begun: bool,
    /// Seats that an operator took away although they were held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reductions: Vec<Reduction>,
}

/// The seats that a license gave before they were reduced. Their users may act until the grace period ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    pub seats: u32,
    /// The last day of the grace period.
    pub until: Day,
}

impl LicenseTerm {
    pub fn in_force(&self, day: Day) -> bool {
        self.start_date <= day && day <= self.end_date
    }

    /// The last day on which users of the ended license may act.
    pub fn grace_ends(&self, default_grace: u32) -> Day {
        self.end_date.plus(self.grace_days.unwrap_or(default_grace))
    }

    /// How many users may act on a day by this license.
    fn admits(&self, day: Day, default_grace: u32) -> u32 {
        let own = if self.start_date <= day && day <= self.grace_ends(default_grace) { self.seats } else { 0 };
        let reduced = self.reductions.iter().filter(|reduction| day <= reduction.until);
        reduced.map(|reduction| reduction.seats).fold(own, u32::max)
    }

    /// The term as it replaces `old` on a day. Seats that it no longer gives stay usable for the grace period.
    #[must_use]
    pub fn replacing(mut self, old: &Self, day: Day, default_grace: u32) -> Self {
        self.begun = old.begun || old.start_date <= day;
        let gives = if self.in_force(day) { self.seats } else { 0 };
        // One that was undone gives no grace to a later one. Those that are over tell since when users are refused.
        self.reductions = old.reductions.iter().filter(|reduction| reduction.seats > gives).cloned().collect();
        if old.in_force(day) && gives < old.seats {
            let until = day.plus(self.grace_days.unwrap_or(default_grace));
            self.reductions.retain(|reduction| reduction.seats > old.seats || reduction.until > until);
            self.reductions.push(Reduction { seats: old.seats, until });
            self.reductions.drain(..self.reductions.len().saturating_sub(MAX_REDUCTIONS));
        }
        self
    }
}

/// The licenses of an account for one enterprise, product and service, as seats depend on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatTerms {
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    pub licenses: Vec<LicenseTerm>,
}

impl SeatTerms {
    pub const KIND: &'static str = "SEATTERMS";

    pub const fn new(account_id: AccountId, triple: LicensedUse, licenses: Vec<LicenseTerm>) -> Self {
        let LicensedUse { enterprise, product, service } = triple;
        Self { account_id, enterprise_id: enterprise, product_id: product, service_id: service, licenses }
    }

    pub fn key(account: AccountId, triple: LicensedUse) -> Key {
        triple.key(account, Self::KIND)
    }

    pub const fn triple(&self) -> LicensedUse {
        LicensedUse { enterprise: self.enterprise_id, product: self.product_id, service: self.service_id }
    }

    pub fn term(&self, license: LicenseId) -> Option<&LicenseTerm> {
        self.licenses.iter().find(|term| term.license_id == license)
    }

    /// The seats of the licenses in force on a day.
    pub fn capacity(&self, day: Day) -> u32 {
        self.licenses.iter().filter(|term| term.in_force(day)).map(|term| term.seats).sum()
    }

    /// How many users may act on a day; `None`: all, for the first license is still to begin, or these are the platform's
    /// operators, whose licenses nobody else could renew.
    pub fn admits(&self, day: Day, default_grace: u32) -> Option<u32> {
        let judged = self.account_id != known::ROOT_ACCOUNT && self.has_begun(day);
        judged.then(|| self.licenses.iter().map(|term| term.admits(day, default_grace)).sum())
    }

    /// The first day, from `today` on, on which the licenses in force give fewer seats than so many.
    pub fn falls_short_on(&self, used: u32, today: Day) -> Option<Day> {
        let short = |day: &Day| self.has_begun(*day) && self.capacity(*day) < used;
        self.days_of_change(0).filter(|day| *day > today).chain([today]).filter(short).min()
    }

    /// The first day on which some of so many users are refused: the next, or the one since which they are.
    pub fn refuses_from(&self, used: u32, today: Day, default_grace: u32) -> Option<Day> {
        let refused = |day: &Day| self.admits(*day, default_grace).is_some_and(|admitted| admitted < used);
        let days = || self.days_of_change(default_grace);
        if !refused(&today) {
            return days().filter(|day| *day > today && refused(day)).min();
        }
        let mut past: Vec<Day> = days().filter(|day| *day <= today).collect();
        past.sort_unstable_by(|one, other| other.cmp(one));
        Some(past.into_iter().take_while(refused).last().unwrap_or(today))
    }

    fn has_begun(&self, day: Day) -> bool {
        self.licenses.iter().any(|term| term.begun || term.start_date <= day)
    }

    /// The days on which the number of seats, or of users who may act, can change.
    fn days_of_change(&self, default_grace: u32) -> impl Iterator<Item = Day> {
        self.licenses.iter().flat_map(move |term| {
            let reductions = term.reductions.iter().map(|reduction| reduction.until.plus(1));
            reductions.chain([term.start_date, term.end_date.plus(1), term.grace_ends(default_grace).plus(1)])
        })
    }
}

impl Record for SeatTerms {
    const NOUN: &'static str = "licenses of a seat counter";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "SEATTERMS#").copied();

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.triple()))
    }
}

/// The seats of an enterprise, product and service of an account: a record of its own, so that taking one changes no license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatCounter {
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    /// The day that `seats` was computed for.
    pub since: Day,
    pub seats: u32,
    /// Users who hold a seat.
    pub used: u32,
}

impl SeatCounter {
    /// Counters of earlier versions are of one license each, and have its id at the end of their keys.
    pub const KIND: &'static str = "SEATS";

    /// The counter of some terms on a day.
    pub fn new(terms: &SeatTerms, since: Day, used: u32) -> Self {
        Self {
            account_id: terms.account_id,
            enterprise_id: terms.enterprise_id,
            product_id: terms.product_id,
            service_id: terms.service_id,
            since,
            seats: terms.capacity(since),
            used,
        }
    }

    pub fn key(account: AccountId, triple: LicensedUse) -> Key {
        triple.key(account, Self::KIND)
    }

    pub const fn triple(&self) -> LicensedUse {
        LicensedUse { enterprise: self.enterprise_id, product: self.product_id, service: self.service_id }
    }

    pub const fn available(&self) -> u32 {
        self.seats.saturating_sub(self.used)
    }

    /// Whether the counter serves on a day. The clock of another process may be a little ahead, and midnight be past there:
    /// then it serves as it is.
    pub fn serves(&self, today: Day) -> bool {
        self.since == today || self.since == today.plus(1)
    }

    /// The write that takes a seat, in the commit that creates or activates its user; it holds on the counter's day alone.
    pub fn take(&self) -> Write {
        let free = Condition::fields("used", Is::Less, "seats");
        let same_day = Condition::field("since", Is::Equal, self.since.to_string());
        self.add_used(1, Condition::All(vec![same_day, free]))
    }

    /// The write that takes a seat for the first user of an account, whose licenses may begin later.
    pub fn take_ahead(&self) -> Write {
        self.add_used(1, Condition::Present)
    }

    /// The write that frees a seat, in the commit that ends its user.
    pub fn free(&self) -> Write {
        self.add_used(-1, Condition::field("used", Is::Greater, 0))
    }

    fn add_used(&self, by: i64, when: Condition) -> Write {
        Write::Add { key: Self::key(self.account_id, self.triple()), field: "used", by, when }
    }
}

impl Record for SeatCounter {
    const NOUN: &'static str = "seat counter";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "SEATS#").copied();

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.triple()))
    }
}

/// A counter with its terms, as they were read.
#[derive(Clone, Debug)]
pub struct SeatPool {
    pub terms: Stored<SeatTerms>,
    pub counter: Stored<SeatCounter>,
}

impl SeatPool {
    /// The writes of a counter and its terms that are new.
    pub fn create(terms: &SeatTerms, today: Day) -> [Write; 2] {
        [record::create(terms), record::create(&SeatCounter::new(terms, today, 0))]
    }

    /// The writes that bring the counter to another day.
    pub fn roll(&self, today: Day) -> [Write; 2] {
        let next = SeatCounter::new(&self.terms, today, self.counter.used);
        let key = SeatTerms::key(self.terms.account_id, self.terms.triple());
        let same_terms = Write::Check { key, when: Condition::Version(self.terms.version) };
        [record::replace(&self.counter, &next), same_terms]
    }

    /// The writes that change the terms. Where they leave enough seats for the users who held one when the counter was read,
    /// they must still do so at the commit.
    pub fn change(&self, terms: &SeatTerms) -> [(Write, Problem); 2] {
        let day = self.counter.since;
        let after = terms.capacity(day);
        let mut when = vec![Condition::field("since", Is::Equal, day.to_string())];
        if self.counter.used <= after {
            when.push(Condition::field("used", Is::LessOrEqual, after));
        }
        let key = SeatCounter::key(terms.account_id, terms.triple());
        let (by, when) = (i64::from(after) - i64::from(self.counter.seats), Condition::All(when));
        let count = if by == 0 { Write::Check { key, when } } else { Write::Add { key, field: "seats", by, when } };
        [(record::replace(&self.terms, terms), terms_changed()), (count, seats_changed())]
    }
}

/// The licenses changed after they were read.
pub fn terms_changed() -> Problem {
    Problem::new(Code::Conflict, "a license of the same enterprise, product and service changed meanwhile; try again")
        .retry_after(0)
}

/// Seats were taken after they were read, or the day is another.
fn seats_changed() -> Problem {
    Problem::new(Code::SeatsInUse, "seats were taken meanwhile; try again").retry_after(0)
}

//! Licenses and their seats, and what may become of them.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use crate::directory::seats::LicensedUse;
use crate::{
    day::Day,
    directory::seats::LicenseTerm,
    features::{enterprises::model::Enterprise, products::model::Product, services::model::Service},
    guard::actions::{Action as _, LicenseRead},
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId},
    json_integer::JsonInteger,
    kinds::{NamePart, OnRemoval, RecordKind, Stage},
    ports::table::{Item, Key, Write},
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, TenantRecord, decode, enterprise_key, tenant_key},
    text::{Email, Name, Phone},
};

/// A license of an account: one enterprise, product and service, a number of seats, a first and a last day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct License {
    pub id: LicenseId,
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    pub start_date: Day,
    /// The last day on which the license is in force.
    pub end_date: Day,
    pub number_of_users: SeatCount,
    pub contact: Option<Contact>,
    pub renewal_notification: RenewalNotification,
    /// For how many days after the last day its users may act if nothing follows; none: as the platform's setting says.
    #[serde(default)]
    pub grace_days: Option<GraceDays>,
    /// Made by the platform: it can't be deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A number of seats: 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "JsonInteger", into = "u32")]
pub struct SeatCount(u32);

impl SeatCount {
    const MOST: u32 = 1_000_000;

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<SeatCount> for u32 {
    fn from(seats: SeatCount) -> Self {
        seats.0
    }
}

impl TryFrom<JsonInteger> for SeatCount {
    type Error = &'static str;

    fn try_from(seats: JsonInteger) -> Result<Self, Self::Error> {
        Self::try_from(seats.0)
    }
}

impl TryFrom<i64> for SeatCount {
    type Error = &'static str;

    fn try_from(seats: i64) -> Result<Self, Self::Error> {
        u32::try_from(seats)
            .ok()
            .filter(|seats| (1..=Self::MOST).contains(seats))
            .map(Self)
            .ok_or("a number from 1 to 1000000")
    }
}

impl JsonSchema for SeatCount {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SeatCount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// The person to ask about a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    pub name: Name,
    pub email: Email,
    #[serde(default)]
    pub phone: Option<Phone>,
}

/// Whether, and how long before the end, the contact is reminded of the renewal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenewalNotification {
    pub enabled: bool,
    #[serde(default)]
    pub notice_days: NoticeDays,
}

/// Days of notice: 1 to 365.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JsonInteger", into = "u32")]
pub struct NoticeDays(u32);

impl NoticeDays {
    pub const MOST: u32 = 365;

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for NoticeDays {
    fn default() -> Self {
        Self(30)
    }
}

impl From<NoticeDays> for u32 {
    fn from(days: NoticeDays) -> Self {
        days.0
    }
}

impl TryFrom<JsonInteger> for NoticeDays {
    type Error = &'static str;

    fn try_from(days: JsonInteger) -> Result<Self, Self::Error> {
        Self::try_from(days.0)
    }
}

impl TryFrom<i64> for NoticeDays {
    type Error = &'static str;

    fn try_from(days: i64) -> Result<Self, Self::Error> {
        u32::try_from(days)
            .ok()
            .filter(|days| (1..=Self::MOST).contains(days))
            .map(Self)
            .ok_or("a number from 1 to 365")
    }
}

impl JsonSchema for NoticeDays {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NoticeDays".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST, "default": 30 })
    }
}

/// Days of grace after the end of a license: 0 to 365.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JsonInteger", into = "u32")]
pub struct GraceDays(u32);

impl GraceDays {
    const MOST: u32 = 365;

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<GraceDays> for u32 {
    fn from(days: GraceDays) -> Self {
        days.0
    }
}

impl TryFrom<JsonInteger> for GraceDays {
    type Error = &'static str;

    fn try_from(days: JsonInteger) -> Result<Self, Self::Error> {
        let days = u32::try_from(days.0).ok().filter(|days| *days <= Self::MOST);
        days.map(Self).ok_or("a number from 0 to 365")
    }
}

impl JsonSchema for GraceDays {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GraceDays".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": Self::MOST })
    }
}

/// The status of a license on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LicenseStatus {
    Active,
    /// Its first day is still to come.
    Future,
    Expired,
}

impl License {
    /// The partition of `Gsi3` that holds all licenses, by their last day.
    pub const BY_END: &'static str = "LICENSE";

    pub fn key(account: AccountId, id: LicenseId) -> Key {
        tenant_key(account, Self::KIND, id)
    }

    pub const fn triple(&self) -> LicensedUse {
        LicensedUse { enterprise: self.enterprise_id, product: self.product_id, service: self.service_id }
    }

    pub fn status(&self, today: Day) -> LicenseStatus {
        if today < self.start_date {
            LicenseStatus::Future
        } else if today > self.end_date {
            LicenseStatus::Expired
        } else {
            LicenseStatus::Active
        }
    }

    pub fn in_force(&self, today: Day) -> bool {
        self.status(today) == LicenseStatus::Active
    }

    /// Whether the contact is to be reminded on a day.
    pub fn reminds_on(&self, today: Day) -> bool {
        let RenewalNotification { enabled, notice_days } = self.renewal_notification;
        enabled && today <= self.end_date && self.end_date <= today.plus(notice_days.get())
    }

    /// Whether another license begins at the latest on the day after this one ends, and ends later.
    pub fn is_followed_by(&self, other: &Self) -> bool {
        self.id != other.id
            && self.triple() == other.triple()
            && other.start_date <= self.end_date.plus(1)
            && other.end_date > self.end_date
    }

    /// What seats depend on of the license.
    pub fn term(&self) -> LicenseTerm {
        LicenseTerm {
            license_id: self.id,
            start_date: self.start_date,
            end_date: self.end_date,
            seats: self.number_of_users.get(),
            grace_days: self.grace_days.map(GraceDays::get),
            begun: false,
            reductions: Vec::new(),
        }
    }
}

pub fn no_active_license() -> Problem {
    Problem::new(
        Code::NoActiveLicense,
        "the account has no license in force today for this enterprise, product and service",
    )
    .help("an operator adds licenses with POST /api/licenses, or changes the dates of one")
}

pub fn license_limit_exceeded() -> Problem {
    Problem::new(
        Code::LicenseLimitExceeded,
        "every seat of the licenses for this enterprise, product and service is taken",
    )
    .help("deactivate or delete a user, or ask an operator for more seats")
}

/// Deletes a license with its seats and its uses of master data, which are counted down once, with the license itself.
fn deletion(item: &Item) -> Result<Vec<Write>> {
    Ok(super::license_end(&decode::<License>(item)?.record))
}

/// A license has no name of its own: people know it by what it is for.
const NAME: &[NamePart] = &[
    NamePart::NameOf { field: "enterpriseId", noun: Enterprise::NOUN },
    NamePart::NameOf { field: "productId", noun: Product::NOUN },
    NamePart::NameOf { field: "serviceId", noun: Service::NOUN },
];

impl Record for License {
    const NOUN: &'static str = "license";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "LICENSE#")
        .named_by(NAME)
        .searched(LicenseRead::FACTS, &["contact.name", "contact.email"])
        .copied()
        .on_removal(OnRemoval::Deleted(Stage::Licenses))
        .deleted_by(deletion);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.id))
            .by_tenant(enterprise_key(self.account_id, self.enterprise_id, Self::KIND, self.id))
            .by_status(Key::new(Self::BY_END, format!("{}#{}", self.end_date, self.id)))
    }
}

impl TenantRecord for License {
    const KIND: &'static str = "LICENSE";

    fn account(&self) -> AccountId {
        self.account_id
    }

    fn enterprise(&self) -> Option<EnterpriseId> {
        Some(self.enterprise_id)
    }
}

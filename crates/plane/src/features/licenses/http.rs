//! Licenses over HTTP.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    capacity::{Capacity, GlobalAccess, LicensedEntities},
    decide::{LicenseTerms, Update},
    model::{Contact, GraceDays, License, LicenseStatus, RenewalNotification, SeatCount},
    ops::create_license,
    reminders::ReminderCounts,
};
use crate::{
    day::Day,
    guard::{
        Granted,
        actions::{AccountRead, LicenseCreate, LicenseDelete, LicenseEdit, LicenseRead},
    },
    http::{
        answer::{Created, Found, NoContent, Plain},
        extract::{IfMatch, Json, Path, Query, ReadByGuard},
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::Result,
    record::{Record as _, Stored},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/licenses", list, "List licenses")
        .post("/api/licenses", create, "License an enterprise, product and service to an account")
        .answering_in_commit()
        .get("/api/licenses/capacity", capacity, "Count the seats of the licenses in force")
        .get("/api/licenses/expiring", expiring, "List licenses that end within some days")
        .get("/api/licenses/licensed-entities", licensed_entities, "List what the licenses in force open")
        .post("/api/licenses/send-reminders", send_reminders, "Remind contacts whose notice period has begun")
        .costly()
        .get("/api/licenses/{licenseId}", read, "Show a license")
        .put("/api/licenses/{licenseId}", update, "Update a license's dates, seats, contact or reminder")
        .delete("/api/licenses/{licenseId}", delete, "Delete a license that nobody holds a seat of")
        .get("/api/accounts/{accountId}/global-access", global_access, "Say whether an account reaches every account")
}

/// A license as the API shows it, with its status of today.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicenseView {
    #[serde(flatten)]
    license: License,
    /// By its dates, today.
    status: LicenseStatus,
    /// The last day on which its users may act if nothing follows it.
    grace_ends_on: Day,
}

impl LicenseView {
    fn new(license: License, plane: &Plane) -> Self {
        let status = license.status(plane.clock().today());
        let grace_ends_on = license.term().grace_ends(plane.settings().license_grace_days);
        Self { license, status, grace_ends_on }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LicenseFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    status: Option<LicenseStatus>,
    product_id: Option<ProductId>,
    service_id: Option<ServiceId>,
}

async fn list(
    who: Granted<LicenseRead>,
    plane: Plane,
    Query(which): Query<LicenseFilter>,
) -> Result<Page<LicenseView>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let LicenseFilter { status, product_id, service_id, .. } = which;
    let today: Day = plane.clock().today();
    let by = format!("{status:?} {product_id:?} {service_id:?}");
    let wanted = move |license: &License| {
        status.is_none_or(|status| status == license.status(today))
            && product_id.is_none_or(|product| product == license.product_id)
            && service_id.is_none_or(|service| service == license.service_id)
    };
    shown(plane.rows(&who).filtered(&page, &by, wanted).await?, &plane)
}

/// The page with each license's status of today.
fn shown(page: Page<License>, plane: &Plane) -> Result<Page<LicenseView>> {
    let views: Result<Vec<LicenseView>> = page
        .items
        .iter()
        .map(|body| match serde_json::from_slice(body) {
            Ok(license) => Ok(LicenseView::new(license, plane)),
            Err(cause) => Err(crate::problem::Problem::internal(&cause)),
        })
        .collect();
    Ok(Page::of(&views?, page.next_cursor))
}

async fn read(who: Granted<LicenseRead>, plane: Plane, Path(id): Path<LicenseId>) -> Result<Found<LicenseView>> {
    let stored = plane.rows(&who).get(id).await?;
    Ok(found(&plane, stored))
}

fn found(plane: &Plane, stored: Stored<License>) -> Found<LicenseView> {
    let record = LicenseView::new(stored.record, plane);
    Found(Stored { record, version: stored.version })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "enterpriseId": example::ENTERPRISE,
    "productId": example::PRODUCT,
    "serviceId": example::SERVICE,
    "startDate": "2026-01-01",
    "endDate": "2036-12-31",
    "numberOfUsers": 10,
    "contact": { "name": "Ada Byron", "email": "billing@acme.example", "phone": "+1 555 0100" },
    "renewalNotification": { "enabled": true, "noticeDays": 30 },
}))]
struct NewLicense {
    /// Left out, the platform account.
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    account_id: Option<ReadByGuard<AccountId>>,
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: ReadByGuard<EnterpriseId>,
    product_id: ProductId,
    service_id: ServiceId,
    start_date: Day,
    /// The last day on which the license is in force.
    end_date: Day,
    number_of_users: SeatCount,
    #[serde(default)]
    contact: Option<Contact>,
    /// Left out, nobody is reminded.
    #[serde(default)]
    renewal_notification: Option<RenewalNotification>,
    /// Days for which its users may act after the last day. Left out, as the platform's setting says.
    #[serde(default)]
    grace_days: Option<GraceDays>,
}

impl NewLicense {
    fn terms(self, enterprise_id: EnterpriseId) -> LicenseTerms {
        LicenseTerms {
            enterprise_id,
            product_id: self.product_id,
            service_id: self.service_id,
            start_date: self.start_date,
            end_date: self.end_date,
            number_of_users: self.number_of_users,
            contact: self.contact,
            renewal_notification: self.renewal_notification,
            grace_days: self.grace_days,
        }
    }
}

async fn create(
    who: Granted<LicenseCreate>,
    plane: Plane,
    Json(new): Json<NewLicense>,
) -> Result<Created<LicenseView>> {
    new.start_date.check_given("/startDate")?;
    let now = plane.now();
    let license =
        new.terms(who.enterprise_of_new()?).into_license(LicenseId::new(now, plane.rng()), who.account(), now);
    let location = format!("/api/licenses/{}", license.id);
    let record = LicenseView::new(license.clone(), &plane);
    create_license(&plane, &who, &license, &location, &record).await?;
    Ok(Created { location, record })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "endDate": "2037-12-31",
    "numberOfUsers": 25,
}))]
struct LicenseUpdate {
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    account_id: Option<ReadByGuard<AccountId>>,
    #[serde(default)]
    start_date: Option<Day>,
    #[serde(default)]
    end_date: Option<Day>,
    #[serde(default)]
    number_of_users: Option<SeatCount>,
    /// Also where the licenses then give fewer seats than users hold. Nobody gets a new seat, and when the grace period is over,
    /// the least recently active users are refused.
    #[serde(default)]
    over_capacity: bool,
    #[serde(default)]
    contact: Patch<Option<Contact>>,
    #[serde(default)]
    renewal_notification: Option<RenewalNotification>,
    /// Null: as the platform's setting says.
    #[serde(default)]
    grace_days: Patch<Option<GraceDays>>,
}

async fn update(
    who: Granted<LicenseEdit>,
    plane: Plane,
    Path(id): Path<LicenseId>,
    if_match: IfMatch,
    Json(update): Json<LicenseUpdate>,
) -> Result<Found<LicenseView>> {
    let old = plane.rows(&who).get::<License>(id).await?;
    if_match.allows(License::NOUN, old.version)?;
    let LicenseUpdate {
        account_id: _,
        start_date,
        end_date,
        number_of_users,
        over_capacity,
        contact,
        renewal_notification,
        grace_days,
    } = update;
    start_date.map_or(Ok(()), |start| start.check_given("/startDate"))?;
    let given =
        Update { start_date, end_date, number_of_users, contact, renewal_notification, grace_days, over_capacity };
    let stored = plane.update_license(&who, &old, &given).await?;
    Ok(found(&plane, stored))
}

async fn delete(
    who: Granted<LicenseDelete>,
    plane: Plane,
    Path(id): Path<LicenseId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.rows(&who).get::<License>(id).await?;
    if_match.allows(License::NOUN, old.version)?;
    plane.delete_license(&who, &old).await?;
    Ok(NoContent)
}

async fn capacity(who: Granted<LicenseRead>, plane: Plane) -> Result<Plain<Capacity>> {
    plane.capacity(&who).await.map(Plain)
}

async fn licensed_entities(who: Granted<LicenseRead>, plane: Plane) -> Result<Plain<LicensedEntities>> {
    plane.licensed_entities(&who).await.map(Plain)
}

async fn send_reminders(who: Granted<LicenseEdit>, plane: Plane) -> Result<Plain<ReminderCounts>> {
    plane.send_reminders(&who).await.map(Plain)
}

async fn global_access(
    _: Granted<AccountRead>,
    plane: Plane,
    Path(account): Path<AccountId>,
) -> Result<Plain<GlobalAccess>> {
    plane.global_access(account).await.map(Plain)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Within {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// From today on.
    days: Days,
}

/// A number of days from today: 0 to 3650.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Days(u32);

impl Days {
    const MOST: u32 = 3650;
}

impl Default for Days {
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u32> for Days {
    type Error = &'static str;

    fn try_from(days: u32) -> Result<Self, Self::Error> {
        if days <= Self::MOST { Ok(Self(days)) } else { Err("a number from 0 to 3650") }
    }
}

impl JsonSchema for Days {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Days".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": Self::MOST, "default": 30 })
    }
}

async fn expiring(who: Granted<LicenseRead>, plane: Plane, Query(within): Query<Within>) -> Result<Page<LicenseView>> {
    let page = PageQuery { limit: within.limit, cursor: within.cursor };
    let today: Day = plane.clock().today();
    let last = today.plus(within.days.0);
    let by = format!("expiring {}", within.days.0);
    let wanted = move |license: &License| today <= license.end_date && license.end_date <= last;
    shown(plane.rows(&who).filtered(&page, &by, wanted).await?, &plane)
}

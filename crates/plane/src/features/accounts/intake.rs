//! What an onboarding was asked for: kept until the account is gone, since the run itself carries references alone.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{Address, CloudType};
use crate::{
    day::Day,
    features::licenses::model::{Contact, GraceDays, License, RenewalNotification, SeatCount},
    ids::{AccountId, ConnectionId, EnterpriseId, LicenseId, ProductId, ServiceId, example},
    kinds::{OnRemoval, RecordKind},
    ports::table::Key,
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, partition},
    text::{Email, Name},
};

/// An account as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Acme",
    "masterAccountName": "Acme Holding",
    "cloudType": "public",
    "address": {
        "line1": "1 Main St", "city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US",
    },
    "technicalUser": {
        "firstName": "Ada", "lastName": "Byron", "email": "ada@acme.example", "startDate": "2026-01-01",
    },
    "administrator": { "firstName": "Mary", "lastName": "Shaw", "email": "mary@acme.example" },
    "licenses": [{
        "enterpriseId": example::ENTERPRISE, "productId": example::PRODUCT, "serviceId": example::SERVICE,
        "startDate": "2026-01-01", "endDate": "2036-12-31", "numberOfUsers": 10,
    }],
}))]
pub struct NewAccount {
    pub name: Name,
    pub master_account_name: Name,
    pub cloud_type: CloudType,
    pub address: Address,
    pub technical_user: NewTechnicalUser,
    /// A user who can do everything that the account allows, and invite others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administrator: Option<NewAdministrator>,
    /// What the account is licensed for. The technical user takes a seat of the first, and so does the administrator.
    #[schemars(length(min = 1, max = 20))]
    pub licenses: Vec<NewAccountLicense>,
    /// A verified connection: the account's own table is in that AWS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
}

/// The first administrator-side user of the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTechnicalUser {
    pub first_name: Name,
    pub last_name: Name,
    pub email: Email,
    pub start_date: Day,
    #[serde(default)]
    pub end_date: Option<Day>,
}

/// The account's first administrator. Onboarding makes the role "Account administrator" and its group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAdministrator {
    pub first_name: Name,
    pub last_name: Name,
    pub email: Email,
}

/// A license of the new account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccountLicense {
    pub enterprise_id: EnterpriseId,
    pub product_id: ProductId,
    pub service_id: ServiceId,
    pub start_date: Day,
    pub end_date: Day,
    pub number_of_users: SeatCount,
    #[serde(default)]
    pub contact: Option<Contact>,
    #[serde(default)]
    pub renewal_notification: RenewalNotification,
    /// Days for which its users may act after the last day. Left out, as the platform's setting says.
    #[serde(default)]
    pub grace_days: Option<GraceDays>,
}

impl NewAccount {
    /// How many licenses an account can begin with.
    const MOST_LICENSES: usize = 20;

    /// The licenses that the account begins with: the same ids in every repeat.
    pub fn licenses_of(&self, account_id: AccountId, now: Timestamp) -> Vec<License> {
        let license = |(place, new): (usize, &NewAccountLicense)| License {
            id: LicenseId::derived(account_id.uuid(), &format!("license/{place}")),
            account_id,
            enterprise_id: new.enterprise_id,
            product_id: new.product_id,
            service_id: new.service_id,
            start_date: new.start_date,
            end_date: new.end_date,
            number_of_users: new.number_of_users,
            contact: new.contact.clone(),
            renewal_notification: new.renewal_notification,
            grace_days: new.grace_days,
            built_in: false,
            created_at: now,
            updated_at: now,
        };
        self.licenses.iter().enumerate().map(license).collect()
    }

    /// Refuses what no single field shows to be wrong.
    pub fn check(&self) -> Result<()> {
        if !(1..=Self::MOST_LICENSES).contains(&self.licenses.len()) {
            return Err(Problem::field(
                "/licenses",
                format!("an account begins with 1 to {} licenses", Self::MOST_LICENSES),
            ));
        }
        self.technical_user.start_date.check_given("/technicalUser/startDate")?;
        for (place, license) in self.licenses.iter().enumerate() {
            license.start_date.check_given(format!("/licenses/{place}/startDate"))?;
            if license.end_date < license.start_date {
                return Err(Problem::field(format!("/licenses/{place}/endDate"), "the end is not before the start"));
            }
        }
        if let Some(administrator) = &self.administrator {
            // Each value is good by itself: they do not go together.
            let conflict = |pointer: &str, why: &str| Problem { code: Code::Conflict, ..Problem::field(pointer, why) };
            if administrator.email == self.technical_user.email {
                return Err(conflict(
                    "/administrator/email",
                    "the administrator is another user than the technical user, with another address",
                ));
            }
            if self.licenses[0].number_of_users.get() < 2 {
                return Err(conflict(
                    "/licenses/0/numberOfUsers",
                    "the technical user and the administrator take two seats of the first license",
                ));
            }
        }
        if self.connection_id.is_some() && self.cloud_type == CloudType::Public {
            return Err(Problem::new(Code::Conflict, "a public account has no table of its own")
                .help("leave connectionId out, or make the account private or hybrid"));
        }
        if self.technical_user.end_date.is_some_and(|end| end < self.technical_user.start_date) {
            return Err(Problem::field("/technicalUser/endDate", "the end is not before the start"));
        }
        Ok(())
    }
}

/// The request, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intake {
    pub account_id: AccountId,
    pub request: NewAccount,
}

impl Intake {
    pub fn key(account: AccountId) -> Key {
        Key::new(partition(account), "INTAKE")
    }
}

impl Record for Intake {
    const NOUN: &'static str = "onboarding request";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "INTAKE").on_removal(OnRemoval::DeletedLast);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id))
    }
}

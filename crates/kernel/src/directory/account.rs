//! Accounts: tenants, as the API shows them and the directory keeps them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::NameClaim,
    guard::actions::{AccountRead, Action as _},
    ids::{AccountId, ConnectionId, ExecutionId, UserId},
    kinds::{OnRemoval, RecordKind},
    ports::table::Key,
    record::{Record, RecordKeys, partition},
    text::{Line, Name, fold},
};

/// The location of an account's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CloudType {
    /// In the shared table.
    Public,
    /// In a table of its own, directory copies included.
    Private,
    /// Directory data in the shared table, workload data in a table of its own.
    Hybrid,
}

impl CloudType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Hybrid => "hybrid",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// Onboarding runs.
    Provisioning,
    Active,
    /// Onboarding failed: redrive it, or deprovision the account.
    Failed,
    /// Waits for its removal, and can still be restored.
    Disabled,
    Deprovisioning,
    /// Gone; the receipt is kept.
    Deleted,
}

impl AccountStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
            Self::Deprovisioning => "deprovisioning",
            Self::Deleted => "deleted",
        }
    }
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    pub line1: Line,
    #[serde(default)]
    pub line2: Option<Line>,
    pub city: Line,
    #[serde(default)]
    pub state: Option<Line>,
    pub postal_code: Line,
    /// ISO 3166-1 alpha-2, such as `US`.
    pub country: Country,
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Country(String);

impl JsonSchema for Country {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Country".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$" })
    }
}

impl Country {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Country {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        let fits = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        if fits { Ok(Self(code)) } else { Err("a country is two capital letters, such as US") }
    }
}

/// The run that set the account up, or takes it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningRef {
    pub execution_id: ExecutionId,
    pub status: RunStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Running,
    Succeeded,
    Failed,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub id: AccountId,
    pub name: Name,
    pub master_account_name: Name,
    pub cloud_type: CloudType,
    pub status: AccountStatus,
    /// Active, but something that does not block is missing; `degradedReasons` says what.
    pub degraded: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded_reasons: Vec<String>,
    pub address: Address,
    /// The first administrator-side user, made by onboarding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical_user_id: Option<UserId>,
    /// The connection to the AWS account that contains this account's own table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<ProvisioningRef>,
    /// When the removal of a disabled account begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Account {
    /// The partition of `Gsi1` that holds all accounts, by name.
    pub const BY_NAME: &'static str = "ACCOUNT";

    pub fn key(id: AccountId) -> Key {
        Key::new(partition(id), "METADATA")
    }

    /// The claim on the account's name.
    pub fn name_claim(id: AccountId, name: &Name) -> NameClaim {
        NameClaim::new("ACCOUNT-NAME", name, id)
    }
}

impl Record for Account {
    const NOUN: &'static str = "account";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "METADATA")
        .named()
        .searched(AccountRead::FACTS, &["masterAccountName"])
        .listed_in(Self::BY_NAME)
        .copied()
        .on_removal(OnRemoval::Kept("account"));

    fn place(&self) -> RecordKeys {
        // A folded name can be longer than the name; a sort key holds 1,024 bytes.
        let mut name = fold(self.name.as_str());
        while name.len() > 900 {
            name.pop();
        }
        let by_status =
            Key::new(format!("ACCOUNT#{}", self.status.as_str()), format!("{}#{}", self.created_at, self.id));
        let place = RecordKeys::at(Self::key(self.id)).by_status(by_status);
        match self.status {
            AccountStatus::Deleted => place,
            AccountStatus::Provisioning
            | AccountStatus::Active
            | AccountStatus::Failed
            | AccountStatus::Disabled
            | AccountStatus::Deprovisioning => place.by_type(Key::new(Self::BY_NAME, format!("{name}#{}", self.id))),
        }
    }
}

//! Workstreams and the bounded configuration of their tools.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    change::NameClaim,
    guard::actions::{Action as _, WorkstreamRead},
    ids::{AccountId, EnterpriseId, WorkstreamId, known},
    kinds::{OnRemoval, RecordKind, Stage, delete},
    ports::table::{Item, Key, Write},
    problem::Result,
    record::{self, Record, RecordKeys, TenantRecord, decode, enterprise_key, tenant_key},
    text::{Description, Line, Name},
};

/// A workstream of one enterprise of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workstream {
    pub id: WorkstreamId,
    pub account_id: AccountId,
    pub enterprise_id: EnterpriseId,
    pub name: Name,
    pub description: Option<Description>,
    pub tools: Vec<Tool>,
    /// Made by the platform: it can't be renamed or deleted.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The maximum number of tools in a workstream, and of settings in a tool: with the lengths of their texts
/// that keeps a workstream well within what one record may hold.
pub const MOST_TOOLS: usize = 16;
pub const MOST_SETTINGS: usize = 16;

/// How a workstream uses one tool. Never a secret: those are credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    pub tool: Name,
    #[serde(default)]
    pub url: Option<ToolUrl>,
    #[serde(default)]
    pub settings: Settings,
}

/// Settings of a tool, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Line>")]
pub struct Settings(BTreeMap<String, Line>);

impl TryFrom<BTreeMap<String, Line>> for Settings {
    type Error = String;

    fn try_from(settings: BTreeMap<String, Line>) -> Result<Self, String> {
        let named = |name: &String| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        };
        if settings.len() > MOST_SETTINGS {
            return Err(format!("a tool has at most {MOST_SETTINGS} settings"));
        }
        if !settings.keys().all(named) {
            return Err("the name of a setting has 1 to 64 letters, digits, dots, dashes and underscores".into());
        }
        Ok(Self(settings))
    }
}

impl JsonSchema for Settings {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object", "maxProperties": MOST_SETTINGS,
            "propertyNames": { "pattern": "^[A-Za-z0-9_.-]{1,64}$" },
            "additionalProperties": Line::json_schema(schemas)
        })
    }
}

/// Where a tool is reached: `http` or `https`, a host, and no user, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ToolUrl(String);

impl ToolUrl {
    const LONGEST: usize = 2000;
}

impl TryFrom<String> for ToolUrl {
    type Error = &'static str;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
        let fits = url.len() <= Self::LONGEST
            && !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            && (1..=5).contains(&port.len())
            && port.bytes().all(|b| b.is_ascii_digit())
            && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'"' | b'<' | b'>' | b'\\'));
        if fits { Ok(Self(url)) } else { Err("an address such as https://git.example.com/acme") }
    }
}

impl JsonSchema for ToolUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ToolUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": Self::LONGEST,
            "pattern": r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!$-;=@-\[\]-~]*)?$"
        })
    }
}

impl Workstream {
    /// The name of the one that every enterprise of an account has.
    pub const DEFAULT: &'static str = "Default";

    pub fn key(account: AccountId, id: WorkstreamId) -> Key {
        tenant_key(account, Self::KIND, id)
    }

    /// The claim on the name: unique in its enterprise of its account.
    pub fn name_claim(&self) -> NameClaim {
        Self::claim_on(self.account_id, self.enterprise_id, &self.name, self.id)
    }

    pub fn claim_on(account: AccountId, enterprise: EnterpriseId, name: &Name, id: WorkstreamId) -> NameClaim {
        NameClaim::new(&format!("WORKSTREAM-NAME#{account}#{enterprise}"), name, id)
    }

    /// The id of the default one: derived, so that it is made once.
    pub fn default_id(account: AccountId, enterprise: EnterpriseId) -> WorkstreamId {
        if account == known::ROOT_ACCOUNT && enterprise == known::GLOBAL_ENTERPRISE {
            return known::DEFAULT_WORKSTREAM;
        }
        WorkstreamId::derived(account.uuid(), &format!("workstream/default/{enterprise}"))
    }

    /// The default one, as it is made.
    pub fn default_of(account_id: AccountId, enterprise_id: EnterpriseId, now: Timestamp) -> Self {
        Self {
            id: Self::default_id(account_id, enterprise_id),
            account_id,
            enterprise_id,
            name: Name::try_from(Self::DEFAULT).expect("a plain word is a name"),
            description: None,
            tools: Vec::new(),
            built_in: account_id == known::ROOT_ACCOUNT && enterprise_id == known::GLOBAL_ENTERPRISE,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Deletes a workstream with the claim on its name.
fn deletion(item: &Item) -> Result<Vec<Write>> {
    let claim = decode::<Workstream>(item)?.record.name_claim();
    Ok([delete(&item.key)].into_iter().chain(claim.claims().iter().map(record::delete)).collect())
}

impl Record for Workstream {
    const NOUN: &'static str = "workstream";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "WORKSTREAM#")
        .named()
        .searched(WorkstreamRead::FACTS, &[])
        .on_removal(OnRemoval::Deleted(Stage::Access))
        .deleted_by(deletion);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id, self.id)).by_tenant(enterprise_key(
            self.account_id,
            self.enterprise_id,
            Self::KIND,
            self.id,
        ))
    }
}

impl TenantRecord for Workstream {
    const KIND: &'static str = "WORKSTREAM";

    fn account(&self) -> AccountId {
        self.account_id
    }

    fn enterprise(&self) -> Option<EnterpriseId> {
        Some(self.enterprise_id)
    }
}

//! Connections, as the API shows them and the directory keeps them.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    change::Claim,
    guard::actions::{Action as _, ConnectionRead},
    ids::{AccountId, ConnectionId},
    kinds::RecordKind,
    ports::table::{CrossAccountRole, Key, TableName},
    record::{Record, RecordKeys},
    text::Name,
};

/// Between two verifications of one connection there is this much time at least.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionStatus {
    /// Waits for its owner's stack, and for the role to be verified.
    Pending,
    /// The role opens as it must; an account can be taken on by it.
    Verified,
    /// An account has been taken on by it.
    Used,
}

/// What lets one account of the platform have its table in another account of AWS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    pub id: ConnectionId,
    pub name: Name,
    pub region: Region,
    pub status: ConnectionStatus,
    /// The account that can be taken on by it: its id is known before the account is there, for the stack to name it.
    pub account_id: AccountId,
    /// The platform's word for this connection: the role asks for it.
    #[schemars(length(equal = 64))]
    pub external_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<RoleArn>,
    /// When the role was looked at last, by a verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// What the last verification found wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Connection {
    /// The partition of `Gsi1` that lists them.
    pub const ALL: &'static str = "CONNECTION";

    pub fn key(id: ConnectionId) -> Key {
        Key::new(format!("CONNECTION#{id}"), "METADATA")
    }

    /// The table in the other account.
    pub fn table(&self) -> TableName {
        TableName::dedicated(self.account_id)
    }

    /// What opens it, once a role is named.
    pub fn grant(&self) -> Option<CrossAccountRole> {
        let role = self.role_arn.as_ref()?.0.clone();
        Some(CrossAccountRole { role, external_id: self.external_id.clone(), region: self.region.0.clone() })
    }

    /// One role serves one connection.
    pub fn role_claim(&self) -> Option<Claim> {
        self.role_arn.as_ref().map(|role| Claim::new("ROLE-ARN", &role.0, self.id))
    }
}

impl Record for Connection {
    const NOUN: &'static str = "connection";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "CONNECTION#", "METADATA")
        .named()
        .searched(ConnectionRead::FACTS, &["roleArn"])
        .listed_in(Self::ALL)
        .secret(&["externalId"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.id)).by_type(Key::new(Self::ALL, self.id.to_string()))
    }
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident $most:literal $pattern:literal $why:literal $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "maxLength": $most, "pattern": $pattern })
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let fits: fn(&str) -> bool = $fits;
                if text.len() <= $most && fits(&text) { Ok(Self(text)) } else { Err($why) }
            }
        }
    };
}

word! {
    /// A region of AWS.
    Region 32 "^[a-z]{2}(-[a-z]+)+-[0-9]$" "a region is called such as eu-central-1" |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let [first, middle @ .., last] = parts.as_slice() else { return false };
        let lower = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        first.len() == 2
            && lower(first)
            && !middle.is_empty()
            && middle.iter().all(|part| lower(part))
            && last.len() == 1
            && last.bytes().all(|byte| byte.is_ascii_digit())
    }
}

word! {
    /// A role of IAM by its ARN.
    RoleArn 256 "^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$"
    "the ARN of a role, such as arn:aws:iam::123456789012:role/freehold" |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, role] = parts.as_slice() else { return false };
        let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let named = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&byte))
        };
        partition.strip_prefix("aws").is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| rest.split('-').all(word))
        }) && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_roles_are_those_of_aws() {
        for good in ["eu-central-1", "us-gov-west-1", "ap-southeast-2"] {
            assert!(Region::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for wrong in ["", "eu", "eu-1", "EU-central-1", "eu-central-10", "eu--central-1", "eu-central-1 "] {
            assert!(Region::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        for good in ["arn:aws:iam::123456789012:role/x", "arn:aws-us-gov:iam::123456789012:role/a/b.c@d"] {
            assert!(RoleArn::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::12345678901:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:awsome:iam::123456789012:role/x",
            "arn:aws:iam::123456789012:role/x*",
        ] {
            assert!(RoleArn::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

//! What callers confirm beforehand, so that it does not happen to them unawares.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The effects that a caller has confirmed, as a list of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Confirmations {
    /// What is deleted is in use.
    pub in_use: bool,
    /// The caller loses their own right to administer the users of the account.
    pub own_administration: bool,
}

impl Confirmations {
    const IN_USE: &str = "in-use";
    const OWN_ADMINISTRATION: &str = "own-administration";
}

impl TryFrom<String> for Confirmations {
    type Error = &'static str;

    fn try_from(words: String) -> Result<Self, Self::Error> {
        let mut confirmed = Self::default();
        for word in words.split(',') {
            match word {
                Self::IN_USE => confirmed.in_use = true,
                Self::OWN_ADMINISTRATION => confirmed.own_administration = true,
                _ => return Err("in-use, own-administration, or both with a comma between"),
            }
        }
        Ok(confirmed)
    }
}

impl JsonSchema for Confirmations {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Confirmations".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(in-use|own-administration)(,(in-use|own-administration))?$"
        })
    }
}

/// How many users and groups a deletion takes something from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    pub users: u64,
    pub groups: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_confirmed_in_any_order_and_others_are_refused() {
        let both = Confirmations { in_use: true, own_administration: true };
        assert_eq!(Confirmations::try_from("own-administration,in-use".to_owned()), Ok(both));
        assert_eq!(
            Confirmations::try_from("in-use".to_owned()),
            Ok(Confirmations { own_administration: false, ..both })
        );
        for wrong in ["", "yes", "in-use,", "in-use, own-administration", "IN-USE"] {
            assert!(Confirmations::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

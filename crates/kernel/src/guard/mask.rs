//! The 15-bit scope mask of a role: five verbs on three levels.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::rights::Verb;
use crate::json_integer::JsonInteger;

/// Where a right applies: the three levels of the scope mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Account,
    Enterprise,
    Workstream,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Account, Self::Enterprise, Self::Workstream];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Enterprise => "enterprise",
            Self::Workstream => "workstream",
        }
    }
}

/// The 15-bit scope mask: five verbs on three levels. Bit 0 is account/visible, bit 14 workstream/delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JsonInteger", into = "u32")]
pub struct Mask(u16);

impl Mask {
    pub const EVERYTHING: Self = Self(0x7fff);
    pub const NOTHING: Self = Self(0);
    /// Visible and view on every level.
    pub const VIEW: Self = Self(0b00011_00011_00011);

    /// The mask that allows one verb on one level.
    pub const fn bit(level: Level, verb: Verb) -> Self {
        Self(1 << (level as u16 * 5 + verb as u16))
    }

    pub const fn allows(self, level: Level, verb: Verb) -> bool {
        Self::bit(level, verb).within(self)
    }

    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl TryFrom<JsonInteger> for Mask {
    type Error = String;

    fn try_from(bits: JsonInteger) -> Result<Self, String> {
        // A number beyond u32 has a bit that no mask has.
        Self::try_from(u32::try_from(bits.0).unwrap_or(u32::MAX))
    }
}

impl TryFrom<u32> for Mask {
    type Error = String;

    fn try_from(bits: u32) -> Result<Self, String> {
        u16::try_from(bits)
            .ok()
            .filter(|bits| bits & !Self::EVERYTHING.0 == 0)
            .map(Self)
            .ok_or_else(|| "a scope mask is a number from 0 to 32767 (0x7fff)".to_owned())
    }
}

impl From<Mask> for u32 {
    fn from(mask: Mask) -> Self {
        mask.0.into()
    }
}

impl JsonSchema for Mask {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Mask".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 0x7fff })
    }
}

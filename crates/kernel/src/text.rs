//! Text that was checked once, at the edge: inside, a name is a [`Name`] and an address an [`Email`].

use std::{borrow::Cow, fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use crate::email::{DEFAULT_ADMIN_EMAIL, Email};
use crate::names;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident { min: $min:literal, max: $max:literal, what: $what:literal })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotText;

            fn try_from(text: String) -> Result<Self, NotText> {
                line(&text, $min, $max, $what)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NotText;

            fn try_from(text: &str) -> Result<Self, NotText> {
                text.to_owned().try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": "line", "minLength": $min, "maxLength": $max, "pattern": line_pattern() })
            }
        }
    )*};
}

/// Characters that a line of text must not contain, as ranges: control and format characters (which can hide or reorder
/// what is shown), private and unassigned planes, line and paragraph separators.
const UNPRINTABLE: &[(char, char)] = &[
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e00ff}'),
    ('\u{e01f0}', '\u{10ffff}'),
];

/// Characters that join letters and emoji, or keep letters apart. They are a part of how Persian, Hindi, Sinhala and others are
/// written. The server refuses them elsewhere.
const JOINERS: (char, char) = ('\u{200c}', '\u{200d}');

/// White space that is allowed inside a line, but not at its ends.
const SPACES: &[(char, char)] = &[
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
];

/// One line of text as a pattern: no unprintable characters, and no white space at either end.
fn line_pattern() -> String {
    // Escapes of two digits are the only ones that JavaScript, Python, Rust and RE2 have in common. Characters above
    // U+00FF are left to the server.
    let escape = |character: char| format!("\\x{:02x}", u32::from(character));
    let class = |ranges: &[(char, char)]| -> String {
        let escapable = ranges.iter().filter(|(_, to)| *to <= '\u{ff}');
        escapable
            .map(|(from, to)| if from == to { escape(*from) } else { format!("{}-{}", escape(*from), escape(*to)) })
            .collect()
    };
    let (unprintable, at_no_end) = (class(UNPRINTABLE), class(SPACES));
    format!("^[^{unprintable}{at_no_end}]([^{unprintable}]*[^{unprintable}{at_no_end}])?$")
}

texts! {
    /// What people call a thing.
    Name { min: 1, max: 200, what: "a name" }
    /// A word on what a thing is for.
    Description { min: 1, max: 2000, what: "a description" }
    /// One line of a postal address, or the like.
    Line { min: 1, max: 200, what: "this" }
    Phone { min: 3, max: 40, what: "a phone number" }
}

/// Any text of a bounded length, from 1 character.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Bounded<const MAX: usize>(String);

impl<const MAX: usize> Bounded<MAX> {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Bounded<MAX> {
    type Error = NotText;

    fn try_from(text: String) -> Result<Self, NotText> {
        let fits = (1..=MAX).contains(&text.chars().count());
        if fits { Ok(Self(text)) } else { Err(NotText(format!("this has 1 to {MAX} characters"))) }
    }
}

impl<const MAX: usize> JsonSchema for Bounded<MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Bounded".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
}

/// The text is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotText(pub String);

fn line(text: &str, min: usize, max: usize, what: &str) -> Result<(), NotText> {
    let length = text.chars().count();
    if length < min || length > max {
        return Err(NotText(format!("{what} has {min} to {max} characters")));
    }
    if text.trim() != text {
        return Err(NotText(format!("{what} neither begins nor ends with white space")));
    }
    if let Some((at, bad)) = text.chars().enumerate().find(|(_, c)| unprintable(*c)) {
        let (bad, place) = (names::described(bad), at + 1);
        return Err(NotText(format!("{what} must not contain {bad}, which is its character {place}")));
    }
    if let Some((at, bad)) = names::stray_joiner(text).and_then(|at| text.chars().enumerate().nth(at)) {
        let (bad, place) = (names::described(bad), at + 1);
        return Err(NotText(format!(
            "{what} has {bad} as character {place}, where it joins nothing: it belongs between letters of scripts that join, or \
             between emoji"
        )));
    }
    Ok(())
}

fn unprintable(character: char) -> bool {
    UNPRINTABLE.iter().any(|(from, to)| (*from..=*to).contains(&character))
}

/// The form by which lists are ordered and searched: compatibility-composed, in lower case, spaces narrowed. Stored keys have it,
/// so it does not change. [`names::unique_forms`] decides whether two names are the same.
pub fn fold(name: &str) -> String {
    let shown = name.chars().filter(|c| !(JOINERS.0..=JOINERS.1).contains(c));
    let wide: String = shown.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    wide.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_clean_line() {
        for good in [
            "A",
            "Acme & Söhne GmbH",
            "株式会社",
            "🏭 Works",
            "نور\u{200c}الدین",
            "क्\u{200d}ष",
            "ශ්\u{200d}රී",
            "👩\u{200d}💻",
            "葛\u{e0100}西",
            &"x".repeat(200),
        ] {
            assert!(Name::try_from(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            " a",
            "a ",
            "a\nb",
            "a\u{202e}b",
            "a\u{0}b",
            "\u{feff}a",
            &"x".repeat(201),
            "a\u{200c}b",
            "\u{200c}م",
            "م\u{200d}",
            "م\u{200c}\u{200c}م",
            "م \u{200c}م",
            "م\u{200b}م",
        ] {
            assert!(Name::try_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_character() {
        let refusal = |name: &str| Name::try_from(name).unwrap_err().0;
        assert_eq!(
            refusal("ab\u{202e}c"),
            "a name must not contain U+202E (text direction mark), which is its character 3"
        );
        assert_eq!(
            refusal("a\u{200d}b"),
            "a name has U+200D (zero-width joiner) as character 2, where it joins nothing: it belongs between letters of \
             scripts that join, or between emoji"
        );
    }

    #[test]
    fn the_lists_of_characters_agree_with_the_standard() {
        let spaces = |c: char| SPACES.iter().any(|(from, to)| (*from..=*to).contains(&c));
        for character in ('\0'..=char::MAX).filter(|c| c.is_whitespace() || c.is_control()) {
            assert!(spaces(character) || unprintable(character), "{character:?}");
        }
        assert!(('\0'..=char::MAX).filter(|c| spaces(*c)).all(char::is_whitespace));
    }

    #[test]
    fn names_that_look_alike_fold_alike() {
        assert_eq!(fold("ACME  Holding"), fold("acme holding"));
        assert_eq!(fold("Ａcme\u{a0}Holding"), fold("acme holding"));
        assert_eq!(fold("نور\u{200c}الدین"), fold("نورالدین"));
        assert_ne!(fold("acme"), fold("acme2"));
    }
}

//! E-mail addresses.

use std::{borrow::Cow, fmt, sync::Arc};

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::MixedScript as _;

use crate::{names, text::NotText};

/// An e-mail address in its one spelling: in lower case, with the domain's labels in Unicode. A label that mixes scripts stays in
/// the ASCII form of IDNA (`xn--…`), because it may only look like another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(Arc<str>);

/// What an address looks like: atoms of ASCII and dots before one `@`; after it labels of letters, digits and hyphens. Classes
/// of labels name the ASCII characters that they exclude. What IDNA says of other letters is left to the server.
const PATTERN: &str = concat!(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@",
    r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?",
    r"(\.[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?)+$",
);
/// The longest address, with its domain in ASCII.
const LONGEST: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_LABEL: usize = 63;

/// The administrator's address of the source documents. Its domain belongs to a stranger, so no mail may go to it.
pub const DEFAULT_ADMIN_EMAIL: &str = "admin@adminplatform.com";

impl Email {
    /// Whether this is [`DEFAULT_ADMIN_EMAIL`].
    pub fn is_default_admin(&self) -> bool {
        self.as_str() == DEFAULT_ADMIN_EMAIL
    }

    /// The address in a text that a person typed: white space around it, wide letters and case are forgiven.
    pub fn parse(text: &str) -> Result<Self, NotText> {
        // Normalising can make a text several times longer: look at the size first.
        if text.len() > 1024 {
            return Err(too_long());
        }
        Self::of(&text.trim().nfkc().collect::<String>())
    }

    fn of(text: &str) -> Result<Self, NotText> {
        let (local, domain) = match text.split('@').collect::<Vec<_>>()[..] {
            [local, domain] => (local, domain),
            [_] => return Err(refused("it has no @")),
            _ => return Err(refused("it has more than one @")),
        };
        check_local_part(local)?;
        let address = format!("{}@{}", local.to_ascii_lowercase(), one_spelling(domain)?);
        let email = Self(address.into());
        if email.ascii().len() > LONGEST { Err(too_long()) } else { Ok(email) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with its domain in ASCII, as mail servers and keys have it.
    pub fn ascii(&self) -> Cow<'_, str> {
        match self.0.split_once('@') {
            Some((local, domain)) if !domain.is_ascii() => {
                let domain = idna::domain_to_ascii_strict(domain).expect("it was checked when the address was made");
                Cow::Owned(format!("{local}@{domain}"))
            }
            Some(_) | None => Cow::Borrowed(&self.0),
        }
    }

    /// The local part, before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(&*self.0, |(local, _)| local)
    }
}

impl TryFrom<String> for Email {
    type Error = NotText;

    fn try_from(text: String) -> Result<Self, NotText> {
        Self::parse(&text)
    }
}

impl TryFrom<&str> for Email {
    type Error = NotText;

    fn try_from(text: &str) -> Result<Self, NotText> {
        Self::parse(text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Email {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "idn-email", "minLength": 5, "maxLength": LONGEST, "pattern": PATTERN })
    }
}

fn refused(why: impl fmt::Display) -> NotText {
    NotText(format!("an e-mail address such as ada@example.com; {why}"))
}

fn too_long() -> NotText {
    refused(format!("it has at most {LONGEST} characters"))
}

fn check_local_part(local: &str) -> Result<(), NotText> {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    if let Some(other) = local.chars().find(|c| *c != '.' && !is_atom(*c)) {
        return Err(refused(format!("before the @ {} is not possible", shown(other))));
    }
    if local.is_empty() {
        Err(refused("something is before the @"))
    } else if local.split('.').any(str::is_empty) {
        Err(refused("before the @ each dot is between two other characters"))
    } else if local.len() > LONGEST_LOCAL_PART {
        Err(refused(format!("at most {LONGEST_LOCAL_PART} characters are before the @")))
    } else {
        Ok(())
    }
}

/// The domain with its labels in Unicode, in lower case.
fn one_spelling(domain: &str) -> Result<String, NotText> {
    let in_ascii = check_ascii(domain);
    let is_international =
        !domain.is_ascii() || domain.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--"));
    if !is_international {
        return in_ascii.map(|()| domain.to_ascii_lowercase());
    }
    let is_shown = |label: &[char], _: &[char], _: bool| label.iter().collect::<String>().is_single_script();
    let (unicode, result) =
        Uts46::new().to_user_interface(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, is_shown);
    let is_domain = |ascii: &str| check_ascii(ascii).is_ok();
    match (result, idna::domain_to_ascii_strict(&unicode)) {
        (Ok(()), Ok(ascii)) if is_domain(&ascii) => Ok(unicode.into_owned()),
        // Earlier versions looked at the form alone.
        _ if in_ascii.is_ok() => Ok(domain.to_ascii_lowercase()),
        _ => Err(refused(format!("\"{domain}\" is no domain, by the rules of IDNA"))),
    }
}

fn check_ascii(domain: &str) -> Result<(), NotText> {
    if let Some(other) = domain.chars().find(|c| !c.is_ascii_alphanumeric() && !"-.".contains(*c)) {
        return Err(refused(format!("in the domain {} is not possible", shown(other))));
    }
    let labels = || domain.split('.');
    if labels().any(|label| !(1..=LONGEST_LABEL).contains(&label.len())) {
        Err(refused(format!("between the dots of the domain are 1 to {LONGEST_LABEL} characters")))
    } else if labels().count() == 1 {
        Err(refused("the domain has a dot"))
    } else if labels().any(|label| label.starts_with('-') || label.ends_with('-')) {
        Err(refused("in the domain a hyphen is between two other characters"))
    } else {
        Ok(())
    }
}

/// A character, for a refusal.
fn shown(character: char) -> String {
    if character == ' ' {
        "a space".to_owned()
    } else if character.is_control() || character.is_whitespace() || names::is_invisible(character) {
        names::described(character)
    } else {
        format!("\"{character}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        Email::parse(text).unwrap_or_else(|refused| panic!("{text}: {refused:?}")).to_string()
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (text, spelling, ascii) in [
            (" Ada@Acme.Example\n", "ada@acme.example", "ada@acme.example"),
            ("ada@MÜNCHEN.example", "ada@münchen.example", "ada@xn--mnchen-3ya.example"),
            ("ada@xn--mnchen-3ya.example", "ada@münchen.example", "ada@xn--mnchen-3ya.example"),
            ("ada@faß.example", "ada@faß.example", "ada@xn--fa-hia.example"),
            ("ada@例え。テスト", "ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
            ("ada＠münchen.example", "ada@münchen.example", "ada@xn--mnchen-3ya.example"),
            // Cyrillic and Latin letters in one label: shown so that nobody takes it for another.
            ("ada@аcme.example", "ada@xn--cme-5cd.example", "ada@xn--cme-5cd.example"),
            // Of no meaning to IDNA, and taken by earlier versions.
            ("ada@xn--a.example", "ada@xn--a.example", "ada@xn--a.example"),
            ("a.b+c@ab--cd.example", "a.b+c@ab--cd.example", "a.b+c@ab--cd.example"),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!((email.as_str(), &*email.ascii()), (spelling, ascii), "{text}");
            assert_eq!(parsed(spelling), spelling);
            assert_eq!(parsed(ascii), spelling);
        }
    }

    #[test]
    fn a_refusal_names_the_part() {
        let refusal = |text: &str| Email::try_from(text).unwrap_err().0;
        let long = "x".repeat(65);
        for (text, why) in [
            ("", "it has no @"),
            ("ada", "it has no @"),
            ("a@@b.cd", "it has more than one @"),
            ("@b.cd", "something is before the @"),
            ("ä@b.cd", "before the @ \"ä\" is not possible"),
            ("a b@c.de", "before the @ a space is not possible"),
            (".a@b.cd", "before the @ each dot is between two other characters"),
            (&format!("{long}@b.cd"), "at most 64 characters are before the @"),
            ("a@b", "the domain has a dot"),
            ("a@b..c", "between the dots of the domain are 1 to 63 characters"),
            ("a@-b.cd", "in the domain a hyphen is between two other characters"),
            ("a@b_c.de", "in the domain \"_\" is not possible"),
            ("a@b\n.cd", "in the domain U+000A (line break) is not possible"),
            ("a@☃️\u{200d}.cd", "\"☃️\u{200d}.cd\" is no domain, by the rules of IDNA"),
        ] {
            assert_eq!(refusal(text), format!("an e-mail address such as ada@example.com; {why}"), "{text:?}");
        }
        let domain = format!("{}.{}.{}.{}.cd", &long[2..], &long[2..], &long[2..], &long[2..]);
        assert_eq!(refusal(&format!("a@{domain}")), too_long().0);
    }

    proptest::proptest! {
        #[test]
        fn a_spelling_stays(text in r"[a-z]{1,3}@(xn--)?[a-zà-ÿа-яα-ω0-9\u{200c}ß-]{1,6}\.[a-z]{2}") {
            if let Ok(email) = Email::parse(&text) {
                let ascii = email.ascii().into_owned();
                proptest::prop_assert_eq!(&Email::parse(&ascii).unwrap(), &email);
                proptest::prop_assert_eq!(&Email::parse(email.as_str()).unwrap(), &email);
            }
        }
    }
}

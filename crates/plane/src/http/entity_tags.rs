//! The entity tags of an `If-Match` header, as versions.
//!
//! RFC 9110 (section 13.1.1) compares strongly, so that a weak tag matches nothing. A proxy that compresses our answers weakens
//! their tags (`W/"3"`) or appends the coding (`"3-gzip"`, `"3;br"`), though the record is the same: our tag is the record's
//! version. So both forms are taken as the version that they are made from; otherwise nobody behind such a proxy could update.

use crate::problem::{Problem, Result};

/// The versions that a caller accepts. Tags that are no version of ours are none, and match nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EntityTags(Vec<u64>);

impl EntityTags {
    /// Reads a list of one tag or more.
    pub(super) fn parse(list: &str) -> Result<Self> {
        let expected = || Problem::field("/if-match", "an ETag as it was read, such as \"3\", a list of such, or *");
        let (mut rest, mut tags, mut versions) = (list.trim(), 0, Vec::new());
        while !rest.is_empty() {
            // A list may have empty elements (RFC 9110, section 5.6.1).
            if let Some(next) = rest.strip_prefix(',') {
                rest = next.trim_start();
                continue;
            }
            let opaque = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"').ok_or_else(expected)?;
            let (tag, next) = opaque.split_once('"').ok_or_else(expected)?;
            rest = next.trim_start();
            if tag.contains([' ', '\t']) || !(rest.is_empty() || rest.starts_with(',')) {
                return Err(expected());
            }
            tags += 1;
            versions.extend(version(tag));
        }
        if tags == 0 { Err(expected()) } else { Ok(Self(versions)) }
    }

    pub(super) fn has(&self, version: u64) -> bool {
        self.0.contains(&version)
    }
}

/// The version in a tag, without what a proxy appended.
fn version(tag: &str) -> Option<u64> {
    let digits = tag.split(['-', ';']).next()?;
    let version: u64 = digits.parse().ok()?;
    // Not `+3` or `03`, which are tags that we never gave.
    (version.to_string() == digits).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_versions_whatever_a_proxy_made_of_them() {
        for (list, versions) in [
            ("\"3\"", &[3][..]),
            ("W/\"3\"", &[3]),
            ("\"3-gzip\"", &[3]),
            ("\"3--gzip\"", &[3]),
            ("W/\"3;br\"", &[3]),
            ("\"1\", W/\"2\",\"3-br\"", &[1, 2, 3]),
            (" , \"1\" ,, \"2\",", &[1, 2]),
            ("\"a,b\", \"7\"", &[7]),
            ("\"\"", &[]),
            ("\"33a64df5\"", &[]),
            ("\"+3\"", &[]),
            ("\"03\"", &[]),
            ("\"99999999999999999999\"", &[]),
        ] {
            assert_eq!(EntityTags::parse(list).unwrap(), EntityTags(versions.to_vec()), "{list}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for list in ["", " ", ",", "3", "\"3", "3\"", "w/\"3\"", "W/3", "\"1\" \"2\"", "\"1\"x", "\"1\", *", "\"1 2\""]
        {
            assert!(EntityTags::parse(list).is_err(), "{list}");
        }
    }
}

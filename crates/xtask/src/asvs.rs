//! The table of OWASP ASVS 5.0 in `docs/security/asvs.md`: every requirement of the levels 1 and 2 once, with its verdict.

use std::collections::BTreeMap;

use crate::links;

pub(crate) const TABLE: &str = "docs/security/asvs.md";
/// What a verdict can be, and whether it needs a reason.
const VERDICTS: [(&str, bool); 4] = [("met", false), ("partly", true), ("not met", true), ("n/a", true)];
const REQUIREMENTS: usize = 253;

/// The requirements of the levels 1 and 2 in version 5.0, by section.
const SECTIONS: &str = "
    1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1 3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5 3.7:1-2
    4.1:1-3 4.2:1 4.3:1-2 4.4:1-4 5.1:1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3
    6.8:1-4 7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2 8.2:1-3 8.3:1 8.4:1 9.1:1-3 9.2:1-4 10.1:1-2
    10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5 10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1 11.6:1 12.1:1-3
    12.2:1-2 12.3:1-4 13.1:1 13.2:1-5 13.3:1-2 13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1
    16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3 17.1:1 17.2:1-4 17.3:1-2";

/// The problems of the table; those of its links are found with all other links.
pub(crate) fn check(text: &str, found: &mut Vec<String>) {
    let mut seen: BTreeMap<String, usize> = requirements().into_iter().map(|number| (number, 0)).collect();
    for (line, number) in text.lines().zip(1..) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [requirement, _level, verdict, reason, evidence] = cells[..] else { continue };
        if !requirement.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let mut say = |problem: String| found.push(format!("{TABLE}:{number}: {requirement} {problem}"));
        match seen.get_mut(requirement) {
            Some(times) => *times += 1,
            None => say("is no requirement of the levels 1 and 2".into()),
        }
        match VERDICTS.iter().find(|(name, _)| *name == verdict) {
            Some((_, true)) if reason.is_empty() => say(format!("is {verdict} without a reason")),
            Some(_) => {}
            None => say(format!("has the verdict {verdict:?}")),
        }
        if verdict == "met" && links::links(evidence).is_empty() {
            say("is met, and nothing shows it".into());
        }
    }
    found.extend(
        seen.iter()
            .filter(|(_, times)| **times != 1)
            .map(|(requirement, times)| format!("{TABLE}: {requirement} is there {times} times")),
    );
}

fn requirements() -> Vec<String> {
    let mut all = Vec::with_capacity(REQUIREMENTS);
    for section in SECTIONS.split_ascii_whitespace() {
        let (section, range) = section.split_once(':').expect("a section has its range");
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bounds = [first, last].map(|bound| bound.parse::<u8>().expect("a bound is a number"));
        all.extend((bounds[0]..=bounds[1]).map(|number| format!("{section}.{number}")));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table in which every requirement is met.
    fn whole() -> Vec<String> {
        requirements().iter().map(|number| format!("| {number} | 1 | met | | [shown](x.rs) |")).collect()
    }

    fn problems(rows: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        check(&rows.join("\n"), &mut found);
        found
    }

    #[test]
    fn every_requirement_is_there_once() {
        let mut rows = whole();
        assert_eq!(rows.len(), REQUIREMENTS);
        assert_eq!(problems(&rows), Vec::<String>::new());
        rows[1] = rows[0].clone();
        let expected =
            ["1.1.1 is there 2 times", "1.1.2 is there 0 times"].map(|problem| format!("{TABLE}: {problem}"));
        assert_eq!(problems(&rows), expected);
        rows[1] = "| 1.1.9 | 1 | met | | [shown](x.rs) |".into();
        assert!(problems(&rows)[0].ends_with(":2: 1.1.9 is no requirement of the levels 1 and 2"));
    }

    #[test]
    fn a_verdict_is_known_and_has_its_reason_or_evidence() {
        for (row, problem) in [
            ("| 1.1.1 | 1 | perhaps | so | |", "has the verdict \"perhaps\""),
            ("| 1.1.1 | 1 | partly | | [shown](x.rs) |", "is partly without a reason"),
            ("| 1.1.1 | 1 | not met | | |", "is not met without a reason"),
            ("| 1.1.1 | 1 | n/a | | |", "is n/a without a reason"),
            ("| 1.1.1 | 1 | met | said | |", "is met, and nothing shows it"),
        ] {
            let mut rows = whole();
            rows[0] = row.into();
            assert_eq!(problems(&rows), [format!("{TABLE}:1: 1.1.1 {problem}")]);
        }
    }
}

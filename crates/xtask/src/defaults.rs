//! The defaults of settings in documents: they must equal those of the configuration, if a row of a table names both.

use std::collections::BTreeMap;

pub(crate) const CONFIGURATION: &str = "crates/cli/src/config.default.toml";
/// The documents whose tables name settings with their defaults.
pub(crate) const DOCUMENTS: [&str; 1] = ["docs/security/policies.md"];

/// The rows ``| … | `setting` | default |`` of a document that disagree with the configuration.
pub(crate) fn check(path: &str, text: &str, configuration: &str, found: &mut Vec<String>) {
    let settings: BTreeMap<&str, &str> = configuration.lines().filter_map(|line| line.split_once(" = ")).collect();
    for (line, number) in text.lines().zip(1..) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [_, setting, default] = cells[..] else { continue };
        let Some(setting) = setting.strip_prefix('`').and_then(|setting| setting.strip_suffix('`')) else { continue };
        match settings.get(setting) {
            Some(value) if *value == default => {}
            Some(value) => found.push(format!("{path}:{number}: the default of {setting} is {value}, not {default}")),
            None => found.push(format!("{path}:{number}: there is no setting {setting}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_default_of_the_configuration() {
        let configuration = "# Seconds.\nidle_seconds = 75\nhead_seconds = 10\n";
        let rows = "| idle | `idle_seconds` | 75 |\n| head | `head_seconds` | 75 |\n| none | `no_seconds` | 1 |\n\
            | page | fixed | 200 |\n";
        let mut found = Vec::new();
        check("a.md", rows, configuration, &mut found);
        assert_eq!(
            found,
            ["a.md:2: the default of head_seconds is 10, not 75", "a.md:3: there is no setting no_seconds"]
        );
    }
}

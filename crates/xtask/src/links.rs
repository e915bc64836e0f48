//! Links of the documentation: relative ones point to files and headings that exist, and one named like a test points to it.

use std::{collections::BTreeSet, fs, path::Path};

/// One link of a Markdown text.
pub(crate) struct Link<'a> {
    pub(crate) line: usize,
    pub(crate) text: &'a str,
    target: &'a str,
}

/// The inline links of a text, without those in blocks of code.
pub(crate) fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    for (line, content) in prose(text) {
        let mut rest = content;
        while let Some((before, after)) = rest.split_once("](") {
            let Some((target, behind)) = after.split_once(')') else { break };
            let text = before.rsplit_once('[').map_or("", |(_, text)| text);
            found.push(Link { line, text, target });
            rest = behind;
        }
    }
    found
}

/// The problems of the links of the document `path` below `root`, each as `path:line: problem`.
pub(crate) fn check(root: &Path, path: &str, text: &str, found: &mut Vec<String>) {
    for link in links(text) {
        if let Err(problem) = follow(&root.join(path), &link) {
            found.push(format!("{path}:{}: {problem}", link.line));
        }
    }
}

fn follow(document: &Path, link: &Link<'_>) -> Result<(), String> {
    if link.target.contains("://") || link.target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = link.target.split_once('#').unwrap_or((link.target, ""));
    let target = if file.is_empty() { document.to_owned() } else { document.with_file_name(file) };
    if !target.exists() {
        return Err(format!("the link leads to {file}, which does not exist"));
    }
    let source = || fs::read_to_string(&target).map_err(|error| format!("{file}: {error}"));
    if !anchor.is_empty() && !anchors(&source()?).contains(anchor) {
        return Err(format!("the link leads to #{anchor}, which is no heading of {}", target.display()));
    }
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let names_a_test = link.text.contains('_') && link.text.chars().all(is_name);
    if names_a_test && target.extension().is_some_and(|extension| extension == "rs") && !has_test(&source()?, link.text)
    {
        return Err(format!("{file} has no test {}", link.text));
    }
    Ok(())
}

/// Whether a source has a function of the name, or a case of it in a conformance suite.
fn has_test(source: &str, name: &str) -> bool {
    let case = format!("    {name}(world) {{");
    source.contains(&format!("fn {name}(")) || source.lines().any(|line| line == case)
}

/// The anchors that GitHub gives the headings of a text.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|(_, line)| line.starts_with('#'));
    headings.filter_map(|(_, line)| line.trim_start_matches('#').strip_prefix(' ')).map(anchor).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines outside blocks of code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().zip(1..).filter_map(move |(line, number)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!in_code && !fence).then_some((number, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_a_heading_and_a_test() {
        let folder = std::env::temp_dir().join(format!("freehold-links-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let document = "# The log\n[a](code.rs) [b](#the-log) [a_test](code.rs) [code](code.rs)\n\
            [c](https://example.com/absent) [d](document.md#the-log)\n```\n[e](absent.md)\n```\n\
            [f](absent.md) [g](code.rs)\n[h](document.md#absent)\n[an_absent_test](code.rs)\n";
        for (name, text) in [("document.md", document), ("code.rs", "fn a_test() {}\n")] {
            fs::write(folder.join(name), text).expect("the file can be written");
        }
        let mut found = Vec::new();
        check(&folder, "document.md", document, &mut found);
        let heading = folder.join("document.md");
        assert_eq!(
            found,
            [
                "document.md:7: the link leads to absent.md, which does not exist".to_owned(),
                format!("document.md:8: the link leads to #absent, which is no heading of {}", heading.display()),
                "document.md:9: code.rs has no test an_absent_test".to_owned(),
            ]
        );
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }

    #[test]
    fn headings_have_the_anchors_of_github() {
        assert_eq!(anchor("Sign-in: what holds, and `how`"), "sign-in-what-holds-and-how");
    }
}

//! House rules that no compiler and no lint holds.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{asvs, defaults, links};

/// A file of code is at most this long.
const LONGEST: usize = 600;

/// `Plane` has at most this many methods. Lower it when a slice's helpers become free functions; never raise it.
const PLANE_METHODS: usize = 90;

/// Idioms that plain technical English does without. Say who does what instead.
const IDIOMS: [&str; 9] = [
    "whoever",
    "what stands",
    "is told",
    "are told",
    "was told",
    "comes to rest",
    "so is said",
    "is heard",
    "as good as",
];

pub(crate) fn run() -> Result<()> {
    let mut found = Vec::new();
    let mut methods = 0;
    // The inputs of fuzz targets are as the fuzzer made them.
    for path in tracked()?.into_iter().filter(|path| !path.starts_with("fuzz/corpus/")) {
        // A file that was deleted and not committed yet.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        look(&path, &text, &mut found);
        methods += if path.starts_with("crates/plane/src/") { methods_of_plane(&text) } else { 0 };
    }
    if methods > PLANE_METHODS {
        found.push(format!(
            "Plane has {methods} methods, more than {PLANE_METHODS}: make helpers free functions of their slice"
        ));
    }
    documents(Path::new(""), &mut found)?;
    formatting(&tracked()?, &mut found)?;
    dependencies(&mut found)?;
    default_build(&mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    bail!("{}", found.join("\n"))
}

/// Links of documents lead somewhere, the table of ASVS is whole, and defaults of settings are those of the configuration. Paths are relative to `root`.
fn documents(root: &Path, found: &mut Vec<String>) -> Result<()> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"])
        .current_dir(if root.as_os_str().is_empty() { Path::new(".") } else { root })
        .output()?;
    for path in String::from_utf8(output.stdout)?.lines() {
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        links::check(root, path, &text, found);
    }
    let table = fs::read_to_string(root.join(asvs::TABLE)).context(asvs::TABLE)?;
    asvs::check(&table, found);
    let configuration = fs::read_to_string(root.join(defaults::CONFIGURATION)).context(defaults::CONFIGURATION)?;
    for path in defaults::DOCUMENTS {
        let text = fs::read_to_string(root.join(path)).context(path)?;
        defaults::check(path, &text, &configuration, found);
    }
    Ok(())
}

fn tracked() -> Result<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).output()?;
    Ok(String::from_utf8(output.stdout)?.lines().map(ToOwned::to_owned).collect())
}

/// How many methods the `impl Plane` blocks of a file have.
fn methods_of_plane(text: &str) -> usize {
    let (mut methods, mut in_plane) = (0, false);
    for line in text.lines() {
        in_plane = (in_plane || line == "impl Plane {") && line != "}";
        let Some(item) = line.strip_prefix("    ").filter(|item| in_plane && !item.starts_with(' ')) else { continue };
        let before = item.split_once("fn ").map_or(".", |(before, _)| before);
        let is_method =
            before.split_whitespace().all(|word| matches!(word, "async" | "const") || word.starts_with("pub"));
        methods += usize::from(is_method);
    }
    methods
}

/// Whether a line is a field that names an account or an enterprise.
fn names_the_scope(line: &str) -> bool {
    ["account_id:", "enterprise_id:"].iter().any(|field| line.trim_start().starts_with(field))
}

fn look(path: &str, text: &str, found: &mut Vec<String>) {
    let mut say = |line: usize, what: &str| found.push(format!("{path}:{line}: {what}"));
    let is_rust = is_rust(path);
    let is_prose = Path::new(path)
        .extension()
        .is_some_and(|extension| ["md", "snap", "stderr", "txt"].iter().any(|prose| extension == *prose));
    let is_pure = path.ends_with("/model.rs") || path.ends_with("workflow/plan.rs");
    let is_http = path.contains("/features/") && path.ends_with("/http.rs");
    let is_below_features = path.starts_with("crates/plane/src/http/") || path == "crates/plane/src/plane.rs";
    let mut of_a_request = false;
    for (place, line) in text.lines().enumerate() {
        let number = place + 1;
        if is_http {
            of_a_request = (of_a_request || line.contains("derive(") && line.contains("Deserialize")) && line != "}";
            if of_a_request && names_the_scope(line) && !line.contains("ReadByGuard<") {
                say(number, "the guard reads account and enterprise from a request: use ReadByGuard");
            }
        }
        if line != line.trim_end() && !is_prose {
            say(number, "white space at the end of the line");
        }
        if path.ends_with("xtask/src/tidy.rs") {
            continue;
        }
        if let Some(idiom) = idiom(path, line) {
            say(number, &format!("\"{idiom}\" is not plain technical English: say who does what"));
        }
        if !is_rust {
            continue;
        }
        if is_below_features && line.contains("features::") {
            say(number, "HTTP and the plane know no feature: product.rs puts them together");
        }
        if line.contains("#[allow(") || line.contains("#![allow(") {
            say(number, "say `expect` with a reason instead of `allow`");
        }
        for mark in ["TODO", "FIXME", "XXX", "#[ignore", "todo!(", "unimplemented!("] {
            if line.contains(mark) {
                say(number, &format!("{mark} is not left in the repository"));
            }
        }
        if is_pure && (line.contains("async ") || line.contains(".await")) {
            say(number, "models and plans are pure: no async");
        }
    }
    if is_rust && text.lines().count() > LONGEST {
        found.push(format!("{path}: {} lines; a file has at most {LONGEST}", text.lines().count()));
    }
    if is_rust && path.contains("/src/") && !text.starts_with("//!") {
        found.push(format!("{path}: a module begins with one sentence on its job (`//! …`)"));
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// Checks every tracked Rust file, including those that `cargo fmt` does not reach through a crate's module tree.
fn formatting(files: &[String], found: &mut Vec<String>) -> Result<()> {
    let sources = files.iter().filter(|file| is_rust(file) && Path::new(file).exists());
    let output = Command::new("rustfmt").args(["--edition", "2024", "--check", "-l"]).args(sources).output()?;
    let unformatted = String::from_utf8_lossy(&output.stdout);
    found.extend(unformatted.lines().map(|file| format!("{file}: not formatted; run rustfmt on it")));
    ensure!(output.status.success() || !found.is_empty(), "rustfmt: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// What each crate may not depend on: HTTP and what is above it.
const LAYERS: &[(&str, &[&str])] = &[
    ("kernel", &["axum", "hyper", "http", "tower", "plane", "local", "aws", "cli", "lambda", "testkit"]),
    ("plane", &["local", "aws", "cli", "lambda", "testkit"]),
    ("local", &["plane", "aws", "cli", "lambda", "testkit"]),
    ("aws", &["plane", "local", "cli", "lambda", "testkit"]),
];

/// Crates depend downwards alone, and nothing in the default build knows a cloud.
fn dependencies(found: &mut Vec<String>) -> Result<()> {
    let output = Command::new("cargo").args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    for package in metadata["packages"].as_array().context("cargo lists packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let ships = dependency["kind"].is_null();
            if ships && LAYERS.iter().any(|(layer, above)| *layer == name && above.contains(&on)) {
                found.push(format!("crates/{name}: depends on {on}, which is above it"));
            }
            if ships && on.starts_with("aws-sdk") && name != "aws" {
                found.push(format!("crates/{name}: depends on {on}; SDKs stand in crates/aws alone"));
            }
        }
    }
    Ok(())
}

/// The default build contains nothing for AWS.
fn default_build(found: &mut Vec<String>) -> Result<()> {
    let arguments =
        ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--package", "cli", "--package", "lambda"];
    let output = Command::new("cargo").args(arguments).output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let mut crates: Vec<&str> = std::str::from_utf8(&output.stdout)?.lines().filter_map(of_aws).collect();
    crates.sort_unstable();
    crates.dedup();
    found.extend(crates.iter().map(|name| format!("{name} is compiled into the default build of the binary")));
    Ok(())
}

/// The crate's name, if it is one for AWS. `aws-lc` is the cryptography of rustls.
fn of_aws(line: &str) -> Option<&str> {
    let name = line.split(' ').next()?;
    let ours = name == "aws" || name.starts_with("aws_") || name.starts_with("aws-") && !name.starts_with("aws-lc");
    ours.then_some(name)
}

/// The idiom that a line of code or of a document uses, if it uses one.
fn idiom(path: &str, line: &str) -> Option<&'static str> {
    let extension = Path::new(path).extension()?;
    let is_text = ["rs", "md", "toml", "ts", "tsx"].iter().any(|text| extension == *text);
    // The changes of released versions are history.
    if !is_text || path == "CHANGELOG.md" {
        return None;
    }
    let line = line.to_lowercase();
    let is_inside = |at: usize, length: usize| {
        let of_word = |c: char| c.is_alphanumeric() || c == '_';
        line[..at].ends_with(of_word) || line[at + length..].starts_with(of_word)
    };
    IDIOMS.into_iter().find(|idiom| line.match_indices(idiom).any(|(at, _)| !is_inside(at, idiom.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idioms_are_found_as_words() {
        assert_eq!(idiom("a.rs", "// Whoever asks is served"), Some("whoever"));
        assert_eq!(idiom("docs/a.md", "the queue is told"), Some("is told"));
        for (path, line) in [("a.rs", "fn whoevers() {}"), ("CHANGELOG.md", "whoever"), ("a.json", "whoever")] {
            assert_eq!(idiom(path, line), None, "{path}: {line}");
        }
    }

    #[test]
    fn crates_for_aws_are_told_from_cryptography() {
        let tree = ["aws v0.1.0 (/freehold/crates/aws)", "aws-sdk-sts v1.124.0", "aws-lc-rs v1.19.0", "axum v0.8.9"];
        assert_eq!(tree.map(of_aws), [Some("aws"), Some("aws-sdk-sts"), None, None]);
    }

    #[test]
    fn documents_are_whole_and_their_links_lead_somewhere() {
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is below the root");
        documents(root, &mut found).expect("the documents can be read");
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_default_build_compiles_nothing_of_aws() {
        let mut found = Vec::new();
        default_build(&mut found).expect("cargo tells the tree");
        assert_eq!(found, Vec::<String>::new());
    }
}

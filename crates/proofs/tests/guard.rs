//! Forgetting the guard does not compile, and the compiler says so in words that help: what it says to each file of
//! `fail/` stands beside it.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn forgetting_the_guard_does_not_compile() {
    #[expect(clippy::disallowed_methods, reason = "an environment variable selects whether to write the files")]
    let update = env::var_os("UPDATE_FAIL").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fail");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    assert_eq!(files.len(), 12);
    for file in files {
        let (compiles, told) = compile(&file);
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(compiles, name == "nothing_forgotten", "{name}: {told}");
        let beside = file.with_extension("stderr");
        if update && !compiles {
            fs::write(&beside, &told).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert!(told == expected, "{name}: the compiler says something else (UPDATE_FAIL=1 writes it anew):\n{told}");
    }
}

/// Whether a file compiles against the library as it was built for this test, and what the compiler says.
fn compile(file: &Path) -> (bool, String) {
    let built = env::current_exe().unwrap();
    let built = built.parent().unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let output = Command::new("rustc")
        .current_dir(&workspace)
        .args([
            "--edition=2024",
            "--crate-type=bin",
            "--emit=metadata",
            "--color=never",
            "--diagnostic-width=140",
            "--verbose",
            "-Aunused",
        ])
        .args(["--out-dir", env!("CARGO_TARGET_TMPDIR"), "-L"])
        .arg(format!("dependency={}", built.display()))
        .arg(format!("--extern=plane={}", library(built).display()))
        .arg(file.strip_prefix(&workspace).unwrap_or(file))
        .output()
        .expect("the compiler that made this test is at hand");
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), plain(&told, &workspace))
}

/// The library in a folder of builds. There can be several, for sets of features; the newest is of today's source.
fn library(built: &Path) -> PathBuf {
    let candidates = fs::read_dir(built).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libplane-") && name.ends_with(".rlib")
    });
    candidates.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).expect("this test depends on it")
}

/// Without what differs from machine to machine, or moves with every line of the library: its lines, and the width of
/// the margin that their numbers ask for.
fn plain(told: &str, workspace: &Path) -> String {
    let mut plain = String::new();
    let mut in_library = false;
    for line in told.replace(&format!("{}/", workspace.display()), "").lines() {
        let text = line.trim_start();
        if let Some(place) = text.strip_prefix("--> ") {
            in_library = ["crates/kernel/", "crates/plane/"].iter().any(|library| place.starts_with(library));
            let place = if in_library { place.split(':').next().unwrap_or(place) } else { place };
            plain.extend(["  --> ", place]);
        } else if text.starts_with(|c: char| c.is_ascii_digit() || c == '|') {
            if in_library {
                continue;
            }
            let (number, code) = text.split_once('|').unwrap_or((text, ""));
            plain.extend([&format!("{:>3} |", number.trim_end()), code]);
        } else if text.len() < line.len() {
            plain.extend([if text.starts_with('=') { "    " } else { "        " }, text]);
        } else {
            plain.push_str(text);
        }
        plain.push('\n');
    }
    plain
}

//! Lists the files of `console/dist`. It never builds the console: that takes Node, and is `scripts/console`'s work.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through the environment")]
#![expect(clippy::unnecessary_debug_formatting, reason = "paths are written as Rust's literals")]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = manifest.join("../../console/dist").canonicalize().expect("console/dist is kept by its .gitkeep");
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-env-changed=FREEHOLD_REQUIRE_CONSOLE");
    let mut files = Vec::new();
    walk(&dist, &dist, &mut files);
    files.sort();
    assert!(
        env::var_os("FREEHOLD_REQUIRE_CONSOLE").is_none() || files.iter().any(|file| file == "index.html"),
        "the console is not built: run scripts/console"
    );
    let mut text = String::from("/// Every file, sorted by its path.\npub static FILES: &[File] = &[\n");
    for file in files {
        let at = dist.join(&file);
        let twin = |ending: &str| {
            let twin = dist.join(format!("{file}.{ending}"));
            if twin.exists() { format!("Some(include_bytes!({twin:?}))") } else { "None".to_owned() }
        };
        writeln!(
            text,
            "    File {{ path: {file:?}, plain: include_bytes!({at:?}), brotli: {}, gzip: {} }},",
            twin("br"),
            twin("gz"),
        )
        .expect("a string takes all");
    }
    text.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("files.rs"), text).expect("OUT_DIR can be written");
}

fn walk(dist: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries too").path();
        let name =
            path.strip_prefix(dist).expect("it is below").to_str().expect("names of assets are plain").to_owned();
        let hidden = name.split('/').any(|part| part.starts_with('.'));
        if path.is_dir() {
            if !hidden {
                println!("cargo:rerun-if-changed={}", path.display());
                walk(dist, &path, files);
            }
        } else if !hidden
            && !["br", "gz", "map"].iter().any(|ending| path.extension().is_some_and(|own| own == *ending))
        {
            files.push(name);
        }
    }
}

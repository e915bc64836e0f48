//! The console that is served: the one in the binary, or one in a folder, for development.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use plane::http::console::Console;

use crate::{
    config::Config,
    fail::{Failure, Outcome},
};

pub(crate) fn console(config: &Config) -> Outcome<Console> {
    if config.console_dir.as_os_str().is_empty() { Ok(built_in()) } else { of_folder(&config.console_dir) }
}

fn built_in() -> Console {
    let add = |console: Console, file: &console_assets::File| {
        let plain = Bytes::from_static(file.plain);
        console.with(file.path, plain, file.brotli.map(Bytes::from_static), file.gzip.map(Bytes::from_static))
    };
    console_assets::FILES.iter().fold(Console::default(), add)
}

fn of_folder(folder: &Path) -> Outcome<Console> {
    let mut console = Console::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(|error| unreadable(&next, &error))? {
            let path = entry.map_err(|error| unreadable(&next, &error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = name(folder, &path) {
                let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
                console = console.with(&name, bytes.into(), None, None);
            }
        }
    }
    Ok(console)
}

/// The path below the folder, in an address's form.
fn name(folder: &Path, path: &Path) -> Option<String> {
    let below: PathBuf = path.strip_prefix(folder).ok()?.to_owned();
    below.to_str().map(ToOwned::to_owned)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("console_dir can't be served: {} can't be read: {error}", path.display()))
        .hint("build the console with scripts/console, or leave console_dir empty for the one in the binary")
}

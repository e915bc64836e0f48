//! `freehold doctor`: whether the data folder and the settings are as they should be, and what to do where not.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    os::unix::{fs::MetadataExt as _, net::UnixStream},
    path::Path,
};

use local::{
    keys::{Folder, KeyFile},
    table::InspectedTable,
};
use plane::{identity::keys::KeyStore as _, ports::table::TableName, router::own_tables};

use crate::{
    commands::check::{self, Check},
    config::{Config, Environment, ProfileKind},
    fail::Outcome,
    folder::{self, FolderPaths},
    manifest::Manifest,
};

const MIB: u64 = 1024 * 1024;
/// Below this a commit may soon find no room.
const LITTLE_SPACE: u64 = 256 * MIB;

/// Checks everything; fails if anything is bad.
pub(crate) fn run(config: &Config, environment: &Environment, json: bool) -> Outcome {
    let places = FolderPaths(config.data_dir.clone());
    let mut checks = vec![data_folder(&places)];
    if places.0.is_dir() {
        if config.profile == ProfileKind::Embedded {
            checks.extend([whole(&places), signing_keys(&places), platform_key(&places), space(&places.0)]);
            checks.push(tables(&places));
        }
        checks.push(server(&places));
    }
    checks.push(profile(config));
    checks.extend([administrator(config), network(config), clock(config), faults(config)]);
    checks.extend([rate_limit(config), session(environment)]);
    check::told(&checks, json)
}

fn data_folder(places: &FolderPaths) -> Check {
    const CHECK: &str = "data folder";
    let path = places.0.display();
    let Ok(about) = fs::metadata(&places.0) else {
        return Check::ok(CHECK, format!("{path} is not there yet; the first start makes it"));
    };
    let mode = about.mode() & 0o777;
    if !about.is_dir() {
        Check::bad(CHECK, format!("{path} is not a folder"), "name another: --data-dir DIR")
    } else if mode & 0o077 != 0 {
        Check::bad(CHECK, format!("others can look into {path} (mode {mode:o})"), format!("chmod 700 '{path}'"))
    } else {
        let state = match places.state() {
            Folder::Initialised => "has data",
            Folder::New => "has no data yet",
        };
        Check::ok(CHECK, format!("{path}, {state}"))
    }
}

/// Whether nothing of the data is missing: the main table, what a restore has still to copy, the files of a backup.
fn whole(places: &FolderPaths) -> Check {
    const CHECK: &str = "data";
    let checked = folder::check_whole(places).and_then(|()| {
        if Manifest::path(&places.0).exists() {
            Manifest::read(&places.0)?.verify(&places.0).map(|()| true)
        } else {
            Ok(false)
        }
    });
    match checked {
        Ok(true) => Check::ok(CHECK, "this is a backup, and it is whole"),
        Ok(false) if places.state() == Folder::New => Check::ok(CHECK, "none yet; the first start makes it"),
        Ok(false) => Check::ok(CHECK, "the main table is there"),
        Err(failure) => {
            let (message, hint) = failure.into_parts();
            Check::bad(CHECK, message, hint.unwrap_or_else(|| "restore a backup into a new folder".into()))
        }
    }
}

/// Whether every table opens as a server would open it, and every account that has a table of its own finds it. Writes
/// nothing.
fn tables(places: &FolderPaths) -> Check {
    const CHECK: &str = "tables";
    const RESTORE: &str = "restore a backup into a new folder: freehold restore BACKUP --data-dir NEW_FOLDER";
    let is_served = File::open(places.0.join("lock"))
        .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)));
    if is_served {
        return Check::ok(CHECK, "a server has them open; its log names those that are missing or damaged");
    }
    let names = match local::table::names(&places.0) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return Check::ok(CHECK, "none yet"),
        Err(error) => return Check::bad(CHECK, format!("the folder can't be read: {error}"), "check the disk"),
    };
    let mut wrong = Vec::new();
    let mut shared = None;
    for name in &names {
        match InspectedTable::open(&places.0, name) {
            Ok(table) if *name == TableName::shared() => shared = Some(table),
            Ok(_) => {}
            Err(error) => wrong.push(format!("{name} can't be opened: {error}")),
        }
    }
    if let Some(shared) = shared {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        match runtime.map(|runtime| runtime.block_on(own_tables(&shared))) {
            Ok(Ok(own)) => {
                let missing = own.into_iter().filter(|(_, table)| !names.contains(table));
                wrong.extend(missing.map(|(account, table)| format!("{table}, of the account {account}, is missing")));
            }
            Ok(Err(problem)) => wrong.push(format!("the accounts can't be read: {}", problem.detail)),
            Err(error) => wrong.push(format!("the accounts can't be read: {error}")),
        }
    }
    match names.len() {
        _ if !wrong.is_empty() => Check::bad(CHECK, wrong.join("; "), RESTORE),
        1 => Check::ok(CHECK, "1, which opens"),
        all => Check::ok(CHECK, format!("{all}, each of which opens")),
    }
}

fn signing_keys(places: &FolderPaths) -> Check {
    const CHECK: &str = "signing keys";
    match KeyFile::new(places.signing_keys(), places.state()).load() {
        Ok(keys) if keys.is_empty() => Check::ok(CHECK, "none yet; the first start makes one"),
        Ok(keys) => Check::ok(CHECK, format!("{} in {}", keys.len(), places.signing_keys().display())),
        Err(error) => Check::bad(CHECK, error.to_string(), "put it back from a backup, or mend its mode as it says"),
    }
}

fn platform_key(places: &FolderPaths) -> Check {
    const CHECK: &str = "platform key";
    match folder::check_platform_key(places) {
        Ok(true) => Check::ok(CHECK, places.platform_key().display().to_string()),
        Ok(false) => Check::ok(CHECK, "none yet; the first start makes one"),
        Err(failure) => {
            let (message, hint) = failure.into_parts();
            Check::bad(CHECK, message, hint.unwrap_or_else(|| "put it back from a backup".into()))
        }
    }
}

fn server(places: &FolderPaths) -> Check {
    const CHECK: &str = "server";
    let Ok(lock) = File::open(places.0.join("lock")) else { return Check::ok(CHECK, "none runs on this folder") };
    match lock.try_lock_shared() {
        Ok(()) => Check::ok(CHECK, "none runs on this folder"),
        Err(TryLockError::WouldBlock) if UnixStream::connect(places.control()).is_ok() => {
            let at = fs::read_to_string(places.listen()).unwrap_or_default();
            Check::ok(CHECK, format!("runs on this folder, listens on {}", at.trim()))
        }
        Err(TryLockError::WouldBlock) => Check::warning(
            CHECK,
            "another process has the folder and does not answer on its control socket",
            "wait until it has started or stopped; backups need it to answer, or the server to be stopped",
        ),
        Err(TryLockError::Error(error)) => {
            Check::bad(CHECK, format!("the lock can't be tried: {error}"), "check the disk")
        }
    }
}

fn space(path: &Path) -> Check {
    const CHECK: &str = "disk space";
    match rustix::fs::statvfs(path) {
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            let finding = format!("{} MiB are free", free / MIB);
            if free < LITTLE_SPACE {
                Check::bad(
                    CHECK,
                    finding,
                    "make room on the disk of the data folder: writes are refused when it is full",
                )
            } else {
                Check::ok(CHECK, finding)
            }
        }
        Err(error) => Check::warning(CHECK, format!("it can't be told: {error}"), "check the disk of the data folder"),
    }
}

fn profile(config: &Config) -> Check {
    const CHECK: &str = "profile";
    match config.profile {
        ProfileKind::Embedded => Check::ok(CHECK, "embedded: everything is in the data folder"),
        ProfileKind::Aws => Check::ok(CHECK, "aws: freehold preflight checks what is there"),
    }
}

/// The administrator's address, as far as the settings tell.
pub(super) fn administrator(config: &Config) -> Check {
    const CHECK: &str = "administrator";
    let email = config.admin_email.as_str();
    if config.mails_default_admin() {
        let fix = "set FREEHOLD_ADMIN_EMAIL to an address that reaches the first administrator";
        Check::bad(CHECK, format!("{email} belongs to a stranger's domain: the server refuses it"), fix)
    } else if config.admin_email.is_default_admin() {
        Check::ok(CHECK, "admin_email is not set: the first administrator gives an address at the first sign-in")
    } else {
        Check::ok(CHECK, email)
    }
}

fn network(config: &Config) -> Check {
    const CHECK: &str = "network";
    let url = config.public_url("");
    if config.listen.ip().is_loopback() {
        Check::ok(CHECK, format!("by the settings, {} answers this machine alone", config.listen))
    } else if url.starts_with("https://") {
        Check::ok(CHECK, format!("by the settings, {} behind {url}", config.listen))
    } else {
        Check::bad(
            CHECK,
            format!(
                "{} answers others, and passwords and tokens travel in the clear{}",
                config.listen,
                if config.links_lead_nowhere() { "; links in mails lead to this machine alone" } else { "" }
            ),
            "put a proxy with TLS in front and set public_url = \"https://…\", or listen on 127.0.0.1",
        )
    }
}

fn clock(config: &Config) -> Check {
    match config.clock_offset {
        0 => Check::ok("clock", "the machine's"),
        offset => Check::warning(
            "clock",
            format!("shifted by {offset} s"),
            "leave FREEHOLD_CLOCK_OFFSET out, unless you rehearse",
        ),
    }
}

fn faults(config: &Config) -> Check {
    if config.injects_faults() {
        Check::warning("faults", "steps of workflows fail on purpose", "leave FREEHOLD_FAULTS out, unless you rehearse")
    } else {
        Check::ok("faults", "none are injected")
    }
}

fn rate_limit(config: &Config) -> Check {
    const CHECK: &str = "rate limit";
    match config.auth_requests_per_five_minutes {
        0 if !config.listen.ip().is_loopback() => Check::bad(
            CHECK,
            "anybody may try passwords as fast as they can",
            "set auth_requests_per_five_minutes = 100",
        ),
        0 => Check::ok(CHECK, "none, on this machine alone"),
        limit => Check::ok(CHECK, format!("{limit} sign-ins in five minutes from one address")),
    }
}

fn session(environment: &Environment) -> Check {
    const CHECK: &str = "your session";
    let loaded = crate::client::session_file(environment).and_then(|file| Ok(file.load()?));
    match loaded {
        Ok(Some(session)) => Check::ok(
            CHECK,
            format!(
                "kept for {} at {}; freehold whoami asks the server whether it still holds",
                session.email, session.server
            ),
        ),
        Ok(None) => Check::ok(CHECK, "you are not signed in"),
        Err(failure) => {
            let (message, hint) = failure.into_parts();
            Check::bad(CHECK, message, hint.unwrap_or_else(|| "freehold login".into()))
        }
    }
}

//! Backups: the tables, each from one state, the keys, and a manifest that proves that the backup is whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use jiff::Timestamp;
use local::{permissions, table::FileTables};
use serde::{Deserialize, Serialize};

use crate::{
    fail::{Failure, Outcome},
    folder::{self, FolderPaths},
    manifest::{Entry, Manifest},
};

/// The folder of incomplete tables, which nothing opens.
const UNFINISHED: &str = "tables.unfinished";
/// What a data folder may hold before a backup is restored into it.
const BEFORE_RESTORE: [&str; 3] = ["lock", "freehold.toml", "lost+found"];

/// Writes a backup into a new or empty folder while requests go on. The manifest comes last.
pub(crate) async fn write(tables: &FileTables, places: &FolderPaths, to: &Path, now: Timestamp) -> Outcome {
    tables.backup(to).await.map_err(Failure::new)?;
    let (places, to) = (places.clone(), to.to_owned());
    let finish = move || {
        // The keys come after the tables: a key that a rotation made meanwhile signed nothing that the tables know.
        copy_keys(&places, &FolderPaths(to.clone()))?;
        Manifest::write(&to, now)?;
        sync(&to)
    };
    let finished = tokio::task::spawn_blocking(finish).await.map_err(Failure::new)?;
    finished.map_err(|error| Failure::new(format!("the backup can't be written: {error}")))
}

/// The tables are not in the data folder.
pub(crate) fn elsewhere() -> Failure {
    Failure::usage("the tables are in DynamoDB, which backs them up itself")
        .hint("aws dynamodb restore-table-to-point-in-time makes a table as it was at any second of the last days")
}

/// A restore under way: `restore.json` in the data folder, from the first copied byte to the last.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RestoreMarker {
    backup: String,
    /// Of the backup's manifest.
    manifest_digest: String,
}

/// Puts a backup into an empty data folder, or goes on with a restore of the same backup that was interrupted. Checks the
/// whole backup before it writes anything.
pub(crate) fn restore(from: &Path, data_dir: &Path) -> Outcome<Manifest> {
    let manifest = Manifest::read(from)?;
    manifest.verify(from)?;
    let marker = RestoreMarker { backup: from.display().to_string(), manifest_digest: manifest.digest() };
    let resumes = check_target(data_dir, &marker)?;
    let lock = folder::lock(data_dir)?;
    let target = FolderPaths(lock.path().to_owned());
    let failed = |error: io::Error| {
        Failure::new(format!("the backup can't be restored to {}: {error}", data_dir.display()))
            .hint("give the same command again: it goes on where it stopped")
    };
    if !resumes {
        let text = serde_json::to_string_pretty(&marker).expect("its fields are plain");
        folder::write_whole(&target.restore_marker(), text.as_bytes()).map_err(failed)?;
    }
    copy_files(from, &target, &manifest).map_err(failed)?;
    Ok(manifest)
}

/// Whether the data folder holds an interrupted restore of this backup; refuses if it holds anything else.
fn check_target(data_dir: &Path, marker: &RestoreMarker) -> Outcome<bool> {
    if let Some(found) = read_marker(&FolderPaths(data_dir.to_owned()))? {
        if found.manifest_digest == marker.manifest_digest {
            return Ok(true);
        }
        return Err(Failure::new(format!(
            "{} holds an interrupted restore of another backup, {}",
            data_dir.display(),
            found.backup
        ))
        .hint("restore into a new folder: freehold restore BACKUP --data-dir NEW_FOLDER"));
    }
    let occupied = match fs::read_dir(data_dir) {
        Ok(mut entries) => entries.any(|entry| {
            let name = entry.map(|entry| entry.file_name().to_string_lossy().into_owned()).unwrap_or_default();
            // A restore that died at once leaves its marker half written.
            !BEFORE_RESTORE.contains(&&*name) && folder::half_written(&name) != Some("restore.json")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(Failure::usage(format!("{} can't be used: {error}", data_dir.display()))),
    };
    if occupied {
        return Err(Failure::new(format!("the data folder {} is not empty", data_dir.display()))
            .hint("restore into a new folder: freehold restore BACKUP --data-dir NEW_FOLDER"));
    }
    Ok(false)
}

/// Copies every file, and compares what it copied with the manifest. Whatever an interrupted restore copied is copied
/// again.
fn copy_files(from: &Path, target: &FolderPaths, manifest: &Manifest) -> io::Result<()> {
    let unfinished = target.0.join(UNFINISHED);
    for folder in [&unfinished, &target.tables()] {
        remove_folder(folder)?;
    }
    permissions::create_folder(&unfinished)?;
    permissions::create_folder(&target.keys())?;
    for (path, entry) in manifest.files() {
        let to = match path.strip_prefix("tables/") {
            Some(table) => unfinished.join(table),
            None => target.0.join(path),
        };
        copy_file(&from.join(path), &to, entry)?;
    }
    sync(&unfinished)?;
    sync(&target.keys())?;
    fs::rename(&unfinished, target.tables())?;
    sync(&target.0)?;
    fs::remove_file(target.restore_marker())?;
    sync(&target.0)
}

fn copy_file(from: &Path, to: &Path, entry: &Entry) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
    if Entry::copy(from, &mut file)? != *entry {
        return Err(io::Error::other(format!("{} changed while it was copied", from.display())));
    }
    file.sync_all()
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn read_marker(places: &FolderPaths) -> Outcome<Option<RestoreMarker>> {
    let path = places.restore_marker();
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| Failure::usage(format!("{} can't be read: {error}", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("{} can't be read: {error}", path.display()))),
    }
}

/// Refuses a data folder in which a restore was interrupted.
pub(crate) fn check_no_restore(places: &FolderPaths) -> Outcome {
    let Some(marker) = read_marker(places)? else {
        // Earlier versions wrote no marker.
        if places.0.join(UNFINISHED).exists() {
            return Err(interrupted(places, "BACKUP").hint("remove the folder and restore the backup again"));
        }
        return Ok(());
    };
    Err(interrupted(places, &marker.backup).hint(format!(
        "finish it: freehold restore {} --data-dir {}",
        marker.backup,
        places.0.display()
    )))
}

fn interrupted(places: &FolderPaths, backup: &str) -> Failure {
    Failure::usage(format!("a restore of {backup} into {} was interrupted", places.0.display()))
        .detail("nothing was started and nothing was changed")
}

fn copy_keys(from: &FolderPaths, to: &FolderPaths) -> io::Result<()> {
    permissions::create_folder(&to.keys())?;
    folder::write_whole(&to.signing_keys(), &fs::read(from.signing_keys())?)?;
    folder::write_whole(&to.platform_key(), &fs::read(from.platform_key())?)?;
    folder::write_whole(&to.installation(), &fs::read(from.installation())?)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

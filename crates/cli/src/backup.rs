//! Backups: the tables from one state each, the keys, and what says which installation it is.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use local::table::FileTables;

use crate::{
    fail::{Failure, Outcome},
    folder::{self, Places},
};

/// Writes a backup into a new or empty folder, while others go on working.
pub(crate) async fn write(tables: &FileTables, places: &Places, to: &Path) -> Outcome {
    let failed = |error: io::Error| Failure::new(format!("the backup can't be written to {}: {error}", to.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(failed)?;
    tables.backup(to).await.map_err(Failure::new)?;
    // The keys come last: those that a rotation made meanwhile sign nothing that the tables know of.
    copy_keys(places, &Places(to.to_owned())).map_err(failed)
}

/// The tables are not in the data folder.
pub(crate) fn elsewhere() -> Failure {
    Failure::usage("the tables are in DynamoDB, which backs them up itself")
        .hint("aws dynamodb restore-table-to-point-in-time makes a table as it was at any second of the last days")
}

/// Puts a backup into an empty data folder.
pub(crate) fn restore(from: &Path, data_dir: &Path) -> Outcome {
    let source = Places(from.to_owned());
    for needed in [source.tables(), source.signing_keys(), source.platform_key(), source.installation()] {
        if !needed.exists() {
            return Err(Failure::new(format!(
                "{} is not a whole backup: {} is missing",
                from.display(),
                needed.display()
            )));
        }
    }
    let occupied = fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Failure::new(format!("the data folder {} is not empty", data_dir.display()))
            .hint("restore into a new folder: freehold restore BACKUP --data-dir NEW_FOLDER"));
    }
    let lock = folder::lock(data_dir)?;
    let target = Places(lock.path().to_owned());
    let failed =
        |error: io::Error| Failure::new(format!("the backup can't be restored to {}: {error}", data_dir.display()));
    // Until the tables are there under their own name, the folder is not in use.
    let unfinished = target.0.join("tables.unfinished");
    copy_folder(&source.tables(), &unfinished).map_err(failed)?;
    copy_keys(&source, &target).map_err(failed)?;
    fs::rename(&unfinished, target.tables()).and_then(|()| sync(&target.0)).map_err(failed)
}

fn copy_keys(from: &Places, to: &Places) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(to.keys())?;
    folder::write_whole(&to.signing_keys(), &fs::read(from.signing_keys())?)?;
    folder::write_whole(&to.platform_key(), &fs::read(from.platform_key())?)?;
    folder::write_whole(&to.installation(), &fs::read(from.installation())?)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        fs::copy(entry.path(), &target)?;
        fs::File::open(&target)?.sync_all()?;
    }
    sync(to)
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

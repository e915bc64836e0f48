//! A copy of every table, each from one state, into a folder that can be opened in place of the data folder.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::ports::table::{TableError, TableName};

use crate::permissions;

use super::{
    EXTENSION,
    open::{copy, guarded},
    slot::Slot,
};

/// An incomplete copy has this name, which nothing opens.
const UNFINISHED: &str = "tables.unfinished";

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the backup goes into a new or empty folder, and {} is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("the backup cannot be written to {}: {why}", .path.display())]
    Folder { path: PathBuf, why: io::Error },
    #[error(transparent)]
    Table(#[from] TableError),
}

pub(super) fn write(tables: &[(TableName, Arc<Slot>)], to: &Path) -> Result<(), BackupError> {
    let failed = |why| BackupError::Folder { path: to.to_owned(), why };
    permissions::create_folder(to).map_err(failed)?;
    if fs::read_dir(to).map_err(failed)?.next().is_some() {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    let unfinished = to.join(UNFINISHED);
    permissions::make_private(to, &[]).and_then(|_| permissions::create_folder(&unfinished)).map_err(failed)?;
    for (name, slot) in tables {
        let snapshot = match slot.for_reading() {
            Ok(open) => open.snapshot(),
            // Removed since the list was taken.
            Err(TableError::Invalid(_)) if !slot.exists() => continue,
            Err(why) => return Err(why.into()),
        };
        let target = unfinished.join(format!("{name}.{EXTENSION}"));
        guarded(slot.path(), || copy(&snapshot, slot.path(), &target))?;
        drop(snapshot);
    }
    let sync = |folder: &Path| File::open(folder)?.sync_all();
    sync(&unfinished).map_err(failed)?;
    fs::rename(&unfinished, to.join("tables")).map_err(failed)?;
    sync(to).map_err(failed)?;
    to.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync).map_err(failed)
}

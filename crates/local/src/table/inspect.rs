//! A table file that is only looked at: nothing is written to it, whatever its engine does.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use kernel::ports::table::{CommitError, Item, Key, Query, Rows, Table, TableError, TableName, Write, validate};
use redb::{StorageBackend, backends::FileBackend};

use super::{
    EXTENSION, FOLDER,
    disk::Disks,
    open::{Open, Snapshot},
};

/// The names of the tables below a data folder.
pub fn names(data: &Path) -> io::Result<Vec<TableName>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(data.join(FOLDER))? {
        let path = entry?.path();
        let is_table = path.extension().is_some_and(|extension| extension == EXTENSION);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_table);
        names.extend(stem.and_then(|stem| TableName::try_from(stem.to_owned()).ok()));
    }
    names.sort();
    Ok(names)
}

/// An open file of which only the last durable state is read.
pub struct InspectedTable {
    snapshot: Arc<Snapshot>,
    open: Open,
    path: PathBuf,
}

impl InspectedTable {
    /// Opens a table's file as a server does; fails where a server would.
    pub fn open(data: &Path, name: &TableName) -> Result<Self, TableError> {
        let path = super::file(data, name);
        let open = Open::unchanged(&ExistingFiles, &path)?;
        Ok(Self { snapshot: open.snapshot(), open, path })
    }
}

impl Drop for InspectedTable {
    fn drop(&mut self) {
        // What the engine writes when it closes stays in memory.
        self.open.disk.freeze(io::ErrorKind::Other);
    }
}

#[async_trait]
impl Table for InspectedTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        validate::key(key)?;
        self.snapshot.get(key, &self.path)
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        keys.iter().map(|key| self.snapshot.get(key, &self.path)).collect()
    }

    async fn query(&self, query: &Query) -> Result<Rows, TableError> {
        validate::query(query)?;
        self.snapshot.query(query, &self.path)
    }

    async fn commit(&self, _: Vec<Write>) -> Result<(), CommitError> {
        Err(TableError::Invalid("this table is only looked at".into()).into())
    }
}

/// Files that are there, opened as they are.
struct ExistingFiles;

impl Disks for ExistingFiles {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(FileBackend::new(file).map_err(io::Error::other)?))
    }
}

//! The data folder belongs to one process at a time.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::permissions;

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another freehold{} owns the data folder {}", owner(*.pid), .path.display())]
    Owned { path: PathBuf, pid: Option<u32> },
    #[error("the data folder {} cannot be used: {why}", .path.display())]
    Folder { path: PathBuf, why: io::Error },
}

fn owner(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// A data folder that this process owns until the value is dropped. The lock is the kernel's, so it never outlives
/// the process, however that ends.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder, for its owner alone, if it is not there, and takes it or fails at once.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let failed = |why| LockError::Folder { path: path.to_owned(), why };
        permissions::create_folder(path).map_err(failed)?;
        let mut lock = permissions::open_or_create(&path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Owned { path: path.to_owned(), pid: written_pid(&mut lock) });
            }
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        write_pid(&mut lock).map_err(failed)?;
        Ok(Self { path: fs::canonicalize(path).map_err(failed)?, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn written_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

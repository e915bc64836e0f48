//! The manifest of a backup: every file with its length and digest. A backup without its manifest is not whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use plane::ports::table::TableName;
use serde::{Deserialize, Serialize};

use crate::{
    fail::{Failure, Outcome},
    folder,
};

const FORMAT: u32 = 1;
const FILE: &str = "manifest.json";

/// What a backup consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u32,
    /// The version of the product that wrote the backup.
    version: String,
    pub(crate) taken_at: Timestamp,
    /// By their paths below the backup's folder, with `/` between the parts.
    files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entry {
    bytes: u64,
    /// In hexadecimal digits.
    sha256: String,
}

impl Manifest {
    pub(crate) fn path(backup: &Path) -> PathBuf {
        backup.join(FILE)
    }

    /// Reads every file of a complete backup, and writes its manifest.
    pub(crate) fn write(backup: &Path, taken_at: Timestamp) -> io::Result<()> {
        let mut files = BTreeMap::new();
        for path in files_below(backup)? {
            let entry = Entry::copy(&backup.join(&path), &mut io::sink())?;
            files.insert(path, entry);
        }
        let manifest = Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), taken_at, files };
        let text = serde_json::to_string_pretty(&manifest).expect("its fields are plain");
        folder::write_whole(&Self::path(backup), text.as_bytes())
    }

    pub(crate) fn read(backup: &Path) -> Outcome<Self> {
        if !backup.is_dir() {
            return Err(Failure::usage(format!("there is no folder {}", backup.display())));
        }
        let path = Self::path(backup);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => incomplete(backup, &format!("{FILE} is missing"))
                .hint("the backup was interrupted, or an earlier version wrote it: take another with freehold backup"),
            _ => Failure::new(format!("{} can't be read: {error}", path.display())),
        })?;
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| incomplete(backup, &format!("{FILE} is damaged: {error}")))?;
        if manifest.format == FORMAT {
            return Ok(manifest);
        }
        Err(Failure::new(format!("{} has format {}, this version reads {FORMAT}", path.display(), manifest.format))
            .hint("restore it with the version that wrote it, or a later one"))
    }

    /// Fails unless the backup has exactly the files of the manifest, each unchanged, and all of them files of a backup.
    pub(crate) fn verify(&self, backup: &Path) -> Outcome {
        let failed = |error: io::Error| Failure::new(format!("{} can't be read: {error}", backup.display()));
        let found: BTreeSet<String> = files_below(backup).map_err(failed)?.into_iter().collect();
        if let Some(missing) = self.files.keys().find(|path| !found.contains(*path)) {
            return Err(incomplete(backup, &format!("{missing} is missing")));
        }
        if let Some(foreign) = found.iter().find(|path| !self.files.contains_key(*path)) {
            return Err(incomplete(backup, &format!("{foreign} is not part of it")));
        }
        // The manifest itself could be somebody else's work: it names no file that a backup does not consist of.
        if let Some(foreign) = self.files.keys().find(|path| !is_known(path)) {
            return Err(incomplete(backup, &format!("{foreign} is no file of a backup")));
        }
        for (path, entry) in &self.files {
            let found = Entry::copy(&backup.join(path), &mut io::sink()).map_err(failed)?;
            if found != *entry {
                return Err(incomplete(backup, &format!("{path} is not as it was written")));
            }
        }
        Ok(())
    }

    /// The files, by their paths below the backup's folder.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.files.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Identifies this backup.
    pub(crate) fn digest(&self) -> String {
        plane::secret::digest(&serde_json::to_string(self).expect("its fields are plain"))
    }
}

impl Entry {
    /// Copies a file, and returns its length and digest.
    pub(crate) fn copy(from: &Path, to: &mut impl Write) -> io::Result<Self> {
        let mut file = File::open(from)?;
        let (mut context, mut bytes, mut buffer) = (Context::new(&SHA256), 0, vec![0; 256 * 1024]);
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            context.update(&buffer[..read]);
            to.write_all(&buffer[..read])?;
            bytes += read as u64;
        }
        let digest = context.finish();
        let sha256 = hex::encode(digest);
        Ok(Self { bytes, sha256 })
    }
}

/// Whether a backup consists of such files: tables and keys.
fn is_known(path: &str) -> bool {
    match path.strip_prefix("tables/").and_then(|table| table.strip_suffix(".redb")) {
        Some(table) => TableName::try_from(table.to_owned()).is_ok(),
        None => matches!(path, "keys/signing.json" | "keys/platform.key" | "installation.json"),
    }
}

/// Every file below a folder, except the manifest. A link is refused, because it leads out of the backup.
fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(prefix) = folders.pop() {
        for entry in fs::read_dir(folder.join(&prefix))? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| io::Error::other("a file name is not UTF-8"))?;
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if !kind.is_file() {
                return Err(io::Error::other(format!("{path} is not a plain file")));
            } else if path != FILE {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn incomplete(backup: &Path, why: &str) -> Failure {
    Failure::new(format!("{} is not a whole backup: {why}", backup.display()))
        .detail("nothing was restored")
        .hint("restore another backup")
}

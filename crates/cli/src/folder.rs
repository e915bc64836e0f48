//! The data folder: where things lie in it, and the keys without which it must not be used.
//!
//! INVARIANT: in a folder that is in use no key is ever created again, and nothing is written before the keys have been
//! found to be right.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use local::{
    keys::{Folder, KeyFile},
    lock::{DataDir, LockError},
    permissions,
};
use plane::{
    identity::keys::KeyStore as _,
    ports::{random::RandomSource, table::TableName},
    secret::PlatformKey,
};
use serde::{Deserialize, Serialize};

use crate::{
    backup,
    fail::{Failure, Outcome},
};

/// The paths below a data folder.
#[derive(Clone, Debug)]
pub(crate) struct FolderPaths(pub PathBuf);

impl FolderPaths {
    pub(crate) fn tables(&self) -> PathBuf {
        self.0.join("tables")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    pub(crate) fn signing_keys(&self) -> PathBuf {
        self.keys().join("signing.json")
    }

    pub(crate) fn platform_key(&self) -> PathBuf {
        self.keys().join("platform.key")
    }

    /// Says what the folder is, and that it is in use.
    pub(crate) fn installation(&self) -> PathBuf {
        self.0.join("installation.json")
    }

    /// The main table.
    fn shared_table(&self) -> PathBuf {
        local::table::file(&self.0, &TableName::shared())
    }

    /// While a backup is being restored: which one.
    pub(crate) fn restore_marker(&self) -> PathBuf {
        self.0.join("restore.json")
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// While the server runs: the address that it listens on.
    pub(crate) fn listen(&self) -> PathBuf {
        self.0.join("listen")
    }

    /// Whether somebody has used the folder before.
    pub(crate) fn state(&self) -> Folder {
        let tables = fs::read_dir(self.tables()).is_ok_and(|mut entries| entries.next().is_some());
        if tables || self.installation().exists() { Folder::Initialised } else { Folder::New }
    }
}

/// The data folder, owned by this process.
pub(crate) struct Opened {
    /// Gives the folder back when it is dropped.
    pub _lock: DataDir,
    pub places: FolderPaths,
}

/// The keys of a data folder, found to be right.
pub(crate) struct Keys {
    pub platform: PlatformKey,
    pub signing: KeyFile,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Installation {
    format: u32,
    /// Tells whether the platform key is the one that this folder was made with, and nothing about it.
    platform_key: String,
    /// Whether the main table was made. Earlier versions did not say, and made it right after this file.
    #[serde(default = "yes")]
    has_tables: bool,
}

const fn yes() -> bool {
    true
}

const FORMAT: u32 = 1;

/// Takes the folder for this process, and refuses one that is not whole.
pub(crate) fn open(path: &Path) -> Outcome<Opened> {
    let lock = lock(path)?;
    let places = FolderPaths(lock.path().to_owned());
    check_whole(&places)?;
    Ok(Opened { _lock: lock, places })
}

/// Refuses a folder in which a restore was interrupted, or whose main table is gone. Writes nothing.
pub(crate) fn check_whole(places: &FolderPaths) -> Outcome {
    backup::check_no_restore(places)?;
    let table = places.shared_table();
    if table.exists() {
        return Ok(());
    }
    let remains = read_installation(places)?.is_some_and(|installation| installation.has_tables)
        || fs::read_dir(places.tables()).is_ok_and(|mut entries| entries.next().is_some());
    if remains {
        return Err(Failure::usage(format!(
            "the main table {} is missing, though this data folder is in use",
            table.display()
        ))
        .detail("nothing was started and nothing was changed")
        .hint("restore a backup into a new folder: freehold restore BACKUP --data-dir NEW_FOLDER"));
    }
    Ok(())
}

/// Notes that the main table was made: from now on its absence stops a start.
pub(crate) fn note_tables(places: &FolderPaths) -> Outcome {
    let path = places.installation();
    match read_installation(places)? {
        Some(installation) if !installation.has_tables => {
            write_installation(places, &Installation { has_tables: true, ..installation })
                .map_err(|error| unusable(&path, &error))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks the keys of a folder that is ours; makes them in one that nobody has used.
pub(crate) fn keys(places: &FolderPaths, rng: &dyn RandomSource) -> Outcome<Keys> {
    let state = places.state();
    permissions::create_folder(&places.keys()).map_err(|error| unusable(&places.keys(), &error))?;
    let signing = KeyFile::new(places.signing_keys(), state);
    signing.load().map_err(stopped)?;
    let platform = match read_platform_key(places)? {
        Some(key) => key,
        None if state == Folder::New => make_platform_key(places, rng)?,
        None => {
            return Err(stopped(format!(
                "the platform key {} is missing, though this data folder is in use",
                places.platform_key().display()
            )));
        }
    };
    check_installation(places, &platform)?;
    Ok(Keys { platform, signing })
}

/// Takes the folder for this process, and makes it private.
pub(crate) fn lock(path: &Path) -> Outcome<DataDir> {
    let shared = check_foreign(path)?;
    let lock = DataDir::acquire(path).map_err(|error| match &error {
        LockError::Owned { .. } => Failure::new(error)
            .hint("stop that server first, or give this one a folder of its own: freehold serve --data-dir DIR"),
        LockError::Folder { .. } => Failure::usage(error),
    })?;
    if let Some(mode) = shared {
        let changed = permissions::make_private(lock.path(), &SECRET_ENTRIES).map_err(|error| {
            Failure::usage(format!(
                "others can read {} (mode {mode:o}), and that can't be changed: {error}",
                path.display()
            ))
            .hint(format!("run as its owner: chmod 700 '{}'", path.display()))
        })?;
        tracing::warn!(folder = %path.display(), mode = format_args!("{mode:o}"), changed = changed.len(),
            "others could read the data folder; it is its owner's alone now");
    }
    tighten(&FolderPaths(lock.path().to_owned()))?;
    Ok(lock)
}

/// Takes the rights of others from what is in a private folder: they come into force again once the folder is shared,
/// copied or moved. A key that others can read is refused later instead, since they may have read it.
fn tighten(places: &FolderPaths) -> Outcome {
    for (folder, entries) in [(&places.0, &["tables"][..]), (&places.keys(), &[])] {
        if !folder.is_dir() {
            continue;
        }
        let changed = permissions::make_private(folder, entries).map_err(|error| unusable(folder, &error))?;
        for path in changed {
            tracing::warn!(path = %path.display(), "others had rights to this; it is its owner's alone now");
        }
    }
    Ok(())
}

/// The mode of an existing folder that others can read. Refuses one that also holds files of others: to take rights from
/// it could harm them.
fn check_foreign(path: &Path) -> Outcome<Option<u32>> {
    let shared = match permissions::shared_mode(path) {
        Ok(Some(mode)) => mode,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error)),
    };
    let mut foreign = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unusable(path, &error))? {
        let name = entry.map_err(|error| unusable(path, &error))?.file_name().display().to_string();
        let of = half_written(&name).unwrap_or(&name);
        if !OWN_ENTRIES.iter().chain(&SECRET_ENTRIES).any(|own| of == *own) {
            foreign.push(name);
        }
    }
    foreign.sort();
    match foreign.first() {
        None => Ok(Some(shared)),
        Some(first) => Err(Failure::usage(format!(
            "{} is no folder for data: others can read it (mode {shared:o}), and it holds other files, such as {first}",
            path.display()
        ))
        .hint("name a folder of its own: --data-dir DIR")),
    }
}

/// What a data folder holds beside its secrets.
const OWN_ENTRIES: [&str; 5] = ["keys", "lock", "listen", "freehold.toml", "lost+found"];
/// What nobody else may read. The folder `keys` is not in the list: a key that others could read is refused.
const SECRET_ENTRIES: [&str; 6] =
    ["tables", "tables.unfinished", "outbox", "installation.json", "restore.json", "control.sock"];

/// The keys are not as they must be, so nothing was started.
fn stopped(why: impl std::fmt::Display) -> Failure {
    Failure::usage(why)
        .detail("nothing was started and nothing was changed")
        .hint("put the folder `keys` back from a backup")
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} can't be used: {error}", path.display()))
}

fn read_platform_key(places: &FolderPaths) -> Outcome<Option<PlatformKey>> {
    let path = places.platform_key();
    let there = match fs::symlink_metadata(&path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(&path, &error)),
    };
    let wrong = |what: &str| stopped(format!("the platform key {}: {what}", path.display()));
    if !there.is_file() {
        return Err(wrong("this is not a plain file"));
    }
    let mode = there.mode() & 0o777;
    if mode != 0o600 {
        return Err(wrong(&format!("its mode is {mode:o}, so others may have read it"))
            .hint(format!("if nobody has, run: chmod 600 '{}'", path.display())));
    }
    let mut bytes = Vec::with_capacity(33);
    let read = File::open(&path).and_then(|file| file.take(33).read_to_end(&mut bytes));
    read.map_err(|error| unusable(&path, &error))?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong("it does not have 32 bytes"))?;
    Ok(Some(PlatformKey::new(&bytes)))
}

/// Whether there is a platform key, and the right one; writes nothing.
pub(crate) fn check_platform_key(places: &FolderPaths) -> Outcome<bool> {
    match (read_platform_key(places)?, places.state()) {
        (Some(key), _) => {
            if places.installation().exists() {
                check_installation(places, &key)?;
            }
            Ok(true)
        }
        (None, Folder::New) => Ok(false),
        (None, Folder::Initialised) => {
            Err(stopped(format!("the platform key {} is missing", places.platform_key().display())))
        }
    }
}

fn make_platform_key(places: &FolderPaths, rng: &dyn RandomSource) -> Outcome<PlatformKey> {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    let path = places.platform_key();
    write_whole(&path, &bytes).map_err(|error| unusable(&path, &error))?;
    Ok(PlatformKey::new(&bytes))
}

fn check_installation(places: &FolderPaths, key: &PlatformKey) -> Outcome {
    let path = places.installation();
    let fingerprint = plane::secret::digest(&format!("{:?}", key.subkey("fingerprint")));
    let Some(installation) = read_installation(places)? else {
        let has_tables = places.shared_table().exists();
        let installation = Installation { format: FORMAT, platform_key: fingerprint, has_tables };
        return write_installation(places, &installation).map_err(|error| unusable(&path, &error));
    };
    if installation.format != FORMAT {
        let found = installation.format;
        let failure = Failure::usage(format!("the data folder has format {found}, this version reads {FORMAT}"))
            .detail("nothing was started and nothing was changed");
        return Err(failure.hint(if found > FORMAT {
            "a newer version wrote it: start that version, or restore a backup that this version took"
        } else {
            "an older version wrote it: upgrade by the versions in between, as CHANGELOG.md says"
        }));
    }
    if installation.platform_key != fingerprint {
        return Err(stopped(format!("the platform key {} is another folder's", places.platform_key().display())));
    }
    Ok(())
}

fn read_installation(places: &FolderPaths) -> Outcome<Option<Installation>> {
    let path = places.installation();
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| stopped(format!("{} can't be read: {error}", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&path, &error)),
    }
}

fn write_installation(places: &FolderPaths, installation: &Installation) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(installation).expect("its fields are plain");
    write_whole(&places.installation(), text.as_bytes())
}

/// The file that a process was writing when it died, if this is the name of what it left.
pub(crate) fn half_written(name: &str) -> Option<&str> {
    let (file, process) = name.strip_suffix(".new")?.rsplit_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (process, write) = process.split_once('-')?;
    (is_number(process) && is_number(write)).then_some(file)
}

/// Writes a file for its owner alone, whole or not at all, and durably. Other processes and threads may write the same one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.new", std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        drop(fs::remove_file(&beside));
        return written;
    }
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

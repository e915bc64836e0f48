//! The signing keys in a file that only its owner can read.
//!
//! INVARIANT: once the data folder is in use, keys are never created again because the old ones can't be found or read:
//! that would end all sessions without a word. The start stops instead, and changes nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use kernel::identity::{
    key_document,
    keys::{KeyStore, KeyStoreError, StoredKey},
};
use secrecy::{ExposeSecret, SecretString};

const OWNER_ALONE: u32 = 0o600;
/// More than a hundred keys.
const LARGEST: u64 = 1024 * 1024;

/// Whether the data folder has been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    New,
    Initialised,
}

/// The file that holds the signing keys.
pub struct KeyFile {
    path: PathBuf,
    folder: Folder,
}

impl KeyFile {
    pub fn new(path: impl Into<PathBuf>, folder: Folder) -> Self {
        Self { path: path.into(), folder }
    }

    fn wrong(&self, what: impl std::fmt::Display) -> KeyStoreError {
        KeyStoreError(format!("the signing keys in {}: {what}", self.path.display()))
    }

    /// `None` where there is no file.
    fn open(&self) -> Result<Option<File>, KeyStoreError> {
        let there = match fs::symlink_metadata(&self.path) {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.wrong(error)),
        };
        if !there.is_file() {
            return Err(self.wrong("this is not a plain file"));
        }
        let file = File::open(&self.path).map_err(|error| self.wrong(error))?;
        let opened = file.metadata().map_err(|error| self.wrong(error))?;
        if opened.mode() & 0o777 != OWNER_ALONE {
            return Err(self.wrong(format_args!(
                "the file's mode is {:o}, so others may have read it; if nobody has, run: chmod 600 '{}'",
                opened.mode() & 0o777,
                self.path.display()
            )));
        }
        if opened.len() > LARGEST {
            return Err(self.wrong("the file is too large to be ours"));
        }
        Ok(Some(file))
    }

    fn beside(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        self.path.with_file_name(name)
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        let beside = self.beside();
        // What a crash left there was never in use.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ALONE).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl KeyStore for KeyFile {
    fn load(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let Some(mut file) = self.open()? else {
            return match self.folder {
                Folder::New => Ok(Vec::new()),
                Folder::Initialised => Err(self.wrong(
                    "the file is missing, though this data folder is in use; put it back from a backup of the folder",
                )),
            };
        };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| self.wrong(error))?;
        let text = SecretString::from(text);
        key_document::read(&text).map_err(|error| self.wrong(format_args!("{error}; put the file back from a backup")))
    }

    fn save(&self, keys: &[StoredKey]) -> Result<(), KeyStoreError> {
        let text = key_document::write(keys);
        self.write(text.expose_secret()).map_err(|error| self.wrong(error))
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Arc};

    use jiff::Timestamp;
    use kernel::{
        identity::{HashCost, Parts, Provider, Settings, StartError},
        ids::{AccountId, Subject, UserId},
        ports::identity::{Email, Identity, NewIdentity},
    };
    use tempfile::TempDir;
    use testkit::memory::MemoryTable;

    use super::*;
    use crate::{clock::SystemClock, random::OsRandom};

    fn key(kid: &str) -> StoredKey {
        StoredKey { kid: kid.into(), pkcs8: vec![1, 2, 3].into(), made: Timestamp::UNIX_EPOCH, retires: None }
    }

    fn file(folder: &TempDir, state: Folder) -> KeyFile {
        KeyFile::new(folder.path().join("keys.json"), state)
    }

    #[test]
    fn what_is_saved_is_loaded_and_nobody_else_can_read_it() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::New);
        assert!(keys.load().unwrap().is_empty());
        let old = StoredKey { retires: Some(Timestamp::MAX), ..key("old") };
        keys.save(&[key("new"), old]).unwrap();
        let loaded = file(&folder, Folder::Initialised).load().unwrap();
        let names: Vec<_> = loaded.iter().map(|key| (key.kid.as_str(), key.retires)).collect();
        assert_eq!(names, [("new", None), ("old", Some(Timestamp::MAX))]);
        assert_eq!(loaded[0].pkcs8.expose_secret(), [1, 2, 3]);
        assert_eq!(fs::metadata(&keys.path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn missing_keys_stop_a_folder_in_use_and_nothing_is_made() {
        let folder = TempDir::new().unwrap();
        let error = file(&folder, Folder::Initialised).load().unwrap_err().to_string();
        assert!(error.contains("is missing"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn keys_that_others_can_read_stop_the_start_and_stay_as_they_are() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::Initialised);
        keys.save(&[key("one")]).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o660, 0o700, 0o400] {
            fs::set_permissions(&keys.path, fs::Permissions::from_mode(mode)).unwrap();
            let Err(error) = keys.load() else { panic!("mode {mode:o} was accepted") };
            assert!(error.to_string().contains("chmod 600") || mode == 0o400, "{error}");
            assert_eq!(fs::metadata(&keys.path).unwrap().mode() & 0o777, mode);
        }
    }

    #[test]
    fn damaged_keys_stop_the_start_and_stay_as_they_are() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::Initialised);
        keys.save(&[key("one")]).unwrap();
        let good = fs::read_to_string(&keys.path).unwrap();
        let damaged = [
            String::new(),
            "{}".into(),
            "null".into(),
            good[..good.len() / 2].to_owned(),
            good.replace("AQID", "not base64"),
            good.replace("\"version\": 1", "\"version\": 2"),
            r#"{"version":1,"keys":[]}"#.into(),
            format!("{good}{good}"),
        ];
        for text in damaged {
            fs::write(&keys.path, &text).unwrap();
            let error = keys.load().unwrap_err().to_string();
            assert!(!error.contains("AQID"), "an error shows a key: {error}");
            assert_eq!(fs::read_to_string(&keys.path).unwrap(), text);
        }
    }

    #[test]
    fn a_link_or_a_folder_is_no_key_file() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::Initialised);
        fs::create_dir(&keys.path).unwrap();
        assert!(keys.load().unwrap_err().to_string().contains("not a plain file"));
        fs::remove_dir(&keys.path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &keys.path).unwrap();
        assert!(keys.load().unwrap_err().to_string().contains("not a plain file"));
    }

    #[test]
    fn what_a_crash_left_beside_the_file_does_no_harm() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::Initialised);
        keys.save(&[key("one")]).unwrap();
        fs::write(keys.beside(), "half").unwrap();
        assert_eq!(keys.load().unwrap()[0].kid, "one");
        keys.save(&[key("two")]).unwrap();
        assert_eq!(keys.load().unwrap()[0].kid, "two");
    }

    #[test]
    fn a_save_that_fails_leaves_the_old_keys() {
        let folder = TempDir::new().unwrap();
        let keys = file(&folder, Folder::Initialised);
        keys.save(&[key("one")]).unwrap();
        fs::create_dir(keys.beside()).unwrap();
        assert!(keys.save(&[key("two")]).is_err());
        assert_eq!(keys.load().unwrap()[0].kid, "one");
    }

    fn provider(folder: &TempDir, state: Folder, table: &Arc<MemoryTable>) -> Result<Provider, StartError> {
        Provider::start(Parts {
            settings: Settings { hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 }, ..Settings::default() },
            table: Arc::clone(table) as _,
            keys: Arc::new(file(folder, state)),
            clock: Arc::new(SystemClock::default()),
            rng: Arc::new(OsRandom::default()),
        })
    }

    #[tokio::test]
    async fn a_restart_signs_nobody_out_and_lost_keys_stop_it() {
        let (folder, table) = (TempDir::new().unwrap(), Arc::new(MemoryTable::default()));
        let first = provider(&folder, Folder::New, &table).unwrap();
        let subject = Subject::from_uuid(uuid::Uuid::from_u128(1));
        let robot = NewIdentity {
            subject,
            email: Email::parse("robot@example.com").unwrap(),
            user: UserId::from_uuid(uuid::Uuid::from_u128(2)),
            account: AccountId::from_uuid(uuid::Uuid::from_u128(3)),
        };
        first.ensure_user(robot).await.unwrap();
        let token = first.probe_token(subject).await.unwrap();
        first.rotate_keys().await.unwrap();
        drop(first);

        let second = provider(&folder, Folder::Initialised, &table).unwrap();
        assert_eq!(second.verify(token.expose_secret()).await.unwrap().subject, subject);
        drop(second);

        fs::remove_file(folder.path().join("keys.json")).unwrap();
        let error = provider(&folder, Folder::Initialised, &table).err().unwrap().to_string();
        assert!(error.contains("is missing"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

//! File modes of the data folder: folders and files are their owner's alone.
//!
//! INVARIANT: after [`make_private`] no other user of the machine can read or list anything below the data folder.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// The bits that give anything to the group or to others.
const OTHERS: u32 = 0o077;

/// Makes a folder, with its parents, for its owner alone. An existing folder keeps its mode.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path)
}

/// Opens a file for reading and writing, and makes it for its owner alone where there is none.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(path)
}

/// The mode of a path if others than its owner may use it.
pub fn shared_mode(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::symlink_metadata(path)?.mode() & 0o7777;
    Ok((mode & OTHERS != 0).then_some(mode))
}

/// Takes the rights of group and others from a folder and from the named entries in it, at every depth. Returns the
/// paths that it changed. Symbolic links are not followed.
pub fn make_private(folder: &Path, entries: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    // The folder first: from then on nobody else can open what is below it.
    restrict(folder, &mut changed)?;
    for entry in entries {
        restrict_tree(&folder.join(entry), &mut changed)?;
    }
    Ok(changed)
}

fn restrict_tree(path: &Path, changed: &mut Vec<PathBuf>) -> io::Result<()> {
    match restrict(path, changed) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            restrict_tree(&entry?.path(), changed)?;
        }
    }
    Ok(())
}

fn restrict(path: &Path, changed: &mut Vec<PathBuf>) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.mode() & 0o7777;
    if metadata.is_symlink() || mode & OTHERS == 0 {
        return Ok(());
    }
    let private = if metadata.is_dir() { PRIVATE_FOLDER } else { mode & 0o700 };
    fs::set_permissions(path, Permissions::from_mode(private))?;
    changed.push(path.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private_and_what_was_shared_becomes_private() {
        let home = tempfile::tempdir().unwrap();
        let made = home.path().join("a/b");
        create_folder(&made).unwrap();
        drop(open_or_create(&made.join("file")).unwrap());
        assert_eq!((mode(&made), mode(&made.join("file"))), (0o700, 0o600));
        assert_eq!(make_private(&made, &["file"]).unwrap(), Vec::<PathBuf>::new());

        for (path, wide) in [(made.join("file"), 0o644), (made.clone(), 0o755), (home.path().to_owned(), 0o755)] {
            fs::set_permissions(&path, Permissions::from_mode(wide)).unwrap();
        }
        let outside = home.path().join("outside");
        fs::write(&outside, "").unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&outside, made.join("link")).unwrap();
        assert_eq!(shared_mode(home.path()).unwrap(), Some(0o755));
        let changed = make_private(home.path(), &["a", "absent"]).unwrap();
        assert_eq!(changed, [home.path().to_owned(), made.clone(), made.join("file")]);
        assert_eq!((mode(home.path()), mode(&made), mode(&made.join("file"))), (0o700, 0o700, 0o600));
        assert_eq!(mode(&outside), 0o644, "a link leads elsewhere");
        assert_eq!(shared_mode(home.path()).unwrap(), None);
    }
}

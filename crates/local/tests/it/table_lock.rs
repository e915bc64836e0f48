//! The data folder belongs to one process.

use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use local::lock::{DataDir, LockError};

const ROLE: &str = "FREEHOLD_TEST_LOCK";

#[test]
fn the_folder_is_made_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::acquire(&folder.path().join("a/b")).unwrap();
    let mode = std::fs::metadata(data.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn the_folder_is_free_again_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    drop(DataDir::acquire(folder.path()).unwrap());
    DataDir::acquire(folder.path()).unwrap();
}

#[test]
fn a_second_owner_is_told_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let _data = DataDir::acquire(folder.path()).unwrap();
    let refused = DataDir::acquire(folder.path()).unwrap_err();
    assert!(matches!(refused, LockError::Owned { .. }));
    let expected =
        format!("another freehold (process {}) owns the data folder {}", std::process::id(), folder.path().display());
    assert_eq!(refused.to_string(), expected);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test calls itself, and says so by the environment")]
fn a_second_process_is_refused_and_a_killed_one_leaves_no_lock() {
    if let Ok(path) = std::env::var(ROLE) {
        let _data = DataDir::acquire(path.as_ref()).unwrap();
        println!("locked");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "table_lock::a_second_process_is_refused_and_a_killed_one_leaves_no_lock"])
        .env(ROLE, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("locked")));
    let refused = DataDir::acquire(folder.path()).unwrap_err().to_string();
    assert!(refused.contains(&format!("process {}", child.id())), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    DataDir::acquire(folder.path()).unwrap();
}

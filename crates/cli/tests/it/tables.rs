//! Tables that are damaged or gone, and files that others could read: `doctor` and `serve` name them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use serde_json::Value;

use crate::server::{Home, contents, wait};

#[test]
fn doctor_names_a_table_that_serve_would_refuse() {
    let home = Home::new();
    home.serve().stop();
    let table = home.data().join("tables/app_data.redb");
    let whole = fs::read(&table).unwrap();
    let before = contents(&home.data());
    assert!(home.run(&["doctor"]).good().contains("1, which opens"));
    assert_eq!(contents(&home.data()), before, "doctor writes nothing");

    for (what, damaged) in [
        ("empty", Vec::new()),
        ("no table", vec![b'x'; whole.len()]),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("cut to a header", whole[..300].to_vec()),
    ] {
        fs::write(&table, &damaged).unwrap();
        let served = home.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(served.code.is_some_and(|code| code != 0), "{what}");
        let doctor = home.run(&["doctor"]);
        assert_eq!(doctor.code, Some(1), "{what}: {}", doctor.out);
        assert!(doctor.out.contains("app_data can't be opened"), "{what}: {}", doctor.out);
        assert_eq!(fs::read(&table).unwrap(), damaged, "{what}");
    }
    fs::write(&table, &whole).unwrap();
    home.run(&["doctor"]).good();
}

#[test]
fn a_missing_table_of_an_account_is_named() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let file = home.account_file();
    let mut account: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    account["cloudType"] = "private".into();
    fs::write(&file, account.to_string()).unwrap();
    let account = home.run(&["accounts", "create", "-f", file.to_str().unwrap(), "--watch"]).good();
    server.stop();
    let name = format!("app_acct_{account}");
    let table = home.data().join(format!("tables/{name}.redb"));
    assert!(home.run(&["doctor"]).good().contains("2, each of which opens"));

    let kept = fs::read(&table).unwrap();
    fs::remove_file(&table).unwrap();
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1), "{}", doctor.out);
    assert!(doctor.out.contains(&format!("{name}, of the account {account}, is missing")), "{}", doctor.out);
    let server = home.serve();
    wait("the log names the table", || home.log().contains("the account's own table is missing"));
    assert!(home.log().contains(&name));
    server.stop();

    fs::write(&table, &kept[..100]).unwrap();
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == Some(1) && doctor.out.contains(&format!("{name} can't be opened")), "{}", doctor.out);
}

#[test]
fn what_a_private_folder_holds_is_made_private_too() {
    let home = Home::new();
    home.serve().stop();
    let mode = |path: &str| fs::metadata(home.data().join(path)).unwrap().mode() & 0o777;
    for (path, wide) in [("keys", 0o777), ("tables", 0o777), ("tables/app_data.redb", 0o666)] {
        fs::set_permissions(home.data().join(path), Permissions::from_mode(wide)).unwrap();
    }
    home.serve().stop();
    assert_eq!((mode("keys"), mode("tables"), mode("tables/app_data.redb")), (0o700, 0o700, 0o600));
    assert!(home.log().contains("others had rights to this"), "{}", home.log());
}

/// The manifest of a backup is no proof of who wrote it.
#[test]
fn a_manifest_that_names_other_files_is_refused_before_anything_is_written() {
    let home = Home::new();
    let server = home.serve();
    let backup = home.path("backup");
    home.run(&["backup", backup.to_str().unwrap()]).good();
    server.stop();
    let manifest = backup.join("manifest.json");
    let written: Value = serde_json::from_str(&fs::read_to_string(&manifest).unwrap()).unwrap();
    let empty = serde_json::json!({
        "bytes": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    });
    for path in ["freehold.toml", "lock", "x/y/z", "tables/x.txt", "tables/../../x.redb", "keys/other.key"] {
        let mut forged = written.clone();
        forged["files"][path] = empty.clone();
        fs::write(&manifest, forged.to_string()).unwrap();
        let file = backup.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        let other = Home::new();
        let error = other.run(&["restore", backup.to_str().unwrap()]).refused(1);
        assert!(error.contains("not a whole backup"), "{path}: {error}");
        assert!(!other.data().exists(), "{path}");
        fs::remove_file(&file).unwrap();
    }
    drop(fs::remove_dir_all(backup.join("x")));
    fs::write(&manifest, written.to_string()).unwrap();
    Home::new().run(&["restore", backup.to_str().unwrap()]).good();
}

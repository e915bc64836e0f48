//! What the server writes on disk is its owner's alone, and holds no link or code in clear.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use crate::server::{Home, contents};

/// Every path below a folder, the folder included, that others than its owner may use.
fn shared_below(folder: &Path) -> Vec<String> {
    let mode = fs::symlink_metadata(folder).unwrap().mode();
    let mut shared = Vec::new();
    if mode & 0o077 != 0 {
        shared.push(format!("{} {:o}", folder.display(), mode & 0o7777));
    }
    if folder.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            shared.extend(shared_below(&entry.unwrap().path()));
        }
    }
    shared
}

fn widen(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_a_package_made_becomes_private() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    widen(&home.data(), 0o755);
    fs::write(home.data().join("freehold.toml"), "").unwrap();
    let server = home.serve();
    home.sign_in(&server);
    server.stop();
    let config = format!("{} 100644", home.data().join("freehold.toml").display());
    let shared: Vec<_> =
        shared_below(&home.data()).into_iter().filter(|path| !config.starts_with(&path[..path.len() - 4])).collect();
    assert_eq!(shared, Vec::<String>::new());
    assert_eq!(fs::metadata(home.data()).unwrap().mode() & 0o777, 0o700);

    // A folder of an earlier version: its tables could be read by all.
    widen(&home.data(), 0o755);
    widen(&home.data().join("tables"), 0o755);
    widen(&home.data().join("tables/app_data.redb"), 0o644);
    let error = home.run(&["doctor"]);
    assert!(error.out.contains("others can look into"), "{}", error.out);
    home.serve().stop();
    assert!(home.log().contains("others could read the data folder"), "{}", home.log());
    assert_eq!(shared_below(&home.data().join("tables")), Vec::<String>::new());

    let backup = home.path("backup");
    fs::create_dir(&backup).unwrap();
    widen(&backup, 0o777);
    home.run(&["backup", backup.to_str().unwrap()]).good();
    assert_eq!(shared_below(&backup), Vec::<String>::new());
}

#[test]
fn a_folder_of_others_is_left_alone() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    widen(&home.data(), 0o777);
    fs::write(home.data().join("notes.txt"), "mine").unwrap();
    let error = home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
    assert!(error.contains("notes.txt") && error.contains("--data-dir"), "{error}");
    assert_eq!(fs::metadata(home.data()).unwrap().mode() & 0o777, 0o777);
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 1);
}

#[test]
fn no_link_or_code_stands_in_clear_on_disk() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let account = home.account_file();
    home.run(&["accounts", "create", "-f", account.to_str().unwrap(), "--watch"]).good();
    let mails = home.json(&["outbox", "read", "--to", "ada@acme.example"]);
    let text = mails["items"][0]["text"].as_str().unwrap();
    let token = text.split_once("#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    assert!(token.len() > 40, "{text}");
    let printed = home.run(&["outbox", "read", "--limit", "1"]).good();
    assert!(printed.contains(&token), "{printed}");
    server.stop();
    let backup = home.path("backup");
    home.run(&["backup", backup.to_str().unwrap()]).good();
    for folder in [home.data(), backup] {
        for (path, bytes) in contents(&folder) {
            let found = bytes.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!found, "{} holds the link", path.display());
        }
    }
    assert!(home.run(&["outbox", "read", "--to", "ada@acme.example"]).good().contains(&token), "without a server too");
}

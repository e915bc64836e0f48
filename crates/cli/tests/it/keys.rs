//! The data folder: one owner, and keys without which nothing starts.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use crate::server::{Home, contents};

#[test]
fn a_first_start_is_ready_and_makes_files_for_its_owner_alone() {
    let home = Home::new();
    let server = home.serve();
    assert_eq!(server.status("/ready"), "HTTP/1.1 200 OK");
    for (path, mode) in [
        ("", 0o700),
        ("keys", 0o700),
        ("keys/platform.key", 0o600),
        ("keys/signing.json", 0o600),
        ("control.sock", 0o600),
    ] {
        assert_eq!(fs::metadata(home.data().join(path)).unwrap().mode() & 0o777, mode, "{path}");
    }
    let log = home.log();
    assert!(log.contains(&format!("Freehold serves http://{}", server.address)), "{log}");
    assert!(log.contains("freehold login --server"), "{log}");
    server.stop();
    assert!(!home.data().join("listen").exists() && !home.data().join("control.sock").exists());
}

#[test]
fn a_password_is_made_and_shown_once_if_none_is_configured() {
    let home = Home::new();
    home.serve_with(&[("FREEHOLD_ADMIN_PASSWORD", "")]).stop();
    let log = home.log();
    let line = log.lines().find(|line| line.contains("password  ")).expect("it is shown");
    let password = line.split_whitespace().nth(1).unwrap().to_owned();
    let server = home.serve_with(&[("FREEHOLD_ADMIN_PASSWORD", "")]);
    assert_eq!(home.log().matches(&password).count(), 1);
    let args = ["login", "--server", &server.url(), "--email", crate::server::ADMIN, "--password-stdin"];
    home.tell(&args, &format!("{password}\n{}\n", crate::server::PASSWORD)).good();
}

#[test]
fn with_a_token_the_platform_waits_to_be_set_up() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_SETUP", "by-token")]);
    assert_eq!(server.status("/ready"), "HTTP/1.1 503 Service Unavailable");
    assert!(home.log().contains("setupToken  "), "{}", home.log());
    server.stop();
}

#[test]
fn a_second_process_on_the_folder_is_refused_at_once() {
    let home = Home::new();
    let server = home.serve();
    let error = home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(1);
    assert!(error.contains("another freehold (process ") && error.contains("hint: "), "{error}");
    assert_eq!(server.status("/ready"), "HTTP/1.1 200 OK");
    server.stop();
    home.serve().stop();
}

#[test]
fn wrong_or_missing_keys_stop_the_start_and_nothing_is_touched() {
    let home = Home::new();
    home.serve().stop();
    let platform = home.data().join("keys/platform.key");
    let signing = home.data().join("keys/signing.json");
    let (right_platform, right_signing) = (fs::read(&platform).unwrap(), fs::read(&signing).unwrap());
    let check = |what: &str, said: &str| {
        let before = contents(&home.data());
        let error = home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
        assert!(error.contains(said) && error.contains("hint: "), "{what}: {error}");
        assert!(contents(&home.data()) == before, "{what}: something was touched");
    };

    fs::remove_file(&platform).unwrap();
    check("no platform key", "is missing, though this data folder is in use");
    fs::write(&platform, [1; 32]).unwrap();
    fs::set_permissions(&platform, Permissions::from_mode(0o600)).unwrap();
    check("another platform key", "is another folder's");
    fs::write(&platform, [1; 31]).unwrap();
    check("half a platform key", "does not have 32 bytes");
    fs::write(&platform, &right_platform).unwrap();
    fs::set_permissions(&platform, Permissions::from_mode(0o640)).unwrap();
    check("an open platform key", "chmod 600");
    fs::set_permissions(&platform, Permissions::from_mode(0o600)).unwrap();

    fs::remove_file(&signing).unwrap();
    check("no signing keys", "the file is missing");
    fs::write(&signing, &right_signing[..40]).unwrap();
    fs::set_permissions(&signing, Permissions::from_mode(0o600)).unwrap();
    check("half of the signing keys", "can't be read");
    fs::write(&signing, &right_signing).unwrap();
    home.serve().stop();
}

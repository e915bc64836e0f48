//! Backups under a running server and without one, restoring, and the other commands of the folder's owner.

use crate::server::{ADMIN, Home, PASSWORD};

#[test]
fn a_backup_under_a_running_server_restores_the_whole() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let id = home.run(&["services", "create", "name=Ledger"]).good();
    let (first, second) = (home.path("backup"), home.path("backup-2"));
    assert_eq!(home.run(&["backup", first.to_str().unwrap()]).good(), "");
    home.run(&["services", "delete", &id]).good();
    let error = home.run(&["backup", first.to_str().unwrap()]).refused(1);
    assert!(error.contains("new or empty folder"), "{error}");
    let error = home.run(&["restore", first.to_str().unwrap()]).refused(1);
    assert!(error.contains("is not empty") && error.contains("hint: "), "{error}");
    server.stop();
    home.run(&["backup", second.to_str().unwrap()]).good();

    let other = Home::new();
    other.run(&["restore", first.to_str().unwrap()]).good();
    let server = other.serve();
    let args = ["login", "--server", &server.url(), "--email", ADMIN, "--password-stdin"];
    other.tell(&args, PASSWORD).good();
    assert_eq!(other.json(&["services", "show", &id])["name"], "Ledger");
    server.stop();

    let third = Home::new();
    third.run(&["restore", second.to_str().unwrap()]).good();
    let server = third.serve();
    third.tell(&["login", "--server", &server.url(), "--email", ADMIN, "--password-stdin"], PASSWORD).good();
    third.run(&["services", "show", &id]).refused(1);
    server.stop();
}

#[test]
fn half_a_backup_is_not_restored() {
    let home = Home::new();
    let error = home.run(&["backup", home.path("none").to_str().unwrap()]).refused(2);
    assert!(error.contains("there is no data in"), "{error}");
    home.serve().stop();
    let backup = home.path("backup");
    home.run(&["backup", backup.to_str().unwrap()]).good();
    std::fs::remove_file(backup.join("keys/platform.key")).unwrap();
    let other = Home::new();
    let error = other.run(&["restore", backup.to_str().unwrap()]).refused(1);
    assert!(error.contains("is not a whole backup"), "{error}");
    assert!(!other.data().exists());
}

#[test]
fn day_zero_is_verified_and_keys_are_rotated_with_and_without_a_server() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    assert_eq!(home.json(&["verify-bootstrap"])["ok"], true);
    let first = home.run(&["rotate-keys"]).good();
    home.run(&["whoami"]).good();
    home.run(&["rotate-keys", "--retire-old"]).good();
    // The session's token was signed by a key that is gone; the refresh token gives another.
    home.run(&["whoami"]).good();
    server.stop();
    let report = home.run(&["verify-bootstrap", "--fix"]).good();
    assert_eq!(report.lines().count(), 15, "{report}");
    assert_ne!(home.run(&["rotate-keys"]).good(), first);
    home.serve().stop();
}

//! Backups that are not whole, restores that are interrupted, data folders whose tables are gone: each is named.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::server::{ADMIN, Home, PASSWORD, contents};

/// A home whose data folder has been used, and a backup of it.
fn backed_up() -> (Home, PathBuf) {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    home.run(&["services", "create", "name=Ledger"]).good();
    let backup = home.path("backup");
    home.run(&["backup", backup.to_str().unwrap()]).good();
    server.stop();
    (home, backup)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::write(&target, fs::read(&path).unwrap()).unwrap() }
    }
}

/// A way to damage a copy of a backup, by its name.
type Damage = (&'static str, Box<dyn Fn(&Path)>);

#[test]
fn a_backup_that_is_not_whole_is_refused_by_name() {
    let (home, backup) = backed_up();
    let damages: Vec<Damage> = vec![
        ("manifest.json is missing", Box::new(|at| fs::remove_file(at.join("manifest.json")).unwrap())),
        ("manifest.json is damaged", Box::new(|at| fs::write(at.join("manifest.json"), "{}").unwrap())),
        ("tables/app_data.redb is missing", Box::new(|at| fs::remove_file(at.join("tables/app_data.redb")).unwrap())),
        ("keys/platform.key is missing", Box::new(|at| fs::remove_file(at.join("keys/platform.key")).unwrap())),
        (
            "tables/app_data.redb is not as it was written",
            Box::new(|at| {
                let file = at.join("tables/app_data.redb");
                let mut bytes = fs::read(&file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(file, bytes).unwrap();
            }),
        ),
        (
            "tables/app_data.redb is not as it was written",
            Box::new(|at| {
                let file = fs::OpenOptions::new().write(true).open(at.join("tables/app_data.redb")).unwrap();
                file.set_len(4096).unwrap();
            }),
        ),
        (
            "tables/app_acct_1.redb is not part of it",
            Box::new(|at| fs::write(at.join("tables/app_acct_1.redb"), "x").unwrap()),
        ),
        ("tables/link is not a plain file", Box::new(|at| symlink("/etc/passwd", at.join("tables/link")).unwrap())),
    ];
    for (number, (why, damage)) in damages.iter().enumerate() {
        let damaged = home.path(&format!("damaged-{number}"));
        copy(&backup, &damaged);
        damage(&damaged);
        let other = Home::new();
        let error = other.run(&["restore", damaged.to_str().unwrap()]).refused(1);
        assert!(error.contains(why), "{error}");
        assert!(!other.data().exists(), "{why}");
        if damaged.join("manifest.json").exists() {
            let doctor = other.run(&["doctor", "--data-dir", damaged.to_str().unwrap()]);
            assert_eq!(doctor.code, Some(1), "{why}: {}", doctor.out);
        }
    }
    let doctor = home.run(&["doctor", "--data-dir", backup.to_str().unwrap()]).good();
    assert!(doctor.contains("this is a backup, and it is whole"), "{doctor}");
}

#[test]
fn a_data_folder_without_its_main_table_does_not_start() {
    let (home, _) = backed_up();
    let table = home.data().join("tables/app_data.redb");
    let kept = home.path("kept.redb");
    fs::rename(&table, &kept).unwrap();
    let before = contents(&home.data());
    for args in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["backup", "elsewhere"], &["verify-bootstrap"], &["rotate-keys"]]
    {
        let error = home.run(args).refused(2);
        assert!(error.contains("app_data.redb is missing") && error.contains("hint: "), "{error}");
    }
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == Some(1) && doctor.out.contains("app_data.redb is missing"), "{}", doctor.out);
    assert_eq!(contents(&home.data()), before);
    // Also where the whole folder of tables is gone, and where an earlier version wrote the installation's file.
    fs::remove_dir(home.data().join("tables")).unwrap();
    home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
    let file = home.data().join("installation.json");
    let mut installation: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    installation.as_object_mut().unwrap().remove("hasTables").unwrap();
    fs::write(&file, installation.to_string()).unwrap();
    home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
    fs::create_dir(home.data().join("tables")).unwrap();
    fs::rename(&kept, &table).unwrap();
    home.serve().stop();
}

#[test]
fn a_start_that_died_before_it_made_the_table_goes_on() {
    let home = Home::new();
    home.serve().stop();
    let file = home.data().join("installation.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_dir_all(home.data().join("tables")).unwrap();
    fs::write(&file, text.replace("\"hasTables\": true", "\"hasTables\": false")).unwrap();
    home.serve().stop();
    assert!(fs::read_to_string(&file).unwrap().contains("\"hasTables\": true"));
}

#[test]
fn a_restore_killed_at_any_moment_is_named_and_goes_on() {
    let (home, backup) = backed_up();
    let (_other_home, other_backup) = backed_up();
    let mut interrupted = 0;
    for round in 0..60_u64 {
        let fresh = Home::new();
        let mut command = fresh.command(&["restore", backup.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // How far it comes is random: the figures below hold in every case.
        thread::sleep(Duration::from_micros(round * 400));
        drop((child.kill(), child.wait()));
        let marker = fresh.data().join("restore.json");
        if marker.exists() {
            interrupted += 1;
            let error = fresh.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
            assert!(
                error.contains("was interrupted") && error.contains("hint: finish it: freehold restore"),
                "{error}"
            );
            let doctor = fresh.run(&["doctor"]);
            assert!(doctor.code == Some(1) && doctor.out.contains("was interrupted"), "{}", doctor.out);
            let error = fresh.run(&["restore", other_backup.to_str().unwrap()]).refused(1);
            assert!(error.contains("interrupted restore of another backup"), "{error}");
        }
        if !fresh.data().join("tables").exists() || marker.exists() {
            fresh.run(&["restore", backup.to_str().unwrap()]).good();
        }
        assert!(!marker.exists());
        if round % 12 == 0 {
            let server = fresh.serve();
            let args = ["login", "--server", &server.url(), "--email", ADMIN, "--password-stdin"];
            fresh.tell(&args, PASSWORD).good();
            assert!(fresh.run(&["services", "list"]).good().contains("Ledger"));
            server.stop();
        }
    }
    println!("restores that were killed half-way: {interrupted} of 60");
    drop(home);
}

#[test]
fn what_an_earlier_version_left_half_restored_does_not_start() {
    let home = Home::new();
    fs::create_dir_all(home.data().join("tables.unfinished")).unwrap();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(ran.code == Some(2) && ran.err.contains("was interrupted"), "{}", ran.err);
}

#[test]
fn a_restore_says_what_came_back_and_can_end_all_sessions() {
    let (home, backup) = backed_up();
    let again = home.path("again");
    let ran = home.run(&["restore", backup.to_str().unwrap(), "--data-dir", again.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("restored 1 accounts") && ran.err.contains("freehold end-sessions"), "{}", ran.err);
    // The client's session was open when the backup was taken.
    for (arguments, signed_in) in [(&[][..], true), (&["--end-sessions"][..], false)] {
        fs::remove_dir_all(home.data()).unwrap();
        let mut args = vec!["restore", backup.to_str().unwrap()];
        args.extend(arguments);
        home.run(&args).good();
        let server = home.serve();
        move_session(&home, &server.url());
        let whoami = home.run(&["whoami"]);
        assert_eq!(whoami.code == Some(0), signed_in, "{arguments:?}: {} {}", whoami.out, whoami.err);
        if signed_in {
            home.run(&["end-sessions"]).good();
            assert_ne!(home.run(&["whoami"]).code, Some(0));
            move_session(&home, &server.url());
        }
        server.stop();
    }
}

/// Lets the client's session be used at a server on another port. The tokens stay as they are.
fn move_session(home: &Home, url: &str) {
    let file = home.path(".config/freehold/session.json");
    let kept = home.path("session.json");
    if !kept.exists() {
        fs::write(&kept, fs::read(&file).unwrap()).unwrap();
    }
    let mut session: Value = serde_json::from_str(&fs::read_to_string(&kept).unwrap()).unwrap();
    session["server"] = url.into();
    drop(fs::remove_file(&file));
    fs::write(&file, session.to_string()).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

//! The client beside others of its kind, before foreign servers, and in a pipe.

use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    process::Stdio,
    thread,
};

use serde_json::Value;

use crate::server::{ADMIN, Home};

#[test]
fn clients_that_run_at_once_renew_one_session() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let session = home.path(".config/freehold/session.json");
    for _ in 0..3 {
        let mut kept: Value = serde_json::from_str(&fs::read_to_string(&session).unwrap()).unwrap();
        kept["expiresAt"] = "2020-01-01T00:00:00Z".into();
        fs::write(&session, kept.to_string()).unwrap();
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| home.run(&["accounts", "list"]).good());
            }
        });
    }
    let left: Vec<_> =
        fs::read_dir(session.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the session and its lock: {left:?}");
    server.stop();
}

/// A server that gives one answer to every request.
fn server_that_answers(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().take(20) {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 8192]));
            drop(stream.write_all(answer.as_bytes()));
            // What is left unread would reset the connection, and the answer with it.
            drop((stream.shutdown(Shutdown::Write), stream.read_to_end(&mut Vec::new())));
        }
    });
    url
}

#[test]
fn no_redirect_takes_a_password_along() {
    let home = Home::new();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let target = format!("http://{}", elsewhere.local_addr().unwrap());
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let url = server_that_answers(format!(
            "HTTP/1.1 {status}\r\nlocation: {target}/api/auth/login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ));
        let error =
            home.tell(&["login", "--server", &url, "--email", ADMIN, "--password-stdin"], "Secret\n").refused(1);
        assert!(error.contains("redirect") && error.contains(&format!("--server {target}")), "{error}");
    }
    assert!(elsewhere.accept().is_err(), "somebody else was asked");
}

#[test]
fn what_a_server_says_can_not_steer_a_terminal() {
    let home = Home::new();
    let body = r#"{"code":"forbidden","detail":"\u001b[2J\u001b[31mred\u202edlrow\u009b","help":"\u0007bell"}"#;
    let url = server_that_answers(format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ));
    let error = home.tell(&["login", "--server", &url, "--email", ADMIN, "--password-stdin"], "Secret\n").refused(1);
    assert!(error.contains(r"\u001b[2J") && error.contains(r"\u202edlrow") && error.contains(r"\u0007bell"), "{error}");
    assert!(!error.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{error:?}");
}

#[test]
fn an_export_onto_a_file_that_others_can_read_makes_it_private() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let file = home.path("export");
    fs::write(&file, "x".repeat(100_000)).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    home.run(&["audit", "export", "-o", file.to_str().unwrap()]).good();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with('{') && !text.contains("xxx"), "{text}");
    server.stop();
}

#[test]
fn help_that_a_full_disk_has_no_room_for_is_a_failure() {
    let home = Home::new();
    for arguments in [&["--help"][..], &["--version"], &["accounts", "--help"], &["completions", "bash"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = home.command(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains("No space left"), "{arguments:?}: {error}");
    }
}

#[test]
fn completions_end_quietly_when_nobody_reads_on() {
    let home = Home::new();
    let mut child =
        home.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(home.run(&["completions", "bash"]).good().contains("_freehold"));
}

#[test]
fn what_is_created_is_in_the_enterprise_of_the_command_line() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let account = home.account_file();
    let account = home.run(&["accounts", "create", "-f", account.to_str().unwrap(), "--watch"]).good();
    let license = &home.json(&["licenses", "list", "--account", &account])["items"][0];
    let of = |field: &str| license[field].as_str().unwrap().to_owned();
    let (enterprise, product, service) = (of("enterpriseId"), of("productId"), of("serviceId"));
    let scope = ["--account", &account, "--enterprise", &enterprise];
    let (product, service) = (format!("productId={product}"), format!("serviceId={service}"));
    let user = ["firstName=Bob", "lastName=Boyle", "email=bob@acme.example", "startDate=2024-01-01"];
    for (noun, verb, fields) in [
        ("groups", "create", vec!["name=Readers"]),
        ("roles", "create", vec!["name=Readers"]),
        ("users", "provision", [&user[..], &[&product, &service]].concat()),
    ] {
        let args = [&[noun, verb], &fields[..], &scope].concat();
        let id = home.run(&args).good();
        let shown = home.json(&[noun, "show", &id, "--account", &account]);
        assert_eq!(shown["enterpriseId"], enterprise, "{noun}");
    }
    server.stop();
}

#[test]
fn arguments_are_refused_in_plain_words_and_ids_taken_in_either_case() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let service = home.run(&["services", "create", "name=Ledger", "--json"]).good();
    let service: Value = serde_json::from_str(&service).unwrap();
    let id = service["id"].as_str().unwrap();
    let shown = home.run(&["services", "show", &id.to_uppercase(), "--json"]).good();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["id"], id);
    let listed = home.run(&["roles", "list", "--account", "00000000-0000-4000-8000-00000000000A"]).refused(1);
    assert!(listed.contains("not_found"), "{listed}");

    let file = home.path("broken.json");
    fs::write(&file, "{\"name\":").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, code, said) in [
        (&["services", "show", "7"][..], 2, "an id is a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d"),
        (&["roles", "list", "--account", "{0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d}"], 2, "an id is a UUID such as"),
        (
            &["services", "create", "-f", file],
            2,
            "broken.json is not JSON: it ends in the middle of a value, at line 1",
        ),
        (&["services", "create", "name:=[1"], 2, "is not JSON: it ends in the middle of a value, at line 1"),
        (&["services", "create", "name:=7"], 1, "/name: must be a string"),
        (&["services", "create", "name:={}"], 1, "/name: must be a string"),
        (&["users", "list", "--filter", "status=gone"], 1, "/status: must be one of active, inactive, ended"),
        (&["users", "list", "--filter", "licenseId=7"], 1, "/licenseId: an id is a UUID such as"),
        (&["users", "list", "--filter", "seats=7"], 1, "/seats: this operation has no such parameter"),
        (&["licenses", "expiring", "--days", "many"], 2, "'--days <N>': it must be a whole number from 0 to 3650"),
    ] {
        let error = home.run(arguments).refused(code);
        assert!(error.contains(said), "{arguments:?}: {error}");
        for foreign in ["expected", "invalid type", "struct", "u32", "digit", "EOF", "character"] {
            assert!(!error.contains(foreign), "{arguments:?}: {error}");
        }
    }
    server.stop();
}

//! How a server stops, and what the next start makes of what was left.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use rustix::process::Signal;

use crate::server::{Home, wait};

#[test]
fn a_request_under_way_ends_before_the_server_does() {
    let home = Home::new();
    let mut server = home.serve();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head =
        "POST /api/auth/logout HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // The server has taken the connection once it answers another that came later.
    assert_eq!(server.status("/health"), "HTTP/1.1 200 OK");
    stream.write_all(b"{").unwrap();
    server.signal(Signal::TERM);
    wait("nobody new is served", || TcpStream::connect(&server.address).is_err());
    stream.write_all(b"}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(server.ended().success());
    assert!(home.log().contains("stopped"), "{}", home.log());
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let home = Home::new();
    let mut server = home.serve();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"POST /api/auth/logout HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").unwrap();
    assert_eq!(server.status("/health"), "HTTP/1.1 200 OK");
    server.signal(Signal::TERM);
    wait("nobody new is served", || TcpStream::connect(&server.address).is_err());
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(1));
}

#[test]
fn a_run_goes_on_after_a_crash_in_the_middle_of_it() {
    let home = Home::new();
    let mut server = home.serve_with(&[("FREEHOLD_FAULTS", "ProvisionCognitoUsers:crash-after")]);
    home.sign_in(&server);
    let file = home.account_file();
    let account = home.run(&["accounts", "create", "-f", file.to_str().unwrap()]).good();
    assert!(!server.ended().success());
    drop(server);

    let server = home.serve();
    let url = server.url();
    let login = ["login", "--server", &url, "--email", crate::server::ADMIN, "--password-stdin"];
    home.tell(&login, crate::server::PASSWORD).good();
    home.run(&["provisioning", "watch", &account]).good();
    assert_eq!(home.json(&["accounts", "show", &account])["status"], "active");
    server.stop();
}

#[test]
fn a_stream_of_events_does_not_hold_the_end_up() {
    let home = Home::new();
    // The verifier waits minutes between its tries: the run stays open.
    let server = home.serve_with(&[("FREEHOLD_FAULTS", "VerifyProvisioning:transient*always")]);
    home.sign_in(&server);
    let file = home.account_file();
    let account = home.run(&["accounts", "create", "-f", file.to_str().unwrap()]).good();
    let mut command = home.command(&["provisioning", "watch", &account]);
    let mut watching = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    watching.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    server.stop();
    watching.kill().unwrap();
    watching.wait().unwrap();
}

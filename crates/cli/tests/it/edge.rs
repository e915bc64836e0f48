//! Hostile and slow clients at the real server's sockets: they are bounded in time, number and memory.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::server::{Home, Server, wait};

/// So many requests of each hostile kind are sent. `bench/hostile.py` sends more, and measures.
const EACH: usize = 2_000;
/// The memory that they may leave behind, in KiB.
const GROWTH: u64 = 16 * 1024;

fn connect(server: &Server<'_>, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// All that comes until the server closes the connection.
fn until_closed(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is a close too.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whether the server has closed a connection.
fn closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0; 512]) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

fn more_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

fn of_proc(server: &Server<'_>, file: &str, field: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{}/{file}", server.pid().as_raw_nonzero())).unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    line[field.len()..].split_whitespace().map(str::to_owned).collect()
}

#[test]
fn more_half_open_connections_than_files_do_not_stop_the_server() {
    more_files();
    let home = Home::new();
    let server = home.serve_with_files(1024, &[("FREEHOLD_HEAD_SECONDS", "600")]);
    let mut half_open: Vec<_> = (0..1_100).map(|_| connect(&server, b"GET /health HTTP/1.1\r\nhost: x\r\n")).collect();
    let began = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(server.status("/health"), "HTTP/1.1 200 OK");
    }
    println!("/health: {:?} each", began.elapsed() / 20);
    // The oldest went; the youngest is still good for a request.
    wait("the oldest is closed", || closed(&mut half_open[0]));
    let mut youngest = half_open.pop().unwrap();
    youngest.write_all(b"connection: close\r\n\r\n").unwrap();
    assert!(until_closed(youngest).starts_with("HTTP/1.1 200 OK"));
    drop(half_open);
    server.stop();
}

#[test]
fn the_limit_of_open_files_is_raised() {
    let home = Home::new();
    let server = home.serve();
    let limits = of_proc(&server, "limits", "Max open files");
    assert_eq!(limits[0], limits[1]);
    server.stop();
}

#[test]
fn a_head_a_body_and_a_pause_have_their_time() {
    let home = Home::new();
    let seconds = ["HEAD", "BODY", "IDLE"].map(|what| format!("FREEHOLD_{what}_SECONDS"));
    let settings: Vec<(&str, &str)> = seconds.iter().map(|name| (name.as_str(), "1")).collect();
    let server = home.serve_with(&settings);
    assert_eq!(until_closed(connect(&server, b"")), "");
    assert_eq!(until_closed(connect(&server, b"GET /health HTTP/1.1\r\nhost: x\r\nx: ")), "");
    let idle = until_closed(connect(&server, b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"));
    assert!(idle.starts_with("HTTP/1.1 200 OK"), "{idle}");
    let half_a_body = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{\"email\":";
    let answer = until_closed(connect(&server, half_a_body));
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close") && answer.contains("request_timeout"), "{answer}");
    server.stop();
}

#[test]
fn a_request_over_http_1_1_names_its_host() {
    let home = Home::new();
    let server = home.serve();
    for (status, head) in [
        ("400", "GET /health HTTP/1.1\r\n"),
        ("400", "GET /health HTTP/1.1\r\nhost: x\r\nhost: x\r\n"),
        ("200", "GET /health HTTP/1.1\r\nhost: x\r\n"),
        ("200", "GET /health HTTP/1.0\r\n"),
    ] {
        let answer = until_closed(connect(&server, format!("{head}connection: close\r\n\r\n").as_bytes()));
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) || answer.starts_with(&format!("HTTP/1.0 {status} ")),
            "{head}: {answer}"
        );
    }
    server.stop();
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_WRITE_SECONDS", "1")]);
    let request = b"GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = connect(&server, &request.repeat(200));
    wait("the connection is cut", || stream.write_all(b" ").is_err());
    assert_eq!(server.status("/health"), "HTTP/1.1 200 OK");
    server.stop();
}

#[test]
fn an_early_answer_reads_a_small_body_and_closes_over_a_large_one() {
    let home = Home::new();
    let server = home.serve();
    let post = |path: &str, announced: usize, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n\r\n{body}"
        )
    };
    let last = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (path, status) in [("/api/users", "401"), ("/api/nothing", "404"), ("/health", "405")] {
        let small = until_closed(connect(&server, format!("{}{last}", post(path, 10, "[123456789")).as_bytes()));
        assert!(small.starts_with(&format!("HTTP/1.1 {status} ")), "{small}");
        assert!(small.contains("HTTP/1.1 200 OK"), "the connection goes on: {small}");
        // The whole answer comes, though the client has much more to send.
        let large = until_closed(connect(&server, post(path, 100_000_000, &"x".repeat(200_000)).as_bytes()));
        assert!(large.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {large}");
        assert!(large.contains("connection: close") && large.ends_with('}'), "{large}");
    }
    let large = until_closed(connect(&server, post("/api/auth/login", 20_000, "").as_bytes()));
    assert!(large.starts_with("HTTP/1.1 413 ") && large.contains("connection: close"), "{large}");
    server.stop();
}

#[test]
fn where_every_place_serves_a_request_the_next_client_is_told() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_MAX_CONNECTIONS", "2")]);
    let half_a_body = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        content-length: 100\r\nexpect: 100-continue\r\n\r\n";
    let mut busy: Vec<_> = (0..2).map(|_| connect(&server, half_a_body)).collect();
    for stream in &mut busy {
        // The body is asked for: the request is under way.
        let mut word = [0; 12];
        stream.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"HTTP/1.1 100");
    }
    let refused = until_closed(connect(&server, b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"));
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 503 "), "{refused}");
    drop(busy);
    wait("there is room again", || {
        let answer = until_closed(connect(&server, b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
        answer.starts_with("HTTP/1.1 200 OK")
    });
    server.stop();
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_METRICS_LISTEN", "127.0.0.1:0")]);
    assert_eq!(server.status("/metrics"), "HTTP/1.1 404 Not Found");
    let mut line = String::new();
    wait("the listener is in the log", || {
        let log = home.log();
        let found = log.lines().find(|line| line.contains("metrics are served"));
        found.is_some_and(|found| {
            line = found.to_owned();
            true
        })
    });
    let (_, address) = line.split_once("127.0.0.1:").unwrap();
    let port: u16 = address.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let metrics = until_closed(stream);
    assert!(metrics.contains("freehold_http_requests"), "{metrics}");
    server.stop();
}

#[test]
fn hostile_requests_leave_no_memory_behind() {
    more_files();
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_LOG_LEVEL", "warn")]);
    let rss = || of_proc(&server, "status", "VmRSS:")[0].parse::<u64>().unwrap();
    let answered = |request: String| {
        let answer = until_closed(connect(&server, request.as_bytes()));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    };
    let long = "X".repeat(8_000);
    for _ in 0..EACH / 10 {
        answered(format!("GET /api/{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
    }
    let before = rss();
    for number in 0..EACH {
        let head = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        answered(format!("M{number}{long} / {head}\r\n"));
        answered(format!("GET /api/{number}{long} {head}\r\n"));
        answered(format!("GET /api/users {head}x-{number}: {long}\r\nx-forwarded-for: {number}\r\n\r\n"));
        answered(format!("GET /api/users {head}authorization: Bearer {number}.{long}\r\n\r\n"));
    }
    let hold = |request: &[u8]| {
        let held: Vec<_> = (0..EACH / 4).map(|_| connect(&server, request)).collect();
        assert_eq!(server.status("/health"), "HTTP/1.1 200 OK");
        drop(held);
    };
    for _ in 0..4 {
        hold(format!("GET /{long}").as_bytes());
        let post = |path: &str| {
            let head = "HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n";
            format!("POST {path} {head}{long}")
        };
        hold(post("/api/users").as_bytes());
        hold(post("/api/auth/login").as_bytes());
        hold(&b"GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(4));
    }
    wait("the memory is given back", || rss() <= before + GROWTH);
    server.stop();
}

//! Compares embedded engines on the product's shape: small JSON records with three index entries, durable group commits.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, exit},
    time::{Duration, Instant},
};

mod stores;
use stores::{Store, open};

const KINDS: [&str; 5] = ["redb-pointers", "redb-copies", "redb-quick", "fjall-pointers", "sqlite-pointers"];
/// The tree of records; trees 1 to 3 are the indexes.
const ROWS: usize = 0;
const TENANTS: usize = 200;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("child") => child(&arguments[2], &arguments[3], arguments[4].parse().unwrap(), Path::new(&arguments[5])),
        _ => parent(PathBuf::from(arguments.get(1).map_or("target/data", String::as_str))),
    }
}

/// Runs every stage of every engine in a process of its own, so that memory and open times are its own.
fn parent(dir: PathBuf) {
    println!(
        "| engine | records | commits/s of 1 | commits/s of 32 | get µs | list 50 µs | RSS MiB idle | open clean ms | open after kill ms | file MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for records in [20_000, 100_000] {
        for kind in KINDS {
            fs::remove_dir_all(&dir).ok();
            fs::create_dir_all(&dir).unwrap();
            let load = stage(kind, "load", records, &dir);
            let clean = stage(kind, "open", records, &dir);
            stage(kind, "kill", records, &dir);
            let killed = stage(kind, "open", records, &dir);
            println!(
                "| {kind} | {records} | {} | {} | {} | {} | {} | {} | {} | {} |",
                load[0], load[1], clean[1], clean[2], clean[3], clean[0], killed[0], load[2]
            );
        }
    }
}

fn stage(kind: &str, stage: &str, records: usize, dir: &Path) -> Vec<String> {
    let out = Command::new(env::current_exe().unwrap())
        .args(["child", stage, kind, &records.to_string(), dir.to_str().unwrap()])
        .output()
        .unwrap();
    if stage != "kill" && !out.status.success() {
        eprintln!("{kind} {stage}: {}", String::from_utf8_lossy(&out.stderr));
        exit(1);
    }
    String::from_utf8(out.stdout).unwrap().split_whitespace().map(String::from).collect()
}

fn child(stage: &str, kind: &str, records: usize, dir: &Path) {
    let begun = Instant::now();
    let store = open(kind, dir);
    let copies = kind == "redb-copies";
    match stage {
        "load" => {
            for start in (0..records).step_by(500) {
                let mut batch = Vec::new();
                (start..records.min(start + 500)).for_each(|n| record(n, 0, copies, &mut batch));
                store.commit(&batch);
            }
            let (one, many) = (rate(&*store, records, copies, 1), rate(&*store, records, copies, 32));
            drop(store);
            let size: u64 = sizes(dir);
            println!("{one:.0} {many:.0} {:.1}", size as f64 / 1048576.0);
        }
        "kill" => {
            rate(&*store, records, copies, 1);
            // SIGKILL to itself: no destructor runs.
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
            std::thread::sleep(Duration::from_secs(5));
        }
        _ => {
            assert!(store.get(ROWS, &key(records / 2)).is_some());
            let opened = begun.elapsed();
            let get = timed(20_000, |i| {
                store.get(ROWS, &key(i * 7919 % records)).unwrap();
            });
            let list = timed(2_000, |i| {
                let rows = store.list(2, &tenant(i * 31 % TENANTS), 50, !copies);
                assert_eq!(rows.len(), 50);
            });
            println!("{:.1} {:.2} {:.1} {:.1}", opened.as_secs_f64() * 1e3, get, list, rss());
        }
    }
}

fn timed(rounds: usize, mut f: impl FnMut(usize)) -> f64 {
    let begun = Instant::now();
    (0..rounds).for_each(&mut f);
    begun.elapsed().as_secs_f64() * 1e6 / rounds as f64
}

/// Logical commits per second, `group` of them sharing one sync.
fn rate(store: &dyn Store, records: usize, copies: bool, group: usize) -> f64 {
    let begun = Instant::now();
    let mut done = 0;
    while begun.elapsed() < Duration::from_millis(1500) {
        let mut batch = Vec::new();
        for i in 0..group {
            record((done + i) * 104_729 % records, done + 1, copies, &mut batch);
        }
        store.commit(&batch);
        done += group;
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

fn tenant(t: usize) -> Vec<u8> {
    format!("ACCOUNT#018f{t:08x}-aaaa-7bbb-8ccc-0123456789ab\0").into_bytes()
}

fn key(n: usize) -> Vec<u8> {
    let mut key = tenant(n % TENANTS);
    key.extend(format!("LICENSE#018f{:08x}-dddd-7eee-8fff-0123456789ab", n.wrapping_mul(2_654_435_761) as u32).bytes());
    key
}

/// One record and its three index entries: each a pointer (empty) or a full copy. Every write changes the body, since
/// SQLite skips one that does not.
fn record(n: usize, written: usize, copies: bool, batch: &mut Vec<(usize, Vec<u8>, Vec<u8>)>) {
    let primary = key(n);
    let body = format!(
        r#"{{"id":"{n:036}","name":"license {n}","status":"active","created_at":"2026-11-20T10:00:00Z","updated_at":"2026-11-20T10:00:00Z","seats":{{"total":100,"used":{}}},"written":{written},"product":"{:036}","notes":"{:x<160}"}}"#,
        n % 100, n * 3, ""
    )
    .into_bytes();
    for index in 1..=3 {
        let mut entry = if index == 2 { tenant(n % TENANTS) } else { format!("TYPE#{index}\0").into_bytes() };
        entry.extend(format!("2026-11-20T10:00:{:02}Z#{n:08}\0", n % 60).bytes());
        entry.extend(&primary);
        batch.push((index, entry, if copies { body.clone() } else { Vec::new() }));
    }
    batch.push((ROWS, primary, body));
}

fn rss() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn sizes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| if e.path().is_dir() { sizes(&e.path()) } else { e.metadata().unwrap().blocks() * 512 })
        .sum()
}

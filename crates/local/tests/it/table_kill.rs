//! A process that is killed under load and in the middle of compactions, again and again: every commit that it reported is
//! there, none by half.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use kernel::ports::table::{Table, TableName, Tables};
use local::{lock::DataDir, table::FileTables};
use serde_json::json;

use crate::table_tools::{body, put};

const WRITERS: usize = 50;
const DATA: &str = "FREEHOLD_TEST_KILL_DATA";
/// How often the process is killed; more for a long run.
const ROUNDS: &str = "FREEHOLD_TEST_KILL_ROUNDS";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::disallowed_methods, reason = "the test calls itself, and says so by the environment")]
async fn killed_under_fifty_writers() {
    if let Ok(data) = std::env::var(DATA) {
        write_until_killed(data.as_ref()).await;
    }
    let rounds = std::env::var(ROUNDS).map_or(10, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut reported = BTreeMap::new();
    for round in 0..rounds {
        let before = reported.len();
        kill_after(folder.path(), 200 + round * 131 % 700, &mut reported);
        assert!(before > 0 || reported.len() == WRITERS || round == 0);
        verify(folder.path(), &mut reported).await;
    }
    let total: i64 = reported.values().sum();
    println!("{rounds} kills, {total} commits");
}

/// Starts the writers, hears so many reports, kills, and hears the rest.
fn kill_after(data: &Path, reports: usize, reported: &mut BTreeMap<usize, i64>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "table_kill::killed_under_fifty_writers"])
        .env(DATA, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut heard = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The last line may be cut short; one without its end was never reported.
        let Some((writer, n)) = line.strip_prefix("done ").and_then(|rest| rest.strip_suffix(" .")?.split_once(' '))
        else {
            continue;
        };
        reported.insert(writer.parse().unwrap(), n.parse().unwrap());
        heard += 1;
        if heard == reports {
            child.kill().unwrap();
        }
    }
    assert!(heard >= reports, "the writers stopped by themselves");
    child.wait().unwrap();
}

async fn verify(data: &Path, reported: &mut BTreeMap<usize, i64>) {
    let _owned = DataDir::acquire(data).unwrap();
    let tables = FileTables::open(data).unwrap();
    let table = tables.open(&TableName::shared()).await.unwrap().unwrap();
    for writer in 0..WRITERS {
        let a = number(&table, writer, "a").await;
        assert_eq!(a, number(&table, writer, "b").await, "writer {writer}: half a commit");
        let reported = reported.entry(writer).or_insert(0);
        assert!((*reported..=*reported + 1).contains(&a), "writer {writer} reported {reported}, found {a}");
        *reported = a;
    }
}

async fn number(table: &Arc<dyn Table>, writer: usize, sk: &str) -> i64 {
    body(table, &writer.to_string(), sk).await.map_or(0, |body| body["n"].as_i64().unwrap())
}

async fn write_until_killed(data: &Path) -> ! {
    let _owned = DataDir::acquire(data).unwrap();
    let tables = FileTables::open(data).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    for writer in 0..WRITERS {
        let table = Arc::clone(&table);
        tokio::spawn(async move {
            for n in number(&table, writer, "a").await + 1.. {
                let filler = "x".repeat(writer * 37);
                let pair = ["a", "b"].map(|sk| put(&writer.to_string(), sk, &json!({ "n": n, "x": filler })));
                table.commit(pair.into()).await.unwrap();
                let line = format!("done {writer} {n} .\n");
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
            }
        });
    }
    loop {
        tables.compact(&TableName::shared()).await.unwrap();
    }
}

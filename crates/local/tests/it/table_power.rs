//! Power that goes at any moment: what was acknowledged is there, and no commit is there by half.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

use kernel::ports::table::{Index, Order, Query, Range, TableName, Tables};
use local::table::{Disks, FileTables, Sizes};
use redb::{StorageBackend, backends::InMemoryBackend};
use serde_json::{Value, json};

use crate::table_tools::put;

const COMMITS: i64 = 80;

/// What reached the storage, in order.
#[derive(Debug, Clone)]
enum Event {
    Write(u64, Vec<u8>),
    Length(u64),
    Sync,
    /// Commit `n` was acknowledged.
    Acknowledged(i64),
}

type Log = Arc<Mutex<Vec<Event>>>;

struct RecordedDisks(Log);

impl Disks for RecordedDisks {
    fn open(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        // The store names the file once it is whole; what it holds stays with the recorder.
        fs::write(path, [])?;
        Ok(Box::new(Recorded { live: InMemoryBackend::new(), log: Arc::clone(&self.0) }))
    }
}

#[derive(Debug)]
struct Recorded {
    live: InMemoryBackend,
    log: Log,
}

impl Recorded {
    fn note(&self, event: Event) {
        self.log.lock().unwrap().push(event);
    }
}

impl StorageBackend for Recorded {
    fn len(&self) -> io::Result<u64> {
        self.live.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.live.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.note(Event::Length(len));
        self.live.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.note(Event::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.note(Event::Write(offset, data.to_vec()));
        self.live.write(offset, data)
    }
}

/// Which of the writes since the last sync had reached the disk when the power went.
const SURVIVORS: [fn(usize, usize) -> bool; 6] =
    [|_, _| false, |_, _| true, |at, _| at == 0, |at, _| at != 0, |at, _| at % 2 == 0, |at, count| at + 1 == count];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn power_goes_at_every_sync() {
    let log = record().await;
    let syncs: Vec<usize> =
        log.iter().enumerate().filter(|(_, event)| matches!(event, Event::Sync)).map(|(at, _)| at).collect();
    assert!(syncs.len() >= usize::try_from(COMMITS).unwrap());
    let first = log.iter().position(|event| matches!(event, Event::Acknowledged(_))).unwrap();
    let mut cuts = 0;
    for cut in syncs.into_iter().filter(|cut| *cut > first) {
        let acknowledged = log[..cut].iter().rev().find_map(|event| match event {
            Event::Acknowledged(n) => Some(*n),
            Event::Write(..) | Event::Length(_) | Event::Sync => None,
        });
        for (which, survives) in SURVIVORS.iter().enumerate() {
            let image = image(&log[..cut], *survives);
            check(&image, acknowledged.unwrap(), &format!("cut at event {cut}, survivors {which}")).await;
            cuts += 1;
        }
    }
    println!("{cuts} power cuts");
}

async fn record() -> Vec<Event> {
    let log = Log::default();
    let folder = tempfile::tempdir().unwrap();
    let disks = Arc::new(RecordedDisks(Arc::clone(&log)));
    let tables = FileTables::open_with(folder.path(), disks, Sizes::default()).unwrap();
    let table = tables.create(&TableName::shared()).await.unwrap();
    for n in 0..COMMITS {
        let filler = "x".repeat(usize::try_from(n * 1777 % 9000).unwrap());
        let pair = ["a", "b"].map(|pk| put(pk, "last", &json!({ "n": n })));
        let trail = ["a", "b"].map(|pk| put(pk, &format!("{n:04}"), &json!({ "n": n, "x": filler })));
        table.commit(pair.into_iter().chain(trail).collect()).await.unwrap();
        log.lock().unwrap().push(Event::Acknowledged(n));
    }
    drop((table, tables));
    let log = log.lock().unwrap();
    log.clone()
}

/// The disk after the power went: all up to the last sync, and of what came after it what survived.
fn image(log: &[Event], survives: fn(usize, usize) -> bool) -> Vec<u8> {
    let synced = log.iter().rposition(|event| matches!(event, Event::Sync)).map_or(0, |at| at + 1);
    let after = log[synced..].iter().filter(|event| matches!(event, Event::Write(..))).count();
    let mut image = Vec::new();
    let mut loose = 0;
    for (at, event) in log.iter().enumerate() {
        match event {
            Event::Write(offset, data) => {
                let kept = at < synced || survives(loose, after);
                loose += usize::from(at >= synced);
                if kept {
                    let (start, end) =
                        (usize::try_from(*offset).unwrap(), usize::try_from(*offset).unwrap() + data.len());
                    image.resize(image.len().max(end), 0);
                    image[start..end].copy_from_slice(data);
                }
            }
            Event::Length(length) => image.resize(usize::try_from(*length).unwrap(), 0),
            Event::Sync | Event::Acknowledged(_) => {}
        }
    }
    image
}

async fn check(image: &[u8], acknowledged: i64, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tables")).unwrap();
    fs::write(folder.path().join("tables/app_data.redb"), image).unwrap();
    let tables = FileTables::open(folder.path()).unwrap();
    let table = tables.open(&TableName::shared()).await.unwrap_or_else(|why| panic!("{what}: {why}")).unwrap();
    let mut states = Vec::new();
    for pk in ["a", "b"] {
        let query = Query {
            index: Index::Table,
            pk: pk.into(),
            range: Range::All,
            order: Order::Ascending,
            limit: 1000,
            after: None,
        };
        let rows = table.query(&query).await.unwrap();
        let numbers: Vec<i64> = rows
            .items
            .iter()
            .map(|item| serde_json::from_slice::<Value>(&item.body).unwrap()["n"].as_i64().unwrap())
            .collect();
        let (last, trail) = numbers.split_last().unwrap();
        let whole: Vec<i64> = (0..=*last).collect();
        assert_eq!(trail, whole, "{what}: half a commit");
        states.push(*last);
    }
    assert_eq!(states[0], states[1], "{what}: half a commit");
    assert!((acknowledged..=acknowledged + 1).contains(&states[0]), "{what}: {} of {acknowledged}", states[0]);
    table.commit(vec![put("after", "a", &json!({}))]).await.unwrap();
}

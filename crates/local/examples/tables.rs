//! Measures the embedded tables as the product uses them: `tables load|open|kill|compact <folder> <records>`.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use kernel::ports::table::{Condition, Index, Key, NewItem, Order, Query, Range, Table, TableName, Tables, Write};
use local::{lock::DataDir, table::FileTables};

/// The product's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TENANTS: usize = 200;
const SPAN: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let begun = Instant::now();
    let arguments: Vec<String> = std::env::args().collect();
    let [_, stage, folder, records] = arguments.as_slice() else {
        bail!("tables load|open|kill|compact <folder> <records>")
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build()?;
    runtime.block_on(run(stage, Path::new(folder), records.parse()?, begun))
}

async fn run(stage: &str, folder: &Path, records: usize, begun: Instant) -> Result<()> {
    let owned = DataDir::acquire(folder)?;
    let tables = FileTables::open(owned.path())?;
    match stage {
        "load" => load(&tables, records).await,
        "open" => read(&tables, records, begun).await,
        "kill" => {
            let table = tables.open(&TableName::shared()).await?.context("load comes first")?;
            commits(&table, records, 32).await?;
            // No destructor runs: as after kill -9, the file was not closed.
            std::process::abort()
        }
        "compact" => {
            let begun = Instant::now();
            let done = tables.compact(&TableName::shared()).await?.context("load comes first")?;
            println!("{done:?} in {:.2} s", begun.elapsed().as_secs_f64());
            Ok(())
        }
        _ => bail!("no stage {stage}"),
    }
}

async fn load(tables: &FileTables, records: usize) -> Result<()> {
    let table = tables.create(&TableName::shared()).await?;
    for start in (0..records).step_by(100) {
        table.commit((start..records.min(start + 100)).map(record).collect()).await?;
    }
    for writers in [1, 8, 32, 128] {
        println!("commits/s, {writers} writers: {:.0}", commits(&table, records, writers).await?);
    }
    let begun = Instant::now();
    for n in 0..50 {
        tables.create(&TableName::try_from(format!("app_acct_{n:03}"))?).await?;
    }
    println!("ms to make a dedicated table: {:.2}", begun.elapsed().as_secs_f64() * 1e3 / 50.0);
    println!("RSS after the load, MiB: {:.1}", resident()?);
    Ok(())
}

async fn read(tables: &FileTables, records: usize, begun: Instant) -> Result<()> {
    let table = tables.open(&TableName::shared()).await?.context("load comes first")?;
    table.get(&key(records / 2)).await?.context("a record")?;
    println!("ms from process start to first answer: {:.2}", begun.elapsed().as_secs_f64() * 1e3);
    let get = async |n: usize| table.get(&key(n * 7919 % records)).await.map(drop);
    println!("us per get, any record: {:.2}", timed(20_000, get).await?);
    println!("us per get, one record: {:.2}", timed(20_000, async |_| table.get(&key(1)).await.map(drop)).await?);
    let list = |n: usize, index| Query {
        index,
        pk: if index == Index::Table { tenant(n % TENANTS) } else { format!("T{}", tenant(n % TENANTS)) },
        range: Range::All,
        order: Order::Ascending,
        limit: 50,
        after: None,
    };
    for (what, index) in [("table", Index::Table), ("gsi2", Index::Gsi2)] {
        let any = timed(4000, async |n| table.query(&list(n, index)).await.map(drop)).await?;
        let one = timed(4000, async |_| table.query(&list(7, index)).await.map(drop)).await?;
        println!("us per list of 50, {what}: any tenant {any:.1}, one tenant {one:.1}");
    }
    println!("RSS, MiB: {:.1}", resident()?);
    Ok(())
}

async fn timed<E: std::error::Error + Send + Sync + 'static>(
    rounds: usize,
    work: impl AsyncFn(usize) -> Result<(), E>,
) -> Result<f64> {
    for n in 0..rounds / 10 {
        work(n).await?;
    }
    let begun = Instant::now();
    for n in 0..rounds {
        work(n).await?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(rounds)?))
}

/// Commits per second of so many writers, each commit of three records: the thing, its audit entry, its event.
async fn commits(table: &Arc<dyn Table>, records: usize, writers: usize) -> Result<f64> {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let table = Arc::clone(table);
            tokio::spawn(async move {
                let mut done = 0_u32;
                while begun.elapsed() < SPAN {
                    let n = (usize::try_from(done).unwrap_or(0) * writers + writer) * 31;
                    table.commit(vec![record(n % records), entry("AUDIT", n), entry("EVENT", n)]).await?;
                    done += 1;
                }
                Ok::<_, kernel::ports::table::CommitError>(done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

fn tenant(n: usize) -> String {
    format!("ACCOUNT#018f{n:08x}-aaaa-7bbb-8ccc-0123456789ab")
}

fn key(n: usize) -> Key {
    Key::new(tenant(n % TENANTS), format!("LICENSE#018f{n:08x}-dddd-7eee-8fff-0123456789ab"))
}

fn record(n: usize) -> Write {
    let body = format!(
        r#"{{"id":"{n:036}","name":"license {n}","status":"active","created_at":"2026-11-20T10:00:00Z","updated_at":"2026-11-20T10:00:00Z","used":{},"product":"{:036}","notes":"{:x<160}"}}"#,
        n % 100,
        n * 3,
        ""
    );
    let date = format!("2026-11-20T10:00:{:02}Z", n % 60);
    let index = [
        Some(Key::new("LICENSE", format!("{date}#{n:08}"))),
        Some(Key::new(format!("T{}", tenant(n % TENANTS)), format!("LICENSE#{date}"))),
        Some(Key::new("active", date)),
    ];
    Write::Put { item: NewItem { key: key(n), index, expires: None, body: Bytes::from(body) }, when: Condition::Always }
}

fn entry(kind: &str, n: usize) -> Write {
    let key = Key::new(tenant(n % TENANTS), format!("{kind}#018f{n:08x}-eeee-7eee-8fff-0123456789ab"));
    let body =
        format!(r#"{{"id":"{n:036}","action":"license.update","at":"2026-11-20T10:00:00Z","notes":"{:x<120}"}}"#, "");
    let index = [None, Some(Key::new(format!("T{}#{kind}", tenant(n % TENANTS)), format!("{n:08}"))), None];
    Write::Put {
        item: NewItem { key, index, expires: Some(4_102_444_800), body: Bytes::from(body) },
        when: Condition::Always,
    }
}

fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("the kernel tells")?;
    Ok(line.split_whitespace().nth(1).context("in kB")?.parse::<f64>()? / 1024.0)
}

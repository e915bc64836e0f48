//! Measures what one account that writes as fast as it can does to the others: how long their audit entries wait for the seal,
//! their events for delivery, onboardings for their end, and a read for its answer. On tables on disk.
//!
//!     cargo run --release -p testkit --example fairness -- FOLDER [SECONDS]
//!
//! The folder must be new. Timings are of one run on one machine: quote them as such.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use local::table::FileTables;
use plane::{audit::AuditEntry, record::decode, record::tenant_key};
use serde_json::{Value, json};
use testkit::{
    story::Tenant,
    world::{World, unlimited},
};

/// So many writers flood.
const WRITERS: usize = 8;
/// No wait is longer.
const LONGEST: Duration = Duration::from_mins(1);

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().expect("the first argument is a folder"));
    let seconds = args.next().map_or(15, |seconds| seconds.parse().expect("a number of seconds"));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let tables = Arc::new(FileTables::open(&folder).expect("the folder is new"));
    let settings = unlimited();
    let world = World::over(tables, settings).await;
    world.set_up().await;
    let quiet = world.tenant("Quiet", "public", 20).await;
    let still = measured(&world, &quiet, "Still", seconds).await;
    println!("nobody floods          {still}");
    for cloud in ["public", "private", "hybrid"] {
        let flooding = world.tenant(&format!("Flood {cloud}"), cloud, 20).await;
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(flood(world.clone(), flooding.clone(), Arc::clone(&stop), Arc::clone(&written))))
            .collect();
        let found = measured(&world, &quiet, cloud, seconds).await;
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.expect("a writer ends");
        }
        let lag = world.plane.background_lag();
        let each = written.load(Ordering::SeqCst) / usize::try_from(seconds).expect("some seconds");
        println!("a {cloud:<7} one floods   {found}   ({each} writes/s; its own seals {:.1} s behind)", lag.seals);
        let begun = Instant::now();
        world.plane.relay_once().await.expect("the store answers");
        println!("                       all of it done {:.1} s after its end", begun.elapsed().as_secs_f64());
    }
    world.plane.stop(Duration::from_secs(10)).await;
}

/// Makes workstreams of one account until it is stopped.
async fn flood(world: World, account: Tenant, stop: Arc<AtomicBool>, written: Arc<AtomicUsize>) {
    let operator = world.operator().await;
    while !stop.load(Ordering::SeqCst) {
        let number = written.fetch_add(1, Ordering::SeqCst);
        workstream(&operator, &account, &format!("Flood {number}")).await;
    }
}

async fn workstream(by: &testkit::world::Person, account: &Tenant, name: &str) -> (Value, String) {
    let body = json!({ "accountId": account.id, "enterpriseId": account.offer.enterprise, "name": name });
    let answer = by.post("/api/workstreams", body).await;
    let request = answer.header("x-server-request-id").unwrap_or_default().to_owned();
    (answer.expect(201), request)
}

struct Figures {
    seals: Vec<Duration>,
    events: Vec<Duration>,
    reads: Vec<Duration>,
    onboardings: Vec<Duration>,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let worst = |all: &[Duration]| all.iter().max().copied().unwrap_or_default().as_secs_f64();
        let quantile = |all: &[Duration], percent: usize| {
            let mut all = all.to_vec();
            all.sort_unstable();
            all.get(all.len() * percent / 100).copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        write!(
            f,
            "seal ≤ {:.2} s, event ≤ {:.2} s, onboarding median {:.1} ms, read p99 {:.2} ms",
            worst(&self.seals),
            worst(&self.events),
            quantile(&self.onboardings, 50),
            quantile(&self.reads, 99),
        )
    }
}

async fn measured(world: &World, quiet: &Tenant, name: &str, seconds: u64) -> Figures {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut figures = Figures { seals: vec![], events: vec![], reads: vec![], onboardings: vec![] };
    let operator = world.operator().await;
    let offer = world.offer(&format!("Offer {name}")).await;
    let mut round = 0;
    while Instant::now() < until {
        round += 1;
        let begun = Instant::now();
        let account = world.onboard(world.account_request(&format!("New {name} {round}"), "public", &offer, 3)).await;
        assert_eq!(account["status"], "active", "{account}");
        figures.onboardings.push(begun.elapsed());
        let mut bus = world.bus.listen();
        let (_, request) = workstream(&operator, quiet, &format!("{name} {round}")).await;
        let begun = Instant::now();
        loop {
            match tokio::time::timeout(LONGEST, bus.recv()).await.expect("the event comes") {
                Ok(event) if event.account_id.to_string() == quiet.id => break,
                // A listener that falls behind misses events of the flood.
                Ok(_) | Err(_) => {}
            }
        }
        figures.events.push(begun.elapsed());
        while !is_sealed(world, quiet, &request).await {
            assert!(begun.elapsed() < LONGEST, "an entry stays unsealed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        figures.seals.push(begun.elapsed());
        for _ in 0..100 {
            let begun = Instant::now();
            operator.get(&format!("/api/accounts/{}", quiet.id)).await.expect(200);
            figures.reads.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    figures
}

/// Whether the entry of a request is in its chain.
async fn is_sealed(world: &World, account: &Tenant, request: &str) -> bool {
    let path = format!("/api/audit/account?accountId={}&limit=20", account.id);
    let entries = world.operator().await.get(&path).await.expect(200);
    let entry = entries["items"].as_array().into_iter().flatten().find(|entry| entry["requestId"] == request);
    let Some(id) = entry.and_then(|entry| entry["id"].as_str()) else { return false };
    let key = tenant_key(account.id.parse().expect("an id"), AuditEntry::KIND, id);
    let item = world.table().get(&key).await.expect("the store answers");
    item.is_some_and(|item| decode::<AuditEntry>(&item).expect("it is an entry").seal.is_some())
}

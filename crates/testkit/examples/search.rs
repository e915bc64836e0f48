//! Measures searches: the time from a request to its answer, in one process, without a network.
//!
//!     cargo run --release -p testkit --example search -- [ACCOUNTS] [USERS] [SEARCHES]
//!
//! By default it searches 100,000 users in 1,000 accounts, in a data folder on disk.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use local::table::FileTables;
use plane::{
    features::{
        accounts::model::{Account, AccountStatus, Address, CloudType, Country},
        users::model::{IdentityStatus, User, UserStatus},
    },
    ids::{AccountId, EnterpriseId, LicenseId, ProductId, ServiceId, UserId},
    ports::table::TableName,
    ports::table::{Condition, Table, Tables, Write},
    record,
    router::{FENCES, Route, RouteState},
    text::{Line, Name},
};
use serde_json::json;
use testkit::world::{Person, World, unlimited};
use uuid::Uuid;

const FIRST: &[&str] = &[
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Margaret", "Niklaus", "Søren", "Zoë",
    "José", "Łucja", "Jürgen", "Aoife", "Chidi", "Mei", "Yuki", "Priya", "Fatima", "Omar", "Ingrid", "Mateo", "Noor",
    "Tariq", "Wanjiru", "Hana", "Bjørn", "Élodie", "Dmitri", "Amara",
];
const LAST: &[&str] = &[
    "Lovelace",
    "Hopper",
    "Turing",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Allen",
    "Thompson",
    "Hamilton",
    "Wirth",
    "Kierkegaard",
    "Müller",
    "García",
    "Nowak",
    "Okafor",
    "Tanaka",
    "Sharma",
    "Haddad",
    "Lindström",
    "Fernández",
    "Rahman",
    "Mwangi",
    "Sato",
    "Dubois",
    "Ivanova",
    "Diallo",
    "Kowalczyk",
    "Ångström",
    "O'Brien",
    "Papadopoulos",
    "Yılmaz",
    "Nguyen",
];

/// So many commits wait for the disk together.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().expect("a number"));
    let (accounts, users) = (args.next().unwrap_or(1_000), args.next().unwrap_or(100_000));
    let searches = args.next().unwrap_or(2_000);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let tables: Arc<dyn Tables> = Arc::new(FileTables::open(folder.path()).expect("the folder is new"));
    let world = World::over(tables, unlimited()).await;
    world.set_up().await;
    write(&world, accounts, users).await;
    let operator = world.operator().await;
    let before = resident();

    let begun = Instant::now();
    let mut rounds = 0;
    while !ask(&operator, "hopper").await.1 {
        rounds += 1;
    }
    let first = begun.elapsed();
    println!("{accounts} accounts, {users} users");
    println!("first search over all accounts, complete after {rounds} answers: {:.0} ms", millis(first));
    println!("memory that it took: {:.1} MiB", mib(resident().saturating_sub(before)));

    let id = UserId::derived(account_id(accounts / 2).uuid(), "3").to_string();
    let kinds: &[(&str, Vec<String>)] = &[
        ("a part of a name", ["oppe", "müll", "lindst", "nowa", "ierke", "papado"].map(str::to_owned).to_vec()),
        ("two words", ["hopper gra", "grace hopper", "ada lov", "jurgen muller"].map(str::to_owned).to_vec()),
        ("an address", (0..50).map(|number| format!("{number}@{}.example", number * 7 % accounts)).collect()),
        ("one letter", ["a", "e", "o", "s"].map(str::to_owned).to_vec()),
        ("an id", vec![id.clone(), id[..13].to_owned()]),
        ("an account", (0..50).map(|number| format!("tenant {number}")).collect()),
        ("nothing", ["xyzzy", "qqq", "nobody at all"].map(str::to_owned).to_vec()),
    ];
    let mut all = Vec::new();
    for (what, queries) in kinds {
        let mut times = Vec::new();
        for number in 0..searches / kinds.len() {
            let begun = Instant::now();
            let (found, complete) = ask(&operator, &queries[number % queries.len()]).await;
            times.push(begun.elapsed());
            assert!(complete && (*what == "nothing") == (found == 0), "{what}: {found} found");
        }
        report(what, &mut times);
        all.extend(times);
    }
    report("all of these", &mut all);

    // A write between any two searches: what was written is read again.
    let root = "a0000000-0000-0000-0000-000000000001";
    let mut times = Vec::new();
    for number in 0..100 {
        let group =
            json!({ "accountId": root, "enterpriseId": Uuid::from_u128(1), "name": format!("Quagga {number}") });
        operator.post("/api/groups", group).await.expect(201);
        let begun = Instant::now();
        let (found, _) = ask(&operator, &format!("quagga {number}")).await;
        times.push(begun.elapsed());
        assert!(found > 0, "the new group is found at once");
    }
    report("after a write", &mut times);
}

/// How many records a search finds, and whether all was searched.
async fn ask(person: &Person, query: &str) -> (usize, bool) {
    let encoded = query.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02x}"));
    let answer = person.get(&format!("/api/search?q={encoded}")).await.expect(200);
    (answer["items"].as_array().expect("a list").len(), answer["complete"] == true)
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| millis(times[(times.len() - 1) * share / 100]);
    println!("{what:>18}: p50 {:>6.2} ms, p95 {:>6.2} ms, p99 {:>6.2} ms", at(50), at(95), at(99));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn account_id(number: usize) -> AccountId {
    AccountId::derived(Uuid::nil(), &number.to_string())
}

/// Writes the accounts with their users, past the API.
async fn write(world: &World, accounts: usize, users: usize) {
    let (table, now) = (world.table(), world.plane.now());
    let per_account = users / accounts;
    let mut commits = Vec::new();
    for number in 0..accounts {
        let account = account_id(number);
        let mut writes = vec![record::create(&named_account(account, number, now))];
        writes.extend(route(account).puts(Condition::Absent));
        let people = (0..per_account).map(|place| record::create(&person(account, number, place, now, world)));
        writes.extend(people);
        commits.extend(writes.chunks(100).map(<[Write]>::to_vec));
    }
    for commits in commits.chunks(AT_ONCE) {
        let all = commits.iter().map(|writes| commit(table.as_ref(), writes.clone()));
        futures::future::join_all(all).await;
    }
}

async fn commit(table: &dyn Table, writes: Vec<Write>) {
    table.commit(writes).await.expect("the store takes it");
}

fn named_account(id: AccountId, number: usize, now: Timestamp) -> Account {
    let line = || Line::try_from("-").expect("a dash is a line");
    let name = || Name::try_from(format!("Tenant {number}")).expect("words are a name");
    Account {
        id,
        name: name(),
        master_account_name: name(),
        cloud_type: CloudType::Public,
        status: AccountStatus::Active,
        degraded: false,
        degraded_reasons: Vec::new(),
        address: Address {
            line1: line(),
            line2: None,
            city: line(),
            state: None,
            postal_code: line(),
            country: Country::try_from("US".to_owned()).expect("a code of two letters"),
        },
        technical_user_id: None,
        connection_id: None,
        provisioning: None,
        deletes_at: None,
        created_at: now,
        updated_at: now,
    }
}

fn route(account_id: AccountId) -> Route {
    Route {
        account_id,
        table: TableName::shared(),
        copies_directory: false,
        version: 1,
        state: RouteState::Open,
        grant: None,
        fences: FENCES,
    }
}

fn person(account_id: AccountId, number: usize, place: usize, now: Timestamp, world: &World) -> User {
    let name = |text: &str| Name::try_from(text).expect("a word is a name");
    let mixed = number * 31 + place * 17 + number * place;
    User {
        id: UserId::derived(account_id.uuid(), &place.to_string()),
        account_id,
        enterprise_id: EnterpriseId::derived(account_id.uuid(), "enterprise"),
        product_id: ProductId::derived(account_id.uuid(), "product"),
        service_id: ServiceId::derived(account_id.uuid(), "service"),
        license_id: LicenseId::derived(account_id.uuid(), "license"),
        first_name: name(FIRST[mixed % FIRST.len()]),
        last_name: name(LAST[(mixed / FIRST.len() + place) % LAST.len()]),
        email: format!("person{place}@{number}.example").as_str().try_into().expect("an address"),
        status: UserStatus::Active,
        identity_status: IdentityStatus::None,
        technical: false,
        start_date: world.today(),
        end_date: None,
        invitation: None,
        mail_problem: None,
        created_at: now,
        updated_at: now,
    }
}

/// The resident memory of this process in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux says");
    let pages: u64 = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("the second number");
    pages * 4096
}

//! Makes a data folder large: copies one onboarded account with its users many times, under ids and names of their own. It
//! writes the records past the API, some six times as fast as the API creates them.
//!
//!     cargo run --release -p testkit --example grow -- FOLDER ACCOUNTS [USERS]
//!
//! A server has set the folder up before, and does not run. `make bench` measures on such folders how lists, sign-ins and
//! starts grow.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use jiff::Timestamp;
use local::table::FileTables;
use plane::ports::table::{Condition, Item, Key, NewItem, Table, TableName, Tables as _, Write};
use serde_json::json;
use testkit::{
    memory::MemoryTables,
    world::{World, unlimited},
};
use uuid::Uuid;

/// The name of the account that is copied. Its letters look like no others, so that names derived from it have them too.
const NAME: &str = "Zaqarth";
/// An id is written in so many characters.
const ID_LENGTH: usize = 36;
/// So many commits wait for the disk together.
const AT_ONCE: u32 = 64;
/// So many records are written in one commit.
const WRITES: usize = 100;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().expect("the first argument is a data folder"));
    let mut number = |otherwise| args.next().map_or(otherwise, |number| number.parse().expect("a number"));
    let (accounts, users) = (number(1_000_u32), number(50_u32));
    let template = Arc::new(Template::make(users).await);
    let tables = FileTables::open(&folder).expect("the folder opens: no server runs on it");
    let table = tables.open(&TableName::shared()).await.expect("the store answers").expect("a server set it up");
    let begun = Instant::now();
    write(table.as_ref(), template.shared.clone()).await;
    let next = Arc::new(AtomicU32::new(0));
    let writers = (0..AT_ONCE).map(|_| {
        let (template, table, next) = (Arc::clone(&template), Arc::clone(&table), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let copy = next.fetch_add(1, Ordering::Relaxed);
                if copy >= accounts {
                    return;
                }
                write(table.as_ref(), template.copy(copy)).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ends");
    }
    let records = template.account.len();
    println!("{accounts} accounts of {records} records each in {:.0} s", begun.elapsed().as_secs_f64());
    tables.close();
}

async fn write(table: &dyn Table, items: Vec<NewItem>) {
    for items in items.chunks(WRITES) {
        let writes = items.iter().map(|item| Write::Put { item: item.clone(), when: Condition::Always });
        table.commit(writes.collect()).await.expect("the store takes it");
    }
}

/// The records of an account that is copied.
struct Template {
    /// What it is licensed for: once for all copies.
    shared: Vec<NewItem>,
    account: Vec<NewItem>,
    /// The ids that are its own.
    ids: BTreeSet<String>,
}

impl Template {
    async fn make(users: u32) -> Self {
        let tables = Arc::new(MemoryTables::default());
        let world = World::over(Arc::clone(&tables) as _, unlimited()).await;
        // What is copied is of today: nothing of it is overdue.
        #[expect(clippy::disallowed_methods, reason = "a tool has no clock but its machine's")]
        world.advance(Timestamp::now().duration_since(world.plane.now()));
        world.set_up().await;
        let state = || -> BTreeMap<Key, Item> {
            tables.dump_of(&TableName::shared()).into_iter().map(|item| (item.key.clone(), item)).collect()
        };
        let empty = state();
        let offer = world.offer("Grown").await;
        let offered = state();
        let request = world.account_request(NAME, "public", &offer, users + 1);
        let account = world.onboard(request).await;
        assert_eq!(account["status"], "active", "{account}");
        let id = account["id"].as_str().expect("an account has an id");
        let operator = world.operator().await;
        for number in 1..users {
            let user = json!({
                "accountId": id, "enterpriseId": offer.enterprise, "productId": offer.product, "serviceId": offer.service,
                "firstName": "Grace", "lastName": "Hopper", "email": format!("grace{number}@{id}.example"),
                "startDate": world.today(),
            });
            operator.post("/api/users", user).await.expect(201);
        }
        world.plane.relay_once().await.expect("the store answers");
        let full = state();
        let new = |of: &BTreeMap<Key, Item>, before: &BTreeMap<Key, Item>| -> Vec<NewItem> {
            of.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, item)| plain(item)).collect()
        };
        let (shared, account) = (new(&offered, &empty), new(&full, &offered));
        let known: BTreeSet<String> = offered.values().flat_map(|item| ids_in(&text(&plain(item)))).collect();
        let ids = account.iter().flat_map(|item| ids_in(&text(item))).filter(|id| !known.contains(id)).collect();
        Self { shared, account, ids }
    }

    /// The records of one copy.
    fn copy(&self, copy: u32) -> Vec<NewItem> {
        let mut names = vec![(NAME.to_owned(), format!("Grown{}", letters(copy)))];
        names.push((NAME.to_lowercase(), format!("grown{}", letters(copy))));
        names.extend(self.ids.iter().map(|id| (id.clone(), another(id, copy))));
        let names: HashMap<&str, &str> = names.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        self.account.iter().map(|item| renamed(item, &names)).collect()
    }
}

fn plain(item: &Item) -> NewItem {
    NewItem { key: item.key.clone(), index: item.index.clone(), expires: item.expires, body: item.body.clone() }
}

/// All that a record says.
fn text(item: &NewItem) -> String {
    let keys = std::iter::once(&item.key).chain(item.index.iter().flatten());
    let texts = keys.flat_map(|key| [key.pk.as_str(), key.sk.as_str()]);
    let body = std::str::from_utf8(&item.body).expect("bodies are JSON");
    texts.chain([body]).collect::<Vec<_>>().join(" ")
}

fn ids_in(text: &str) -> Vec<String> {
    let starts = text.match_indices('-').filter_map(|(dash, _)| dash.checked_sub(8));
    let ids = starts.filter_map(|start| text.get(start..start + ID_LENGTH)).filter(|id| Uuid::parse_str(id).is_ok());
    ids.map(str::to_owned).collect()
}

/// The id that a copy has in place of another.
fn another(id: &str, copy: u32) -> String {
    let id = Uuid::parse_str(id).expect("it is one");
    // The bits of the time: those that tell the ids of one account apart stay.
    Uuid::from_u128(id.as_u128() ^ (u128::from(copy + 1) << 80)).to_string()
}

/// A number in letters that look like no others.
fn letters(mut number: u32) -> String {
    const LETTERS: [char; 10] = ['a', 'b', 'd', 'e', 'f', 'g', 'h', 'k', 't', 'z'];
    let mut letters = String::new();
    for _ in 0..7 {
        letters.insert(0, LETTERS[(number % 10) as usize]);
        number /= 10;
    }
    letters
}

fn renamed(item: &NewItem, names: &HashMap<&str, &str>) -> NewItem {
    let key = |key: &Key| Key::new(replaced(&key.pk, names), replaced(&key.sk, names));
    NewItem {
        key: key(&item.key),
        index: item.index.clone().map(|index| index.as_ref().map(key)),
        expires: item.expires,
        body: replaced(std::str::from_utf8(&item.body).expect("bodies are JSON"), names).into(),
    }
}

/// The text with every name replaced, in one walk over it.
fn replaced(text: &str, names: &HashMap<&str, &str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // An id has a dash at its ninth place; few other places are looked up.
        let length = if rest.as_bytes().get(8) == Some(&b'-') { ID_LENGTH } else { NAME.len() };
        let known = rest.get(..length).and_then(|word| names.get(word).map(|to| (length, *to)));
        let length = if let Some((length, to)) = known {
            out.push_str(to);
            length
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

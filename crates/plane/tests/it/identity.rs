//! The embedded identity provider: what holds of every provider, and what a user pool can't be asked.

mod passwords;
mod sessions;
mod signin;
mod tokens;
mod users;

use std::{ops::Deref, sync::Arc};

use plane::{
    identity::{HashCost, Parts, Provider, Settings},
    ids::{AccountId, Subject},
    ports::{
        clock::Clock,
        identity::{Email, Identity, Permanence, SignedIn},
    },
};
use secrecy::{ExposeSecret, SecretString};
use testkit::{
    clock::FakeClock,
    conformance::identity::{
        self, ADA, GOOD, Ground, OTHER, attempt, days, minutes, new_identity, race, refused, seconds,
    },
    keys::MemoryKeys,
    memory::MemoryTable,
    random::SeededRandom,
};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let count = identity::check(async || World::new().ground, &[]).await;
    println!("the embedded provider: {count} cases");
}

/// The ground of the suite, and what a test of the embedded provider needs beside it.
struct World {
    ground: Ground,
    keys: Arc<MemoryKeys>,
    settings: Settings,
}

impl Deref for World {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings {
            issuer: "https://freehold.example/identity".into(),
            hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
            hash_queue: 512,
            ..Settings::default()
        };
        change(&mut settings);
        let (clock, table, keys) = <(Arc<FakeClock>, Arc<MemoryTable>, Arc<MemoryKeys>)>::default();
        let identity = start(&settings, &table, &keys, &clock, 7);
        let neighbour = start(&settings, &table, &keys, &clock, 8);
        Self { ground: Ground { clock, table, identity, neighbour }, keys, settings }
    }

    /// Another process that shares the store and the keys, and has judged nothing yet.
    fn neighbour(&self) -> Arc<Provider> {
        start(&self.settings, &self.table, &self.keys, &self.clock, 9)
    }

    /// The same data after a restart with other settings.
    fn restarted(&self, change: impl FnOnce(&mut Settings)) -> Arc<Provider> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        start(&settings, &self.table, &self.keys, &self.clock, 10)
    }
}

fn start(
    settings: &Settings,
    table: &Arc<MemoryTable>,
    keys: &Arc<MemoryKeys>,
    clock: &Arc<FakeClock>,
    seed: u64,
) -> Arc<Provider> {
    let parts = Parts {
        settings: settings.clone(),
        table: Arc::clone(table) as _,
        keys: Arc::clone(keys) as _,
        clock: Arc::clone(clock) as _,
        rng: Arc::new(SeededRandom::new(seed)),
    };
    Arc::new(Provider::start(parts).unwrap())
}

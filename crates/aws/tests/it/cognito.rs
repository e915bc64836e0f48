//! Identities in a user pool: the suite of every provider, and what is Cognito's alone, against moto.
//!
//! Moto tells falsehoods that nothing here rests on. It signs tokens of every pool with one key that never changes (so keys
//! are rotated by a server of the test's own), for an hour whatever the client says, with its own clock; renews the session of
//! a disabled user; answers RevokeToken by 500; takes any six digits for a code of its own; knows no lock; tells by
//! UserNotFoundException who is there; never calls a trigger; and two answers to one challenge at the same moment may both
//! be taken, or end in 500.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws::{
    cognito::{CognitoVault, Options, pool},
    connect::Limits,
};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use jiff::Timestamp;
use plane::{
    identity::{HashCost, Provider, Settings, VaultParts},
    ports::{
        clock::Clock as _,
        identity::{
            Away, ChallengeError, Identity as _, IdentityError, PasswordError, Permanence, RefreshError, SignInError,
            SignedIn, TokenRefused, WeakPassword,
        },
    },
    secret::PlatformKey,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{
    clock::FakeClock,
    conformance::identity::{self, ADA, GOOD, Ground, OTHER, THIRD, answer, attempt, new_identity, refused, seconds},
    emulator::{Emulator, Recorder, Seen},
    memory::MemoryTable,
};

use crate::emulator::{Lossy, Shared, connection, moto};

/// Asked of nobody but the embedded provider: moto may take both of two answers, or neither by name.
const UNASKED: [&str; 1] = ["of_racing_answers_to_one_challenge_one_wins"];

async fn made(endpoint: &str, name: &str) -> pool::Made {
    let plan = pool::Plan { name: name.into(), endpoint: Some(endpoint.to_owned()), access_minutes: 15, protect: true };
    pool::ensure(&connection(Limits::default()).await, &plan, Arc::new(Shared)).await.unwrap()
}

async fn vault(endpoint: &str, made: &pool::Made) -> Result<CognitoVault, Away> {
    let options = Options {
        pool: made.pool.clone(),
        client: made.client.clone(),
        endpoint: Some(endpoint.to_owned()),
        ..Options::default()
    };
    let key = PlatformKey::new(&[7; 32]);
    CognitoVault::open(&connection(Limits::default()).await, options, key, Arc::new(Shared)).await
}

fn provider(vault: CognitoVault, table: &Arc<MemoryTable>, clock: &Arc<FakeClock>) -> Arc<Provider> {
    let settings = Settings {
        hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
        hash_queue: 512,
        ..Settings::default()
    };
    let parts = VaultParts {
        settings,
        table: Arc::clone(table) as _,
        vault: Arc::new(vault),
        clock: Arc::clone(clock) as _,
        chance: Arc::new(Shared),
    };
    Arc::new(Provider::over(parts).unwrap())
}

/// Two processes over a pool. Their clock is moto's, and stands: tokens may be from some seconds ahead.
async fn ground_at(endpoint: &str, made: &pool::Made) -> Ground {
    let clock = Arc::new(FakeClock::at(Timestamp::now()));
    let table = Arc::new(MemoryTable::default());
    let identity = provider(vault(endpoint, made).await.unwrap(), &table, &clock);
    let neighbour = provider(vault(endpoint, made).await.unwrap(), &table, &clock);
    Ground { clock, table, identity, neighbour }
}

async fn ground(emulator: &Emulator) -> Ground {
    let made = made(&emulator.endpoint(), "people").await;
    ground_at(&emulator.endpoint(), &made).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let made_so_far = AtomicUsize::new(0);
    let make = async || {
        let name = format!("people-{}", made_so_far.fetch_add(1, Ordering::Relaxed));
        let made = made(&emulator.endpoint(), &name).await;
        ground_at(&emulator.endpoint(), &made).await
    };
    let count = identity::check(make, &UNASKED).await;
    println!("Cognito: {count} cases");
}

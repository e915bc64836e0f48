//! The embedded identity provider, through its port alone.

mod passwords;
mod reset;
mod sessions;
mod signin;
mod tokens;
mod users;

use std::{net::IpAddr, sync::Arc};

use jiff::SignedDuration;
use plane::{
    identity::{HashCost, Parts, Provider, Settings},
    ids::{AccountId, Subject, UserId},
    ports::{
        clock::Clock,
        identity::{
            ChallengeResponse, Email, Identity, NewIdentity, PasswordReset, Permanence, SignIn, SignInError, SignedIn,
            TokenSet,
        },
    },
};
use secrecy::{ExposeSecret, SecretString};
use testkit::{chance::SeededChance, clock::FakeClock, keys::MemoryKeys, memory::MemoryTable};
use uuid::Uuid;

const ADA: &str = "ada@example.com";
const GOOD: &str = "Correct-Horse-7-Battery";
const OTHER: &str = "Walrus#Teapot#42";
const THIRD: &str = "Quixotic/Marmalade 77";

/// A provider over a table in memory, and what a test needs to move the world around it.
struct World {
    clock: Arc<FakeClock>,
    table: Arc<MemoryTable>,
    keys: Arc<MemoryKeys>,
    settings: Settings,
    identity: Arc<Provider>,
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
        Self { clock, table, keys, settings, identity }
    }

    /// Another process that shares the store and the keys.
    fn neighbour(&self) -> Arc<Provider> {
        start(&self.settings, &self.table, &self.keys, &self.clock, 8)
    }

    /// The same data after a restart with other settings.
    fn restarted(&self, change: impl FnOnce(&mut Settings)) -> Arc<Provider> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        start(&settings, &self.table, &self.keys, &self.clock, 9)
    }

    fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Ada, who chose a password.
    async fn ada(&self) -> Subject {
        let ada = self.invited(ADA).await;
        self.identity.set_password(ada, GOOD.into(), Permanence::Permanent).await.unwrap();
        ada
    }

    /// Somebody with no password yet.
    async fn invited(&self, email: &str) -> Subject {
        let new = new_identity(email);
        self.identity.ensure_user(new.clone()).await.unwrap();
        new.subject
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.sign_in_from("192.0.2.1", email, password).await
    }

    async fn sign_in_from(&self, ip: &str, email: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.identity.sign_in(attempt(ip, email, password)).await
    }

    /// Tokens of a new session of Ada's.
    async fn tokens(&self) -> TokenSet {
        match self.sign_in(ADA, GOOD).await {
            Ok(SignedIn::Tokens(tokens)) => tokens,
            other => panic!("no tokens: {other:?}"),
        }
    }

    async fn good(&self, token: &SecretString) -> bool {
        self.identity.verify(token.expose_secret()).await.is_ok()
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
        chance: Arc::new(SeededChance::new(seed)),
    };
    Arc::new(Provider::start(parts).unwrap())
}

fn new_identity(email: &str) -> NewIdentity {
    let email = Email::parse(email).unwrap();
    let named = |kind: &str| format!("{kind}:{email}");
    NewIdentity {
        subject: Subject::derived(Uuid::nil(), &named("subject")),
        user: UserId::derived(Uuid::nil(), &named("user")),
        account: AccountId::derived(Uuid::nil(), "acme"),
        email,
    }
}

fn attempt(ip: &str, email: &str, password: &str) -> SignIn {
    SignIn { email: email.into(), password: password.into(), ip: ip.parse().unwrap(), user_agent: "a browser".into() }
}

fn answer(session: &SecretString, password: &str) -> ChallengeResponse {
    ChallengeResponse {
        session: session.clone(),
        new_password: password.into(),
        ip: "192.0.2.1".parse::<IpAddr>().unwrap(),
        user_agent: "a browser".into(),
    }
}

fn reset(email: &str, code: &SecretString, password: &str) -> PasswordReset {
    PasswordReset {
        email: email.into(),
        code: code.clone(),
        new_password: password.into(),
        ip: "192.0.2.1".parse().unwrap(),
    }
}

fn refused(signed_in: Result<SignedIn, SignInError>) -> bool {
    matches!(signed_in, Err(SignInError::InvalidCredentials))
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

/// Runs as many of these at once as asked, and gives their answers.
async fn race<T: Send + 'static, F>(count: usize, mut one: impl FnMut(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(tokio::sync::Barrier::new(count));
    let racers: Vec<_> = (0..count)
        .map(|number| {
            let (start, run) = (Arc::clone(&start), one(number));
            tokio::spawn(async move {
                start.wait().await;
                run.await
            })
        })
        .collect();
    futures::future::join_all(racers).await.into_iter().map(Result::unwrap).collect()
}

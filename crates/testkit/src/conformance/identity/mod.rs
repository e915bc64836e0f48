//! What every identity provider must hold, with any credential store: through the port alone, over a table in memory.
//!
//! Cases move the product's clock, but never by more than an hour where they show a token afterwards: tokens of a user
//! pool are by that pool's own clock. What a pool can't be asked (when tokens expire to the second, which claims they bear,
//! how keys rotate, what a hash costs) is in the embedded provider's tests.

mod accounts;
mod passwords;
mod probes;
mod reset;
mod sessions;
mod signin;
mod users;

use std::{net::IpAddr, sync::Arc};

use jiff::SignedDuration;
use plane::{
    identity::Provider,
    ids::{AccountId, Subject, UserId},
    ports::identity::{
        ChallengeResponse, Email, ForgottenPassword, Identity, NewIdentity, PasswordReset, Permanence, ResetProof,
        SignIn, SignInError, SignedIn, TokenSet,
    },
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{clock::FakeClock, memory::MemoryTable};

pub const ADA: &str = "ada@example.com";
pub const GOOD: &str = "Correct-Horse-7-Battery";
pub const OTHER: &str = "Walrus#Teapot#42";
pub const THIRD: &str = "Quixotic/Marmalade 77";

/// A provider over a table in memory, another process that shares both, and the clock of both.
#[derive(Clone)]
pub struct Ground {
    pub clock: Arc<FakeClock>,
    pub table: Arc<MemoryTable>,
    pub identity: Arc<Provider>,
    pub neighbour: Arc<Provider>,
}

/// Runs every case whose name is not among `unasked`, each on ground of its own, and answers how many there were.
pub async fn check<Made: Future<Output = Ground>>(make: impl Fn() -> Made, unasked: &[&str]) -> usize {
    let mut cases = [
        accounts::cases(),
        passwords::cases(),
        probes::cases(),
        reset::cases(),
        sessions::cases(),
        signin::cases(),
        users::cases(),
    ]
    .concat();
    cases.retain(|(name, _)| !unasked.contains(name));
    super::run(cases, make).await
}

impl Ground {
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Ada, who chose a password.
    pub async fn ada(&self) -> Subject {
        let ada = self.invited(ADA).await;
        self.identity.set_password(ada, GOOD.into(), Permanence::Permanent).await.unwrap();
        ada
    }

    /// Somebody with no password yet.
    pub async fn invited(&self, email: &str) -> Subject {
        let new = new_identity(email);
        self.identity.ensure_user(new.clone()).await.unwrap();
        new.subject
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.sign_in_from("192.0.2.1", email, password).await
    }

    pub async fn sign_in_from(&self, ip: &str, email: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.identity.sign_in(attempt(ip, email, password)).await
    }

    /// Tokens of a new session of Ada's.
    pub async fn tokens(&self) -> TokenSet {
        match self.sign_in(ADA, GOOD).await {
            Ok(SignedIn::Tokens(tokens)) => tokens,
            other => panic!("no tokens: {other:?}"),
        }
    }

    pub async fn good(&self, token: &SecretString) -> bool {
        self.identity.verify(token.expose_secret()).await.is_ok()
    }
}

pub fn new_identity(email: &str) -> NewIdentity {
    let email = Email::parse(email).unwrap();
    let named = |kind: &str| format!("{kind}:{email}");
    NewIdentity {
        subject: Subject::derived(Uuid::nil(), &named("subject")),
        user: UserId::derived(Uuid::nil(), &named("user")),
        account: AccountId::derived(Uuid::nil(), "acme"),
        email,
    }
}

pub fn attempt(ip: &str, email: &str, password: &str) -> SignIn {
    SignIn {
        email: email.into(),
        account: None,
        password: password.into(),
        ip: ip.parse().unwrap(),
        user_agent: "a browser".into(),
    }
}

pub fn answer(session: &SecretString, password: &str) -> ChallengeResponse {
    ChallengeResponse {
        session: session.clone(),
        new_password: password.into(),
        ip: "192.0.2.1".parse::<IpAddr>().unwrap(),
        user_agent: "a browser".into(),
    }
}

pub fn forgotten(ip: &str, email: &str) -> ForgottenPassword {
    ForgottenPassword { email: email.into(), ip: ip.parse().unwrap() }
}

pub fn reset(email: &str, code: &SecretString, password: &str) -> PasswordReset {
    reset_from("192.0.2.1", email, code, password)
}

pub fn reset_from(ip: &str, email: &str, code: &SecretString, password: &str) -> PasswordReset {
    let proof = ResetProof::Code { email: email.into(), code: code.clone() };
    PasswordReset { proof, new_password: password.into(), ip: ip.parse().unwrap() }
}

pub fn reset_by_link(token: &SecretString, password: &str) -> PasswordReset {
    let proof = ResetProof::Link { token: token.clone() };
    PasswordReset { proof, new_password: password.into(), ip: "192.0.2.1".parse().unwrap() }
}

pub fn refused(signed_in: Result<SignedIn, SignInError>) -> bool {
    matches!(signed_in, Err(SignInError::InvalidCredentials))
}

pub fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

pub fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

pub fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

/// Runs as many of these at once as asked, and gives their answers.
pub async fn race<T: Send + 'static, F>(count: usize, mut one: impl FnMut(usize) -> F) -> Vec<T>
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

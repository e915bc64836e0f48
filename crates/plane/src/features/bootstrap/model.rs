//! What Day-0 is given, what it remembers of itself, and what it reports.

use aws_lc_rs::{constant_time, digest};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    identity::judge_password,
    kinds::RecordKind,
    ports::{identity, random::RandomSource, table::Key},
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys},
    text::{DEFAULT_ADMIN_EMAIL, Email, Name},
};

/// The first administrator, as Day-0 is to make them.
#[derive(Clone, Debug)]
pub struct Admin {
    pub email: Email,
    /// The initial password; one is generated where it is left out. Either way the first sign-in asks for another.
    pub password: Option<SecretString>,
    pub first_name: Name,
    pub last_name: Name,
}

impl Default for Admin {
    /// The documented administrator, without the documented password. The first sign-in asks for a real address.
    fn default() -> Self {
        let name = |name| Name::try_from(name).expect("a plain word is a name");
        Self {
            email: Email::try_from(DEFAULT_ADMIN_EMAIL).expect("it is spelt as addresses are"),
            password: None,
            first_name: name("ABC"),
            last_name: name("DEF"),
        }
    }
}

impl Admin {
    /// Refuses a password that is well known or weak, before anything is written.
    pub(super) fn check(&self) -> Result<()> {
        let email = identity_email(&self.email)?;
        let Some(password) = &self.password else { return Ok(()) };
        judge_password(password.expose_secret(), Some(&email))
            .map_err(|weak| Problem::field("/adminPassword", weak.to_string()))
    }
}

/// The address as the identity provider takes it.
pub(super) fn identity_email(email: &Email) -> Result<identity::Email> {
    identity::Email::parse(email.as_str()).map_err(|error| Problem::field("/adminEmail", error.to_string()))
}

/// A password that nobody has chosen: 20 characters out of 64, judged good.
pub(super) fn generate_password(rng: &dyn RandomSource) -> SecretString {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    loop {
        let mut bytes = [0; 20];
        rng.fill(&mut bytes);
        let password: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect();
        if judge_password(&password, None).is_ok() {
            return password.into();
        }
    }
}

/// How far Day-0 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// A set-up token was given out.
    Waiting,
    /// A run has begun. If its lease is over, it was cut, and another may take it up.
    Started,
    Complete,
}

/// What Day-0 remembers of itself: the one record that says whether it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marker {
    pub state: State,
    /// SHA-256 (hex) of the set-up token; void, and gone, once Day-0 is complete.
    pub setup_token_hash: Option<String>,
    /// The run that is at work.
    pub run: Option<String>,
    pub run_until: Option<Timestamp>,
    /// The administrator's address of the first run: a later one goes on with it.
    pub admin_email: Option<Email>,
    /// The administrator has been given a password: no later run gives another.
    pub password_given: bool,
    pub completed_at: Option<Timestamp>,
}

impl Marker {
    /// How long a run holds Day-0 for itself.
    const LEASE: SignedDuration = SignedDuration::from_secs(60);

    pub(super) fn key() -> Key {
        Key::new("PLATFORM", "BOOTSTRAP")
    }

    pub(super) const fn waiting(setup_token_hash: Option<String>) -> Self {
        Self {
            state: State::Waiting,
            setup_token_hash,
            run: None,
            run_until: None,
            admin_email: None,
            password_given: false,
            completed_at: None,
        }
    }

    /// Whether a set-up token is the one that was given out.
    pub(super) fn opens_with(&self, token: Option<&SecretString>) -> bool {
        let (Some(hash), Some(token)) = (&self.setup_token_hash, token) else { return false };
        constant_time::verify_slices_are_equal(hash.as_bytes(), hash_of(token).as_bytes()).is_ok()
    }

    /// This marker with a run at work; refuses if Day-0 is done or another run is.
    pub(super) fn started(&self, run: &str, email: &Email, taking_over: TakeoverTime, now: Timestamp) -> Result<Self> {
        let leased = self.run_until.is_some_and(|until| now < until);
        match (self.state, taking_over) {
            (State::Complete, _) => return Err(already_bootstrapped()),
            (State::Started, TakeoverTime::WhenOver) if leased => {
                return Err(Problem::new(Code::AlreadyBootstrapped, "the platform is being set up at this moment"));
            }
            (State::Waiting, _) | (State::Started, TakeoverTime::WhenOver | TakeoverTime::AtOnce) => {}
        }
        Ok(Self {
            state: State::Started,
            run: Some(run.to_owned()),
            run_until: Some(now + Self::LEASE),
            admin_email: Some(self.admin_email.clone().unwrap_or_else(|| email.clone())),
            ..self.clone()
        })
    }

    /// This marker without its run's lease: another process may take over at once.
    pub(super) fn released(&self) -> Self {
        Self { run: None, run_until: None, ..self.clone() }
    }

    pub(super) fn completed(&self, now: Timestamp) -> Self {
        Self { state: State::Complete, setup_token_hash: None, completed_at: Some(now), ..self.released() }
    }
}

impl Record for Marker {
    const NOUN: &'static str = "set-up";
    const DECLARED: RecordKind =
        RecordKind::of_platform(Self::NOUN, "PLATFORM", "BOOTSTRAP").secret(&["setupTokenHash"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key())
    }
}

/// When a run that was begun may be taken up by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakeoverTime {
    /// When its lease is over.
    WhenOver,
    /// At once: this process alone writes to the store, so the run was cut.
    AtOnce,
}

pub(super) fn hash_of(token: &SecretString) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.expose_secret().as_bytes()))
}

pub(super) fn already_bootstrapped() -> Problem {
    Problem::new(Code::AlreadyBootstrapped, "the platform is set up already").help("sign in with POST /api/auth/login")
}

/// A step that a run went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepDone {
    /// 1 to 14.
    pub step: u8,
    pub name: &'static str,
    /// It made something; otherwise everything was there.
    pub made: bool,
}

/// What a completed Day-0 comes to.
#[derive(Clone, Debug)]
pub struct Bootstrapped {
    pub steps: Vec<StepDone>,
    pub admin_email: Email,
    /// The administrator's password if it was generated: shown once, kept nowhere.
    pub generated_password: Option<SecretString>,
}

/// What a check of Day-0 found: a row for each step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BootstrapReport {
    /// Everything is there and right, or is so now.
    pub ok: bool,
    pub steps: Vec<StepReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// 1 to 14.
    pub step: u8,
    pub name: &'static str,
    pub state: StepState,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    Ok,
    Missing,
    /// It is there, but not as Day-0 makes it. Somebody may have wanted that: it is never changed back.
    Different,
    /// It was missing, and was made again.
    Fixed,
}

//! The identity provider: directory, challenges, sessions and codes over the table; passwords and tokens by a credential store.
//!
//! INVARIANT: a session is alive as long as its record exists, its epoch is that of its identity, and the identity is
//! enabled. So one write of the identity ends all its sessions at once.

mod activity;
mod addresses;
mod codes;
pub mod credential_store;
mod guesses;
pub mod jwt;
pub mod key_document;
pub mod keys;
mod local_credentials;
mod lockout;
mod migration;
mod opaque;
mod passwords;
mod policy;
mod provider;
mod records;
mod refresh;
mod same_address;
mod session_cutoff;
mod sessions;
mod signin;
mod tokens;
pub mod trail;
mod users;
mod verifier;

use jiff::SignedDuration;

use crate::kinds::RecordKind;

pub use activity::last_activity;
pub use migration::MigratingUser;
pub use passwords::HashCost;
pub use policy::judge as judge_password;
pub use provider::{CredentialStoreParts, Parts, Provider, StartError};

/// The kinds of record of the identity provider.
pub(crate) const KINDS: &[RecordKind] = &[
    RecordKind::of_person("identity", "IDENTITY#", "IDENTITY").secret(&["password"]),
    RecordKind::of_person("session", "IDENTITY#", "SESSION#").secret(&["renewal"]),
    activity::KIND,
    RecordKind::of_person("code for a new password", "IDENTITY#", "RESET").secret(&["salt", "codes"]),
    RecordKind::of_person("failed sign-ins of a network", "IDENTITY#", "LOCK#"),
    RecordKind::of_person("guesses of a day", "IDENTITY#", "GUESSES"),
    RecordKind::of_person("known networks", "IDENTITY#", "NETWORKS"),
    RecordKind::of_person("claim on an address", "IDENTITY-EMAIL#", "CLAIM"),
    RecordKind::of_person("link for a new password", "RESET-LINK#", "LINK"),
    RecordKind::of_person("refresh token", "REFRESH#", "TOKEN").secret(&["spent"]),
    RecordKind::of_person("challenge", "CHALLENGE#", "CHALLENGE").secret(&["sealed"]),
    RecordKind::of_platform("guesses at unknown addresses", "GUESS-DECOY#", ""),
    RecordKind::of_platform("code for an unknown address", "RESET-DECOY#", "RESET").secret(&["salt", "codes"]),
    RecordKind::of_platform("link for an unknown address", "RESET-DECOY#", "LINK"),
    RecordKind::of_platform("end of all earlier sessions", "SESSIONS", "FLOOR"),
];

/// What an operator may set. The defaults are the documented ones.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `iss` of every token, and of the OpenID configuration.
    pub issuer: String,
    /// `client_id` of access tokens, `aud` of id tokens.
    pub client_id: String,
    /// Life of an access token: 15 min.
    pub access_life: SignedDuration,
    /// Life of an id token: 15 min.
    pub id_life: SignedDuration,
    /// Life of a probe token: 60 s.
    pub probe_life: SignedDuration,
    /// How far ahead of ours the clock that set `iat` and `nbf` may be: 60 s. `exp` has no leeway.
    pub leeway: SignedDuration,
    /// A refresh token that is not used dies after this: 30 days.
    pub refresh_idle: SignedDuration,
    /// A session dies after this however much it is used: 90 days.
    pub session_life: SignedDuration,
    /// A refresh token that was just spent gives the same successor for this long: 10 s.
    pub refresh_grace: SignedDuration,
    /// Life of a challenge: 5 min.
    pub challenge_life: SignedDuration,
    /// A temporary password that is not used dies after this: 7 days, as in Cognito.
    pub temporary_life: SignedDuration,
    /// Life of a reset code: 15 min.
    pub code_life: SignedDuration,
    /// A reset code can be tried this often from the network that asked for it: 5.
    pub code_tries: u32,
    /// And this often from all other networks together: 5.
    pub code_tries_elsewhere: u32,
    /// One identity gets at most this many reset codes a day: 5. With ten tries each, a guesser has one chance in
    /// 20,000 a day, from however many networks. Links are mailed beyond that.
    pub codes_a_day: usize,
    /// One network gets at most this many of them: 2.
    pub codes_a_day_per_network: usize,
    /// Life of a reset link: 60 min. While one is good for half of that, no other is mailed beyond the codes of the day.
    pub link_life: SignedDuration,
    /// What another process wrote is noticed after this at the latest: 5 s. `None` where the store is ours alone.
    pub recheck: Option<SignedDuration>,
    /// Cost of a password hash.
    pub hash_cost: HashCost,
    /// Threads that hash: the number of cores, 4 at most.
    pub hash_threads: usize,
    /// Hashes that may wait; one more is refused as busy.
    pub hash_queue: usize,
    /// Verified tokens that are remembered.
    pub remembered_tokens: u64,
    /// Pairs of identity and network whose failures are remembered in memory.
    pub remembered_failures: u64,
    /// Wrong passwords for one identity in a day, over all networks, after which a password alone signs in only from
    /// networks that the person signed in from before: 50.
    pub guesses_a_day: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "https://localhost/identity".into(),
            client_id: "freehold".into(),
            access_life: SignedDuration::from_mins(15),
            id_life: SignedDuration::from_mins(15),
            probe_life: SignedDuration::from_secs(60),
            leeway: SignedDuration::from_secs(60),
            refresh_idle: SignedDuration::from_hours(30 * 24),
            session_life: SignedDuration::from_hours(90 * 24),
            refresh_grace: SignedDuration::from_secs(10),
            challenge_life: SignedDuration::from_mins(5),
            temporary_life: SignedDuration::from_hours(7 * 24),
            code_life: SignedDuration::from_mins(15),
            code_tries: 5,
            code_tries_elsewhere: 5,
            codes_a_day: 5,
            codes_a_day_per_network: 2,
            link_life: SignedDuration::from_mins(60),
            recheck: Some(SignedDuration::from_secs(5)),
            hash_cost: HashCost::default(),
            hash_threads: std::thread::available_parallelism().map_or(1, usize::from).min(4),
            hash_queue: 64,
            remembered_tokens: 20_000,
            remembered_failures: 100_000,
            guesses_a_day: 50,
        }
    }
}

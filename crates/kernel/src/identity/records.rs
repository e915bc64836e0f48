//! What the provider keeps in the table, and under which keys.

use std::net::IpAddr;

use bytes::Bytes;
use hex::ToHex;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    ids::{AccountId, SessionId, Subject, UserId},
    ports::{
        identity::Email,
        random::{self, RandomSource},
        table::{Condition, Is, Item, Key, NewItem, TableError, Write},
    },
};

/// An identity: `IDENTITY#<subject>` / `IDENTITY`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub subject: Subject,
    pub email: Email,
    pub user: UserId,
    pub account: AccountId,
    pub enabled: bool,
    /// Sessions of another epoch are over. Microseconds of the moment that it began, so that an identity that is
    /// removed and made again does not get an old one.
    pub epoch: i64,
    pub password: Option<Password>,
    pub created: Timestamp,
    /// The address changed, and the credential store may not have the new one yet.
    #[serde(rename = "email_pending_in_vault", default, skip_serializing_if = "std::ops::Not::not")]
    pub email_pending: bool,
}

/// What the record says of a password.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Password {
    /// `None` where it is kept elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// It opens nothing but the challenge to choose another.
    pub temporary: bool,
    pub set: Timestamp,
}

impl Person {
    /// Ends all sessions.
    pub(super) fn begin_epoch(&mut self, now: Timestamp) {
        self.epoch = now.as_microsecond().max(self.epoch + 1);
    }

    /// Holds while the identity may have sessions of its epoch.
    pub(super) fn unchanged_epoch(&self) -> Write {
        Write::Check {
            key: person_key(self.subject),
            when: Condition::All(vec![
                Condition::field("epoch", Is::Equal, self.epoch),
                Condition::field("enabled", Is::Equal, true),
            ]),
        }
    }
}

/// The identities of an e-mail address, one for each account: `IDENTITY-EMAIL#<address>` / `CLAIM`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Claim {
    /// The first of them. Guesses and reset codes of the address are counted under it.
    pub(super) subject: Subject,
    /// Records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) others: Vec<Subject>,
}

/// A session: `IDENTITY#<subject>` / `SESSION#<id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    pub id: SessionId,
    pub subject: Subject,
    pub epoch: i64,
    pub kind: SessionKind,
    pub created: Timestamp,
    pub last_used: Timestamp,
    /// The session is over then, however much it is used.
    pub ends: Timestamp,
    pub ip: IpAddr,
    pub user_agent: String,
    /// The credential store's token to renew the session, if it has sessions. It is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<String>,
    /// The session that continues this one in another account. This one is over, and its refresh tokens end that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_by: Option<(Subject, SessionId)>,
}

/// Whose a session is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionKind {
    Person,
    /// Of one probe token; nobody's to see.
    Probe,
}

impl SessionRecord {
    pub(super) fn alive(&self, person: &Person, now: Timestamp) -> bool {
        person.enabled && self.epoch == person.epoch && now < self.ends && self.continued_by.is_none()
    }
}

/// A refresh token: `REFRESH#<SHA-256 of the token>` / `TOKEN`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RefreshRecord {
    pub(super) subject: Subject,
    pub(super) session: SessionId,
    pub(super) expires: Timestamp,
    pub(super) spent: Option<SpentToken>,
}

/// When a refresh token was spent, and what makes its successor out of it. Who reads this without the token itself
/// can't make the successor.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SpentToken {
    pub(super) at: Timestamp,
    pub(super) salt: String,
}

/// An open challenge: `CHALLENGE#<SHA-256 of its name>` / `CHALLENGE`.
#[derive(Serialize, Deserialize)]
pub(super) struct ChallengeRecord {
    pub(super) subject: Subject,
    pub(super) epoch: i64,
    pub(super) expires: Timestamp,
    /// What the credential store wants back with the answer; sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

/// What an identity was mailed today to set a new password by: `IDENTITY#<subject>` / `RESET`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ResetRecord {
    /// Of the hashes of all its codes, in hex. Records of an earlier version have none.
    #[serde(default)]
    pub(super) salt: String,
    /// All codes of the day, also those that are over.
    #[serde(default)]
    pub(super) codes: Vec<CodeRecord>,
    /// Until when the last link is good, as long as the identity has this epoch.
    #[serde(default)]
    pub(super) link_until: Option<Timestamp>,
    #[serde(default)]
    pub(super) link_epoch: i64,
    /// When the codes are counted afresh.
    pub(super) day_ends: Timestamp,
}

/// One code of six digits.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CodeRecord {
    /// The network that asked for it.
    pub(super) network: String,
    pub(super) hash: String,
    /// That of the identity when the code was made: what ends the sessions ends the code.
    pub(super) epoch: i64,
    pub(super) expires: Timestamp,
    /// From the network that asked for it.
    pub(super) tries_left: u32,
    /// From all other networks together.
    pub(super) tries_left_elsewhere: u32,
}

/// A mailed link: `RESET-LINK#<SHA-256 of its token>` / `LINK`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ResetLinkRecord {
    pub(super) subject: Subject,
    pub(super) epoch: i64,
    pub(super) expires: Timestamp,
}

pub(super) fn person_key(subject: Subject) -> Key {
    Key::new(partition(subject), "IDENTITY")
}

pub(super) fn partition(subject: Subject) -> String {
    format!("IDENTITY#{subject}")
}

pub(super) fn claim_key(email: &Email) -> Key {
    Key::new(format!("IDENTITY-EMAIL#{}", email.ascii()), "CLAIM")
}

pub(super) fn session_key(subject: Subject, session: SessionId) -> Key {
    Key::new(partition(subject), format!("SESSION#{session}"))
}

pub(super) fn reset_key(subject: Subject) -> Key {
    Key::new(partition(subject), "RESET")
}

pub(super) fn reset_link_key(token: &SecretString) -> Key {
    Key::new(format!("RESET-LINK#{}", fingerprint(token)), "LINK")
}

pub(super) fn refresh_key(token: &SecretString) -> Key {
    Key::new(format!("REFRESH#{}", fingerprint(token)), "TOKEN")
}

pub(super) fn challenge_key(session: &SecretString) -> Key {
    Key::new(format!("CHALLENGE#{}", fingerprint(session)), "CHALLENGE")
}

fn fingerprint(secret: &SecretString) -> String {
    Sha256::digest(secret.expose_secret().as_bytes()).encode_hex()
}

/// A secret of 256 random bits under a prefix by which scanners for leaked secrets know it.
pub(super) fn new_secret(prefix: &str, rng: &dyn RandomSource) -> SecretString {
    spell(prefix, random::secret(rng))
}

pub(super) fn spell(prefix: &str, bytes: [u8; 32]) -> SecretString {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
}

pub(super) fn read<T: DeserializeOwned>(item: &Item) -> Result<T, TableError> {
    serde_json::from_slice(&item.body).map_err(|error| TableError::Damaged(format!("{}: {error}", item.key.sk)))
}

/// A record that the store may drop an hour after it means nothing any more.
pub(super) fn put<T: Serialize>(key: Key, record: &T, expires: Option<Timestamp>, when: Condition) -> Write {
    let body = serde_json::to_vec(record).map(Bytes::from).expect("records have text keys and plain values");
    let expires = expires.map(|at| (at + SignedDuration::from_hours(1)).as_second());
    Write::Put { item: NewItem { key, index: [None, None, None], expires, body }, when }
}

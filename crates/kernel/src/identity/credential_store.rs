//! Who keeps passwords and signs tokens: ourselves ([`super::local_credentials`]), or a user pool beside us. What both have in common
//! is in the provider: the directory, sessions and their refresh tokens, lockout, reset codes, the policy.
//!
//! INVARIANT: nothing that a credential store says of a session outlives our own record of it. So what ends a session here ends it,
//! whether the credential store was informed or not.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

pub use super::records::{Password, Person, SessionKind, SessionRecord};
use crate::{
    ids::{SessionId, Subject},
    ports::{
        external_error::ExternalError,
        identity::{
            ChallengeError, IdentityError, PasswordError, Permanence, RefreshError, ResetError, SignInError,
            TokenRefused, Verified, WeakPassword,
        },
    },
};

/// Keeps passwords and signs tokens.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// Gets ready for somebody who has no password yet. Asking again is fine.
    async fn ensure(&self, person: &Person) -> Result<(), ExternalError>;

    /// Updates the address to the one in the record. Does nothing for an absent person.
    async fn update_email(&self, person: &Person) -> Result<(), ExternalError>;

    /// Removes a person; succeeds for an absent one.
    async fn remove(&self, subject: Subject) -> Result<(), ExternalError>;

    /// Enables or disables sign-in. Does nothing for an absent person.
    async fn enable(&self, subject: Subject, enabled: bool) -> Result<(), ExternalError>;

    /// Ends what the credential store itself keeps of somebody's sessions.
    async fn end_all_sessions(&self, subject: Subject) -> Result<(), ExternalError>;

    /// Whether a password that the policy lets pass can be kept here too.
    fn accepts(&self, password: &SecretString) -> Result<(), WeakPassword>;

    /// The part of a new password that the person's record stores; called before that is written.
    async fn hash(&self, password: &SecretString) -> Result<Option<String>, CredentialStoreError>;

    /// Stores what the record does not contain, after that is written.
    async fn store_password(
        &self,
        person: &Person,
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), CredentialStoreError>;

    /// Judges a password by which somebody signs in. For nobody none is right, after the same work.
    async fn authenticate(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<PasswordVerdict, CredentialStoreError>;

    /// Judges a password, and opens nothing.
    async fn verify_password(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<bool, CredentialStoreError>;

    /// Takes the password that answers a challenge, before it is written that it was answered. `sealed` is what the
    /// credential store gave along with the challenge.
    async fn answer_challenge(
        &self,
        person: &Person,
        sealed: Option<&str>,
        password: &SecretString,
    ) -> Result<Answered, CredentialStoreError>;

    /// New tokens of a session that is alive.
    async fn issue(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<Issued, CredentialStoreError>;

    /// A token that acts as somebody until the session of its own ends.
    async fn probe(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<SecretString, IdentityError>;

    /// Whether the credential store has sessions of its own, which must be ended there.
    fn opens_sessions(&self) -> bool;

    /// Ends a session whose record is gone. A failed call is no error: the session is of no use without its record.
    async fn end_session(&self, session: &SessionRecord);

    /// Verifies an access token by its claims and the known keys.
    fn check_token(&self, token: &str, now: Timestamp) -> Result<CheckedToken, TokenRefused>;

    /// The count of changes to the keys: what was judged by others is judged again.
    fn generation(&self) -> u64;

    /// A token named a key that is not known. Looks for it, unless that was done just now.
    async fn refetch_keys(&self, now: Timestamp) -> Result<(), ExternalError>;

    /// Takes over what others have done to the keys.
    async fn refresh_keys(&self) -> Result<(), IdentityError>;

    /// Signs with a new key from now on, and answers its name.
    async fn rotate_keys(&self, now: Timestamp) -> Result<String, IdentityError>;

    /// Refuses from now on what was signed by any key but the one that signs.
    async fn retire_old_keys(&self) -> Result<(), IdentityError>;

    /// The public keys, as a JSON Web Key Set.
    fn jwks(&self, now: Timestamp) -> Value;

    /// The OpenID configuration, for a server that is reached at `base`.
    fn openid_configuration(&self, base: &str) -> Value;
}

/// How a password was judged.
pub enum PasswordVerdict {
    Wrong,
    /// Right, and it opens nothing but the challenge for another; with what the credential store wants back with the answer.
    Challenged(Option<String>),
    Right {
        /// What the record holds of the password is not what it would hold today.
        stale: bool,
        /// `None`: the provider opens the session alone.
        opened: Option<Opened>,
    },
}

/// What came of the answer to a challenge.
pub struct Answered {
    /// As [`CredentialStore::hash`] answers.
    pub hash: Option<String>,
    pub opened: Option<Opened>,
}

/// A session that the credential store has opened.
pub struct Opened {
    pub id: SessionId,
    /// By what the credential store renews it; kept with the session's record as it is, so it is sealed.
    pub renewal: String,
    pub issued: Issued,
}

/// Tokens, fresh.
pub struct Issued {
    pub access: SecretString,
    pub id: SecretString,
    /// When the access token expires.
    pub expires_at: Timestamp,
}

/// A token that is good as far as it goes, and by which generation of keys.
pub struct CheckedToken {
    pub verified: Verified,
    pub generation: u64,
}

/// Why a credential store did not do as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CredentialStoreError {
    /// Too much at once; nothing was judged.
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The challenge or the session is not known any more.
    #[error("the challenge or session is over")]
    Over,
    #[error(transparent)]
    Away(#[from] ExternalError),
}

impl From<CredentialStoreError> for SignInError {
    fn from(error: CredentialStoreError) -> Self {
        match error {
            CredentialStoreError::Busy => Self::Busy,
            CredentialStoreError::Weak(_) | CredentialStoreError::Over => Self::InvalidCredentials,
            CredentialStoreError::Away(away) => Self::Away(away),
        }
    }
}

impl From<CredentialStoreError> for ChallengeError {
    fn from(error: CredentialStoreError) -> Self {
        match error {
            CredentialStoreError::Busy => Self::Busy,
            CredentialStoreError::Weak(weak) => Self::Weak(weak),
            CredentialStoreError::Over => Self::Over,
            CredentialStoreError::Away(away) => Self::Away(away),
        }
    }
}

impl From<CredentialStoreError> for PasswordError {
    fn from(error: CredentialStoreError) -> Self {
        match error {
            CredentialStoreError::Busy => Self::Busy,
            CredentialStoreError::Weak(weak) => Self::Weak(weak),
            CredentialStoreError::Over => Self::InvalidCredentials,
            CredentialStoreError::Away(away) => Self::Away(away),
        }
    }
}

impl From<CredentialStoreError> for ResetError {
    fn from(error: CredentialStoreError) -> Self {
        match error {
            CredentialStoreError::Busy => Self::Busy,
            CredentialStoreError::Weak(weak) => Self::Weak(weak),
            CredentialStoreError::Over => Self::InvalidCode,
            CredentialStoreError::Away(away) => Self::Away(away),
        }
    }
}

impl From<CredentialStoreError> for RefreshError {
    fn from(error: CredentialStoreError) -> Self {
        match error {
            CredentialStoreError::Busy => Self::Away(ExternalError::transient("too many sign-ins at this moment")),
            CredentialStoreError::Weak(_) | CredentialStoreError::Over => Self::Refused,
            CredentialStoreError::Away(away) => Self::Away(away),
        }
    }
}

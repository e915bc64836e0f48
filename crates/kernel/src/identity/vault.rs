//! Who keeps passwords and signs tokens: ourselves ([`super::own`]), or a user pool beside us. What both have in common
//! stands in the provider: the directory, sessions and their refresh tokens, lockout, reset codes, the policy.
//!
//! INVARIANT: nothing that a vault says of a session outlives our own record of it. So what ends a session here ends it,
//! whether the vault was told or not.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

pub use super::records::{Password, Person, SessionKind, SessionRecord};
use crate::{
    ids::{SessionId, Subject},
    ports::{
        identity::{
            ChallengeError, IdentityError, PasswordError, Permanence, RefreshError, ResetError, SignInError,
            TokenRefused, Verified, WeakPassword,
        },
        trouble::Trouble,
    },
};

/// Keeps passwords and signs tokens.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Gets ready for somebody who has no password yet. Asking again is fine.
    async fn ensure(&self, person: &Person) -> Result<(), Trouble>;

    /// Takes over the address that the record holds now. One who is absent is let be.
    async fn update_email(&self, person: &Person) -> Result<(), Trouble>;

    /// Forgets somebody; one who is absent is as good as forgotten.
    async fn remove(&self, subject: Subject) -> Result<(), Trouble>;

    /// Lets somebody sign in, or not. One who is absent is let be.
    async fn enable(&self, subject: Subject, enabled: bool) -> Result<(), Trouble>;

    /// Ends what the vault itself keeps of somebody's sessions.
    async fn end_all(&self, subject: Subject) -> Result<(), Trouble>;

    /// Whether a password that the policy lets pass can be kept here too.
    fn accepts(&self, password: &SecretString) -> Result<(), WeakPassword>;

    /// What of a new password stands in the person's record; asked before that is written.
    async fn hash(&self, password: &SecretString) -> Result<Option<String>, VaultError>;

    /// Keeps what does not stand in the record, after that is written.
    async fn keep(&self, person: &Person, password: &SecretString, permanence: Permanence) -> Result<(), VaultError>;

    /// Judges a password by which somebody signs in. For nobody none is right, after the same work.
    async fn admit(&self, person: Option<&Person>, password: &SecretString) -> Result<Admission, VaultError>;

    /// Judges a password, and opens nothing.
    async fn compare(&self, person: Option<&Person>, password: &SecretString) -> Result<bool, VaultError>;

    /// Takes the password that answers a challenge, before it is written that it was answered. `sealed` is what the
    /// vault gave along with the challenge.
    async fn answer(
        &self,
        person: &Person,
        sealed: Option<&str>,
        password: &SecretString,
    ) -> Result<Answered, VaultError>;

    /// New tokens of a session that is alive.
    async fn issue(&self, person: &Person, session: &SessionRecord, now: Timestamp) -> Result<Issued, VaultError>;

    /// A token that acts as somebody until the session of its own ends.
    async fn probe(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<SecretString, IdentityError>;

    /// Whether sessions stand in the vault too, and are to be ended there.
    fn opens_sessions(&self) -> bool;

    /// Ends a session whose record is gone. That it can't be told is no failure: nobody can use what is left.
    async fn end(&self, session: &SessionRecord);

    /// Judges an access token by what stands in it, and by the keys that are known.
    fn judge(&self, token: &str, now: Timestamp) -> Result<Judged, TokenRefused>;

    /// The count of changes to the keys: what was judged by others is judged again.
    fn generation(&self) -> u64;

    /// A token named a key that is not known. Looks for it, unless that was done just now.
    async fn look_again(&self, now: Timestamp) -> Result<(), Trouble>;

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
pub enum Admission {
    Wrong,
    /// Right, and it opens nothing but the challenge for another; with what the vault wants back with the answer.
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
    /// As [`Vault::hash`] answers.
    pub hash: Option<String>,
    pub opened: Option<Opened>,
}

/// A session that the vault has opened.
pub struct Opened {
    pub id: SessionId,
    /// By what the vault renews it; kept with the session's record as it is, so it is sealed.
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
pub struct Judged {
    pub verified: Verified,
    pub generation: u64,
}

/// Why a vault did not do as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VaultError {
    /// Too much at once; nothing was judged.
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The challenge or the session is not known any more.
    #[error("the challenge or session is over")]
    Over,
    #[error(transparent)]
    Away(#[from] Trouble),
}

impl From<VaultError> for SignInError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Busy => Self::Busy,
            VaultError::Weak(_) | VaultError::Over => Self::InvalidCredentials,
            VaultError::Away(away) => Self::Away(away),
        }
    }
}

impl From<VaultError> for ChallengeError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Busy => Self::Busy,
            VaultError::Weak(weak) => Self::Weak(weak),
            VaultError::Over => Self::Over,
            VaultError::Away(away) => Self::Away(away),
        }
    }
}

impl From<VaultError> for PasswordError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Busy => Self::Busy,
            VaultError::Weak(weak) => Self::Weak(weak),
            VaultError::Over => Self::InvalidCredentials,
            VaultError::Away(away) => Self::Away(away),
        }
    }
}

impl From<VaultError> for ResetError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Busy => Self::Busy,
            VaultError::Weak(weak) => Self::Weak(weak),
            VaultError::Over => Self::InvalidCode,
            VaultError::Away(away) => Self::Away(away),
        }
    }
}

impl From<VaultError> for RefreshError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Busy => Self::Away(Trouble::passing("too many sign-ins at this moment")),
            VaultError::Weak(_) | VaultError::Over => Self::Refused,
            VaultError::Away(away) => Self::Away(away),
        }
    }
}

//! The provider itself: its parts, and the port's words said through them.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Settings,
    keys::{KeyStore, Keys, KeysError},
    lockout::Lockout,
    passwords::Passwords,
    records::{Claim, Person, SessionRecord, claim_key, person_key, read, session_key},
    tokens,
    verifier::{Recall, Verifier},
};
use crate::{
    ids::{SessionId, Subject},
    ports::{
        chance::Chance,
        clock::Clock,
        identity::{
            ChallengeError, ChallengeResponse, Email, Identity, IdentityError, NewIdentity, PasswordChange,
            PasswordError, PasswordReset, Permanence, Profile, Profiles, RefreshError, ResetCode, ResetError, Session,
            SignIn, SignInError, SignedIn, TokenRefused, TokenSet, Verified,
        },
        table::{Key, Table, TableError},
    },
};

/// What the provider stands on.
pub struct Parts {
    pub settings: Settings,
    /// The shared table.
    pub table: Arc<dyn Table>,
    pub keys: Arc<dyn KeyStore>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

/// The provider can't start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Keys(String),
    #[error("{0}")]
    Hashing(String),
}

/// The embedded identity provider.
pub struct EmbeddedIdentity {
    pub(super) settings: Settings,
    pub(super) table: Arc<dyn Table>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
    pub(super) keys: Keys,
    pub(super) passwords: Passwords,
    pub(super) lockout: Lockout,
    pub(super) verifier: Verifier,
    pub(super) profiles: OnceLock<Arc<dyn Profiles>>,
}

impl EmbeddedIdentity {
    /// Opens the signing keys, or makes the first; starts the hashing threads. It blocks: for the start alone.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts { settings, table, keys, clock, chance } = parts;
        let keys = Keys::open(keys, clock.now()).map_err(|error| StartError::Keys(error.to_string()))?;
        let passwords =
            Passwords::start(settings.hash_cost, settings.hash_threads, settings.hash_queue, Arc::clone(&chance))
                .map_err(|error| StartError::Hashing(error.to_string()))?;
        let lockout = Lockout::new(settings.remembered_failures);
        let verifier = Verifier::new(&settings);
        Ok(Self { settings, table, clock, chance, keys, passwords, lockout, verifier, profiles: OnceLock::new() })
    }

    /// Says where the claims that tokens show come from. The first one given stays.
    pub fn show(&self, profiles: Arc<dyn Profiles>) {
        // A second one is a mistake of composition that harms nobody: claims give no rights.
        drop(self.profiles.set(profiles));
    }

    /// How many password hashes were computed since the start.
    pub fn hashes_computed(&self) -> u64 {
        self.passwords.computed()
    }

    /// Refuses from now on all that was signed by any key but the one that signs: for keys that leaked.
    pub async fn retire_old_keys(&self) -> Result<(), IdentityError> {
        self.keys.retire_old().await.map_err(|error| IdentityError::Keys(error.to_string()))
    }

    /// Takes over what another process has done to the signing keys.
    pub async fn refresh_keys(&self) -> Result<(), IdentityError> {
        self.keys.refresh().await.map_err(|error| IdentityError::Keys(error.to_string()))
    }

    pub(super) async fn person(&self, subject: Subject) -> Result<Option<Stored<Person>>, TableError> {
        self.stored(&person_key(subject)).await
    }

    pub(super) async fn enabled_person(&self, subject: Subject) -> Result<Person, IdentityError> {
        let person = self.person(subject).await?.ok_or(IdentityError::Unknown)?.record;
        if person.enabled { Ok(person) } else { Err(IdentityError::Disabled) }
    }

    pub(super) async fn stored<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<Stored<T>>, TableError> {
        let Some(item) = self.table.get(key).await? else { return Ok(None) };
        Ok(Some(Stored { record: read(&item)?, version: item.version }))
    }

    /// The identity that holds an address. It asks the store as often whether there is one or not.
    pub(super) async fn person_of(&self, email: Option<&Email>) -> Result<Option<Stored<Person>>, TableError> {
        let nobody = Subject::from_uuid(Uuid::nil());
        let key = email.map_or_else(|| person_key(nobody), claim_key);
        let claim: Option<Stored<Claim>> = self.stored(&key).await?;
        self.person(claim.map_or(nobody, |claim| claim.record.subject)).await
    }

    /// An identity and one session of it, if that is alive.
    pub(super) async fn living(
        &self,
        subject: Subject,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Living>, TableError> {
        let found = self.table.batch_get(&[person_key(subject), session_key(subject, session)]).await?;
        let [Some(person), Some(item)] = found.as_slice() else { return Ok(None) };
        let (person, session): (Person, SessionRecord) = (read(person)?, read(item)?);
        Ok(session.alive(&person, now).then_some(Living { person, session, version: item.version }))
    }

    /// What tokens show of a person.
    pub(super) async fn profile(&self, person: &Person) -> Profile {
        let known = match self.profiles.get() {
            Some(profiles) => profiles.profile(person.subject).await,
            None => None,
        };
        known.unwrap_or_else(|| Profile {
            email: person.email.clone(),
            account: person.account,
            enterprise: None,
            role: None,
            groups: Vec::new(),
        })
    }

    async fn judge(&self, token: &str) -> Result<Verified, TokenRefused> {
        if token.len() > tokens::LONGEST {
            return Err(TokenRefused::TooLong);
        }
        let judged = self.judge_by_known_keys(token).await;
        let (Err(TokenRefused::UnknownKey), Some(pause)) = (&judged, self.settings.recheck) else { return judged };
        // Another process may have made the key.
        if let Err(error) = self.keys.refresh_after(pause, self.clock.now()).await {
            tracing::warn!(%error, "the signing keys can't be read again");
            return judged;
        }
        self.judge_by_known_keys(token).await
    }

    async fn judge_by_known_keys(&self, token: &str) -> Result<Verified, TokenRefused> {
        let now = self.clock.now();
        let ring = self.keys.ring();
        match self.verifier.recall(token, &ring, now) {
            Recall::Good(verified) => Ok(verified),
            Recall::Ask(known) => {
                let (subject, session) = known.session();
                let before = self.verifier.before(subject);
                if self.living(subject, session, now).await?.is_none() {
                    self.verifier.forget(token);
                    return Err(TokenRefused::Ended);
                }
                Verifier::confirm(&known, before, now);
                Ok(known.verified)
            }
            Recall::Unknown => {
                let verified = tokens::judge(token, &ring, &self.settings, now)?;
                let before = self.verifier.before(verified.subject);
                if self.living(verified.subject, verified.session, now).await?.is_none() {
                    return Err(TokenRefused::Ended);
                }
                self.verifier.remember(token, verified, &ring, before, now);
                Ok(verified)
            }
        }
    }
}

/// A record as it was read.
pub(super) struct Stored<T> {
    pub(super) record: T,
    pub(super) version: u64,
}

/// An identity with a session that is alive.
pub(super) struct Living {
    pub(super) person: Person,
    pub(super) session: SessionRecord,
    /// Of the session's record.
    pub(super) version: u64,
}

#[async_trait]
impl Identity for EmbeddedIdentity {
    async fn ensure_user(&self, new: NewIdentity) -> Result<(), IdentityError> {
        self.ensure(new).await
    }

    async fn remove_user(&self, subject: Subject) -> Result<(), IdentityError> {
        self.remove(subject).await
    }

    async fn set_enabled(&self, subject: Subject, enabled: bool) -> Result<(), IdentityError> {
        self.enable(subject, enabled).await
    }

    async fn sign_out_everywhere(&self, subject: Subject) -> Result<(), IdentityError> {
        self.end_all(subject).await
    }

    async fn set_password(
        &self,
        subject: Subject,
        password: SecretString,
        permanence: Permanence,
    ) -> Result<(), PasswordError> {
        self.give_password(subject, &password, permanence).await
    }

    async fn change_password(&self, change: PasswordChange) -> Result<(), PasswordError> {
        self.replace_password(&change).await
    }

    async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, SignInError> {
        self.attempt(&attempt).await
    }

    async fn respond(&self, response: ChallengeResponse) -> Result<TokenSet, ChallengeError> {
        self.answer(&response).await
    }

    async fn refresh(&self, token: SecretString) -> Result<TokenSet, RefreshError> {
        self.renew(&token).await
    }

    async fn sign_out(&self, token: SecretString) -> Result<(), IdentityError> {
        self.end_session_of(&token).await
    }

    async fn sessions(&self, subject: Subject) -> Result<Vec<Session>, IdentityError> {
        self.living_sessions(subject).await
    }

    async fn end_session(&self, subject: Subject, session: SessionId) -> Result<(), IdentityError> {
        Ok(self.end(subject, session).await?)
    }

    async fn forgot_password(&self, email: &str) -> Result<Option<ResetCode>, ResetError> {
        self.make_code(email).await
    }

    async fn reset_password(&self, reset: PasswordReset) -> Result<(), ResetError> {
        self.use_code(&reset).await
    }

    async fn check_user(&self, subject: Subject) -> Result<(), IdentityError> {
        self.enabled_person(subject).await.map(drop)
    }

    async fn probe_token(&self, subject: Subject) -> Result<SecretString, IdentityError> {
        self.probe(subject).await
    }

    async fn verify(&self, access_token: &str) -> Result<Verified, TokenRefused> {
        self.judge(access_token).await
    }

    fn jwks(&self) -> Value {
        self.keys.ring().jwks(self.clock.now())
    }

    fn openid_configuration(&self, base_url: &str) -> Value {
        let base = base_url.trim_end_matches('/');
        json!({
            "issuer": self.settings.issuer,
            "jwks_uri": format!("{base}/.well-known/jwks.json"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": [
                "sub", "email", "custom:account_id", "custom:enterprise_id", "custom:role", "cognito:groups",
                "token_use", "client_id", "aud", "iss", "iat", "nbf", "exp", "jti", "sid", "auth_time",
            ],
        })
    }

    async fn rotate_keys(&self) -> Result<String, IdentityError> {
        let now = self.clock.now();
        let longest = self.settings.access_life.max(self.settings.id_life).max(self.settings.probe_life);
        // A token that is being signed by the old key at this moment gets the leeway.
        let rotated = self.keys.rotate(now, now + longest + self.settings.leeway).await;
        rotated.map_err(|error: KeysError| IdentityError::Keys(error.to_string()))
    }
}

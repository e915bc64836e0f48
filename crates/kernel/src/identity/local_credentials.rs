//! The credential store of our own: argon2 hashes in the table, tokens signed by our keys.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    Settings,
    credential_store::{
        Answered, CheckedToken, CredentialStore, CredentialStoreError, Issued, PasswordVerdict, Person, SessionRecord,
    },
    keys::{KeyStore, Keys, KeysError},
    passwords::{Busy, Match, Passwords},
    tokens::{self, Draft, Use},
};
use crate::{
    ids::Subject,
    ports::{
        external_error::ExternalError,
        identity::{IdentityError, Permanence, Profile, Profiles, TokenRefused, WeakPassword},
        random::RandomSource,
    },
};

/// What tokens show of people; where it comes from is said once.
#[derive(Default)]
pub(super) struct ProfileSource(OnceLock<Arc<dyn Profiles>>);

impl ProfileSource {
    pub(super) fn from(&self, profiles: Arc<dyn Profiles>) {
        // A second one is a mistake of composition that harms nobody: claims give no rights.
        drop(self.0.set(profiles));
    }

    pub(super) async fn of(&self, person: &Person) -> Profile {
        let known = match self.0.get() {
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
}

/// Hashes in the table, keys of our own.
pub(super) struct LocalCredentialStore {
    settings: Settings,
    keys: Keys,
    passwords: Arc<Passwords>,
    rng: Arc<dyn RandomSource>,
    shown: Arc<ProfileSource>,
}

impl LocalCredentialStore {
    /// Opens the signing keys, or makes the first. It blocks.
    pub(super) fn open(
        settings: Settings,
        keys: Arc<dyn KeyStore>,
        passwords: Arc<Passwords>,
        rng: Arc<dyn RandomSource>,
        shown: Arc<ProfileSource>,
        now: Timestamp,
    ) -> Result<Self, KeysError> {
        Ok(Self { settings, keys: Keys::open(keys, now)?, passwords, rng, shown })
    }

    fn mint(
        &self,
        kind: Use,
        session: &SessionRecord,
        profile: &Profile,
        now: Timestamp,
        expires: Timestamp,
    ) -> SecretString {
        let mut random = [0; 16];
        self.rng.fill(&mut random);
        let jti = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        let draft = Draft { kind, session, profile, jti, now, expires };
        tokens::mint(&draft, &self.settings, self.keys.ring().signer())
    }
}

fn hash_of(person: &Person) -> Option<&str> {
    person.password.as_ref()?.hash.as_deref()
}

#[async_trait]
impl CredentialStore for LocalCredentialStore {
    async fn ensure(&self, _: &Person) -> Result<(), ExternalError> {
        Ok(())
    }

    async fn update_email(&self, _: &Person) -> Result<(), ExternalError> {
        Ok(())
    }

    async fn remove(&self, _: Subject) -> Result<(), ExternalError> {
        Ok(())
    }

    async fn enable(&self, _: Subject, _: bool) -> Result<(), ExternalError> {
        Ok(())
    }

    async fn end_all_sessions(&self, _: Subject) -> Result<(), ExternalError> {
        Ok(())
    }

    fn accepts(&self, _: &SecretString) -> Result<(), WeakPassword> {
        Ok(())
    }

    async fn hash(&self, password: &SecretString) -> Result<Option<String>, CredentialStoreError> {
        Ok(Some(self.passwords.make(password).await?))
    }

    async fn store_password(&self, _: &Person, _: &SecretString, _: Permanence) -> Result<(), CredentialStoreError> {
        Ok(())
    }

    async fn authenticate(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<PasswordVerdict, CredentialStoreError> {
        let found = self.passwords.compare(password, person.and_then(hash_of)).await?;
        let temporary = person.and_then(|person| person.password.as_ref()).is_some_and(|password| password.temporary);
        Ok(match found {
            Match::Wrong => PasswordVerdict::Wrong,
            Match::Right | Match::RightButStale if temporary => PasswordVerdict::Challenged(None),
            Match::Right => PasswordVerdict::Right { stale: false, opened: None },
            Match::RightButStale => PasswordVerdict::Right { stale: true, opened: None },
        })
    }

    async fn verify_password(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<bool, CredentialStoreError> {
        Ok(self.passwords.compare(password, person.and_then(hash_of)).await? != Match::Wrong)
    }

    async fn answer_challenge(
        &self,
        person: &Person,
        _: Option<&str>,
        password: &SecretString,
    ) -> Result<Answered, CredentialStoreError> {
        if self.verify_password(Some(person), password).await? {
            return Err(WeakPassword::Unchanged.into());
        }
        Ok(Answered { hash: self.hash(password).await?, opened: None })
    }

    async fn issue(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<Issued, CredentialStoreError> {
        let profile = self.shown.of(person).await;
        let expires_at = (now + self.settings.access_life).min(session.ends);
        let id_expires_at = (now + self.settings.id_life).min(session.ends);
        Ok(Issued {
            access: self.mint(Use::Access, session, &profile, now, expires_at),
            id: self.mint(Use::Id, session, &profile, now, id_expires_at),
            expires_at,
        })
    }

    async fn probe(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<SecretString, IdentityError> {
        let profile = self.shown.of(person).await;
        Ok(self.mint(Use::Access, session, &profile, now, session.ends))
    }

    fn opens_sessions(&self) -> bool {
        false
    }

    async fn end_session(&self, _: &SessionRecord) {}

    fn check_token(&self, token: &str, now: Timestamp) -> Result<CheckedToken, TokenRefused> {
        let ring = self.keys.ring();
        let verified = tokens::judge(token, &ring, &self.settings, now)?;
        Ok(CheckedToken { verified, generation: ring.generation })
    }

    fn generation(&self) -> u64 {
        self.keys.ring().generation
    }

    /// Another process may have made the key.
    async fn refetch_keys(&self, now: Timestamp) -> Result<(), ExternalError> {
        let Some(pause) = self.settings.recheck else { return Ok(()) };
        let looked = self.keys.refresh_after(pause, now).await;
        looked.map_err(|error| ExternalError::transient(format!("the signing keys can't be read again: {error}")))
    }

    async fn refresh_keys(&self) -> Result<(), IdentityError> {
        self.keys.refresh().await.map_err(keys_error)
    }

    async fn rotate_keys(&self, now: Timestamp) -> Result<String, IdentityError> {
        let longest = self.settings.access_life.max(self.settings.id_life).max(self.settings.probe_life);
        // A token that is being signed by the old key at this moment gets the leeway.
        self.keys.rotate(now, now + longest + self.settings.leeway).await.map_err(keys_error)
    }

    async fn retire_old_keys(&self) -> Result<(), IdentityError> {
        self.keys.retire_old().await.map_err(keys_error)
    }

    fn jwks(&self, now: Timestamp) -> Value {
        self.keys.ring().jwks(now)
    }

    fn openid_configuration(&self, base: &str) -> Value {
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
}

impl From<Busy> for CredentialStoreError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

fn keys_error(error: KeysError) -> IdentityError {
    IdentityError::Keys(error.to_string())
}

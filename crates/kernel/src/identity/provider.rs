//! The provider itself: its parts, and the port's words said through them.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Settings,
    credential_store::{CheckedToken, CredentialStore},
    guesses::Guesses,
    jwt,
    keys::KeyStore,
    local_credentials::{LocalCredentialStore, ProfileSource},
    passwords::Passwords,
    records::{Person, SessionRecord, person_key, read, session_key},
    session_cutoff::SessionCutoff,
    verifier::{CacheLookup, Verifier},
};
use crate::{
    ids::{AccountId, SessionId, Subject},
    ports::{
        clock::Clock,
        identity::{
            Acceptance, ChallengeError, ChallengeResponse, Challenged, CredentialEpoch, Email, EmailChangePlan,
            ForgottenPassword, Identity, IdentityError, NewIdentity, OnEmailChange, PasswordChange, PasswordCheck,
            PasswordError, PasswordReset, Permanence, Profile, Profiles, RefreshError, ResetError, ResetMail, Session,
            SignIn, SignInError, SignedIn, TokenRefused, TokenSet, Verified,
        },
        random::RandomSource,
        table::{Key, Table, TableError},
    },
};

/// The provider's dependencies, if it keeps passwords and signs tokens itself.
pub struct Parts {
    pub settings: Settings,
    /// The shared table.
    pub table: Arc<dyn Table>,
    pub keys: Arc<dyn KeyStore>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn RandomSource>,
}

/// The provider's dependencies, if another system keeps passwords and signs tokens.
pub struct CredentialStoreParts {
    pub settings: Settings,
    /// The shared table.
    pub table: Arc<dyn Table>,
    pub credential_store: Arc<dyn CredentialStore>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn RandomSource>,
}

/// The provider can't start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Keys(String),
    #[error("{0}")]
    Hashing(String),
}

/// The identity provider.
pub struct Provider {
    pub(super) settings: Settings,
    pub(super) table: Arc<dyn Table>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn RandomSource>,
    pub(super) credential_store: Arc<dyn CredentialStore>,
    /// Hash reset codes too, independent of the credential store.
    pub(super) passwords: Arc<Passwords>,
    pub(super) guesses: Guesses,
    pub(super) verifier: Verifier,
    pub(super) cutoff: SessionCutoff,
    shown: Arc<ProfileSource>,
}

impl Provider {
    /// Opens the signing keys, or makes the first; starts the hashing threads. It blocks: for the start alone.
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts { settings, table, keys, clock, rng } = parts;
        let (passwords, shown) = (hashing(&settings, &rng)?, Arc::new(ProfileSource::default()));
        let credential_store = LocalCredentialStore::open(
            settings.clone(),
            keys,
            Arc::clone(&passwords),
            Arc::clone(&rng),
            Arc::clone(&shown),
            clock.now(),
        );
        let credential_store = Arc::new(credential_store.map_err(|error| StartError::Keys(error.to_string()))?);
        Ok(Self::of(CredentialStoreParts { settings, table, credential_store, clock, rng }, passwords, shown))
    }

    /// Starts over a credential store that is not our own.
    pub fn over(parts: CredentialStoreParts) -> Result<Self, StartError> {
        let passwords = hashing(&parts.settings, &parts.rng)?;
        Ok(Self::of(parts, passwords, Arc::default()))
    }

    fn of(parts: CredentialStoreParts, passwords: Arc<Passwords>, shown: Arc<ProfileSource>) -> Self {
        let CredentialStoreParts { settings, table, credential_store, clock, rng } = parts;
        let guesses = Guesses::new(&settings, Arc::clone(&table));
        let verifier = Verifier::new(&settings);
        let cutoff = SessionCutoff::default();
        Self { settings, table, clock, rng, credential_store, passwords, guesses, verifier, cutoff, shown }
    }

    /// Says where the claims that tokens show come from. The first one given stays.
    pub fn show(&self, profiles: Arc<dyn Profiles>) {
        self.shown.from(profiles);
    }

    /// What tokens show of somebody.
    pub async fn profile(&self, subject: Subject) -> Result<Option<Profile>, TableError> {
        let Some(person) = self.person(subject).await? else { return Ok(None) };
        Ok(Some(self.shown.of(&person.record).await))
    }

    /// How many password hashes were computed since the start.
    pub fn hashes_computed(&self) -> u64 {
        self.passwords.computed()
    }

    /// Refuses from now on all that was signed by any key but the one that signs: for keys that leaked.
    pub async fn retire_old_keys(&self) -> Result<(), IdentityError> {
        self.credential_store.retire_old_keys().await
    }

    /// Takes over what other processes changed: the signing keys and the session floor.
    pub async fn reload_shared_state(&self) -> Result<(), IdentityError> {
        self.credential_store.refresh_keys().await?;
        Ok(self.load_session_cutoff().await?)
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

    /// An identity and one session of it, if that is alive.
    pub(super) async fn living(
        &self,
        subject: Subject,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<LiveSession>, TableError> {
        let found = self.table.batch_get(&[person_key(subject), session_key(subject, session)]).await?;
        let [Some(person), Some(item)] = found.as_slice() else { return Ok(None) };
        let (person, session): (Person, SessionRecord) = (read(person)?, read(item)?);
        Ok(self.is_alive(&session, &person, now).then_some(LiveSession { person, session, version: item.version }))
    }

    async fn judge(&self, token: &str) -> Result<Verified, TokenRefused> {
        if token.len() > jwt::LONGEST {
            return Err(TokenRefused::TooLong);
        }
        let judged = self.judge_by_known_keys(token).await;
        let Err(TokenRefused::UnknownKey) = &judged else { return judged };
        if let Err(away) = self.credential_store.refetch_keys(self.clock.now()).await {
            tracing::warn!(%away, "keys that are not known can't be looked for");
            return judged;
        }
        self.judge_by_known_keys(token).await
    }

    async fn judge_by_known_keys(&self, token: &str) -> Result<Verified, TokenRefused> {
        let now = self.clock.now();
        match self.verifier.recall(token, self.credential_store.generation(), now) {
            CacheLookup::Good(verified) => Ok(verified),
            CacheLookup::Ask(known) => {
                let (subject, session) = known.session();
                let before = self.verifier.before(subject);
                if self.living(subject, session, now).await?.is_none() {
                    self.verifier.forget(token);
                    return Err(TokenRefused::Ended);
                }
                Verifier::confirm(&known, before, now);
                Ok(known.verified)
            }
            CacheLookup::Unknown => {
                let judged = self.credential_store.check_token(token, now)?;
                let CheckedToken { verified, .. } = judged;
                let before = self.verifier.before(verified.subject);
                if self.living(verified.subject, verified.session, now).await?.is_none() {
                    return Err(TokenRefused::Ended);
                }
                self.verifier.remember(token, &judged, before, now);
                Ok(verified)
            }
        }
    }
}

fn hashing(settings: &Settings, rng: &Arc<dyn RandomSource>) -> Result<Arc<Passwords>, StartError> {
    let Settings { hash_cost, hash_threads, hash_queue, .. } = *settings;
    let passwords = Passwords::start(hash_cost, hash_threads, hash_queue, Arc::clone(rng));
    Ok(Arc::new(passwords.map_err(|error| StartError::Hashing(error.to_string()))?))
}

/// A record as it was read.
pub(super) struct Stored<T> {
    pub(super) record: T,
    pub(super) version: u64,
}

/// An identity with a session that is alive.
pub(super) struct LiveSession {
    pub(super) person: Person,
    pub(super) session: SessionRecord,
    /// Of the session's record.
    pub(super) version: u64,
}

#[async_trait]
impl Identity for Provider {
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

    async fn accept(&self, accepted: Acceptance) -> Result<(), PasswordError> {
        self.accept_identity(&accepted).await
    }

    async fn change_password(&self, change: PasswordChange) -> Result<(), PasswordError> {
        self.replace_password(&change).await
    }

    async fn check_password(&self, check: PasswordCheck) -> Result<CredentialEpoch, PasswordError> {
        self.check_own_password(&check).await
    }

    async fn challenged(&self, session: &SecretString) -> Result<Option<Challenged>, IdentityError> {
        self.who_is_challenged(session).await
    }

    async fn has_address(&self, email: &Email) -> Result<bool, IdentityError> {
        Ok(self.identities_of(Some(email)).await?.first().is_some())
    }

    async fn plan_email_change(
        &self,
        subject: Subject,
        new: &Email,
        sessions: OnEmailChange,
    ) -> Result<EmailChangePlan, IdentityError> {
        self.plan_address(subject, new, sessions).await
    }

    async fn email_changed(&self, subject: Subject) -> Result<(), IdentityError> {
        self.settle_address(subject).await
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

    async fn switch_account(&self, token: SecretString, account: AccountId) -> Result<TokenSet, RefreshError> {
        self.switch(&token, account).await
    }

    async fn accounts(&self, subject: Subject) -> Result<Vec<AccountId>, IdentityError> {
        self.accounts_of(subject).await
    }

    async fn sign_out(&self, token: SecretString) -> Result<(), IdentityError> {
        self.end_session_of(&token).await
    }

    async fn sessions(&self, subject: Subject) -> Result<Vec<Session>, IdentityError> {
        self.living_sessions(subject).await
    }

    async fn is_alive(&self, subject: Subject, session: SessionId) -> Result<bool, IdentityError> {
        Ok(self.living(subject, session, self.clock.now()).await?.is_some())
    }

    async fn end_session(&self, subject: Subject, session: SessionId) -> Result<(), IdentityError> {
        Ok(self.end(subject, session).await?)
    }

    async fn forgot_password(&self, forgotten: ForgottenPassword) -> Result<Option<ResetMail>, ResetError> {
        self.make_reset(&forgotten).await
    }

    async fn invited(&self, email: &str) -> Result<Vec<Subject>, IdentityError> {
        Ok(self.identities_of(Email::parse(email).ok().as_ref()).await?.invited())
    }

    async fn reset_password(&self, reset: PasswordReset) -> Result<(), ResetError> {
        self.use_reset(&reset).await.map(drop)
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
        self.credential_store.jwks(self.clock.now())
    }

    fn openid_configuration(&self, base_url: &str) -> Value {
        self.credential_store.openid_configuration(base_url.trim_end_matches('/'))
    }

    async fn rotate_keys(&self) -> Result<String, IdentityError> {
        self.credential_store.rotate_keys(self.clock.now()).await
    }
}

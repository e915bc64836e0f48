//! The credential store's words said to a pool.

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::types::AuthenticationResultType;
use jiff::Timestamp;
use kernel::{
    identity::credential_store::{
        Answered, CheckedToken, CredentialStore, CredentialStoreError, Issued, Opened, PasswordVerdict, Person,
        SessionRecord,
    },
    ids::Subject,
    ports::{
        external_error::{ErrorKind, ExternalError, KnownCondition},
        identity::{IdentityError, Permanence, TokenRefused, Verified, WeakPassword},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CognitoCredentialStore, away, calls::Entry, claims::Access};
use crate::fault::Fault;

const RENEWAL: &str = "cognito-renewal";
const CHALLENGE: &str = "cognito-challenge";
/// The symbols that a pool's policy knows.
const SYMBOLS: &str = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+=";
/// A pool takes no longer ones.
const LONGEST: usize = 256;

/// What is sealed with an open challenge.
#[derive(Serialize, Deserialize)]
struct Open {
    /// The pool's word for it.
    session: String,
    /// By what the temporary password is known again.
    typed: String,
}

impl CognitoCredentialStore {
    /// A session that the pool has opened, named by its own tokens.
    async fn opened(&self, subject: Subject, tokens: AuthenticationResultType) -> Result<Opened, ExternalError> {
        let renewal: SecretString = match tokens.refresh_token.clone() {
            Some(renewal) => renewal.into(),
            None => return Err(away("a sign-in without a refresh token", Fault::Garbled)),
        };
        let (issued, verified) = self.read(subject, tokens).await?;
        let renewal = self.key.seal(RENEWAL, &subject.to_string(), &renewal, &*self.rng);
        Ok(Opened { id: verified.session, renewal, issued })
    }

    async fn read(
        &self,
        subject: Subject,
        tokens: AuthenticationResultType,
    ) -> Result<(Issued, Verified), ExternalError> {
        let AuthenticationResultType { access_token, id_token, .. } = tokens;
        let (Some(access), Some(id)) = (access_token, id_token) else {
            return Err(away("a sign-in without tokens", Fault::Garbled));
        };
        let Access { verified, .. } = match self.keys.read(&access) {
            // The pool may have begun to sign with it a moment ago.
            Err(TokenRefused::UnknownKey) => {
                self.keys.look_now().await?;
                self.keys.read(&access)
            }
            read => read,
        }
        .map_err(|refused| {
            let fix = "turn token revocation on for the app client; freehold preflight looks at both";
            lasting("tokens_refused", format!("Cognito gives tokens that can't be taken: {refused}"), fix)
        })?
        .0;
        if verified.subject != subject {
            return Err(away("tokens of somebody else", Fault::Garbled));
        }
        let issued = Issued { access: access.into(), id: id.into(), expires_at: verified.expires_at };
        Ok((issued, verified))
    }

    /// What the pool says to a password. For nobody it is asked about somebody whom it does not know, and for a password
    /// that it can't have, about one that nobody has.
    async fn ask(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<Option<Entry>, CredentialStoreError> {
        let subject = person.map_or(Subject::from_uuid(Uuid::nil()), |person| person.subject);
        let possible = (1..=LONGEST).contains(&password.expose_secret().chars().count());
        let nothing = SecretString::from(" ");
        match self.calls.sign_in(subject, if possible { password } else { &nothing }).await {
            Ok(entry) => Ok(person.map(|_| entry)),
            Err(Fault::Refused | Fault::NoSuchUser) => Ok(None),
            Err(Fault::Throttled) => Err(CredentialStoreError::Busy),
            Err(fault) => Err(away("a sign-in", fault).into()),
        }
    }

    fn typed(&self, subject: Subject, password: &SecretString) -> String {
        let text = format!("{subject}{}", password.expose_secret());
        self.key.token("cognito-temporary", &text).expose_secret().to_owned()
    }

    async fn give_up(&self, renewal: &SecretString) {
        if let Err(fault) = self.calls.revoke(renewal).await {
            tracing::warn!(%fault, fix = fault.fix(), "a session that is over was not revoked in the user pool");
        }
    }
}

#[async_trait]
impl CredentialStore for CognitoCredentialStore {
    /// Who has a hash with us comes into the pool with the password that it is of.
    async fn ensure(&self, person: &Person) -> Result<(), ExternalError> {
        if moves_by_password(person) {
            return Ok(());
        }
        self.calls.create(person).await.map_err(|fault| match fault {
            Fault::NoSuchUser => {
                let said = format!("Cognito: another user of the pool than {} has the e-mail address", person.subject);
                lasting("email_in_pool", said, "remove that user from the pool")
            }
            fault => away("a new user", fault),
        })
    }

    async fn update_email(&self, person: &Person) -> Result<(), ExternalError> {
        match self.calls.describe(person).await {
            // Somebody who is not in the pool yet comes in with the address that the record holds then.
            Ok(()) | Err(Fault::NoSuchUser) => Ok(()),
            Err(fault) => Err(away("a user's new address", fault)),
        }
    }

    async fn remove(&self, subject: Subject) -> Result<(), ExternalError> {
        self.calls.delete(subject).await.map_err(|fault| away("the removal of a user", fault))
    }

    async fn enable(&self, subject: Subject, enabled: bool) -> Result<(), ExternalError> {
        if enabled {
            self.calls.enable(subject).await.map_err(|fault| away("the enabling of a user", fault))
        } else {
            self.calls.disable(subject).await.map_err(|fault| away("the disabling of a user", fault))?;
            self.end_all_sessions(subject).await
        }
    }

    async fn end_all_sessions(&self, subject: Subject) -> Result<(), ExternalError> {
        self.calls.sign_out(subject).await.map_err(|fault| away("the end of a user's sessions", fault))
    }

    fn accepts(&self, password: &SecretString) -> Result<(), WeakPassword> {
        let password = password.expose_secret();
        let has = |kind: fn(char) -> bool| password.chars().any(kind);
        let symbol = password.trim_matches(' ').chars().any(|c| c == ' ' || SYMBOLS.contains(c));
        let latin = has(|c| c.is_ascii_lowercase()) && has(|c| c.is_ascii_uppercase()) && has(|c| c.is_ascii_digit());
        if latin && symbol { Ok(()) } else { Err(WeakPassword::Latin) }
    }

    async fn hash(&self, _: &SecretString) -> Result<Option<String>, CredentialStoreError> {
        Ok(None)
    }

    async fn store_password(
        &self,
        person: &Person,
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), CredentialStoreError> {
        let permanent = match permanence {
            Permanence::Permanent => true,
            Permanence::Temporary => false,
        };
        let mut set = self.calls.set_password(person.subject, password, permanent).await;
        if set == Err(Fault::NoSuchUser) {
            self.calls.create(person).await.map_err(|fault| away("a new user", fault))?;
            set = self.calls.set_password(person.subject, password, permanent).await;
        }
        set.map_err(|fault| match fault {
            Fault::Policy => WeakPassword::PoolPolicy.into(),
            fault => away("a new password", fault).into(),
        })
    }

    async fn authenticate(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<PasswordVerdict, CredentialStoreError> {
        let entry = self.ask(person, password).await?;
        let (Some(entry), Some(person)) = (entry, person) else { return Ok(PasswordVerdict::Wrong) };
        match entry {
            Entry::Tokens(tokens) => {
                let noted = person.password.as_ref();
                let stale = noted.is_some_and(|noted| noted.hash.is_some() || noted.temporary);
                Ok(PasswordVerdict::Right { stale, opened: Some(self.opened(person.subject, tokens).await?) })
            }
            Entry::NewPassword(session) => {
                let typed = self.typed(person.subject, password);
                let open = Open { session: session.expose_secret().to_owned(), typed };
                let open = serde_json::to_string(&open).expect("its fields are plain");
                let sealed = self.key.seal(CHALLENGE, &person.subject.to_string(), &open.into(), &*self.rng);
                Ok(PasswordVerdict::Challenged(Some(sealed)))
            }
            Entry::Other(challenge) => Err(unknown_challenge(challenge.as_str()).into()),
        }
    }

    async fn verify_password(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<bool, CredentialStoreError> {
        let entry = self.ask(person, password).await?;
        if let Some(Entry::Tokens(AuthenticationResultType { refresh_token: Some(renewal), .. })) = &entry {
            self.give_up(&renewal.as_str().into()).await;
        }
        Ok(entry.is_some())
    }

    async fn answer_challenge(
        &self,
        person: &Person,
        sealed: Option<&str>,
        password: &SecretString,
    ) -> Result<Answered, CredentialStoreError> {
        let opened = sealed.and_then(|sealed| self.key.unseal(CHALLENGE, &person.subject.to_string(), sealed));
        let open = opened.and_then(|open| serde_json::from_str::<Open>(open.expose_secret()).ok());
        // One that another credential store gave, before the configuration changed.
        let Some(Open { session, typed }) = open else { return Err(CredentialStoreError::Over) };
        if typed == self.typed(person.subject, password) {
            return Err(WeakPassword::Unchanged.into());
        }
        match self.calls.respond(person.subject, &session.into(), password).await {
            Ok(Entry::Tokens(tokens)) => {
                Ok(Answered { hash: None, opened: Some(self.opened(person.subject, tokens).await?) })
            }
            Ok(Entry::Other(challenge)) => Err(unknown_challenge(challenge.as_str()).into()),
            // Answered, or too old.
            Ok(Entry::NewPassword(_)) | Err(Fault::Refused | Fault::NotFound | Fault::NoSuchUser) => {
                Err(CredentialStoreError::Over)
            }
            Err(Fault::Policy) => Err(WeakPassword::PoolPolicy.into()),
            Err(Fault::Throttled) => Err(CredentialStoreError::Busy),
            Err(fault) => Err(away("the answer to a challenge", fault).into()),
        }
    }

    async fn issue(
        &self,
        person: &Person,
        session: &SessionRecord,
        _: Timestamp,
    ) -> Result<Issued, CredentialStoreError> {
        let renewal = session.renewal.as_deref();
        let renewal = renewal.and_then(|sealed| self.key.unseal(RENEWAL, &person.subject.to_string(), sealed));
        // A session of another credential store, before the configuration changed.
        let Some(renewal) = renewal else { return Err(CredentialStoreError::Over) };
        let tokens = match self.calls.refresh(&renewal).await {
            Ok(tokens) => tokens,
            Err(Fault::Refused | Fault::NoSuchUser) => return Err(CredentialStoreError::Over),
            Err(fault) => return Err(away("the renewal of a session", fault).into()),
        };
        let (issued, verified) = self.read(person.subject, tokens).await?;
        if verified.session != session.id {
            return Err(away("tokens of another session", Fault::Garbled).into());
        }
        Ok(issued)
    }

    async fn probe(
        &self,
        person: &Person,
        session: &SessionRecord,
        now: Timestamp,
    ) -> Result<SecretString, IdentityError> {
        match self.calls.enabled(person.subject).await {
            Ok(true) => {}
            Ok(false) => return Err(IdentityError::Disabled),
            Err(Fault::NoSuchUser) if moves_by_password(person) => {}
            Err(Fault::NoSuchUser) => return Err(IdentityError::Unknown),
            Err(fault) => return Err(away("a user", fault).into()),
        }
        let verified = Verified { subject: person.subject, session: session.id, expires_at: session.ends };
        Ok(self.probes.give(verified, now, &*self.rng))
    }

    fn opens_sessions(&self) -> bool {
        true
    }

    async fn end_session(&self, session: &SessionRecord) {
        let sealed = session.renewal.as_deref();
        let renewal = sealed.and_then(|sealed| self.key.unseal(RENEWAL, &session.subject.to_string(), sealed));
        if let Some(renewal) = renewal {
            self.give_up(&renewal).await;
        }
    }

    fn check_token(&self, token: &str, now: Timestamp) -> Result<CheckedToken, TokenRefused> {
        match self.probes.judge(token, now) {
            Some(judged) => Ok(CheckedToken { verified: judged?, generation: self.keys.generation() }),
            None => self.keys.judge(token, now),
        }
    }

    fn generation(&self) -> u64 {
        self.keys.generation()
    }

    async fn refetch_keys(&self, now: Timestamp) -> Result<(), ExternalError> {
        self.keys.look_again(now).await
    }

    async fn refresh_keys(&self) -> Result<(), IdentityError> {
        Ok(self.keys.refresh().await?)
    }

    async fn rotate_keys(&self, _: Timestamp) -> Result<String, IdentityError> {
        Err(IdentityError::NotOurKeys)
    }

    async fn retire_old_keys(&self) -> Result<(), IdentityError> {
        Err(IdentityError::NotOurKeys)
    }

    fn jwks(&self, _: Timestamp) -> Value {
        self.keys.jwks()
    }

    /// The pool's, as far as the product's tokens go: nobody signs in at the pool itself.
    fn openid_configuration(&self, _: &str) -> Value {
        json!({
            "issuer": self.keys.issuer(),
            "jwks_uri": self.keys.url(),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }
}

/// Whether it is the first sign-in that makes somebody in the pool, by the trigger `migrate_user`.
fn moves_by_password(person: &Person) -> bool {
    person.password.as_ref().is_some_and(|password| password.hash.is_some())
}

fn unknown_challenge(challenge: &str) -> ExternalError {
    let fix = "turn multi-factor authentication off in the user pool";
    lasting("unknown_challenge", format!("Cognito asks for {challenge}, which the product does not know"), fix)
}

/// What stays until somebody has done something.
fn lasting(code: &'static str, said: String, fix: &'static str) -> ExternalError {
    ExternalError::new(said, KnownCondition { code, fix, kind: ErrorKind::Permanent })
}

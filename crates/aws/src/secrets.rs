//! The installation's secrets in Secrets Manager: the keys that sign tokens, and the platform's own key.
//!
//! Several processes share them. The first to start makes them; a name can be taken once, so those that start beside it
//! take over what it made. A rotation is a read and a write: of two at the same moment the later one stays, and what the
//! other's key signed until it looked again is refused.
//!
//! With a key of KMS, the platform's own key is a data key: what is kept is its ciphertext, and KMS opens it at each start.
//! One that was kept in plain before stays so.
//!
//! INVARIANT: on a platform in use, keys are never created again because the old ones can't be found or read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{
    identity::{
        key_document,
        keys::{KeyStore, KeyStoreError, StoredKey},
    },
    ports::random::{self, RandomSource},
    secret::PlatformKey,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::{
    fault::Fault,
    kms::{Keys, WrappedKey},
    retry::{self, RetryPolicy},
};

const SIGNING_KEYS: &str = "signing-keys";
const PLATFORM_KEY: &str = "platform-key";

/// How secrets are named and reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The prefix of all names, such as `freehold/`.
    pub prefix: String,
    /// The id, alias or ARN of a key of KMS for what is made; else Secrets Manager's own.
    pub kms_key: Option<String>,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { endpoint: None, prefix: String::new(), kms_key: None, retry_for: retry::MAX_DURATION }
    }
}

/// Whether a secret is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    None,
    There,
    /// Scheduled for deletion: it can be neither read nor created again.
    Leaving,
}

/// Why there is no secret to go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    #[error("the secret {name} in Secrets Manager: {fault}")]
    Fault { name: String, fault: Fault },
    #[error("the key of KMS that opens the secret {name}: {fault}")]
    Key { name: String, fault: Fault },
    #[error("the secret {name} is missing in Secrets Manager, though the platform is in use")]
    Missing { name: String },
    #[error("the secret {name} in Secrets Manager: {what}")]
    Unreadable { name: String, what: String },
}

impl SecretsError {
    /// What an operator can do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::Fault { name, fault: Fault::Malformed } => format!(
                "if it is scheduled for deletion, take it back: aws secretsmanager restore-secret --secret-id {name}"
            ),
            Self::Fault { fault, .. } | Self::Key { fault, .. } => fault.fix().to_owned(),
            Self::Missing { name } => format!(
                "take it back (aws secretsmanager restore-secret --secret-id {name}), or check aws_secret_prefix"
            ),
            Self::Unreadable { name, .. } => {
                format!("put an earlier version back: aws secretsmanager list-secret-version-ids --secret-id {name}")
            }
        }
    }
}

/// The secrets of one installation.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    retry: RetryPolicy,
    prefix: String,
    kms_key: Option<String>,
    keys: Keys,
}

impl Secrets {
    /// `keys`: what opens the platform's own.
    pub fn new(config: &SdkConfig, options: Options, keys: Keys, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, prefix, kms_key, retry_for } = options;
        let mut builder = aws_sdk_secretsmanager::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        let (client, retry) = (Client::from_conf(builder.build()), RetryPolicy::new(rng, retry_for));
        Self { client, retry, prefix, kms_key, keys }
    }

    /// The platform's own key; made if it is missing and the platform is not in use.
    pub async fn platform_key(&self, in_use: bool) -> Result<PlatformKey, SecretsError> {
        let name = self.full(PLATFORM_KEY);
        if let Some(kept) = self.read(&name).await? {
            return self.opened(&name, &kept).await;
        }
        if in_use {
            return Err(SecretsError::Missing { name });
        }
        self.create(&name, &self.made(&name).await?).await?;
        let kept = self.read(&name).await?;
        self.opened(&name, &kept.ok_or_else(|| SecretsError::Missing { name: name.clone() })?).await
    }

    /// A new key, as it is kept.
    async fn made(&self, name: &str) -> Result<SecretString, SecretsError> {
        let Some(key) = &self.kms_key else {
            return Ok(STANDARD.encode(random::secret(self.retry.rng())).into());
        };
        let made = self.keys.make(key, PLATFORM_KEY).await;
        let WrappedKey { key, ciphertext } =
            made.map_err(|fault| SecretsError::Key { name: name.to_owned(), fault })?;
        let kept = Kept { kms_key: key, ciphertext: STANDARD.encode(ciphertext) };
        Ok(serde_json::to_string(&kept).expect("its fields are plain").into())
    }

    /// The key that is kept: in plain, or as what KMS opens.
    async fn opened(&self, name: &str, kept: &SecretString) -> Result<PlatformKey, SecretsError> {
        let unreadable = |what: &str| SecretsError::Unreadable { name: name.to_owned(), what: what.to_owned() };
        if !kept.expose_secret().starts_with('{') {
            let bytes = STANDARD.decode(kept.expose_secret()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            return bytes
                .map(|bytes| PlatformKey::new(&bytes))
                .ok_or_else(|| unreadable("it is not 32 bytes in base64"));
        }
        let damaged = "it is no ciphertext of KMS";
        let kept: Kept = serde_json::from_str(kept.expose_secret()).map_err(|_| unreadable(damaged))?;
        let ciphertext = STANDARD.decode(&kept.ciphertext).map_err(|_| unreadable(damaged))?;
        match self.keys.open(&WrappedKey { key: kept.kms_key, ciphertext }, PLATFORM_KEY).await {
            Ok(bytes) => Ok(PlatformKey::new(bytes.expose_secret())),
            Err(Fault::Malformed) => Err(unreadable("its key of KMS does not open it")),
            Err(fault) => Err(SecretsError::Key { name: name.to_owned(), fault }),
        }
    }

    /// Where the signing keys are kept. It blocks the threads that call it, so they are to be threads that may block, of
    /// the runtime that this is called on.
    pub fn signing_keys(&self, in_use: bool) -> SigningKeys {
        let name = self.full(SIGNING_KEYS);
        SigningKeys { secrets: self.clone(), name, in_use, none: AtomicBool::new(false), runtime: Handle::current() }
    }

    /// Whether each secret is there: the answers bear its full name.
    pub async fn there(&self) -> Vec<(String, Result<Presence, Fault>)> {
        let mut found = Vec::new();
        for name in [self.full(SIGNING_KEYS), self.full(PLATFORM_KEY)] {
            let described = self
                .retry
                .repeat(|| async {
                    let request = self.client.describe_secret().secret_id(&name);
                    request.send().await.map_err(|error| Fault::of(&error))
                })
                .await;
            found.push(match described {
                Ok(secret) if secret.deleted_date.is_some() => (name, Ok(Presence::Leaving)),
                Ok(_) => (name, Ok(Presence::There)),
                Err(Fault::NotFound) => (name, Ok(Presence::None)),
                Err(fault) => (name, Err(fault)),
            });
        }
        found
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn read(&self, name: &str) -> Result<Option<SecretString>, SecretsError> {
        let read = self
            .retry
            .repeat(|| async {
                let request = self.client.get_secret_value().secret_id(name);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match read {
            Ok(answer) => answer
                .secret_string
                .map(|text| Some(text.into()))
                .ok_or_else(|| SecretsError::Unreadable { name: name.to_owned(), what: "it is no text".into() }),
            Err(Fault::NotFound) => Ok(None),
            Err(fault) => Err(SecretsError::Fault { name: name.to_owned(), fault }),
        }
    }

    /// Keeps a secret under a name that nobody has taken; where somebody was faster, theirs stays.
    async fn create(&self, name: &str, value: &SecretString) -> Result<(), SecretsError> {
        let made = self
            .retry
            .repeat(|| async {
                let request = self.client.create_secret().name(name).secret_string(value.expose_secret());
                let request = request.description("Freehold: without it nobody can sign in");
                let request = request.set_kms_key_id(self.kms_key.clone());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match made {
            Ok(_) | Err(Fault::InUse) => Ok(()),
            Err(fault) => Err(SecretsError::Fault { name: name.to_owned(), fault }),
        }
    }

    async fn replace(&self, name: &str, value: &SecretString) -> Result<(), SecretsError> {
        self.retry
            .repeat(|| async {
                let request = self.client.put_secret_value().secret_id(name).secret_string(value.expose_secret());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map(drop)
            .map_err(|fault| SecretsError::Fault { name: name.to_owned(), fault })
    }
}

/// The platform's key as it is kept where KMS opens it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    kms_key: String,
    ciphertext: String,
}

/// The keys that sign tokens, in one secret.
pub struct SigningKeys {
    secrets: Secrets,
    name: String,
    in_use: bool,
    /// There were none when they were last asked for.
    none: AtomicBool,
    runtime: Handle,
}

impl KeyStore for SigningKeys {
    fn load(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let kept = self.runtime.block_on(self.secrets.read(&self.name)).map_err(stopped)?;
        self.none.store(kept.is_none(), Ordering::Release);
        match kept {
            Some(kept) => key_document::read(&kept).map_err(|error| {
                stopped(SecretsError::Unreadable { name: self.name.clone(), what: error.to_string() })
            }),
            None if self.in_use => Err(stopped(SecretsError::Missing { name: self.name.clone() })),
            None => Ok(Vec::new()),
        }
    }

    fn save(&self, keys: &[StoredKey]) -> Result<(), KeyStoreError> {
        let document = key_document::write(keys);
        let saved = if self.none.load(Ordering::Acquire) {
            self.runtime.block_on(self.secrets.create(&self.name, &document))
        } else {
            self.runtime.block_on(self.secrets.replace(&self.name, &document))
        };
        saved.map_err(stopped)
    }
}

fn stopped(error: SecretsError) -> KeyStoreError {
    KeyStoreError(format!("{error}; {}", error.fix()))
}

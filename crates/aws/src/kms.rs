//! Keys of KMS: data keys are made and opened there, and the key that opens them never leaves it.

use std::{sync::Arc, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{DataKeySpec, KeyState, KeyUsageType},
};
use kernel::ports::random::RandomSource;
use secrecy::SecretBox;

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// What a data key is for is bound to its ciphertext under this name: opened for something else, it does not open.
const PURPOSE: &str = "freehold";

/// How keys are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { endpoint: None, retry_for: retry::MAX_DURATION }
    }
}

/// A key for data, as it may be kept: only KMS can open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The ARN of the key that opens it.
    pub key: String,
    pub ciphertext: Vec<u8>,
}

/// Keys of one account and region of AWS.
#[derive(Clone)]
pub struct Keys {
    client: Client,
    retry: RetryPolicy,
}

impl Keys {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, retry_for } = options;
        let mut builder = aws_sdk_kms::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        Self { client: Client::from_conf(builder.build()), retry: RetryPolicy::new(rng, retry_for) }
    }

    /// Makes a key of 256 bits for a purpose. `key`: the id, alias or ARN of one of KMS's.
    pub async fn make(&self, key: &str, purpose: &str) -> Result<WrappedKey, Fault> {
        let made = self
            .retry
            .repeat(|| async {
                // What it is in plain is asked for when it is opened: that shows that it can be.
                let request = self.client.generate_data_key_without_plaintext().key_id(key);
                let request = request.key_spec(DataKeySpec::Aes256).encryption_context(PURPOSE, purpose);
                request.send().await.map_err(|error| of_key(Fault::of(&error)))
            })
            .await?;
        match (made.key_id, made.ciphertext_blob) {
            (Some(key), Some(ciphertext)) => Ok(WrappedKey { key, ciphertext: ciphertext.into_inner() }),
            _ => Err(Fault::Garbled),
        }
    }

    pub async fn open(&self, wrapped: &WrappedKey, purpose: &str) -> Result<SecretBox<[u8; 32]>, Fault> {
        let opened = self
            .retry
            .repeat(|| async {
                let request = self.client.decrypt().key_id(&wrapped.key);
                let request = request.ciphertext_blob(Blob::new(wrapped.ciphertext.clone()));
                let request = request.encryption_context(PURPOSE, purpose);
                request.send().await.map_err(|error| of_key(Fault::of(&error)))
            })
            .await?;
        let bytes = opened.plaintext.map(Blob::into_inner).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(|bytes| SecretBox::new(Box::new(bytes))).ok_or(Fault::Garbled)
    }

    /// The ARN of a key that can be used.
    pub async fn usable(&self, key: &str) -> Result<String, Fault> {
        let told = self
            .retry
            .repeat(|| async {
                let request = self.client.describe_key().key_id(key);
                request.send().await.map_err(|error| of_key(Fault::of(&error)))
            })
            .await?;
        let told = told.key_metadata.ok_or(Fault::Garbled)?;
        match told.key_state {
            Some(KeyState::Enabled) | None => {}
            Some(KeyState::Disabled) => return Err(Fault::KeyDisabled),
            // To be deleted, not imported yet, or what later versions of KMS add.
            Some(_) => return Err(Fault::KeyUnusable),
        }
        if told.key_usage.is_some_and(|usage| usage != KeyUsageType::EncryptDecrypt) {
            return Err(Fault::KeyUnusable);
        }
        told.arn.ok_or(Fault::Garbled)
    }
}

/// Here, what is not there or refused is the key.
const fn of_key(fault: Fault) -> Fault {
    match fault {
        Fault::NotFound => Fault::KeyMissing,
        Fault::Denied => Fault::KeyDenied,
        fault => fault,
    }
}

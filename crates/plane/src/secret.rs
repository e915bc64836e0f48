//! The platform's own key, and the secrets that are derived from it.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

/// Thirty-two random bytes that one installation keeps. It does not print.
#[derive(Clone)]
pub struct PlatformKey(hmac::Key);

impl PlatformKey {
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// A key for one purpose.
    pub fn subkey(&self, purpose: &str) -> [u8; 32] {
        self.mac(purpose, "")
    }

    /// A token of 256 bits for one purpose and subject. The same again where a step is repeated, so that a repeated
    /// mail carries the link that works.
    pub fn token(&self, purpose: &str, subject: &str) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, subject)).into()
    }

    fn mac(&self, purpose: &str, subject: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&purpose.len().to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(subject.as_bytes());
        context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

impl fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlatformKey(…)")
    }
}

/// What is stored in a secret's place: its SHA-256, in hex.
pub fn digest(secret: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()))
}

//! The platform's own key, and the secrets that are derived from it.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::ports::random::{self, RandomSource};

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

    /// Seals a text for one purpose and place, so that it can be stored. Of equal texts nobody can tell that they are.
    pub fn seal(&self, purpose: &str, place: &str, text: &SecretString, rng: &dyn RandomSource) -> String {
        let salt = random::secret(rng);
        let mut bytes = text.expose_secret().as_bytes().to_vec();
        self.sealing(purpose, place, &salt)
            .seal_in_place_append_tag(once(), Aad::empty(), &mut bytes)
            .expect("a text is far shorter than a key can seal");
        URL_SAFE_NO_PAD.encode([salt.as_slice(), &bytes].concat())
    }

    /// Opens what was sealed for the same purpose and place; `None` if it was not, or not by this key.
    pub fn unseal(&self, purpose: &str, place: &str, sealed: &str) -> Option<SecretString> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (salt, bytes) = sealed.split_first_chunk()?;
        let mut bytes = bytes.to_vec();
        let text = self.sealing(purpose, place, salt).open_in_place(once(), Aad::empty(), &mut bytes).ok()?;
        std::str::from_utf8(text).ok().map(SecretString::from)
    }

    /// New for each salt, so it seals one text.
    fn sealing(&self, purpose: &str, place: &str, salt: &[u8; 32]) -> LessSafeKey {
        let key = self.mac(purpose, &format!("{}{place}", hex::encode(salt)));
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("it has 32 bytes"))
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

/// The one nonce of a key that seals one text.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// What is stored in a secret's place: its SHA-256, in hex.
pub fn digest(secret: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl RandomSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_by_its_key_alone() {
        let (key, other) = (PlatformKey::new(&[7; 32]), PlatformKey::new(&[8; 32]));
        let rng = Counting(std::sync::atomic::AtomicU8::new(0));
        let sealed = key.seal("renewal", "ada", &"secret".into(), &rng);
        assert!(!sealed.contains("secret"));
        assert_ne!(sealed, key.seal("renewal", "ada", &"secret".into(), &rng));
        let opened = |key: &PlatformKey, purpose, place, sealed: &str| {
            key.unseal(purpose, place, sealed).map(|text| text.expose_secret().to_owned())
        };
        assert_eq!(opened(&key, "renewal", "ada", &sealed).as_deref(), Some("secret"));
        assert_eq!(opened(&key, "renewal", "eve", &sealed), None);
        assert_eq!(opened(&key, "challenge", "ada", &sealed), None);
        assert_eq!(opened(&other, "renewal", "ada", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(opened(&key, "renewal", "ada", &sealed[..cut]), None);
        }
    }
}

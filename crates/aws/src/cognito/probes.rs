//! Tokens by which this process acts as somebody for a moment. A pool gives none without a password.
//!
//! INVARIANT: they are in this process's memory only, as digests; no other process accepts them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kernel::{
    ports::{
        identity::{TokenRefused, Verified},
        random::{self, RandomSource},
    },
    secret::digest,
};
use secrecy::SecretString;

const PREFIX: &str = "fhp_";

#[derive(Default)]
pub(super) struct Probes(Mutex<HashMap<String, Verified>>);

impl Probes {
    pub(super) fn give(&self, verified: Verified, now: Timestamp, rng: &dyn RandomSource) -> SecretString {
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::secret(rng)));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| now < known.expires_at);
        known.insert(digest(&token), verified);
        token.into()
    }

    /// `None`: it is no token of this kind.
    pub(super) fn judge(&self, token: &str, now: Timestamp) -> Option<Result<Verified, TokenRefused>> {
        token.starts_with(PREFIX).then(|| {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest(token)).copied();
            let verified = known.ok_or(TokenRefused::UnknownKey)?;
            if verified.expires_at <= now { Err(TokenRefused::Expired) } else { Ok(verified) }
        })
    }
}

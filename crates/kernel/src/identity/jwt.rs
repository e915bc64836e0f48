//! Opens signed tokens: RS256 JSON Web Tokens, by keys that are known beforehand.
//!
//! INVARIANT: a token is read only as far as is needed to find a known key, and nothing in it chooses an algorithm or
//! fetches a key. Headers that hold more than these three fields, or one twice, refuse it.

use std::collections::HashMap;

use aws_lc_rs::{
    encoding::AsDer,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ports::identity::TokenRefused;

/// The longest token that is looked at. Ours have some 1 kB.
pub const LONGEST: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header<'a> {
    pub(super) alg: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) typ: Option<&'a str>,
    pub(super) kid: &'a str,
}

/// The claims of a token, as they were signed. `signed` is asked with the key's name, the message and the signature;
/// it answers `None` for a key that it does not know.
pub fn open(token: &str, signed: impl FnOnce(&str, &[u8], &[u8]) -> Option<bool>) -> Result<Vec<u8>, TokenRefused> {
    if token.len() > LONGEST {
        return Err(TokenRefused::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenRefused::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenRefused::Malformed)?;
    let [header, payload, signature] = [header, payload, signature].map(|part| URL_SAFE_NO_PAD.decode(part));
    let (Ok(header), Ok(payload), Ok(signature)) = (header, payload, signature) else {
        return Err(TokenRefused::Malformed);
    };
    let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| TokenRefused::Header)?;
    if header.alg != "RS256" || header.typ.is_some_and(|typ| typ != "JWT") {
        return Err(TokenRefused::Header);
    }
    match signed(header.kid, message.as_bytes(), &signature) {
        Some(true) => Ok(payload),
        Some(false) => Err(TokenRefused::Signature),
        None => Err(TokenRefused::UnknownKey),
    }
}

/// The keys of somebody else who signs tokens.
pub struct PublicKeys(HashMap<String, Known>);

struct Known {
    key: ParsedPublicKey,
    n: String,
    e: String,
}

/// What somebody publishes is no set of keys by which a token can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("it is not a JSON Web Key Set")]
    Unreadable,
    #[error("no key in it is an RSA key of 2048 bits or more that signs by RS256")]
    None,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(default)]
    alg: Option<String>,
    #[serde(rename = "use", default)]
    purpose: Option<String>,
    n: String,
    e: String,
}

impl PublicKeys {
    /// Reads a JSON Web Key Set. Keys of other kinds are left out.
    pub fn read(document: &[u8]) -> Result<Self, NoKeys> {
        let Document { keys } = serde_json::from_slice(document).map_err(|_| NoKeys::Unreadable)?;
        let jwks = keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let known: HashMap<_, _> = jwks.filter_map(known).collect();
        if known.is_empty() { Err(NoKeys::None) } else { Ok(Self(known)) }
    }

    /// Whether this key signed the message; `None` if it is not known.
    pub fn signed(&self, kid: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        self.0.get(kid).map(|known| known.key.verify_sig(message, signature).is_ok())
    }

    /// Whether these are the same keys by the same names.
    pub fn same(&self, other: &Self) -> bool {
        let modulus = |kid| other.0.get(kid).map(|known| (&known.n, &known.e));
        self.0.len() == other.0.len() && self.0.iter().all(|(kid, known)| modulus(kid) == Some((&known.n, &known.e)))
    }

    /// The set as it is published.
    pub fn jwks(&self) -> Value {
        let mut keys: Vec<_> = self.0.iter().collect();
        keys.sort_by_key(|(kid, _)| kid.as_str());
        let jwk = |(kid, Known { n, e, .. }): (&String, &Known)| json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e });
        json!({ "keys": keys.into_iter().map(jwk).collect::<Vec<_>>() })
    }
}

fn known(jwk: Jwk) -> Option<(String, Known)> {
    let Jwk { kty, kid, alg, purpose, n, e } = jwk;
    let signs = kty == "RSA" && alg.is_none_or(|alg| alg == "RS256") && purpose.is_none_or(|purpose| purpose == "sig");
    let number = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let (modulus, exponent) = (number(&n)?, number(&e)?);
    let parts = RsaPublicKeyComponents { n: &modulus, e: &exponent };
    let der = signs.then(|| parts.as_der().ok())??;
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()).ok()?;
    Some((kid, Known { key, n, e }))
}

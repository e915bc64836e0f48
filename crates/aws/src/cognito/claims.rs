//! The claims in the tokens of a pool. Cognito adds claims of its own, so unknown ones are ignored; a duplicate
//! refuses a token.

use std::{borrow::Cow, collections::HashSet, fmt};

use jiff::{SignedDuration, Timestamp};
use kernel::{
    ids::{SessionId, Subject, canonical},
    ports::identity::{TokenRefused, Verified},
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

/// How far ahead of ours the clock that set `iat` may be. `exp` has no leeway.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Those of an access token that are judged.
#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow, default)]
    token_use: Cow<'a, str>,
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow, default)]
    client_id: Option<Cow<'a, str>>,
    #[serde(default)]
    aud: Option<IgnoredAny>,
    /// The name in the pool.
    #[serde(deserialize_with = "canonical")]
    username: Subject,
    /// The session. Cognito stamps it where token revocation is on.
    #[serde(deserialize_with = "canonical")]
    origin_jti: SessionId,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    exp: i64,
}

/// An access token that was signed as it should be, read for what it says.
pub(super) struct Access {
    pub(super) verified: Verified,
    starts: i64,
}

/// Reads the claims of an access token. What time it is, is not asked.
pub(super) fn read(payload: &[u8], issuer: &str, client: &str) -> Result<Access, TokenRefused> {
    let Names = serde_json::from_slice(payload).map_err(|_| TokenRefused::Claims)?;
    let claims: Claims<'_> = serde_json::from_slice(payload).map_err(|_| TokenRefused::Claims)?;
    if claims.token_use != "access" || claims.aud.is_some() {
        return Err(TokenRefused::NotAnAccessToken);
    }
    if claims.iss != issuer {
        return Err(TokenRefused::Issuer);
    }
    if claims.client_id.as_deref() != Some(client) {
        return Err(TokenRefused::Client);
    }
    let expires_at = Timestamp::from_second(claims.exp).map_err(|_| TokenRefused::Claims)?;
    let verified = Verified { subject: claims.username, session: claims.origin_jti, expires_at };
    Ok(Access { verified, starts: claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat)) })
}

impl Access {
    /// Whether it is good now.
    pub(super) fn at(self, now: Timestamp) -> Result<Verified, TokenRefused> {
        if self.starts > (now + LEEWAY).as_second() {
            return Err(TokenRefused::TooEarly);
        }
        if self.verified.expires_at <= now {
            return Err(TokenRefused::Expired);
        }
        Ok(self.verified)
    }
}

/// The names of an object's fields, each once.
struct Names;

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if !seen.insert(name) {
                return Err(serde::de::Error::custom("a claim comes twice"));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x";
    const NOW: i64 = 1_800_000_000;

    /// As Cognito writes them.
    fn claims() -> Value {
        json!({
            "sub": "5f0c5dbe-5f2f-4c2c-9d69-b1f9a6c1d7e2", "cognito:groups": ["anything"], "iss": ISSUER, "version": 2,
            "client_id": "app", "origin_jti": "0b7b6b0e-4a3e-4f0e-8f5d-0d4b7f6a1c11", "event_id": "e", "token_use": "access",
            "scope": "aws.cognito.signin.user.admin", "auth_time": NOW, "exp": NOW + 900, "iat": NOW,
            "jti": "6e2a35e2-1111-4f0e-8f5d-0d4b7f6a1c11", "username": "018f2f7e-0000-7000-8000-000000000001"
        })
    }

    fn judged(text: &str, at: i64) -> Result<Verified, TokenRefused> {
        read(text.as_bytes(), ISSUER, "app")?.at(Timestamp::from_second(at).unwrap())
    }

    #[test]
    fn a_token_of_cognitos_names_our_subject_and_session() {
        let verified = judged(&claims().to_string(), NOW).unwrap();
        assert_eq!(verified.subject.to_string(), "018f2f7e-0000-7000-8000-000000000001");
        assert_eq!(verified.session.to_string(), "0b7b6b0e-4a3e-4f0e-8f5d-0d4b7f6a1c11");
        assert_eq!(verified.expires_at.as_second(), NOW + 900);
    }

    #[test]
    fn what_is_missing_or_wrong_refuses_it() {
        let cases: &[(&str, Value)] = &[
            ("token_use", json!("id")),
            ("token_use", Value::Null),
            ("aud", json!("app")),
            ("iss", json!(format!("{ISSUER}y"))),
            ("iss", Value::Null),
            ("client_id", json!("another")),
            ("client_id", Value::Null),
            ("username", json!("ada@example.com")),
            ("username", Value::Null),
            ("origin_jti", Value::Null),
            ("origin_jti", json!("1")),
            ("exp", Value::Null),
            ("exp", json!("1800000900")),
            ("exp", json!(1.8e9)),
            ("exp", json!(i64::MAX)),
            ("iat", Value::Null),
            ("iat", json!(NOW + 61)),
            ("nbf", json!(NOW + 61)),
        ];
        for (claim, value) in cases {
            let mut claims = claims();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(*claim);
            } else {
                claims[*claim] = value.clone();
            }
            assert!(judged(&claims.to_string(), NOW).is_err(), "{claim}: {value}");
        }
    }

    #[test]
    fn a_claim_that_comes_twice_refuses_it_whether_it_is_known_or_not() {
        let text = claims().to_string();
        for twice in ["\"exp\":1800009999", "\"version\":2", "\"username\":\"018f2f7e-0000-7000-8000-000000000002\""] {
            let forged = format!("{},{twice}}}", text.trim_end_matches('}'));
            assert!(matches!(judged(&forged, NOW), Err(TokenRefused::Claims)), "{twice}");
        }
    }

    #[test]
    fn it_is_good_from_a_minute_before_it_was_made_until_it_expires() {
        let text = claims().to_string();
        assert!(judged(&text, NOW - 60).is_ok() && judged(&text, NOW + 899).is_ok());
        assert!(matches!(judged(&text, NOW - 61), Err(TokenRefused::TooEarly)));
        assert!(matches!(judged(&text, NOW + 900), Err(TokenRefused::Expired)));
    }
}

//! Writes tokens and judges them: RS256 JSON Web Tokens of one exact shape, and no other.
//!
//! INVARIANT: claims that we do not write ourselves, or that come twice, refuse a token.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    Settings,
    jwt::{self, Header},
    keys::{Keyring, SigningKey},
    records::SessionRecord,
};
use crate::{
    ids::{AccountId, EnterpriseId, SessionId, Subject, canonical},
    ports::identity::{Profile, TokenRefused, Verified},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims<'a> {
    #[serde(deserialize_with = "canonical")]
    sub: Subject,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    #[serde(rename = "custom:account_id", deserialize_with = "canonical")]
    account: AccountId,
    #[serde(rename = "custom:enterprise_id", default, skip_serializing_if = "Option::is_none")]
    enterprise: Option<EnterpriseId>,
    #[serde(rename = "custom:role", borrow, default, skip_serializing_if = "Option::is_none")]
    role: Option<Cow<'a, str>>,
    #[serde(rename = "cognito:groups", borrow)]
    groups: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    token_use: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    aud: Option<Cow<'a, str>>,
    #[serde(borrow)]
    iss: Cow<'a, str>,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(borrow)]
    jti: Cow<'a, str>,
    #[serde(deserialize_with = "canonical")]
    sid: SessionId,
    auth_time: i64,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Access,
    Id,
}

/// A token about to be written.
pub(super) struct Draft<'a> {
    pub(super) kind: Use,
    pub(super) session: &'a SessionRecord,
    pub(super) profile: &'a Profile,
    pub(super) jti: String,
    pub(super) now: Timestamp,
    pub(super) expires: Timestamp,
}

pub(super) fn mint(draft: &Draft<'_>, settings: &Settings, key: &SigningKey) -> SecretString {
    let Draft { kind, session, profile, .. } = draft;
    let (token_use, client_id, aud, email) = match kind {
        Use::Access => ("access", Some(settings.client_id.as_str().into()), None, None),
        Use::Id => ("id", None, Some(settings.client_id.as_str().into()), Some(profile.email.as_str().into())),
    };
    let claims = Claims {
        sub: session.subject,
        email,
        account: profile.account,
        enterprise: profile.enterprise,
        role: profile.role.as_deref().map(Cow::from),
        groups: profile.groups.iter().map(Cow::from).collect(),
        token_use: token_use.into(),
        client_id,
        aud,
        iss: settings.issuer.as_str().into(),
        iat: draft.now.as_second(),
        nbf: draft.now.as_second(),
        exp: draft.expires.as_second(),
        jti: draft.jti.as_str().into(),
        sid: session.id,
        auth_time: session.created.as_second(),
    };
    let header = Header { alg: "RS256", typ: Some("JWT"), kid: key.kid() };
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}").into()
}

fn part<T: Serialize>(value: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).expect("headers and claims have text keys and plain values"))
}

/// Verifies an access token by its claims; whether its session is alive is checked separately.
pub(super) fn judge(
    token: &str,
    ring: &Keyring,
    settings: &Settings,
    now: Timestamp,
) -> Result<Verified, TokenRefused> {
    let payload =
        jwt::open(token, |kid, message, signature| ring.find(kid, now).map(|key| key.signed(message, signature)))?;
    let claims: Claims<'_> = serde_json::from_slice(&payload).map_err(|_| TokenRefused::Claims)?;
    judge_claims(&claims, settings, now)
}

fn judge_claims(claims: &Claims<'_>, settings: &Settings, now: Timestamp) -> Result<Verified, TokenRefused> {
    if claims.token_use != "access" || claims.aud.is_some() {
        return Err(TokenRefused::NotAnAccessToken);
    }
    if claims.iss != settings.issuer.as_str() {
        return Err(TokenRefused::Issuer);
    }
    if claims.client_id.as_deref() != Some(settings.client_id.as_str()) {
        return Err(TokenRefused::Client);
    }
    let latest_start = (now + settings.leeway).as_second();
    if claims.iat > latest_start || claims.nbf > latest_start {
        return Err(TokenRefused::TooEarly);
    }
    let expires_at = Timestamp::from_second(claims.exp).map_err(|_| TokenRefused::Claims)?;
    if expires_at <= now {
        return Err(TokenRefused::Expired);
    }
    Ok(Verified { subject: claims.sub, session: claims.sid, expires_at })
}

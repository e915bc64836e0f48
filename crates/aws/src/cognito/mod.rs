//! People's passwords and tokens in a user pool of Cognito: the credential store beside our own directory.
//!
//! A person's name in the pool is our subject; Cognito's own `sub` means nothing here. A session is called by the
//! `origin_jti` that all its tokens bear, and is in our table like any other: with the pool's refresh token, sealed.
//! Neither that token nor the pool's own word for an open challenge ever leaves the product.

mod calls;
#[cfg(feature = "profile")]
pub(crate) mod checks;
mod claims;
mod credential_store;
mod keys;
pub mod pool;
mod probes;

use std::{sync::Arc, time::Duration};

use aws_config::{Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::{Client, config::Builder};
use kernel::{
    ports::{
        external_error::{ErrorKind, ExternalError, KnownCondition},
        random::RandomSource,
    },
    secret::PlatformKey,
};

use self::{calls::Calls, keys::PoolKeys, probes::Probes};
use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// Which pool, and how it is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// The pool's id, such as `eu-central-1_a1B2c3D4e`. It begins with the region that the pool is in.
    pub pool: String,
    /// The id of the app client that the product signs people in by.
    pub client: String,
    /// Another endpoint than the region's; the issuer of tokens stays what it is.
    pub endpoint: Option<String>,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { pool: String::new(), client: String::new(), endpoint: None, retry_for: retry::MAX_DURATION }
    }
}

/// The credential store in a user pool.
pub struct CognitoCredentialStore {
    calls: Calls,
    keys: PoolKeys,
    probes: Probes,
    key: PlatformKey,
    rng: Arc<dyn RandomSource>,
}

impl CognitoCredentialStore {
    /// Reaches the pool's published keys once, so that a pool that is not there, or not reached, is noticed at the start.
    pub async fn open(
        config: &SdkConfig,
        options: Options,
        key: PlatformKey,
        rng: Arc<dyn RandomSource>,
    ) -> Result<Self, ExternalError> {
        let retry = RetryPolicy::new(Arc::clone(&rng), options.retry_for);
        let issuer = issuer(&options.pool);
        let base = match &options.endpoint {
            Some(endpoint) => format!("{}/{}", endpoint.trim_end_matches('/'), options.pool),
            None => issuer.clone(),
        };
        let keys =
            PoolKeys::open(format!("{base}/.well-known/jwks.json"), issuer, options.client.clone(), retry.clone());
        let calls = Calls { client: client(config, &options), retry, pool: options.pool, app: options.client };
        Ok(Self { calls, keys: keys.await?, probes: Probes::default(), key, rng })
    }
}

fn client(config: &SdkConfig, options: &Options) -> Client {
    let mut builder = Builder::from(config);
    builder.set_endpoint_url(options.endpoint.clone());
    builder.set_region(Some(Region::new(region(&options.pool).to_owned())));
    Client::from_conf(builder.build())
}

/// The region that a pool is in.
fn region(pool: &str) -> &str {
    pool.split_once('_').map_or(pool, |(region, _)| region)
}

/// Who tokens of a pool say that they are from.
fn issuer(pool: &str) -> String {
    let region = region(pool);
    let domain = match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        Some(_) | None => "amazonaws.com",
    };
    format!("https://cognito-idp.{region}.{domain}/{pool}")
}

/// A fault as the provider sees it.
fn away(what: &str, fault: Fault) -> ExternalError {
    let error = fault.external_error(format_args!("Cognito, {what}"));
    if fault != Fault::NotFound {
        return error;
    }
    let fix = "check aws_user_pool and aws_user_pool_client, and the region in the pool's id";
    ExternalError::new(&*error, KnownCondition { code: fault.code(), fix, kind: ErrorKind::Permanent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_of_the_region_in_the_pools_id() {
        assert_eq!(issuer("eu-central-1_a1B2c3"), "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1B2c3");
        assert_eq!(issuer("eusc-de-east-1_x"), "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_x");
        assert_eq!(issuer("cn-north-1_x"), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_x");
    }
}

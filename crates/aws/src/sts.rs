//! Who calls: the identity that the credentials are of.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use kernel::ports::random::RandomSource;

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// The identity that AWS sees in the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account of AWS: twelve digits.
    pub account: String,
    pub arn: String,
}

impl Caller {
    /// The part of AWS that the caller is in, such as `aws` or `aws-cn`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

/// Asks AWS who the credentials are of. Nobody needs a permission for that.
pub async fn caller(config: &SdkConfig, endpoint: Option<String>, rng: Arc<dyn RandomSource>) -> Result<Caller, Fault> {
    let client = client(config, endpoint);
    let answer = RetryPolicy::new(rng, retry::MAX_DURATION)
        .repeat(|| async { client.get_caller_identity().send().await.map_err(|error| Fault::of(&error)) })
        .await?;
    match (answer.account, answer.arn) {
        (Some(account), Some(arn)) => Ok(Caller { account, arn }),
        _ => Err(Fault::Garbled),
    }
}

pub(crate) fn client(config: &SdkConfig, endpoint: Option<String>) -> Client {
    let mut builder = aws_sdk_sts::config::Builder::from(config);
    builder.set_endpoint_url(endpoint);
    Client::from_conf(builder.build())
}

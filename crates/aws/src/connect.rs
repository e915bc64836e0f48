//! The connection that all adapters share: region, credentials, time limits, endpoints.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_types::timeout::TimeoutConfigBuilder;

/// Where and how to reach AWS. What is `None` comes from the standard chain: environment, profile, container, instance.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub region: Option<String>,
    /// The profile of the shared configuration files.
    pub profile: Option<String>,
    pub limits: Limits,
}

/// How long one request may take. Adapters repeat those that fail in passing, each time with a new limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection is established.
    pub connect: Duration,
    /// Until the answer is there.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), answer: Duration::from_secs(5) }
    }
}

/// Reads region and credentials; the credentials are renewed as they expire.
pub async fn connect(settings: &Settings) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        // Adapters repeat requests themselves: they alone know which may be repeated.
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(settings.limits));
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    Box::pin(loader.load()).await
}

/// A connection with keys that open nothing: for emulators.
pub async fn emulated(limits: Limits) -> SdkConfig {
    let settings = Settings { region: Some("eu-central-1".into()), profile: None, limits };
    let keys = Credentials::new("AKIAEMULATOR", "not-a-secret", None, None, "emulated");
    let config = connect(&settings).await;
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build()
}

fn timeouts(limits: Limits) -> TimeoutConfig {
    TimeoutConfigBuilder::new()
        .connect_timeout(limits.connect)
        .operation_attempt_timeout(limits.answer)
        .operation_timeout(limits.answer)
        .build()
}

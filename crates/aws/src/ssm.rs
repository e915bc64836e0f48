//! The parameter store on SSM: one parameter for each name.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ssm::{Client, types::ParameterType};
use kernel::ports::{
    params::{Params, ParamsError},
    random::RandomSource,
};

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// How parameters are named and reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The prefix of all names, such as `/freehold`, so that several deployments share an AWS account.
    pub prefix: String,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { endpoint: None, prefix: String::new(), retry_for: retry::MAX_DURATION }
    }
}

/// Parameters of one account and region of AWS. They are no secrets, so they are kept as plain text.
pub struct SsmParams {
    client: Client,
    retry: RetryPolicy,
    prefix: String,
}

impl SsmParams {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, prefix, retry_for } = options;
        let mut builder = aws_sdk_ssm::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        Self { client: Client::from_conf(builder.build()), retry: RetryPolicy::new(rng, retry_for), prefix }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn write(&self, name: &str, value: &str, over: bool) -> Result<(), Fault> {
        let name = self.full(name);
        self.retry
            .repeat(|| async {
                let request = self.client.put_parameter().name(&name).value(value);
                let request = request.r#type(ParameterType::String).overwrite(over);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map(drop)
    }
}

#[async_trait]
impl Params for SsmParams {
    async fn get(&self, name: &str) -> Result<Option<String>, ParamsError> {
        let name = self.full(name);
        let found = self
            .retry
            .repeat(|| async {
                self.client.get_parameter().name(&name).send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match found {
            Ok(answer) => Ok(answer.parameter.and_then(|parameter| parameter.value)),
            Err(Fault::NotFound) => Ok(None),
            Err(fault) => Err(params_error(fault)),
        }
    }

    async fn put_new(&self, name: &str, value: &str) -> Result<(), ParamsError> {
        match self.write(name, value, false).await {
            Ok(()) | Err(Fault::InUse) => Ok(()),
            Err(fault) => Err(params_error(fault)),
        }
    }

    async fn put(&self, name: &str, value: &str) -> Result<(), ParamsError> {
        self.write(name, value, true).await.map_err(params_error)
    }

    async fn delete(&self, name: &str) -> Result<(), ParamsError> {
        let name = self.full(name);
        let gone = self
            .retry
            .repeat(|| async {
                self.client.delete_parameter().name(&name).send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match gone {
            Ok(_) | Err(Fault::NotFound) => Ok(()),
            Err(fault) => Err(params_error(fault)),
        }
    }
}

fn params_error(fault: Fault) -> ParamsError {
    ParamsError(fault.external_error("SSM"))
}

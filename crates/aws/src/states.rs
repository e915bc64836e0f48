//! State machines of Step Functions, which lead runs of workflows. `deploy/asl` holds their definitions.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::{Client, error::ProvideErrorMetadata as _, types::ExecutionStatus as SfnStatus};
use kernel::{
    ports::{
        machines::{ExecutionStatus, Machines, MachinesError, Start, TaskReport},
        random::RandomSource,
    },
    workflow::asl::{self, Machine},
};
use serde_json::Value;

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// Where the machines are, and how they are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    pub region: String,
    /// The account of AWS that holds the machines: twelve digits.
    pub account: String,
    /// The part of AWS that the region is in, as the caller's ARN names it.
    pub partition: String,
    /// The prefix of all state machine names, such as `freehold-`.
    pub prefix: String,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

/// The state machines of one account and region of AWS.
pub struct StateMachines {
    client: Client,
    retry: RetryPolicy,
    options: Options,
}

impl StateMachines {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let mut builder = aws_sdk_sfn::config::Builder::from(config);
        builder.set_endpoint_url(options.endpoint.clone());
        let retry = RetryPolicy::new(rng, options.retry_for);
        Self { client: Client::from_conf(builder.build()), retry, options }
    }

    fn arn(&self, what: &str, name: &str) -> String {
        let Options { partition, region, account, prefix, .. } = &self.options;
        format!("arn:{partition}:states:{region}:{account}:{what}:{prefix}{name}")
    }

    /// The status of a machine that was deployed from its document.
    pub async fn deployed(&self, machine: &Machine) -> Result<DeployedState, Fault> {
        let arn = self.arn("stateMachine", &machine.name);
        let described = self
            .retry
            .repeat(|| async {
                self.client
                    .describe_state_machine()
                    .state_machine_arn(&arn)
                    .send()
                    .await
                    .map_err(|error| Fault::of(&error))
            })
            .await;
        match described {
            Ok(described) if is_of(&described.definition, &machine.definition) => Ok(DeployedState::Current),
            Ok(_) => Ok(DeployedState::Other),
            Err(Fault::NotFound) => Ok(DeployedState::Missing),
            Err(fault) => Err(fault),
        }
    }

    async fn status(&self, start: &Start) -> Result<ExecutionStatus, Fault> {
        let arn = format!("{}:{}", self.arn("execution", &start.machine), start.name);
        let described = self
            .retry
            .repeat(|| async {
                self.client.describe_execution().execution_arn(&arn).send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        match described.status {
            SfnStatus::Running | SfnStatus::PendingRedrive => Ok(ExecutionStatus::Running),
            _ => Ok(ExecutionStatus::Ended),
        }
    }
}

/// How a machine in AWS compares with the document that this build has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployedState {
    Current,
    Other,
    Missing,
}

/// Whether a definition is that of a document, whatever function its tasks call.
fn is_of(definition: &str, document: &Value) -> bool {
    let Ok(mut definition) = serde_json::from_str(definition) else { return false };
    forget_function(&mut definition);
    definition == *document
}

fn forget_function(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "FunctionName" {
                    *field = asl::FUNCTION.into();
                } else {
                    forget_function(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_function),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether Step Functions says of a token that no task waits for it any more.
fn is_over(code: Option<&str>) -> bool {
    matches!(code, Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken"))
}

#[async_trait]
impl Machines for StateMachines {
    async fn start(&self, start: &Start) -> Result<ExecutionStatus, MachinesError> {
        let (arn, input) = (self.arn("stateMachine", &start.machine), start.input.to_string());
        // The name makes it one start, however often it is asked for.
        let started = self
            .retry
            .repeat(|| async {
                let request = self.client.start_execution().state_machine_arn(&arn).name(&start.name).input(&input);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        let status = match started {
            Ok(_) => Ok(ExecutionStatus::Running),
            Err(Fault::InUse) => self.status(start).await,
            Err(fault) => Err(fault),
        };
        status.map_err(|fault| refused(fault, &start.machine))
    }

    async fn report(&self, token: &str, report: &TaskReport) -> Result<(), MachinesError> {
        let told = match report {
            TaskReport::Done(output) => {
                let output = output.to_string();
                self.retry
                    .repeat(|| async {
                        match self.client.send_task_success().task_token(token).output(&output).send().await {
                            Ok(_) => Ok(()),
                            Err(error) if is_over(error.code()) => Ok(()),
                            Err(error) => Err(Fault::of(&error)),
                        }
                    })
                    .await
            }
            TaskReport::Failed(refusal) => {
                self.retry
                    .repeat(|| async {
                        let request = self.client.send_task_failure().task_token(token).error(refusal.error_type);
                        match request.cause(&refusal.error_message).send().await {
                            Ok(_) => Ok(()),
                            Err(error) if is_over(error.code()) => Ok(()),
                            Err(error) => Err(Fault::of(&error)),
                        }
                    })
                    .await
            }
        };
        told.map_err(|fault| refused(fault, "the answer to a task"))
    }
}

fn refused(fault: Fault, machine: &str) -> MachinesError {
    match fault {
        // A quota of running machines is free again when some of them have ended.
        fault if fault.passes() || fault == Fault::Quota => {
            MachinesError::Unavailable(format!("Step Functions: {machine}: {fault}"))
        }
        Fault::NotFound => MachinesError::Refused {
            cause: format!("Step Functions: {machine}: {fault}"),
            fix: "deploy the state machines of deploy/asl, or check aws_state_machine_prefix",
        },
        fault => MachinesError::Refused { cause: format!("Step Functions: {machine}: {fault}"), fix: fault.fix() },
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: String::new(),
            account: String::new(),
            partition: "aws".into(),
            prefix: String::new(),
            retry_for: retry::MAX_DURATION,
        }
    }
}

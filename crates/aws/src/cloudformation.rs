//! The cloud port on CloudFormation: each dedicated table is a stack of its own, made from `deploy/cloudformation`.
//!
//! A stack that was rolled back, or that could not be deleted, is reported with its reason, once, and deleted: the next
//! request starts from the beginning.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        Capability, OnFailure, Parameter, ResourceStatus, Stack, StackDriftDetectionStatus, StackDriftStatus,
        StackStatus, Tag,
    },
};
use kernel::{
    ids::AccountId,
    ports::{
        dedicated_tables::{DedicatedTableError, DedicatedTables, Progress, TableOwner},
        external_error::{ErrorKind, ExternalError, KnownCondition},
        random::RandomSource,
        table::{TableError, TableName},
    },
};

use crate::{
    dynamodb::DynamoTables,
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// The template that stacks are made from.
pub const TEMPLATE: &str = include_str!("../../../deploy/cloudformation/account-table.yaml");
/// The tag and parameter that say whose a stack is.
const OWNER: &str = "freehold:account-id";
/// The resource of the template whose drift counts. Stacks of earlier versions made parameters too, which the product writes.
const TABLE: &str = "Table";

/// A stack is asked for its drift so often at most, after pauses of this length: two minutes.
const DRIFT_TRIES: u32 = 60;
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What became of a stack since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    None,
    /// Somebody changed what it had made.
    Drifted {
        stack: String,
        resources: i32,
    },
    /// It can't be said yet.
    Underway(String),
    /// It could not be found.
    Unsettled(String),
}

/// How stacks are named, reached and made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The prefix of the names of all stacks and roles.
    pub project: String,
    /// Which installation this is, for tags.
    pub environment: String,
    /// The key of KMS that encrypts tables; else DynamoDB's own.
    pub kms_key: Option<String>,
    /// Tables are protected from deletion and backed up.
    pub protect: bool,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            project: "freehold".into(),
            environment: "production".into(),
            kms_key: None,
            protect: true,
            retry_for: retry::MAX_DURATION,
        }
    }
}

/// Makes dedicated tables by stacks.
pub struct StackCloud {
    client: Client,
    retry: RetryPolicy,
    options: Options,
    tables: DynamoTables,
}

impl StackCloud {
    /// `tables`: the platform's own, for the tables' names, and for taking their protection away.
    pub fn new(config: &SdkConfig, options: Options, tables: DynamoTables, rng: Arc<dyn RandomSource>) -> Self {
        let mut builder = aws_sdk_cloudformation::config::Builder::from(config);
        builder.set_endpoint_url(options.endpoint.clone());
        let retry = RetryPolicy::new(rng, options.retry_for);
        Self { client: Client::from_conf(builder.build()), retry, options, tables }
    }

    /// Whether stacks can be asked for.
    pub async fn probe(&self) -> Result<(), DedicatedTableError> {
        self.stack(&format!("{}-preflight", self.options.project)).await.map(drop)
    }

    /// How an account's stack differs from its template; `None` if it has none.
    ///
    /// CloudFormation looks with the caller's permissions, and takes its time: it is asked again for two minutes.
    pub async fn drift(&self, account: AccountId) -> Result<Option<Drift>, DedicatedTableError> {
        let name = self.name(account);
        let Some(stack) = self.stack(&name).await? else { return Ok(None) };
        if !matches!(stack_state(&stack), StackState::There) {
            let status = stack.stack_status().map_or("nothing", StackStatus::as_str);
            return Ok(Some(Drift::Underway(format!("{name} is {status}"))));
        }
        let begun = self
            .retry
            .repeat(async || {
                let asked = self.client.detect_stack_drift().stack_name(&name).logical_resource_ids(TABLE).send().await;
                asked.map_err(|error| Fault::of(&error))
            })
            .await
            .map_err(|fault| cloud_error("DetectStackDrift", fault))?;
        let id = begun.stack_drift_detection_id.unwrap_or_default();
        for _ in 0..DRIFT_TRIES {
            let told = self
                .retry
                .repeat(async || {
                    let asked = self.client.describe_stack_drift_detection_status();
                    asked.stack_drift_detection_id(&id).send().await.map_err(|error| Fault::of(&error))
                })
                .await
                .map_err(|fault| cloud_error("DescribeStackDriftDetectionStatus", fault))?;
            match told.detection_status() {
                Some(StackDriftDetectionStatus::DetectionInProgress) => {}
                Some(StackDriftDetectionStatus::DetectionComplete) => {
                    let drifted = told.stack_drift_status() == Some(&StackDriftStatus::Drifted);
                    let resources = told.drifted_stack_resource_count.unwrap_or_default();
                    return Ok(Some(if drifted { Drift::Drifted { stack: name, resources } } else { Drift::None }));
                }
                _ => {
                    let reason = told.detection_status_reason().unwrap_or("CloudFormation gives no reason");
                    tracing::warn!(stack = name, reason, "the drift of a stack can't be found");
                    return Ok(Some(Drift::Unsettled(format!("the drift of {name} could not be found"))));
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(Some(Drift::Underway(format!("the drift of {name} is still being looked for"))))
    }

    fn name(&self, account: AccountId) -> String {
        format!("{}-account-{account}", self.options.project)
    }

    /// The stack of this name that is not deleted.
    async fn stack(&self, name: &str) -> Result<Option<Stack>, DedicatedTableError> {
        let found = self
            .retry
            .repeat(|| async {
                match self.client.describe_stacks().stack_name(name).send().await {
                    Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
                    // That there is none has no code of its own.
                    Err(error) => match error.as_service_error().and_then(|error| error.message()) {
                        Some(said) if said.contains("does not exist") => Ok(None),
                        _ => Err(Fault::of(&error)),
                    },
                }
            })
            .await;
        found.map(|stack| stack.filter(|stack| !gone(stack))).map_err(|fault| cloud_error("DescribeStacks", fault))
    }

    async fn create(&self, name: &str, owner: &TableOwner, table: &TableName) -> Result<(), DedicatedTableError> {
        let account = owner.account;
        let switch = self.options.protect.to_string();
        let values = [
            ("AccountId", account.to_string()),
            ("ProjectName", self.options.project.clone()),
            ("TableName", self.tables.full(table)),
            ("AccountName", tag_value(&owner.name)),
            ("Environment", self.options.environment.clone()),
            ("CloudType", owner.cloud_type.as_str().to_owned()),
            ("KmsKey", self.options.kms_key.clone().unwrap_or_default()),
            ("EnablePointInTimeRecovery", switch.clone()),
            ("EnableDeletionProtection", switch),
        ];
        let parameters =
            values.map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build());
        let owner = Tag::builder().key(OWNER).value(account.to_string()).build();
        let made = self
            .retry
            .repeat(|| async {
                let request = self.client.create_stack().stack_name(name).template_body(TEMPLATE);
                let request = request.set_parameters(Some(parameters.to_vec())).tags(owner.clone());
                let request = request.capabilities(Capability::CapabilityNamedIam).on_failure(OnFailure::Rollback);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match made {
            // That it is under way already is as good.
            Ok(_) | Err(Fault::InUse) => Ok(()),
            Err(fault) => Err(cloud_error("CreateStack", fault)),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), DedicatedTableError> {
        self.retry
            .repeat(|| async {
                self.client.delete_stack().stack_name(name).send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map(drop)
            .map_err(|fault| cloud_error("DeleteStack", fault))
    }

    /// Why a stack failed: what its first resource that did said.
    async fn reason(&self, stack: &Stack) -> String {
        let said = stack.stack_status_reason().unwrap_or("CloudFormation gives no reason").to_owned();
        let Some(id) = stack.stack_id() else { return said };
        let told = self
            .retry
            .repeat(|| async {
                self.client.describe_stack_events().stack_name(id).send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        let events = match told {
            Ok(told) => told.stack_events.unwrap_or_default(),
            Err(fault) => {
                tracing::warn!(%fault, stack = id, "the events of a stack that failed can't be read");
                return said;
            }
        };
        // The latest comes first, and what failed first had those after it cancelled.
        let failed = events.iter().rev().find(|event| {
            matches!(event.resource_status(), Some(ResourceStatus::CreateFailed | ResourceStatus::DeleteFailed))
        });
        failed.map_or(said, |event| {
            let resource = event.logical_resource_id().unwrap_or("a resource");
            format!("{resource}: {}", event.resource_status_reason().unwrap_or("no reason is given"))
        })
    }
}

#[async_trait]
impl DedicatedTables for StackCloud {
    async fn ensure_table(&self, owner: &TableOwner, table: &TableName) -> Result<Progress, DedicatedTableError> {
        let account = owner.account;
        let name = self.name(account);
        let Some(stack) = self.stack(&name).await? else {
            self.create(&name, owner, table).await?;
            return Ok(Progress::Underway);
        };
        if !owned(&stack, account) {
            return Err(DedicatedTableError::Refused(foreign(&name)));
        }
        match stack_state(&stack) {
            StackState::There => Ok(Progress::Done),
            StackState::Moving => Ok(Progress::Underway),
            StackState::Failed => {
                let reason = self.reason(&stack).await;
                // Nothing of it is in use: the table of an account exists before anything is written to it.
                self.tables.unprotect(table).await.map_err(table_error)?;
                self.delete(&name).await?;
                Err(DedicatedTableError::Refused(ExternalError::new(
                    format!("the stack {name} was rolled back: {reason}"),
                    KnownCondition {
                        code: "stack_rolled_back",
                        fix: "take away what the reason names, then try the run again: the stack is made anew",
                        kind: ErrorKind::Permanent,
                    },
                )))
            }
        }
    }

    async fn remove_table(&self, account: AccountId, table: &TableName) -> Result<Progress, DedicatedTableError> {
        if *table == TableName::shared() {
            return Err(DedicatedTableError::Refused("the shared table is nobody's to remove".into()));
        }
        let name = self.name(account);
        let Some(stack) = self.stack(&name).await? else {
            // A table that was made without a stack goes as it came.
            return self.tables.retire(table).await.map_err(table_error);
        };
        if !owned(&stack, account) {
            return Err(DedicatedTableError::Refused(foreign(&name)));
        }
        match stack.stack_status() {
            Some(StackStatus::DeleteInProgress) => Ok(Progress::Underway),
            Some(StackStatus::DeleteFailed) => {
                let reason = self.reason(&stack).await;
                self.tables.unprotect(table).await.map_err(table_error)?;
                self.delete(&name).await?;
                Err(DedicatedTableError::Refused(ExternalError::new(
                    format!("the stack {name} could not be deleted: {reason}"),
                    KnownCondition {
                        code: "stack_not_deleted",
                        fix: "take away what the reason names, then try the run again",
                        kind: ErrorKind::Permanent,
                    },
                )))
            }
            // While it is still being made it can be deleted as well.
            _ => {
                self.tables.unprotect(table).await.map_err(table_error)?;
                self.delete(&name).await?;
                Ok(Progress::Underway)
            }
        }
    }
}

/// A text as the value of a tag: tags take letters, digits, spaces and a few signs, and 256 of them.
fn tag_value(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    let value: String = text.chars().map(|c| if fits(c) { c } else { '_' }).take(256).collect();
    value.trim().to_owned()
}

enum StackState {
    There,
    Moving,
    Failed,
}

fn stack_state(stack: &Stack) -> StackState {
    match stack.stack_status() {
        Some(
            StackStatus::CreateComplete
            | StackStatus::ImportComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateInProgress
            | StackStatus::UpdateRollbackComplete
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress,
        ) => StackState::There,
        Some(
            StackStatus::CreateInProgress
            | StackStatus::ReviewInProgress
            | StackStatus::RollbackInProgress
            | StackStatus::DeleteInProgress,
        ) => StackState::Moving,
        // What has not come up, was rolled back, or is half deleted; what later versions of AWS add is no table either.
        _ => StackState::Failed,
    }
}

fn gone(stack: &Stack) -> bool {
    stack.stack_status() == Some(&StackStatus::DeleteComplete)
}

fn owned(stack: &Stack, account: AccountId) -> bool {
    let account = account.to_string();
    stack.tags().iter().any(|tag| tag.key() == Some(OWNER) && tag.value() == Some(&account))
}

fn foreign(stack: &str) -> ExternalError {
    let named = KnownCondition {
        code: "stack_of_another",
        fix: "another installation uses this account of AWS: look whose the stack is, and rename one of them",
        kind: ErrorKind::Permanent,
    };
    ExternalError::new(format!("the stack {stack} is not of this account"), named)
}

fn cloud_error(call: &str, fault: Fault) -> DedicatedTableError {
    let said = fault.external_error(format_args!("CloudFormation, {call}"));
    if fault.passes() { DedicatedTableError::Unavailable(said) } else { DedicatedTableError::Refused(said) }
}

fn table_error(error: TableError) -> DedicatedTableError {
    match error {
        TableError::Unavailable(error) => DedicatedTableError::Unavailable(error),
        TableError::Full => DedicatedTableError::Unavailable(error.to_string().into()),
        TableError::Invalid(_) | TableError::Damaged(_) => DedicatedTableError::Refused(error.to_string().into()),
    }
}

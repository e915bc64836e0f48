//! The plan that takes an account down, in the order in which things depend on each other, and its receipt.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    model::{AccountStatus, CloudType, RunStatus},
    onboarding::{params_error, store_error},
    ops::{settled, step_error},
    removal,
};
use crate::{
    ids::{AccountId, ExecutionId},
    kinds::{OnRemoval, RecordKind},
    plane::Plane,
    ports::{
        cloud::Progress,
        table::{Key, MAX_PAGE, Range, TableName, Write},
    },
    record::{Place, Record, create, partition},
    system::SystemTask,
    workflow::{Call, Done, Plan, State, Status, StepError, Turn, Undone, Worker, Workers, plan::NONE},
};

pub const NAME: &str = "account-deprovisioning";

pub fn plan() -> Plan {
    let states = vec![
        State::pass("ValidateInput"),
        State::task("CloseRoute", Worker::DynamodbProvisioner),
        State::task("TakeInventory", Worker::ProvisioningVerifier),
        State::task("RemoveIdentities", Worker::CognitoProvisioner),
        State::task("RemoveRecords", Worker::DynamodbProvisioner),
        State::choice("CloudType", "cloudType").when("public", "RemoveParameters").otherwise("DeleteStack"),
        State::task("DeleteStack", Worker::DynamodbProvisioner),
        State::task("RemoveParameters", Worker::DynamodbProvisioner),
        State::task("VerifyRemoval", Worker::ProvisioningVerifier).retry(NONE).catch("HandleFailure"),
        State::choice("Verified", "VerifyRemoval.verified")
            .when(true, "PublishDeprovisioned")
            .otherwise("HandleFailure"),
        State::succeed("PublishDeprovisioned", "account.deprovisioned"),
        State::fail(
            "HandleFailure",
            "account.deprovisioning.failed",
            "removal_failed",
            "something of the account is still there",
        ),
    ];
    Plan::new(NAME, 1, states).expect("the states lead forward to an end: a test holds it")
}

pub fn input(account: AccountId, cloud: CloudType) -> Value {
    json!({ "accountId": account, "cloudType": cloud.as_str() })
}

/// What was removed of an account: kept when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub account_id: AccountId,
    pub execution_id: ExecutionId,
    pub finished_at: Timestamp,
    /// How many records of each kind were removed.
    pub removed: BTreeMap<String, u64>,
    /// The dedicated table that was removed with all its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// What stays: the account's record, its audit log, its events and this receipt.
    pub kept: Vec<String>,
}

impl Receipt {
    pub fn key(account: AccountId) -> Key {
        Key::new(partition(account), "RECEIPT")
    }
}

impl Record for Receipt {
    const NOUN: &'static str = "receipt";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "RECEIPT").on_removal(OnRemoval::Kept("receipt"));

    fn place(&self) -> Place {
        Place::at(Self::key(self.account_id))
    }
}

/// The workers of the plan.
pub struct Deprovisioning(pub Plane);

#[async_trait]
impl Workers for Deprovisioning {
    async fn act(&self, call: &Call) -> Result<Done, StepError> {
        let plane = &self.0;
        let account = call.account.ok_or_else(|| StepError::permanent("no_account", "the run names no account"))?;
        match call.state() {
            "CloseRoute" => removal::close_route(plane, account).await.map_err(step_error)?,
            "TakeInventory" => return Ok(Done::Now { output: json!({ "records": inventory(plane, account).await? }) }),
            "RemoveIdentities" => removal::identities(plane, account).await?,
            "RemoveRecords" => removal::everything(plane, account).await.map_err(step_error)?,
            "DeleteStack" => {
                if removal::table(plane, account).await? == Progress::Underway {
                    return Ok(Done::NotYet { after: Duration::from_millis(500) });
                }
                return Ok(Done::Now { output: json!({ "tableName": TableName::dedicated(account) }) });
            }
            "RemoveParameters" => removal::parameters(plane, account).await?,
            "VerifyRemoval" => return verify(plane, account).await,
            other => return Err(StepError::permanent("no_such_state", format!("{other} has no worker"))),
        }
        Ok(Done::nothing())
    }

    async fn undo(&self, call: &Call) -> Result<Undone, StepError> {
        Err(StepError::permanent("no_undo", format!("{} can't be undone", call.state())))
    }

    fn after_turn(&self, turn: &Turn) {
        super::ops::after_turn(&self.0, turn);
    }

    async fn turned(&self, turn: &Turn) -> Result<Vec<Write>, StepError> {
        let mut writes = settled(&self.0, turn, |_, status| match status {
            RunStatus::Running | RunStatus::Failed => AccountStatus::Deprovisioning,
            RunStatus::Succeeded => AccountStatus::Deleted,
        })
        .await?;
        if turn.to == Status::Succeeded
            && let Some(account) = turn.head.account_id
        {
            writes.push(create(&self.receipt(account, turn).await?));
            writes.push(Write::Delete {
                key: crate::router::Route::key(account),
                when: crate::ports::table::Condition::Always,
            });
            if let Some(grant) = removal::grant(&self.0, account).await.map_err(step_error)? {
                self.0.router().disconnect(account, &grant);
            }
            self.0.router().forget(account);
        }
        Ok(writes)
    }
}

impl Deprovisioning {
    async fn receipt(&self, account_id: AccountId, turn: &Turn) -> Result<Receipt, StepError> {
        let execution_id = turn.head.execution_id;
        let driver = self.0.driver();
        let history = driver
            .journal()
            .events(execution_id, 0)
            .await
            .map_err(|error| StepError::transient("journal", error.to_string()))?;
        let output = |state: &str| {
            history.iter().rev().find_map(|event| match &event.what {
                crate::workflow::What::StepSucceeded { step, output, .. } if step.state == state => {
                    Some(output.clone())
                }
                _ => None,
            })
        };
        let removed = output("TakeInventory").and_then(|output| serde_json::from_value(output["records"].clone()).ok());
        Ok(Receipt {
            account_id,
            execution_id,
            finished_at: self.0.now(),
            removed: removed.unwrap_or_default(),
            table: output("DeleteStack").and_then(|output| output["tableName"].as_str().map(ToOwned::to_owned)),
            kept: self.0.kinds().kept().into_iter().map(ToOwned::to_owned).collect(),
        })
    }
}

/// How many records of each kind the account has, in all its tables.
async fn inventory(plane: &Plane, account: AccountId) -> Result<BTreeMap<String, u64>, StepError> {
    let mut counts = BTreeMap::new();
    let mut tables = vec![plane.system(SystemTask::Deprovisioning)];
    tables.extend(removal::own_table(plane, account).await.map_err(step_error)?);
    for (place, table) in tables.iter().enumerate() {
        let mut query = removal::whole(account, Range::All, MAX_PAGE);
        loop {
            let rows = table.query(&query).await.map_err(store_error)?;
            for item in rows.items.iter().filter(|item| !plane.kinds().stays(&item.key)) {
                let kind = item.key.sk.split('#').next().unwrap_or_default().to_lowercase();
                let kind = if place == 0 { kind } else { format!("dedicated/{kind}") };
                *counts.entry(kind).or_insert(0) += 1;
            }
            match rows.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    Ok(counts)
}

/// Looks whether anything is left that should be gone.
async fn verify(plane: &Plane, account: AccountId) -> Result<Done, StepError> {
    let mut query = removal::whole(account, Range::All, MAX_PAGE);
    let mut left = Vec::new();
    loop {
        let rows = plane.system(SystemTask::Deprovisioning).query(&query).await.map_err(store_error)?;
        left.extend(rows.items.iter().filter(|item| !plane.kinds().stays(&item.key)).map(|item| item.key.sk.clone()));
        match rows.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    if let Some(own) = removal::own_table(plane, account).await.map_err(step_error)? {
        let theirs = removal::grant(plane, account).await.map_err(step_error)?.is_some();
        // One that stands with somebody else stays, empty.
        let empty = own.query(&removal::whole(account, Range::All, 1)).await.map_err(store_error)?.items.is_empty();
        if !(theirs && empty) {
            left.push(TableName::dedicated(account).to_string());
        }
    }
    let name = format!("/accounts/{account}/dynamodb/table-name");
    let published = plane.ports().params.get(&name).await.map_err(params_error)?;
    left.extend(published.map(|_| name));
    left.truncate(20);
    Ok(Done::Now { output: json!({ "verified": left.is_empty(), "left": left }) })
}

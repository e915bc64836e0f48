//! The plan that takes an account down, in the order in which things depend on each other, and its receipt.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    model::{Account, AccountStatus, CloudType, RunStatus},
    removal,
    transition::{account_transition, written},
    workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, PROVISIONING_VERIFIER},
};
use crate::{
    ids::{AccountId, ExecutionId},
    kinds::{OnRemoval, RecordKind},
    plane::Plane,
    ports::{
        dedicated_tables::Progress,
        table::{Key, MAX_PAGE, Range, TableName, Write},
    },
    record::{Record, RecordKeys, partition},
    router::Route,
    slice::SliceWorkflow,
    system::SystemTask,
    workflow::{Call, Definition, State, Status, StepError, StepOutcome, StepOutput, Transition, Workers, plan::NONE},
};

pub const NAME: &str = "account-deprovisioning";

pub const WORKFLOW: SliceWorkflow = SliceWorkflow {
    plan: || definition().into_plan(),
    add: |workflows, plane| workflows.with(definition(), Deprovisioning(plane.clone())),
};

pub fn definition() -> Definition<DeprovisioningStep> {
    let states = vec![
        State::pass("ValidateInput"),
        State::task("CloseRoute", DYNAMODB_PROVISIONER).does(DeprovisioningStep::close_route),
        State::task("TakeInventory", PROVISIONING_VERIFIER).does(DeprovisioningStep::take_inventory),
        State::task("RemoveIdentities", COGNITO_PROVISIONER).does(DeprovisioningStep::remove_identities),
        State::task("RemoveRecords", DYNAMODB_PROVISIONER).does(DeprovisioningStep::remove_records),
        State::choice("CloudType", "cloudType").when("public", "RemoveParameters").otherwise("DeleteStack"),
        State::task("DeleteStack", DYNAMODB_PROVISIONER).does(DeprovisioningStep::delete_table),
        State::task("RemoveParameters", DYNAMODB_PROVISIONER).does(DeprovisioningStep::remove_parameters),
        State::task("VerifyRemoval", PROVISIONING_VERIFIER)
            .does(DeprovisioningStep::verify)
            .retry(NONE)
            .catch("HandleFailure"),
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
    Definition::new(NAME, 1, states).expect("a test makes the definition")
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

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(self.account_id))
    }
}

/// How many records of each kind the account had.
#[derive(Serialize, Deserialize)]
pub struct Inventory {
    records: BTreeMap<String, u64>,
}

impl StepOutput for Inventory {
    const STATE: Option<&'static str> = Some("TakeInventory");
}

/// The dedicated table is gone.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableRemoved {
    table_name: TableName,
}

impl StepOutput for TableRemoved {
    const STATE: Option<&'static str> = Some("DeleteStack");
}

/// The verdict of the verifier, and the first of what is left.
#[derive(Serialize, Deserialize)]
pub struct RemovalVerified {
    verified: bool,
    left: Vec<String>,
}

impl StepOutput for RemovalVerified {
    const STATE: Option<&'static str> = Some("VerifyRemoval");
}

/// The workers of the plan.
pub struct Deprovisioning(pub Plane);

/// One call of a worker, for the account that is being removed. No step can be undone.
pub struct DeprovisioningStep {
    plane: Plane,
    account: AccountId,
    call: Call,
}

#[async_trait]
impl Workers for Deprovisioning {
    type Step = DeprovisioningStep;

    async fn step(&self, call: Call) -> Result<DeprovisioningStep, StepError> {
        let account = call.account.ok_or_else(|| StepError::permanent("no_account", "the run names no account"))?;
        Ok(DeprovisioningStep { plane: self.0.clone(), account, call })
    }

    fn after_transition(&self, transition: &Transition) {
        super::transition::after_transition(&self.0, transition);
    }

    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        let status_of = |_: &Account, status| match status {
            RunStatus::Running | RunStatus::Failed => AccountStatus::Deprovisioning,
            RunStatus::Succeeded => AccountStatus::Deleted,
        };
        let mut change = account_transition(&self.0, transition, status_of).await?;
        if transition.to == Status::Succeeded
            && let (Some(account), Some(change)) = (transition.head.account_id, &mut change)
        {
            change.create(&self.receipt(account, transition)?);
            for write in Route::removal(account) {
                change.write(write);
            }
            if let Some(grant) = removal::grant(&self.0, account).await? {
                self.0.router().disconnect(account, &grant);
            }
            self.0.router().forget(account);
        }
        written(&self.0, change).await
    }
}

impl Deprovisioning {
    fn receipt(&self, account_id: AccountId, transition: &Transition) -> Result<Receipt, StepError> {
        Ok(Receipt {
            account_id,
            execution_id: transition.head.execution_id,
            finished_at: self.0.now(),
            removed: transition.output::<Inventory>()?.map(|inventory| inventory.records).unwrap_or_default(),
            table: transition.output::<TableRemoved>()?.map(|removed| removed.table_name.to_string()),
            kept: self.0.kinds().kept().into_iter().map(ToOwned::to_owned).collect(),
        })
    }
}

impl DeprovisioningStep {
    async fn close_route(&self) -> Result<StepOutcome<()>, StepError> {
        removal::close_route(&self.plane, self.account).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn take_inventory(&self) -> Result<StepOutcome<Inventory>, StepError> {
        Ok(StepOutcome::Done(Inventory { records: inventory(&self.plane, self.account).await? }))
    }

    async fn remove_identities(&self) -> Result<StepOutcome<()>, StepError> {
        removal::identities(&self.plane, self.account).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn remove_records(&self) -> Result<StepOutcome<()>, StepError> {
        removal::everything(&self.plane, self.account).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn delete_table(&self) -> Result<StepOutcome<TableRemoved>, StepError> {
        match removal::table(&self.plane, self.account).await? {
            Progress::Done => Ok(StepOutcome::Done(TableRemoved { table_name: TableName::dedicated(self.account) })),
            Progress::Underway => Ok(StepOutcome::NotYet { after: self.call.look_again() }),
        }
    }

    async fn remove_parameters(&self) -> Result<StepOutcome<()>, StepError> {
        removal::parameters(&self.plane, self.account).await?;
        Ok(StepOutcome::Done(()))
    }

    async fn verify(&self) -> Result<StepOutcome<RemovalVerified>, StepError> {
        let mut left = left_over(&self.plane, self.account).await?;
        left.truncate(20);
        Ok(StepOutcome::Done(RemovalVerified { verified: left.is_empty(), left }))
    }
}

/// How many records of each kind the account has, in all its tables.
async fn inventory(plane: &Plane, account: AccountId) -> Result<BTreeMap<String, u64>, StepError> {
    let mut counts = BTreeMap::new();
    let mut tables = vec![plane.system(SystemTask::Deprovisioning)];
    tables.extend(removal::own_table(plane, account).await?);
    for (place, table) in tables.iter().enumerate() {
        let mut query = removal::whole(account, Range::All, MAX_PAGE);
        loop {
            let rows = table.query(&query).await?;
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

/// What is left that should be gone.
async fn left_over(plane: &Plane, account: AccountId) -> Result<Vec<String>, StepError> {
    let mut query = removal::whole(account, Range::All, MAX_PAGE);
    let mut left = Vec::new();
    loop {
        let rows = plane.system(SystemTask::Deprovisioning).query(&query).await?;
        left.extend(rows.items.iter().filter(|item| !plane.kinds().stays(&item.key)).map(|item| item.key.sk.clone()));
        match rows.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    if let Some(own) = removal::own_table(plane, account).await? {
        let theirs = removal::grant(plane, account).await?.is_some();
        // A table in another AWS account stays, empty.
        let empty = own.query(&removal::whole(account, Range::All, 1)).await?.items.is_empty();
        if !(theirs && empty) {
            left.push(TableName::dedicated(account).to_string());
        }
    }
    let name = format!("/accounts/{account}/dynamodb/table-name");
    let published = plane.ports().params.get(&name).await?;
    left.extend(published.map(|_| name));
    Ok(left)
}

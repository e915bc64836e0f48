//! Claims the names of records of an earlier version under the forms in which names are unique now.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::model::Account;
use crate::{
    change::{Claim, NameClaim},
    features::{
        enterprises::model::Enterprise, groups::model::Group, master_data, products::model::Product,
        roles::model::Role, services::model::Service, workstreams::model::Workstream,
    },
    ids::AccountId,
    jobs::{Job, JobCounts},
    kinds::RecordKind,
    plane::Plane,
    ports::table::{CommitError, Index, Key, Query, Range},
    problem::Result,
    record::{Record, RecordKeys, Stored, TenantRecord, create, decode, encode, partition, replace},
    system::{SystemTable, SystemTask},
};

const JOB: &str = "name-claims";

/// That the names of all records of an earlier version are claimed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NamesTakenOver {}

impl NamesTakenOver {
    fn key() -> Key {
        Key::new("PLATFORM", "NAMES-TAKEN-OVER")
    }
}

impl Record for NamesTakenOver {
    const NOUN: &'static str = "end of an upgrade of names";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "PLATFORM", "NAMES-TAKEN-OVER");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key())
    }
}

/// What a run did.
#[derive(Debug, Default)]
struct Counts {
    claimed: u64,
    /// Another record of an earlier version has a name that looks the same. Both keep their names.
    alike: u64,
}

/// Goes through all names, until it has once.
pub(super) fn job(plane: &Plane) -> Job {
    let plane = plane.clone();
    let summary = "Claim the names that an earlier version stored, so that no new name looks like them";
    Job::new(JOB, summary, SignedDuration::from_hours(6), move || {
        let plane = plane.clone();
        async move { run(&plane).await }
    })
}

async fn run(plane: &Plane) -> Result<JobCounts> {
    let shared = plane.system(SystemTask::AccountLifecycle);
    let mut counts = Counts::default();
    if shared.get(&NamesTakenOver::key()).await?.is_none() {
        claim_all(plane, &shared, &mut counts).await?;
        // Another process may have been faster.
        drop(shared.commit(vec![create(&NamesTakenOver {})]).await);
    }
    Ok([("claimed", counts.claimed), ("alike", counts.alike)].map(|(name, count)| (name.to_owned(), count)).into())
}

async fn claim_all(plane: &Plane, shared: &SystemTable, counts: &mut Counts) -> Result<()> {
    claim_master_data::<Enterprise>(shared, counts).await?;
    claim_master_data::<Product>(shared, counts).await?;
    claim_master_data::<Service>(shared, counts).await?;
    let mut accounts = shared.pages(Query::ascending(Index::Gsi1, Account::BY_NAME, Range::All));
    while let Some(items) = accounts.next().await? {
        for item in &items {
            let account = decode::<Account>(item)?;
            let id = account.id;
            claim_name(shared, &account, &Account::name_claim(id, &account.name), counts).await?;
            claim_in_account(shared, id, Role::name_claim, counts).await?;
            claim_in_account(shared, id, Group::name_claim, counts).await?;
            let own = plane.system_dedicated(SystemTask::AccountLifecycle, id).await?;
            claim_in_account(own.as_ref().unwrap_or(shared), id, Workstream::name_claim, counts).await?;
        }
    }
    Ok(())
}

async fn claim_master_data<R: master_data::MasterRecord>(table: &SystemTable, counts: &mut Counts) -> Result<()> {
    let mut records = table.pages(Query::ascending(Index::Gsi1, R::KIND, Range::All));
    while let Some(items) = records.next().await? {
        for item in &items {
            let record = decode::<R>(item)?;
            claim_name(table, &record, &master_data::name_claim::<R>(record.id(), record.name()), counts).await?;
        }
    }
    Ok(())
}

async fn claim_in_account<R: TenantRecord>(
    table: &SystemTable,
    account: AccountId,
    claim: impl Fn(&R) -> NameClaim,
    counts: &mut Counts,
) -> Result<()> {
    let range = Range::Prefix(format!("{}#", R::KIND));
    let mut records = table.pages(Query::ascending(Index::Table, partition(account), range));
    while let Some(items) = records.next().await? {
        for item in &items {
            let record = decode::<R>(item)?;
            claim_name(table, &record, &claim(&record), counts).await?;
        }
    }
    Ok(())
}

/// Adds the claims that a record lacks. The record is written with them, so that a concurrent rename is seen.
async fn claim_name<R: Record>(
    table: &SystemTable,
    record: &Stored<R>,
    name: &NameClaim,
    counts: &mut Counts,
) -> Result<()> {
    if name.claims().len() == 1 {
        return Ok(());
    }
    let mut writes = vec![replace(record, &record.record)];
    for claim in name.claims() {
        match table.get(&encode(claim).key).await? {
            None => writes.push(create(claim)),
            Some(item) => counts.alike += u64::from(decode::<Claim>(&item)?.holder != claim.holder),
        }
    }
    if writes.len() == 1 {
        return Ok(());
    }
    match table.commit(writes).await {
        Ok(()) => counts.claimed += 1,
        // The record, or the name, was given another meanwhile: this version claims what it writes.
        Err(CommitError::Refused { .. }) => {}
        Err(CommitError::Table(error)) => return Err(error.into()),
    }
    Ok(())
}

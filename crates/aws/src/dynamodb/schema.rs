//! Tables as DynamoDB makes them: keys, indexes, time to live; and how far their making or removal has come.

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, GlobalSecondaryIndexDescription, KeySchemaElement,
        KeyType, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, Projection, ProjectionType,
        ScalarAttributeType, SseSpecification, SseType, TableDescription, TableStatus, TimeToLiveSpecification,
        TimeToLiveStatus,
    },
};

use super::{
    Options, Protection,
    item::{BODY, EXPIRES, FIELDS, INDEX_NAMES, IndexNames, PK, SK, SUMS, VERSION},
};
use crate::{fault::Fault, retry::RetryPolicy};

/// What is there under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    None,
    Coming,
    /// It can be read and written.
    There {
        /// Its removal is refused until that is taken away.
        protected: bool,
        /// An earlier version made it, whose `GSI3` has no shards.
        earlier: bool,
    },
    Going,
    /// A table, but not one of ours.
    Foreign,
}

pub(super) async fn stage(client: &Client, retry: &RetryPolicy, table: &str) -> Result<Stage, Fault> {
    let described = retry
        .repeat(async || client.describe_table().table_name(table).send().await.map_err(|error| Fault::of(&error)))
        .await;
    match described {
        Ok(answer) => answer.table.as_ref().map_or(Err(Fault::Garbled), |table| Ok(stage_of(table))),
        Err(Fault::NotFound) => Ok(Stage::None),
        Err(fault) => Err(fault),
    }
}

fn stage_of(table: &TableDescription) -> Stage {
    match table.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) if fits(table) => {
            Stage::There { protected: table.deletion_protection_enabled() == Some(true), earlier: is_earlier(table) }
        }
        Some(TableStatus::Creating) => Stage::Coming,
        Some(TableStatus::Deleting) => Stage::Going,
        _ => Stage::Foreign,
    }
}

/// Whether keys and indexes are laid out as this adapter needs them.
fn fits(table: &TableDescription) -> bool {
    let indexes = table.global_secondary_indexes();
    keyed(table.key_schema(), PK, SK)
        && INDEX_NAMES.iter().all(|names| {
            indexes.iter().any(|index| {
                index.index_name() == Some(names.name)
                    && keyed(index.key_schema(), names.pk, names.sk)
                    && holds(index, projected(names))
            })
        })
}

/// Tables of earlier versions hold whole records in every index.
fn is_earlier(table: &TableDescription) -> bool {
    let [_, _, waiting] = &INDEX_NAMES;
    let of_waiting = |index: &&GlobalSecondaryIndexDescription| index.index_name() == Some(waiting.name);
    table.global_secondary_indexes().iter().find(of_waiting).is_some_and(holds_all)
}

/// What lists answer from. A page of what waits is read from the table.
fn projected(names: &IndexNames) -> &'static [&'static str] {
    let [by_type, by_tenant, _] = &INDEX_NAMES;
    if [by_type.name, by_tenant.name].contains(&names.name) {
        return &[BODY, EXPIRES, FIELDS, SUMS, VERSION];
    }
    &[]
}

fn keyed(schema: &[KeySchemaElement], pk: &str, sk: &str) -> bool {
    let has = |name, kind: &KeyType| schema.iter().any(|key| key.attribute_name() == name && key.key_type() == kind);
    has(pk, &KeyType::Hash) && has(sk, &KeyType::Range)
}

/// Whether an index holds at least these attributes beside the keys.
fn holds(index: &GlobalSecondaryIndexDescription, least: &[&str]) -> bool {
    let Some(projection) = index.projection() else { return false };
    match projection.projection_type() {
        Some(ProjectionType::All) => true,
        Some(ProjectionType::KeysOnly) => least.is_empty(),
        Some(ProjectionType::Include) => {
            least.iter().all(|name| projection.non_key_attributes().iter().any(|held| held == name))
        }
        _ => false,
    }
}

fn holds_all(index: &GlobalSecondaryIndexDescription) -> bool {
    index.projection().and_then(Projection::projection_type) == Some(&ProjectionType::All)
}

/// Asks for a table; that it is under way already is as good.
pub(super) async fn create(client: &Client, retry: &RetryPolicy, table: &str, options: &Options) -> Result<(), Fault> {
    let encryption = options
        .kms_key
        .as_ref()
        .map(|key| SseSpecification::builder().enabled(true).sse_type(SseType::Kms).kms_master_key_id(key).build());
    let made = retry
        .repeat(async || {
            client
                .create_table()
                .table_name(table)
                .billing_mode(BillingMode::PayPerRequest)
                .set_key_schema(Some(key_schema(PK, SK)))
                .set_attribute_definitions(Some(definitions()))
                .set_global_secondary_indexes(Some(indexes()))
                .set_deletion_protection_enabled(options.protection.from_deletion.then_some(true))
                .set_sse_specification(encryption.clone())
                .send()
                .await
                .map_err(|error| Fault::of(&error))
        })
        .await;
    match made {
        Ok(_) | Err(Fault::InUse) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn key_schema(pk: &str, sk: &str) -> Vec<KeySchemaElement> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and type are given")
        })
        .collect()
}

fn definitions() -> Vec<AttributeDefinition> {
    let indexed = INDEX_NAMES.iter().flat_map(|names| [names.pk, names.sk]);
    [PK, SK]
        .into_iter()
        .chain(indexed)
        .map(|name| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .expect("name and type are given")
        })
        .collect()
}

fn indexes() -> Vec<GlobalSecondaryIndex> {
    INDEX_NAMES
        .iter()
        .map(|names| {
            GlobalSecondaryIndex::builder()
                .index_name(names.name)
                .set_key_schema(Some(key_schema(names.pk, names.sk)))
                .projection(projection(names))
                .build()
                .expect("name and keys are given")
        })
        .collect()
}

fn projection(names: &IndexNames) -> Projection {
    let held = projected(names);
    if held.is_empty() {
        return Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    }
    let held = held.iter().map(|name| (*name).to_owned()).collect();
    Projection::builder().projection_type(ProjectionType::Include).set_non_key_attributes(Some(held)).build()
}

/// Sets what can't be set before a table is there; what is set already stays.
pub(super) async fn settle(
    client: &Client,
    retry: &RetryPolicy,
    table: &str,
    protection: Protection,
) -> Result<(), Fault> {
    retry.repeat(async || expiry(client, table).await).await?;
    if protection.point_in_time {
        retry.repeat(async || backups(client, table).await).await?;
    }
    Ok(())
}

/// Whether expired records are removed.
pub(super) async fn expires(client: &Client, table: &str) -> Result<bool, Fault> {
    let set = client.describe_time_to_live().table_name(table).send().await.map_err(|error| Fault::of(&error))?;
    let status = set.time_to_live_description().and_then(|set| set.time_to_live_status());
    Ok(matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)))
}

async fn expiry(client: &Client, table: &str) -> Result<(), Fault> {
    if expires(client, table).await? {
        return Ok(());
    }
    let expiry = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES)
        .enabled(true)
        .build()
        .expect("name and switch are given");
    let set = client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    match set.map_err(|error| Fault::of(&error)) {
        // Somebody else was faster.
        Ok(_) | Err(Fault::Malformed | Fault::InUse) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Whether every second of the last days can be had back.
pub(super) async fn backed_up(client: &Client, table: &str) -> Result<bool, Fault> {
    let set = client.describe_continuous_backups().table_name(table).send().await.map_err(|error| Fault::of(&error))?;
    let status = set
        .continuous_backups_description()
        .and_then(|set| set.point_in_time_recovery_description())
        .and_then(|set| set.point_in_time_recovery_status());
    Ok(status == Some(&PointInTimeRecoveryStatus::Enabled))
}

async fn backups(client: &Client, table: &str) -> Result<(), Fault> {
    if backed_up(client, table).await? {
        return Ok(());
    }
    let recovery = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()
        .expect("the switch is given");
    let request = client.update_continuous_backups().table_name(table).point_in_time_recovery_specification(recovery);
    request.send().await.map(drop).map_err(|error| Fault::of(&error))
}

/// Has the removal of a table refused, or not.
pub(super) async fn protect(client: &Client, retry: &RetryPolicy, table: &str, protected: bool) -> Result<(), Fault> {
    retry
        .repeat(async || {
            let request = client.update_table().table_name(table).deletion_protection_enabled(protected);
            request.send().await.map_err(|error| Fault::of(&error))
        })
        .await
        .map(drop)
}

/// Asks for the removal of a table; one that is absent, or going already, is as good.
pub(super) async fn remove(client: &Client, retry: &RetryPolicy, table: &str) -> Result<(), Fault> {
    let removed = retry
        .repeat(async || client.delete_table().table_name(table).send().await.map_err(|error| Fault::of(&error)))
        .await;
    match removed {
        Ok(_) | Err(Fault::NotFound | Fault::InUse) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// All names of tables that begin so.
pub(super) async fn names(client: &Client, retry: &RetryPolicy, prefix: &str) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    let mut from: Option<String> = None;
    loop {
        let page = retry
            .repeat(async || {
                let request = client.list_tables().set_exclusive_start_table_name(from.clone());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        names.extend(page.table_names.unwrap_or_default().into_iter().filter(|name| name.starts_with(prefix)));
        from = page.last_evaluated_table_name;
        if from.is_none() {
            return Ok(names);
        }
    }
}

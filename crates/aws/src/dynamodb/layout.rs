//! Tables of earlier versions: their `GSI3` has no shards, so this version does not find their records in it.
//! Before such a table is used, each of them is given its shard.
//!
//! It can be broken off at any record and begun again: what has its shard is passed over. A record says at the end that it is
//! done. Processes of earlier versions must have ended before: they would write without shards, and see none.

use aws_sdk_dynamodb::{Client, error::SdkError, operation::update_item::UpdateItemError, types::AttributeValue};
use futures::{TryStreamExt as _, stream};
use kernel::ports::table::{Key, TableError};
use serde_json::json;

use super::{
    item::{self, Attributes, BODY, FIELDS, INDEX_NAMES, VERSION, number, text},
    table_error,
};
use crate::{fault::Fault, retry::RetryPolicy};

/// So many records are given their shards at once.
const AT_ONCE: usize = 16;

/// Gives every record of `GSI3` its shard, unless that is done.
pub(super) async fn settle(client: &Client, retry: &RetryPolicy, table: &str) -> Result<(), TableError> {
    if is_done(client, retry, table).await.map_err(table_error)? {
        return Ok(());
    }
    tracing::info!(table, "the table is of an earlier version: what waits in it is moved to shards");
    // An index lags: what it shows no more without a shard has one.
    let mut all = 0;
    loop {
        let moved = round(client, retry, table).await?;
        all += moved;
        if moved == 0 {
            break;
        }
    }
    mark(client, retry, table).await.map_err(table_error)?;
    tracing::info!(table, records = all, "what waits in the table is in shards");
    Ok(())
}

/// The record that says that it is done.
fn marker() -> Key {
    Key::new("TABLE", "LAYOUT")
}

async fn is_done(client: &Client, retry: &RetryPolicy, table: &str) -> Result<bool, Fault> {
    let found = retry
        .repeat(async || {
            let request = client.get_item().table_name(table).set_key(Some(item::primary(&marker())));
            request.consistent_read(true).send().await.map_err(|error| Fault::of(&error))
        })
        .await?;
    Ok(found.item.is_some())
}

async fn mark(client: &Client, retry: &RetryPolicy, table: &str) -> Result<(), Fault> {
    let mut record = item::primary(&marker());
    record.insert(VERSION.to_owned(), number(1));
    record.insert(BODY.to_owned(), text(json!({ "shards": item::SHARDS }).to_string()));
    record.insert(FIELDS.to_owned(), AttributeValue::M(Attributes::new()));
    let put = async || {
        let request = client.put_item().table_name(table).set_item(Some(record.clone()));
        request.send().await.map(drop).map_err(|error| Fault::of(&error))
    };
    retry.repeat(put).await
}

/// Looks through the whole index once. Answers how many records had no shard.
async fn round(client: &Client, retry: &RetryPolicy, table: &str) -> Result<usize, TableError> {
    let [_, _, waiting] = &INDEX_NAMES;
    let (mut from, mut moved): (Option<Attributes>, usize) = (None, 0);
    loop {
        let page = retry
            .repeat(async || {
                let request = client.scan().table_name(table).index_name(waiting.name);
                let request = request.projection_expression("#pk, #sk, #gpk, #gsk");
                let names = [("#pk", item::PK), ("#sk", item::SK), ("#gpk", waiting.pk), ("#gsk", waiting.sk)];
                let names = names.map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()));
                let request = request.set_expression_attribute_names(Some(names.into()));
                request.set_exclusive_start_key(from.clone()).send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map_err(table_error)?;
        let unsharded = page.items.unwrap_or_default().into_iter().filter(|entry| {
            let pk = entry.get(waiting.pk).and_then(|pk| pk.as_s().ok());
            pk.is_some_and(|pk| item::unsharded(pk).is_none())
        });
        let entries: Vec<(Key, Key)> = unsharded.map(item::read_entry).collect::<Result<_, _>>()?;
        moved += entries.len();
        stream::iter(entries.iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |(key, index)| retry.repeat(move || give(client, table, key, index)))
            .await
            .map_err(table_error)?;
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(moved);
        }
    }
}

/// Gives a record its shard, if it still has the index key. Its version stays: its content does not change.
async fn give(client: &Client, table: &str, key: &Key, index: &Key) -> Result<(), Fault> {
    let [_, _, waiting] = &INDEX_NAMES;
    let request = client
        .update_item()
        .table_name(table)
        .set_key(Some(item::primary(key)))
        .update_expression("SET #pk = :shard")
        .condition_expression("#pk = :pk AND #sk = :sk")
        .expression_attribute_names("#pk", waiting.pk)
        .expression_attribute_names("#sk", waiting.sk)
        .expression_attribute_values(":shard", text(item::shard_of(index)))
        .expression_attribute_values(":pk", text(&index.pk))
        .expression_attribute_values(":sk", text(&index.sk));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(ref error))
            if let UpdateItemError::ConditionalCheckFailedException(_) = error.err() =>
        {
            Ok(())
        }
        Err(error) => Err(Fault::of(&error)),
    }
}

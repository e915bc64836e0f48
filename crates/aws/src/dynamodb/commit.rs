//! Commits: one write as a request of its own, several as one transaction.
//!
//! A transaction carries a token by which DynamoDB knows a repeat, so that it may be sent again whatever became of the last
//! try. A single write has no such token, and is sent again only where the last try certainly changed nothing.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{
        delete_item::DeleteItemError, transact_write_items::TransactWriteItemsError, update_item::UpdateItemError,
    },
    types::{
        CancellationReason, ConditionCheck, Delete, ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem,
        Update,
    },
};
use kernel::ports::table::{CommitError, Item, TableError, Write, validate};

use super::{
    counters::Counters,
    expression::{Draft, Kind, draft},
    item::{self, Attributes, Compared},
    table_error,
};
use crate::{fault::Fault, retry::RetryPolicy};

/// What came of one try.
enum Outcome {
    Written,
    /// The write whose condition did not hold, and the record it found.
    Refused(usize, Option<Attributes>),
}

pub(super) async fn commit(
    client: &Client,
    retry: &RetryPolicy,
    counters: &Counters,
    table: &str,
    writes: &[Write],
    compared: Compared,
) -> Result<(), CommitError> {
    validate::writes(writes)?;
    let drafts: Vec<Draft> = writes.iter().map(|write| draft(write, compared)).collect::<Result<_, _>>()?;
    let outcome = match drafts.as_slice() {
        [one @ Draft { kind: Kind::Update(expression), .. }] => {
            retry.repeat_unmade(|| update(client, table, one, expression)).await
        }
        [one @ Draft { kind: Kind::Delete, .. }] => retry.repeat_unmade(|| delete(client, table, one)).await,
        all => {
            let all: Vec<TransactWriteItem> = all.iter().map(|one| member(table, one)).collect();
            let token = token(retry);
            let _line = counters.line(table, writes).await;
            retry.repeat(|| transaction(client, &all, &token)).await
        }
    };
    match outcome.map_err(table_error)? {
        Outcome::Written => Ok(()),
        Outcome::Refused(write, found) => Err(CommitError::Refused { write, current: current(found)? }),
    }
}

fn current(found: Option<Attributes>) -> Result<Option<Box<Item>>, TableError> {
    found.filter(|found| !found.is_empty()).map(|found| item::read(found).map(Box::new)).transpose()
}

/// Thirty-two characters; DynamoDB takes thirty-six.
fn token(retry: &RetryPolicy) -> String {
    let mut bytes = [0; 16];
    retry.rng().fill(&mut bytes);
    hex::encode(bytes)
}

async fn update(client: &Client, table: &str, one: &Draft, expression: &str) -> Result<Outcome, Fault> {
    let request = client
        .update_item()
        .table_name(table)
        .set_key(Some(one.key.clone()))
        .update_expression(expression)
        .set_condition_expression(one.condition.clone())
        .set_expression_attribute_names(one.names.clone())
        .set_expression_attribute_values(one.values.clone())
        .return_values_on_condition_check_failure(AllOld);
    match request.send().await {
        Ok(_) => Ok(Outcome::Written),
        Err(SdkError::ServiceError(ref error))
            if let UpdateItemError::ConditionalCheckFailedException(failed) = error.err() =>
        {
            Ok(Outcome::Refused(0, failed.item.clone()))
        }
        Err(error) => Err(Fault::of(&error)),
    }
}

async fn delete(client: &Client, table: &str, one: &Draft) -> Result<Outcome, Fault> {
    let request = client
        .delete_item()
        .table_name(table)
        .set_key(Some(one.key.clone()))
        .set_condition_expression(one.condition.clone())
        .set_expression_attribute_names(one.names.clone())
        .set_expression_attribute_values(one.values.clone())
        .return_values_on_condition_check_failure(AllOld);
    match request.send().await {
        Ok(_) => Ok(Outcome::Written),
        Err(SdkError::ServiceError(ref error))
            if let DeleteItemError::ConditionalCheckFailedException(failed) = error.err() =>
        {
            Ok(Outcome::Refused(0, failed.item.clone()))
        }
        Err(error) => Err(Fault::of(&error)),
    }
}

fn member(table: &str, one: &Draft) -> TransactWriteItem {
    let Draft { key, kind, condition, names, values } = one;
    let (key, condition) = (Some(key.clone()), condition.clone());
    let (names, values) = (names.clone(), values.clone());
    let member = TransactWriteItem::builder();
    let member = match kind {
        Kind::Update(expression) => member.update(
            Update::builder()
                .table_name(table)
                .set_key(key)
                .update_expression(expression)
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(AllOld)
                .build()
                .expect("key, table and expression are given"),
        ),
        Kind::Delete => member.delete(
            Delete::builder()
                .table_name(table)
                .set_key(key)
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(AllOld)
                .build()
                .expect("key and table are given"),
        ),
        Kind::Check => member.condition_check(
            ConditionCheck::builder()
                .table_name(table)
                .set_key(key)
                .set_condition_expression(condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(AllOld)
                .build()
                .expect("key and table are given, and a check has a condition"),
        ),
    };
    member.build()
}

async fn transaction(client: &Client, all: &[TransactWriteItem], token: &str) -> Result<Outcome, Fault> {
    let request = client.transact_write_items().set_transact_items(Some(all.to_vec())).client_request_token(token);
    match request.send().await {
        Ok(_) => Ok(Outcome::Written),
        Err(SdkError::ServiceError(ref error))
            if let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.err() =>
        {
            cancelled_for(cancelled.cancellation_reasons())
        }
        Err(error) => Err(Fault::of(&error)),
    }
}

/// The first reason decides: what comes before it held, what comes after it may not have been looked at.
fn cancelled_for(reasons: &[CancellationReason]) -> Result<Outcome, Fault> {
    for (write, reason) in reasons.iter().enumerate() {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => return Ok(Outcome::Refused(write, reason.item.clone())),
            Some(code) => {
                tracing::debug!(write, code, message = reason.message(), "a transaction was cancelled");
                return Err(Fault::named(code));
            }
        }
    }
    Err(Fault::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    fn refused(codes: &[&str]) -> Result<usize, Fault> {
        match cancelled_for(&reasons(codes))? {
            Outcome::Refused(write, _) => Ok(write),
            Outcome::Written => unreachable!("a cancelled transaction wrote nothing"),
        }
    }

    #[test]
    fn the_first_condition_that_failed_is_named() {
        assert_eq!(refused(&["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]), Ok(1));
    }

    #[test]
    fn a_refusal_after_a_conflict_is_none_yet() {
        assert_eq!(refused(&["None", "TransactionConflict", "ConditionalCheckFailed"]), Err(Fault::Conflict));
        assert_eq!(refused(&["ConditionalCheckFailed", "TransactionConflict"]), Ok(0));
    }

    #[test]
    fn passing_reasons_pass() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert!(refused(&[code]).is_err_and(Fault::passes), "{code}");
        }
        assert_eq!(refused(&["ValidationError"]), Err(Fault::Malformed));
    }
}

//! The function `stream`: does at once what records of a table's stream ask for, so that what another process left
//! behind, by its end or by being frozen, waits for no round of `cron`.
//!
//! A process that lives does that work itself, so records are left to it for a moment first. A run that is under way
//! when its process ends has that process's lease until it runs out; it is `cron` that takes it up then.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cli::hosted::{Change, Hosted};
use lambda_http::{
    Error,
    lambda_runtime::{self, LambdaEvent},
    service_fn,
};
use plane::{background::PendingWork, ports::table::TableName, problem::Result as Tended};
use serde_json::{Value, json};

use crate::clock;

/// The time that the writer of a record has for the work that the record asks for.
const LEFT_ALONE: Duration = Duration::from_secs(2);
/// Runs are driven for so long at most: the stream's other records wait meanwhile.
const MOST: Duration = Duration::from_secs(10);

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move { answer(&hosted, event).await }
    });
    lambda_runtime::run(handler).await
}

/// Which record the stream is to go on from, if any is to come again: those behind it come too.
async fn answer(hosted: &Hosted, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let deadline = event.context.deadline;
    let changes = hosted.changes(event.payload)?;
    if changes.foreign > 0 {
        tracing::error!(
            records = changes.foreign,
            "the stream is of no table of this installation: check aws_table_prefix and the event source"
        );
    }
    let Some(first) = changes.asking.first() else { return Ok(json!({ "batchItemFailures": [] })) };
    hosted.wake().await;
    let failed = match clock::within(clock::left(deadline), take_on(hosted, &changes.asking, deadline)).await {
        Some(Ok(rested)) => {
            tracing::info!(records = changes.asking.len(), rested, "what records asked for was done");
            false
        }
        Some(Err(problem)) => {
            tracing::warn!(%problem, "what records ask for could not be done; they come again");
            true
        }
        None => {
            tracing::warn!("the function's time was over before what records ask for was done; they come again");
            true
        }
    };
    let failures = failed.then(|| json!({ "itemIdentifier": first.sequence }));
    Ok(json!({ "batchItemFailures": failures.into_iter().collect::<Vec<_>>() }))
}

async fn take_on(hosted: &Hosted, changes: &[Change], deadline: u64) -> Tended<bool> {
    tokio::time::sleep(left_alone(changes)).await;
    let mut tables: BTreeMap<&TableName, Vec<PendingWork>> = BTreeMap::new();
    for change in changes {
        let asked = tables.entry(&change.table).or_default();
        if !asked.contains(&change.asked) {
            asked.push(change.asked);
        }
    }
    let mut rested = true;
    for (table, asked) in tables {
        let within = clock::left(deadline).min(MOST);
        rested &= hosted.plane().handle_stream_records(table, &asked, within).await?;
    }
    Ok(rested)
}

/// The time that is left to the writer of the latest record.
#[expect(clippy::disallowed_methods, reason = "streams tell time by the machine's clock, not by the product's")]
fn left_alone(changes: &[Change]) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let latest = changes.iter().map(|change| change.at).fold(0.0, f64::max);
    let age = now.saturating_sub(Duration::try_from_secs_f64(latest).unwrap_or_default());
    LEFT_ALONE.saturating_sub(age)
}

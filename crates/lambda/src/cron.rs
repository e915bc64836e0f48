//! The function `cron`: one round for each event, whatever the event says.

use std::sync::Arc;

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::{self, LambdaEvent},
    service_fn,
};
use serde_json::{Map, Value, json};

use crate::clock;

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move {
            hosted.wake().await;
            round(&hosted, event.context.deadline).await
        }
    });
    lambda_runtime::run(handler).await
}

async fn round(hosted: &Hosted, deadline: u64) -> Result<Value, Error> {
    let left = clock::left(deadline);
    let Some(round) = clock::within(left, hosted.plane().tick(left)).await else {
        return Err("the function's time was over before the round was; the next takes up what it left".into());
    };
    let round = round?;
    tracing::info!(jobs = ?round.jobs, runs = round.runs, rested = round.rested, "a round");
    let jobs: Map<String, Value> =
        round.jobs.iter().map(|job| (job.name.to_owned(), job.outcome.as_str().into())).collect();
    Ok(json!({ "jobs": jobs, "runs": round.runs, "rested": round.rested }))
}

//! The function `step`: one step of a run, for a task of a state machine. What it answers, or fails by, is what the
//! machine's retries and catches know.

use std::sync::Arc;

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::{self, Diagnostic, LambdaEvent},
    service_fn,
};
use plane::{
    ports::table::TableName,
    workflow::{Invocation, Refusal},
};
use serde_json::Value;

use crate::{clock, drain_after::DrainLayer};

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let drained = Arc::clone(&hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move {
            hosted.wake().await;
            step(&hosted, event).await.map_err(diagnostic)
        }
    });
    lambda_runtime::Runtime::new(handler).layer(DrainLayer(drained)).run().await
}

async fn step(hosted: &Hosted, event: LambdaEvent<Value>) -> Result<Value, Refusal> {
    let invocation: Invocation = serde_json::from_value(event.payload).map_err(|error| Refusal {
        error_type: Refusal::PERMANENT,
        error_message: format!("not_a_step: the event names no step of a run: {error}"),
    })?;
    let driver = hosted.plane().driver();
    let done = clock::within(clock::left(event.context.deadline), driver.step(&invocation)).await;
    // The run waits for some of what its steps leave, such as the copies in an account's own table.
    hosted.plane().commit_signal().committed(&TableName::shared());
    done.unwrap_or_else(|| {
        Err(Refusal {
            error_type: Refusal::TRANSIENT,
            error_message: "out_of_time: the function's time was over before the step was".to_owned(),
        })
    })
}

fn diagnostic(refusal: Refusal) -> Diagnostic {
    Diagnostic { error_type: refusal.error_type.to_owned(), error_message: refusal.error_message }
}

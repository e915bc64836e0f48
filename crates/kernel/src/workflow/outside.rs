//! Runs led by state machines outside this process: it starts them, and looks after what they leave undone.
//!
//! A redrive or an undo is a new machine, never the old one again: an old one is at its end state, which was caught, and
//! would only reach it again. The new one gets from the journal what is done already.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    asl,
    embedded::Shared,
    event::{Failure, Status},
    journal::{Head, JournalError},
    perform::{PerformError, Performer},
    run_state::Direction,
};
use crate::{
    ids::ExecutionId,
    ports::machines::{ExecutionStatus, Machines, MachinesError, Start},
};

/// The machine for the current state of a run.
pub fn start_of(head: &Head) -> Start {
    let direction = match head.status {
        Status::Undoing => Direction::Undo,
        Status::Running | Status::Succeeded | Status::Failed | Status::Undone | Status::Stuck => Direction::Do,
    };
    let name = match head.fence {
        0 => head.execution_id.to_string(),
        turn => format!("{}-{turn}", head.execution_id),
    };
    let mut input = head.input.clone();
    if !input.is_object() {
        input = json!({});
    }
    input["executionId"] = json!(head.execution_id);
    input["turn"] = Value::from(head.fence);
    Start { machine: asl::machine_name(&head.workflow, head.plan_version, direction), name, input }
}

/// Has a run led by its machine. A run that is open although its machine is not is ended here.
pub(super) async fn hand_over(
    shared: &Arc<Shared>,
    machines: &dyn Machines,
    performer: &Performer,
    execution: ExecutionId,
) -> Result<(), JournalError> {
    let told = performer.take_answers(execution).await.map_err(damaged)?;
    let head = shared.journal.head(execution).await?.head;
    if let Some((token, report)) = &told
        && let Err(error) = machines.report(token, report).await
    {
        tracing::warn!(%execution, %error, "a state machine could not be told an answer; it is tried again");
        return Err(JournalError::Table(crate::ports::table::TableError::Unavailable(error.to_string().into())));
    }
    shared.hub.publish(execution, head.events);
    let now = shared.clock.now();
    if !head.status.is_open() || !shared.may_take(head.lease.as_ref(), now) {
        return Ok(());
    }
    let failure = match machines.start(&start_of(&head)).await {
        Ok(ExecutionStatus::Running) => match performer.overdue(execution).await {
            Ok(()) => return Ok(()),
            Err(error) => return Err(damaged(error)),
        },
        Ok(ExecutionStatus::Ended) => Failure::new("machine_ended", "the state machine ended before the run did"),
        Err(MachinesError::Unavailable(cause)) => {
            performer.overdue(execution).await.map_err(damaged)?;
            return Err(JournalError::Table(crate::ports::table::TableError::Unavailable(cause.into())));
        }
        Err(error @ MachinesError::Refused { .. }) => Failure::new("machine_refused", error.to_string()),
    };
    performer.give_up(execution, head.fence, &failure).await.map_err(damaged)?;
    shared.hub.publish(execution, shared.journal.head(execution).await?.head.events);
    Ok(())
}

fn damaged(error: PerformError) -> JournalError {
    match error {
        PerformError::Journal(error) => error,
        PerformError::NoSuchWorkflow
        | PerformError::NoSuchStep(_)
        | PerformError::History(_)
        | PerformError::Step(_)
        | PerformError::Refused(_) => JournalError::Damaged(error.to_string()),
    }
}

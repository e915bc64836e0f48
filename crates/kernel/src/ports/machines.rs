//! State machines outside the process that lead runs of workflows: they decide what comes next and what is tried again,
//! and have one step at a time done.

use async_trait::async_trait;
use serde_json::Value;

use crate::workflow::Refusal;

/// One machine for one turn of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// What the machine is called, such as `account-onboarding-v1`.
    pub machine: String,
    /// What this start is called: another one for each turn of each run.
    pub name: String,
    /// The same for the same name.
    pub input: Value,
}

/// The status of the machine of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    Running,
    /// It came to an end: its own, a time limit, or somebody stopped it.
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MachinesError {
    /// It may go through later.
    #[error("state machines can't be reached now: {0}")]
    Unavailable(String),
    /// It will not go through before somebody mends it.
    #[error("the state machine can't be started: {cause}; {fix}")]
    Refused { cause: String, fix: &'static str },
}

/// The answer to a task that waits for a token.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskReport {
    Done(Value),
    Failed(Refusal),
}

#[async_trait]
pub trait Machines: Send + Sync {
    /// Starts a machine. A repeated start changes nothing, and returns the status of that machine.
    async fn start(&self, start: &Start) -> Result<ExecutionStatus, MachinesError>;

    /// Answers the task that waits for a token. Succeeds for a token that nothing waits for any longer.
    async fn report(&self, token: &str, report: &TaskReport) -> Result<(), MachinesError>;
}

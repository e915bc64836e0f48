//! The engine's metrics; names and destinations belong to the implementation.

use std::time::Duration;

use super::{event::Status, worker::Worker};

/// Counts and times. Every method does nothing unless it is implemented.
pub trait WorkflowMetrics: Send + Sync {
    /// One call of a worker ended. A wait ("not yet") counts as a success.
    fn worker_called(&self, worker: Worker, took: Duration, succeeded: bool) {
        let _ = (worker, took, succeeded);
    }

    fn execution_started(&self, workflow: &str) {
        let _ = workflow;
    }

    /// A run reached an end; `timed_out` tells the ceiling from other failures.
    fn execution_ended(&self, workflow: &str, status: Status, timed_out: bool, took: Duration) {
        let _ = (workflow, status, timed_out, took);
    }
}

/// Counts nothing.
pub struct NoMetrics;

impl WorkflowMetrics for NoMetrics {}

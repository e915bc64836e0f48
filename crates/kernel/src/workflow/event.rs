//! What the journal of a run is made of.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ports::external_error::ErrorKind;

/// One line of a run's journal, numbered from 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub number: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub what: EventKind,
}

/// A step of a run: a state, and the item if the state is a map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepName {
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
}

impl std::fmt::Display for StepName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.item {
            Some(item) => write!(f, "{}[{item}]", self.state),
            None => f.write_str(&self.state),
        }
    }
}

/// An error as the journal and its readers see it: a code to act on and a sentence. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub code: String,
    pub message: String,
    /// What an operator can do about it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Failure {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), fix: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventKind {
    Started,
    /// A state that calls nobody was left, or a map with all its items.
    Passed {
        state: String,
        to: String,
    },
    /// Written before the worker is called.
    StepStarted {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
    },
    StepSucceeded {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        #[serde(default, skip_serializing_if = "Value::is_null")]
        output: Value,
    },
    StepFailed {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        error: Failure,
        kind: ErrorKind,
        /// When it is tried again; absent if it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// The step waits for something and looks again.
    StepNotYet {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        again_at: Timestamp,
    },
    /// The step waits for something outside: a callback, or somebody's approval. The run rests until the answer or the time.
    StepWaiting {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        /// Without an answer until then, the step fails.
        until: Timestamp,
        /// The token with which a state machine outside gets the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task_token: Option<String>,
    },
    /// An item failed for good and the others go on.
    ItemCaptured {
        #[serde(flatten)]
        step: StepName,
        error: Failure,
        /// Whether the run ends degraded by it.
        degrades: bool,
    },
    /// Another driver took the run up; what was under way is done again.
    Resumed {
        holder: String,
    },
    /// An operator had the run go on from a step, with the results of those before it.
    Redriven {
        #[serde(flatten)]
        step: StepName,
    },
    /// An operator had the run undone.
    UndoRequested,
    UndoStarted {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
    },
    StepUndone {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
    },
    UndoFailed {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        error: Failure,
        kind: ErrorKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    UndoNotYet {
        #[serde(flatten)]
        step: StepName,
        attempt: u32,
        again_at: Timestamp,
    },
    Succeeded {
        /// Published with the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// Why the run is degraded; empty if it is not.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        degraded: Vec<String>,
    },
    Failed {
        /// The step from which a redrive goes on.
        #[serde(flatten)]
        step: StepName,
        error: Failure,
        /// Published with the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
    },
    Undone,
    /// An undo failed for good: somebody has to look.
    Stuck {
        #[serde(flatten)]
        step: StepName,
        error: Failure,
    },
}

impl EventKind {
    /// The status that the event gives the run, if it gives one.
    pub const fn turns_to(&self) -> Option<Status> {
        match self {
            Self::Started | Self::Redriven { .. } => Some(Status::Running),
            Self::UndoRequested => Some(Status::Undoing),
            Self::Succeeded { .. } => Some(Status::Succeeded),
            Self::Failed { .. } => Some(Status::Failed),
            Self::Undone => Some(Status::Undone),
            Self::Stuck { .. } => Some(Status::Stuck),
            Self::Passed { .. }
            | Self::StepStarted { .. }
            | Self::StepSucceeded { .. }
            | Self::StepFailed { .. }
            | Self::StepNotYet { .. }
            | Self::StepWaiting { .. }
            | Self::ItemCaptured { .. }
            | Self::Resumed { .. }
            | Self::UndoStarted { .. }
            | Self::StepUndone { .. }
            | Self::UndoFailed { .. }
            | Self::UndoNotYet { .. } => None,
        }
    }
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    Undoing,
    Undone,
    Stuck,
}

impl Status {
    /// Whether a driver has something to do.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Running | Self::Undoing => true,
            Self::Succeeded | Self::Failed | Self::Undone | Self::Stuck => false,
        }
    }
}

/// The journal does not fit the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHistory {
    #[error("event {number} names {state}, which is not a state of the plan")]
    NoSuchState { number: u64, state: String },
    #[error("the journal does not begin with its start")]
    NoStart,
}

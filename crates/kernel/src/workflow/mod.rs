//! Workflows: typed plans, whose runs are the lists of events in their journals.
//!
//! A slice gives a [`Plan`] and [`Workers`]; [`journal::start`] writes a run down together with the slice's own records,
//! and [`Driver::wake`] has it go on. What is to be done next follows from plan and journal alone ([`Plan::next`]), so a
//! run goes on after a crash from the last transition that was written down.

pub mod asl;
pub mod dead_letters;
mod decide;
mod definition;
pub mod embedded;
pub mod event;
pub mod faults;
pub mod journal;
pub mod metrics;
mod outputs;
pub mod outside;
mod perform;
pub mod plan;
pub mod progress;
mod run;
pub mod run_state;
pub mod step;
mod step_error;
mod waiting;
mod watch;
mod worker;
pub mod workers;

pub use crate::ports::external_error::ErrorKind;
use crate::{kinds::RecordKind, record::Record as _};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use definition::{Definition, State};
pub use embedded::{CommittedAlong, Driver, OperateError, Settings};
pub use event::{Event, EventKind, Failure, Status, StepName};
pub use faults::Faults;
pub use journal::{Head, Journal, JournalError, Lease, NewRun, RunHold};
pub use metrics::{NoMetrics, WorkflowMetrics};
pub use outputs::StepOutput;
pub use perform::{PerformError, Performer};
pub use plan::{ItemFailure, Plan, Retry, Scalar, WaitUntil, WaitsFor};
pub use progress::Progress;
pub use run_state::{Answer, Direction, NextAction, RunAction, RunState, Step};
pub use step::{Invocation, Refusal};
pub use step_error::StepError;
pub use waiting::{AnswerError, Answered, OpenWait, WaitAnswer, WaitId};
pub use worker::{Worker, WorkerName};
pub use workers::{Call, StepOutcome, Transition, UndoOutcome, Workers, Workflow, Workflows};

/// The kinds of record of runs. They keep the history of an account that was removed.
pub(crate) const KINDS: &[RecordKind] = &[
    RecordKind::of_platform("run", "EXECUTION#", "HEAD"),
    RecordKind::of_platform("transition of a run", "EXECUTION#", "EVENT#"),
    RecordKind::of_platform("dead letter", "DEADLETTER#", "DEADLETTER"),
    dead_letters::LetterNote::DECLARED,
];

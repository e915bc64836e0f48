//! The events of accounts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event_kinds::{DeclaredEvent, EventKind, NoDetail, Reference},
    workflow::Failure,
};

/// When the removal of a disabled account begins.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Disabled {
    pub deletes_at: Timestamp,
}

/// A run that has ended, or can't go on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RunEnd {
    /// `execution`.
    pub kind: String,
    /// The id of the execution.
    pub id: String,
    /// The state that failed, with its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

pub(super) const UPDATED: EventKind<NoDetail> = EventKind::new("account.updated", "An account was changed.");
pub(super) const DISABLED: EventKind<Disabled> =
    EventKind::new("account.disabled", "An account was disabled; its removal begins later, unless it is restored.");
pub(super) const RESTORED: EventKind<NoDetail> =
    EventKind::new("account.restored", "A disabled account is active again.");
pub(super) const PROVISIONING_STARTED: EventKind<Reference> =
    EventKind::new("account.provisioning.started", "The onboarding of an account has begun.");
pub(super) const DEPROVISIONING_STARTED: EventKind<Reference> =
    EventKind::new("account.deprovisioning.started", "The removal of an account has begun.");

/// What ends a run: the plans name these.
static RUN_ENDS: [EventKind<RunEnd>; 9] = [
    EventKind::new("account.provisioning.succeeded", "The onboarding of an account has succeeded."),
    EventKind::new("account.provisioning.failed", "The onboarding of an account has failed."),
    EventKind::new("account.onboarding.failed", "The onboarding of an account was ended by a fault or its time limit."),
    EventKind::new("account.onboarding.stuck.failed", "Undoing the onboarding of an account has failed."),
    EventKind::new("account.onboarding.undone", "The onboarding of an account was undone."),
    EventKind::new("account.deprovisioned", "An account was removed."),
    EventKind::new("account.deprovisioning.failed", "The removal of an account has failed."),
    EventKind::new("account.deprovisioning.stuck.failed", "Undoing the removal of an account has failed."),
    EventKind::new("account.deprovisioning.undone", "The removal of an account was undone."),
];

/// The event of a run's end, by its name.
pub(super) fn run_end(name: &str) -> Option<&'static EventKind<RunEnd>> {
    RUN_ENDS.iter().find(|kind| kind.name == name)
}

pub(super) const ALL: &[DeclaredEvent] = &[
    UPDATED.declared(),
    DISABLED.declared(),
    RESTORED.declared(),
    PROVISIONING_STARTED.declared(),
    DEPROVISIONING_STARTED.declared(),
    RUN_ENDS[0].declared(),
    RUN_ENDS[1].declared(),
    RUN_ENDS[2].declared(),
    RUN_ENDS[3].declared(),
    RUN_ENDS[4].declared(),
    RUN_ENDS[5].declared(),
    RUN_ENDS[6].declared(),
    RUN_ENDS[7].declared(),
    RUN_ENDS[8].declared(),
];

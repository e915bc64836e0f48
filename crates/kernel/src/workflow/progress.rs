//! How far a run is, for people: computed from its plan and its journal alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    event::{Event, EventKind, Failure, Status, StepName},
    journal::{FailedAt, Head},
    plan::{Kind, Plan},
    worker::WorkerName,
};
use crate::ids::{AccountId, ExecutionId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub execution_id: ExecutionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub workflow: String,
    pub status: Status,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailedAt>,
    /// The number of the last event: where a stream of events goes on.
    pub last_event: u64,
    /// In the plan's order, those not yet begun included.
    pub steps: Vec<StepProgress>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepProgress {
    pub name: String,
    pub kind: StepKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerName>,
    #[serde(flatten)]
    pub report: StepReport,
    /// The items of a map that have begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemProgress>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemProgress {
    pub item: u32,
    #[serde(flatten)]
    pub report: StepReport,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    pub status: StepStatus,
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    Pass,
    Task,
    Choice,
    Map,
    /// The run rests until a time.
    Wait,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepStatus {
    #[default]
    Pending,
    Running,
    /// It looks again later.
    Waiting,
    /// It failed and is tried again.
    Retrying,
    Succeeded,
    Failed,
    /// The run took another branch.
    Skipped,
    Undoing,
    Undone,
    /// Its undo failed for good.
    Stuck,
}

impl Progress {
    pub fn of(plan: &Plan, head: &Head, history: &[Event]) -> Self {
        let mut tracks: BTreeMap<(usize, Option<u32>), StepReport> = BTreeMap::new();
        let mut position = 0;
        for event in history {
            follow(plan, &mut tracks, &mut position, event);
        }
        let reachable = reachable(plan, position, head.status);
        let steps = plan.states.iter().enumerate().filter_map(|(place, state)| {
            let kind = match state.kind {
                Kind::Pass => StepKind::Pass,
                Kind::Task(_) => StepKind::Task,
                Kind::Choice { .. } => StepKind::Choice,
                Kind::Map(_) => StepKind::Map,
                Kind::Wait(_) => StepKind::Wait,
                Kind::Succeed { .. } | Kind::Fail { .. } => return None,
            };
            let items: Vec<_> = tracks
                .range((place, Some(0))..=(place, Some(u32::MAX)))
                .map(|((_, item), report)| ItemProgress { item: item.unwrap_or(0), report: report.clone() })
                .collect();
            let own = tracks.get(&(place, None)).cloned();
            let mut report = match (own, kind) {
                (own, StepKind::Map) => whole(own, &items),
                (own, StepKind::Pass | StepKind::Task | StepKind::Choice | StepKind::Wait) => own.unwrap_or_default(),
            };
            if kind == StepKind::Wait && place == position && head.status == Status::Running {
                report.status = StepStatus::Waiting;
            }
            if report.status == StepStatus::Pending && !reachable.contains(&place) {
                report.status = StepStatus::Skipped;
            }
            Some(StepProgress {
                name: state.name.to_owned(),
                kind,
                worker: state.work().map(|task| task.worker.into()),
                report,
                items: (kind == StepKind::Map).then_some(items),
            })
        });
        Self {
            execution_id: head.execution_id,
            account_id: head.account_id,
            workflow: head.workflow.clone(),
            status: head.status,
            started_at: head.started_at,
            finished_at: head.finished_at,
            degraded: head.degraded.clone(),
            failure: head.failure.clone(),
            last_event: history.last().map_or(0, |event| event.number),
            steps: steps.collect(),
        }
    }
}

type Tracks = BTreeMap<(usize, Option<u32>), StepReport>;

fn follow(plan: &Plan, tracks: &mut Tracks, position: &mut usize, event: &Event) {
    let at = event.at;
    match &event.what {
        EventKind::Passed { state, to } => {
            let Some(place) = plan.place(state) else { return };
            *position = plan.place(to).unwrap_or(place);
            let own = tracks.entry((place, None)).or_default();
            if own.status != StepStatus::Succeeded {
                own.started_at = own.started_at.or(Some(at));
                own.finished_at = Some(at);
                own.status = StepStatus::Succeeded;
            }
        }
        EventKind::StepStarted { step, attempt } => {
            with(plan, tracks, step, |report, place| {
                *position = place;
                report.status = StepStatus::Running;
                report.attempts = *attempt;
                report.started_at = report.started_at.or(Some(at));
                report.finished_at = None;
            });
        }
        EventKind::StepSucceeded { step, .. } => {
            with(plan, tracks, step, |report, place| {
                if step.item.is_none() {
                    *position = plan.states[place].next.and_then(|next| plan.place(next)).unwrap_or(place);
                }
                *report =
                    StepReport { status: StepStatus::Succeeded, finished_at: Some(at), error: None, ..report.clone() };
            });
        }
        EventKind::StepFailed { step, error, retry_at, .. } => with(plan, tracks, step, |report, _| {
            report.error = Some(error.clone());
            report.status = if retry_at.is_some() { StepStatus::Retrying } else { StepStatus::Failed };
            report.finished_at = retry_at.is_none().then_some(at);
        }),
        EventKind::StepNotYet { step, .. } | EventKind::StepWaiting { step, .. } => {
            with(plan, tracks, step, |report, _| report.status = StepStatus::Waiting);
        }
        EventKind::UndoStarted { step, .. } => {
            with(plan, tracks, step, |report, _| report.status = StepStatus::Undoing);
        }
        EventKind::StepUndone { step, .. } => with(plan, tracks, step, |report, _| {
            report.status = StepStatus::Undone;
            report.finished_at = Some(at);
        }),
        EventKind::UndoFailed { step, error, retry_at, .. } => with(plan, tracks, step, |report, _| {
            report.error = Some(error.clone());
            report.status = if retry_at.is_some() { StepStatus::Undoing } else { StepStatus::Stuck };
        }),
        EventKind::Failed { step, error, .. } => {
            // Work that was in progress is no longer: the run's own error (its ceiling) is shown there.
            for report in tracks.values_mut() {
                if matches!(report.status, StepStatus::Running | StepStatus::Waiting | StepStatus::Retrying) {
                    report.status = StepStatus::Failed;
                    report.finished_at = Some(at);
                    report.error.get_or_insert_with(|| error.clone());
                }
            }
            with(plan, tracks, step, |report, place| {
                *position = place;
                report.status = StepStatus::Failed;
                report.error = Some(error.clone());
                report.finished_at = Some(at);
            });
        }
        EventKind::Redriven { step } => {
            let Some(from) = plan.place(&step.state) else { return };
            *position = from;
            tracks.retain(|(place, item), report| {
                *place < from || (item.is_some() && *item != step.item && report.status == StepStatus::Succeeded)
            });
        }
        EventKind::Stuck { step, error } => with(plan, tracks, step, |report, _| {
            report.status = StepStatus::Stuck;
            report.error = Some(error.clone());
        }),
        EventKind::Started
        | EventKind::ItemCaptured { .. }
        | EventKind::Resumed { .. }
        | EventKind::UndoRequested
        | EventKind::UndoNotYet { .. }
        | EventKind::Succeeded { .. }
        | EventKind::Undone => {}
    }
}

fn with(plan: &Plan, tracks: &mut Tracks, step: &StepName, change: impl FnOnce(&mut StepReport, usize)) {
    if let Some(place) = plan.place(&step.state) {
        change(tracks.entry((place, step.item)).or_default(), place);
    }
}

/// A map as a whole, from its items and what was said of the state itself.
fn whole(own: Option<StepReport>, items: &[ItemProgress]) -> StepReport {
    let any = |status| items.iter().any(|item| item.report.status == status);
    let passed = own.as_ref().is_some_and(|own| own.status == StepStatus::Succeeded);
    let failed = own.as_ref().is_some_and(|own| own.status == StepStatus::Failed);
    let unfinished =
        [StepStatus::Stuck, StepStatus::Undoing, StepStatus::Running, StepStatus::Retrying, StepStatus::Waiting];
    let status = match unfinished.into_iter().find(|status| any(*status)) {
        Some(status) => status,
        None if any(StepStatus::Undone) => StepStatus::Undone,
        None if passed => StepStatus::Succeeded,
        None if failed || any(StepStatus::Failed) => StepStatus::Failed,
        None if items.is_empty() => StepStatus::Pending,
        None => StepStatus::Running,
    };
    let ended = !matches!(
        status,
        StepStatus::Running | StepStatus::Retrying | StepStatus::Waiting | StepStatus::Undoing | StepStatus::Pending
    );
    let last = items.iter().filter_map(|item| item.report.finished_at).max();
    StepReport {
        status,
        attempts: items.iter().map(|item| item.report.attempts).max().unwrap_or(0),
        started_at: items
            .iter()
            .filter_map(|item| item.report.started_at)
            .min()
            .or(own.as_ref().and_then(|own| own.started_at)),
        finished_at: last.or(own.as_ref().and_then(|own| own.finished_at)).filter(|_| ended),
        error: own.and_then(|own| own.error),
    }
}

/// The states that the run may still come to.
fn reachable(plan: &Plan, position: usize, status: Status) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    match status {
        Status::Succeeded | Status::Undone => return found,
        Status::Running | Status::Failed | Status::Undoing | Status::Stuck => {}
    }
    let mut left = vec![position];
    while let Some(place) = left.pop() {
        if found.insert(place) {
            left.extend(plan.states[place].leads_to().into_iter().filter_map(|name| plan.place(name)));
        }
    }
    found
}

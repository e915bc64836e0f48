//! Transitions of an account's runs: each is a change of the account's record, in the commit that changes the run's status.

use jiff::Timestamp;

use super::{
    events::{self, RunEnd},
    first_people::first_users,
    intake::Intake,
    model::{Account, AccountStatus, ProvisioningRef, RunStatus},
    ops::started_by,
};
use crate::{
    audit::{Author, EntryDraft},
    change::{Change, Claim},
    features::users::email_claims::held_email_claims,
    ids::AccountId,
    plane::Plane,
    ports::table::{Condition, TableName, Write},
    problem::Result,
    record::{self, Record as _, decode},
    system::SystemTask,
    workflow::{Status, StepError, Transition},
};

/// Drops what is remembered of the account, after the commit of a turn of its run, and wakes the work after it.
pub(super) fn after_transition(plane: &Plane, transition: &Transition) {
    if let Some(account) = transition.head.account_id {
        plane.changed(account);
        plane.commit_signal().committed(&TableName::shared());
    }
}

/// The change that goes with a transition of an account's run: its status, the audit entry and the event. `None` if the run
/// does not concern the account any more.
pub(super) async fn account_transition(
    plane: &Plane,
    transition: &Transition,
    status_of: impl Fn(&Account, RunStatus) -> AccountStatus,
) -> Result<Option<Change>, StepError> {
    let Some(id) = transition.head.account_id else { return Ok(None) };
    let item = plane.system(SystemTask::AccountLifecycle).get(&Account::key(id)).await?;
    let Some(item) = item else { return Ok(None) };
    let old = decode::<Account>(&item)?;
    let execution_id = transition.head.execution_id;
    let begins = matches!(transition.to, Status::Running | Status::Undoing);
    // A later run of the account speaks for it.
    if old.provisioning.as_ref().is_some_and(|run| run.execution_id != execution_id) {
        let superseded = || {
            StepError::permanent(
                "superseded",
                "a later run speaks for the account; this one can't go on, and its dead letter can be discarded",
            )
        };
        return if begins { Err(superseded()) } else { Ok(None) };
    }
    if transition.to == Status::Undoing && !matches!(old.status, AccountStatus::Failed | AccountStatus::Provisioning) {
        let detail = format!("the account is {}: what was done for it can't be undone", old.status.as_str());
        return Err(StepError::permanent("not_undoable", detail));
    }
    let account = account_after(&old, transition, status_of, plane.now());
    let mut change = transition_change(transition, id);
    if begins {
        // An operator has the run go on, and the operator's entry is in the same commit.
        change = change.following();
    }
    if matches!(account.status, AccountStatus::Deprovisioning | AccountStatus::Deleted) {
        change = change.uncopied();
    }
    if account.status == AccountStatus::Deleted {
        release_names(plane, &account, &mut change).await?;
    }
    change.replace(&old, &account);
    if let Some(name) = event_of(transition) {
        let kind = events::run_end(&name)
            .ok_or_else(|| StepError::permanent("undeclared_event", format!("the event {name} is declared nowhere")))?;
        let failed = transition.failure.as_ref();
        let (state, error) = failed.map(|(step, failure)| (step.to_string(), failure.clone())).unzip();
        change.event(kind, &RunEnd { kind: "execution".into(), id: execution_id.to_string(), state, error });
    }
    Ok(Some(change))
}

/// The writes of a transition's change, for the commit of the journal.
pub(super) async fn written(plane: &Plane, change: Option<Change>) -> Result<Vec<Write>, StepError> {
    match change {
        Some(change) => Ok(plane.writes_of(change).await?),
        None => Ok(Vec::new()),
    }
}

/// The account's record after a transition of its run.
fn account_after(
    old: &Account,
    transition: &Transition,
    status_of: impl Fn(&Account, RunStatus) -> AccountStatus,
    now: Timestamp,
) -> Account {
    let run = match transition.to {
        Status::Running | Status::Undoing => RunStatus::Running,
        Status::Succeeded => RunStatus::Succeeded,
        Status::Failed | Status::Stuck | Status::Undone => RunStatus::Failed,
    };
    let mut account = old.clone();
    account.status = if transition.to == Status::Undone { AccountStatus::Deleted } else { status_of(old, run) };
    // Only an end that succeeded says what is missing now.
    if transition.to == Status::Succeeded || account.status == AccountStatus::Deleted {
        account.degraded = !transition.degraded.is_empty();
        account.degraded_reasons.clone_from(&transition.degraded);
    }
    account.provisioning = Some(ProvisioningRef { execution_id: transition.head.execution_id, status: run });
    account.updated_at = now;
    account
}

/// A change by the run itself, which no route holds up: the run may be about to make the route, or to remove it.
fn transition_change(transition: &Transition, account: AccountId) -> Change {
    let author = Author::Workflow {
        name: transition.head.workflow.clone(),
        execution_id: transition.head.execution_id,
        started_by: started_by(&transition.head.input),
    };
    let action = format!("{}_{}", transition.head.workflow.replace('-', "_"), status_word(transition.to));
    Change::of(EntryDraft::new(account, author, action)).unfenced().about(Account::NOUN, account)
}

/// Frees the names of an account that is gone.
async fn release_names(plane: &Plane, account: &Account, change: &mut Change) -> Result<()> {
    for claim in Account::name_claim(account.id, &account.name).claims() {
        release_own(plane, claim, change).await?;
    }
    if let Some(item) = plane.system(SystemTask::AccountLifecycle).get(&Intake::key(account.id)).await? {
        let intake = decode::<Intake>(&item)?.record;
        for (user, email) in first_users(account.id, &intake.request) {
            for claim in held_email_claims(plane, account.id, user, email).await? {
                change.release(&claim);
            }
        }
        change.write(Write::Delete { key: Intake::key(account.id), when: Condition::Always });
    }
    Ok(())
}

/// Frees a claim if it is still its holder's: an address can be somebody else's by now.
async fn release_own(plane: &Plane, claim: &Claim, change: &mut Change) -> Result<()> {
    let item = plane.system(SystemTask::AccountLifecycle).get(&record::encode(claim).key).await?;
    let stored = item.map(|item| decode::<Claim>(&item)).transpose()?;
    if let Some(stored) = stored.filter(|stored| stored.holder == claim.holder) {
        change.remove(&stored);
    }
    Ok(())
}

fn event_of(transition: &Transition) -> Option<String> {
    let named = transition.event.clone();
    match transition.to {
        Status::Succeeded => named,
        Status::Failed => named.or_else(|| Some(format!("{}.failed", transition.head.workflow.replace('-', ".")))),
        Status::Stuck => Some(format!("{}.stuck.failed", transition.head.workflow.replace('-', "."))),
        Status::Undone => Some(format!("{}.undone", transition.head.workflow.replace('-', "."))),
        Status::Running | Status::Undoing => None,
    }
}

const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        Status::Undoing => "undoing",
        Status::Undone => "undone",
        Status::Stuck => "stuck",
    }
}

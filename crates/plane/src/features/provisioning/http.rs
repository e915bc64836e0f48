//! Runs of workflows over HTTP.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::stream;
use crate::{
    audit::EntryDraft,
    features::{
        self,
        accounts::{model::Account, ops::Deletion},
    },
    guard::{
        Granted,
        actions::{
            AccountDelete, Action, DeadLetterEdit, DeadLetterRead, ProvisioningEdit, ProvisioningRead,
            ProvisioningStart,
        },
    },
    http::{
        answer::{Accepted, EventStream, NoContent, Plain},
        extract::{IfMatch, Json, LastEventId, Path, Query, ReadByGuard},
        idempotency::{AnswerHead, Ticket},
        routes::Routes,
    },
    ids::{AccountId, DeadLetterId, ExecutionId, example},
    page::{Limit, Page, PageQuery},
    plane::Plane,
    ports::table::{TableName, Write},
    problem::{Code, Problem, Result},
    record::Record as _,
    workflow::{CommittedAlong, DeadLetter, ErrorKind, Head, JournalError, OperateError, Progress, Status, WorkerName},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/provisioning/{accountId}", status, "Show how far an account's onboarding or removal is")
        .get("/api/provisioning/{accountId}/events", events, "Follow an account's onboarding or removal")
        .post("/api/provisioning", start, "Redrive an account's failed onboarding or removal")
        .answering_in_commit()
        .costly()
        .post("/api/provisioning/{accountId}/undo", undo, "Undo what an account's failed onboarding has done")
        .answering_in_commit()
        .costly()
        .delete("/api/provisioning/{accountId}", deprovision, "Deprovision an account")
        .get("/api/executions", executions, "List runs of workflows, the latest first")
        .get("/api/executions/{executionId}", execution, "Show a run of a workflow")
        .get("/api/dead-letters", dead_letters, "List dead letters, the latest first")
        .get("/api/dead-letters/{deadLetterId}", dead_letter, "Show a dead letter")
        .post("/api/dead-letters/{deadLetterId}/replay", replay, "Try a dead letter's step again")
        .answering_in_commit()
        .costly()
        .delete("/api/dead-letters/{deadLetterId}", discard, "Discard a dead letter")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
}))]
struct Start {
    #[expect(dead_code, reason = "the guard reads it")]
    account_id: ReadByGuard<AccountId>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LetterFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    worker: Option<KnownWorker>,
}

/// The name of a worker that a plan declares.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WorkerName")]
struct KnownWorker(WorkerName);

impl TryFrom<WorkerName> for KnownWorker {
    type Error = String;

    fn try_from(name: WorkerName) -> Result<Self, String> {
        let workers = features::workers();
        if workers.iter().any(|worker| name == *worker) {
            return Ok(Self(name));
        }
        let names: Vec<_> = workers.iter().map(|worker| worker.name()).collect();
        Err(format!("one of {}", names.join(", ")))
    }
}

impl JsonSchema for KnownWorker {
    fn schema_name() -> Cow<'static, str> {
        WorkerName::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        WorkerName::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        WorkerName::json_schema(generator)
    }
}

/// A run of a workflow, as a list shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Execution {
    id: ExecutionId,
    workflow: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    status: Status,
    started_at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<jiff::Timestamp>,
    degraded: Vec<String>,
}

impl From<Head> for Execution {
    fn from(head: Head) -> Self {
        Self {
            id: head.execution_id,
            workflow: head.workflow,
            account_id: head.account_id,
            status: head.status,
            started_at: head.started_at,
            finished_at: head.finished_at,
            degraded: head.degraded,
        }
    }
}

async fn status(who: Granted<ProvisioningRead>, plane: Plane, Path(_): Path<AccountId>) -> Result<Plain<Progress>> {
    Ok(Plain(plane.progress(latest_run(&plane, &who).await?).await?))
}

async fn events(
    who: Granted<ProvisioningRead>,
    plane: Plane,
    Path(_): Path<AccountId>,
    last: LastEventId,
) -> Result<EventStream<Progress>> {
    let execution = latest_run(&plane, &who).await?;
    let head = plane.driver().journal().head(execution).await.map_err(journal_problem)?.head;
    let after = last.within(execution, head.events);
    let is_told = after > 0 && after == head.events && !head.status.is_open();
    if is_told {
        return Ok(EventStream::ended());
    }
    Ok(EventStream::of(stream::progress(&plane, who.ongoing(), execution, after)))
}

async fn start(who: Granted<ProvisioningStart>, plane: Plane, Json(_): Json<Start>) -> Result<Accepted<Progress>> {
    let execution = latest_run(&plane, &who).await?;
    let along = EntryAndAnswer::of(&plane, &who, &run_entry(&plane, &who, execution).await?);
    along_kept(plane.driver().redrive(execution, along).await, who.ticket())
}

async fn undo(who: Granted<ProvisioningEdit>, plane: Plane, Path(_): Path<AccountId>) -> Result<Accepted<Progress>> {
    let execution = latest_run(&plane, &who).await?;
    let along = EntryAndAnswer::of(&plane, &who, &run_entry(&plane, &who, execution).await?);
    along_kept(plane.driver().undo(execution, along).await, who.ticket())
}

async fn deprovision(
    who: Granted<AccountDelete>,
    plane: Plane,
    Path(_): Path<AccountId>,
    Query(deletion): Query<Deletion>,
    if_match: IfMatch,
) -> Result<Accepted<Account>> {
    let old = plane.account(&who).await?;
    if_match.allows(Account::NOUN, old.version)?;
    Ok(Accepted(plane.delete_account(&who, old, &deletion).await?))
}

async fn executions(
    who: Granted<ProvisioningRead>,
    plane: Plane,
    Query(page): Query<PageQuery>,
) -> Result<Page<Execution>> {
    let journal = plane.driver().journal();
    let own = who.account() == who.actor().account();
    let of = if own { "executions".to_owned() } else { format!("executions {}", who.account()) };
    let after = page.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?;
    // The platform's own account means every account: runs are the platform's.
    let found = if own {
        journal.all(page.limit.get(), after).await
    } else {
        journal.of_account(who.account(), page.limit.get(), after).await
    };
    let (heads, next) = found.map_err(journal_problem)?;
    let executions: Vec<_> = heads.into_iter().map(Execution::from).collect();
    Ok(Page::of(&executions, next.map(|position| plane.cursors().seal(&of, &position))))
}

async fn execution(
    who: Granted<ProvisioningRead>,
    plane: Plane,
    Path(execution): Path<ExecutionId>,
) -> Result<Plain<Progress>> {
    let (held, _) = plane.driver().journal().load(execution).await.map_err(journal_problem)?;
    if !concerns(&who, held.head.account_id) {
        return Err(journal_problem(JournalError::NoSuchRun));
    }
    Ok(Plain(plane.progress(execution).await?))
}

async fn dead_letters(
    who: Granted<DeadLetterRead>,
    plane: Plane,
    Query(which): Query<LetterFilter>,
) -> Result<Page<DeadLetter>> {
    let account = named_account(&who);
    let worker = which.worker.map(|KnownWorker(name)| name);
    let of = format!("dead letters {worker:?} {account:?}");
    let after = which.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?;
    let letters = plane.driver().dead_letters();
    let (letters, next) =
        letters.list(worker.as_ref(), account, which.limit.get(), after, plane.now()).await.map_err(journal_problem)?;
    Ok(Page::of(&letters, next.map(|position| plane.cursors().seal(&of, &position))))
}

async fn dead_letter(
    who: Granted<DeadLetterRead>,
    plane: Plane,
    Path(letter): Path<DeadLetterId>,
) -> Result<Plain<DeadLetter>> {
    Ok(Plain(find_dead_letter(&plane, &who, letter).await?))
}

async fn replay(
    who: Granted<DeadLetterEdit>,
    plane: Plane,
    Path(letter): Path<DeadLetterId>,
) -> Result<Accepted<Progress>> {
    let found = find_dead_letter(&plane, &who, letter).await?;
    let along = EntryAndAnswer::of(&plane, &who, &letter_entry(&who, "dead_letter_replay", &found));
    let replayed = plane.driver().replay(letter, along).await;
    plane.commit_signal().committed(&TableName::shared());
    along_kept(replayed, who.ticket())
}

async fn discard(who: Granted<DeadLetterEdit>, plane: Plane, Path(letter): Path<DeadLetterId>) -> Result<NoContent> {
    let letter = find_dead_letter(&plane, &who, letter).await?;
    let entry = plane.entry_write(&letter_entry(&who, "dead_letter_discard", &letter));
    plane.driver().dead_letters().discard(&letter, vec![entry]).await.map_err(journal_problem)?;
    plane.commit_signal().committed(&TableName::shared());
    Ok(NoContent)
}

/// The audit entry of an operator's act on a run, and its answer for the request's idempotency key: in the commit of the act.
struct EntryAndAnswer {
    entry: Write,
    ticket: Option<Ticket>,
}

impl EntryAndAnswer {
    fn of<A: Action>(plane: &Plane, who: &Granted<A>, entry: &EntryDraft) -> Self {
        Self { entry: plane.entry_write(entry), ticket: who.ticket().cloned() }
    }
}

impl CommittedAlong for EntryAndAnswer {
    fn writes(self, progress: &Progress) -> Vec<Write> {
        let answer = self.ticket.map(|ticket| ticket.answer(AnswerHead::plain(202), progress));
        [Some(self.entry), answer].into_iter().flatten().collect()
    }
}

/// The audit entry of what an operator does with a run. A run is named by its account.
async fn run_entry<A: Action>(plane: &Plane, who: &Granted<A>, execution: ExecutionId) -> Result<EntryDraft> {
    Ok(who.entry().about("execution", execution).named(plane.account(who).await?.name.as_str()))
}

/// The answer of an act whose commit keeps it too.
fn along_kept(done: Result<Progress, OperateError>, ticket: Option<&Ticket>) -> Result<Accepted<Progress>> {
    let progress = done.map_err(operate_problem)?;
    if let Some(ticket) = ticket {
        ticket.set_kept();
    }
    Ok(Accepted(progress))
}

/// The audit entry of what an operator does with a dead letter: in the log of the account that the letter is about.
fn letter_entry(who: &Granted<DeadLetterEdit>, action: &str, letter: &DeadLetter) -> EntryDraft {
    let account = letter.account_id.unwrap_or_else(|| who.account());
    EntryDraft { account, action: action.to_owned(), ..who.entry() }
        .about("dead letter", letter.id)
        .named(format!("{} of {}", letter.state, letter.workflow))
}

/// The account that an operator names; `None`: every account, since the platform's own means all of them.
fn named_account<A: Action>(who: &Granted<A>) -> Option<AccountId> {
    (who.account() != who.actor().account()).then(|| who.account())
}

/// Whether something of an account is among what the request is about.
fn concerns<A: Action>(who: &Granted<A>, account: Option<AccountId>) -> bool {
    named_account(who).is_none_or(|named| account == Some(named))
}

impl Plane {
    /// How far a run is.
    pub async fn progress(&self, execution: ExecutionId) -> Result<Progress> {
        let (held, history) = self.driver().journal().load(execution).await.map_err(journal_problem)?;
        let workflow = self.driver().workflows().of(&held.head);
        let workflow =
            workflow.ok_or_else(|| Problem::new(Code::Conflict, "this version does not know the run's workflow"))?;
        Ok(Progress::of(&workflow.plan, &held.head, &history))
    }
}

/// A dead letter, of the account that the request names if it names one.
async fn find_dead_letter<A: Action>(plane: &Plane, who: &Granted<A>, id: DeadLetterId) -> Result<DeadLetter> {
    let found = plane.driver().dead_letters().get(id, plane.now()).await.map_err(journal_problem)?;
    found
        .filter(|letter| concerns(who, letter.account_id))
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such dead letter"))
}

/// The run that an account's status speaks of.
async fn latest_run<A: Action>(plane: &Plane, who: &Granted<A>) -> Result<ExecutionId> {
    let account = plane.account(who).await?;
    let run = account
        .record
        .provisioning
        .ok_or_else(|| Problem::new(Code::NotFound, "nothing was ever run for this account"))?;
    Ok(run.execution_id)
}

fn journal_problem(error: JournalError) -> Problem {
    match error {
        JournalError::NoSuchRun => Problem::new(Code::NotFound, "there is no such run"),
        JournalError::Superseded | JournalError::Refused => {
            Problem::new(Code::Conflict, "the run went on meanwhile; try again")
        }
        JournalError::Damaged(_) => Problem::internal(&error),
        JournalError::Table(error) => error.into(),
    }
}

fn operate_problem(error: OperateError) -> Problem {
    match error {
        OperateError::NotFailed(_) => Problem::new(Code::Conflict, error.to_string()),
        OperateError::NoSuchLetter => Problem::new(Code::NotFound, error.to_string()),
        OperateError::Step(error) if error.kind == ErrorKind::Permanent => Problem::new(Code::Conflict, error.message),
        OperateError::Step(error) => Problem::new(Code::Unavailable, error.message).retry_after(1),
        OperateError::NoSuchWorkflow | OperateError::History(_) => Problem::internal(&error),
        OperateError::Journal(error) => journal_problem(error),
    }
}

//! A change: all that one operation writes, in one commit, with its audit entry, its outgoing events, the answer kept
//! for its idempotency key and the markers of what must be copied to a dedicated table.

mod claims;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::claims::NameChange;
pub use self::claims::{Claim, NameClaim};
use crate::{
    Kernel,
    audit::{AuditEntry, Author, EntryDetails, EntryDraft, RecordChange, hides_a_change},
    event_kinds::EventKind,
    guard::{Granted, actions::Action},
    idempotency::{AnswerHead, Ticket},
    ids::{AccountId, AuditId, EnterpriseId, EventId},
    kinds::{OnRemoval, RecordKind, RecordKinds},
    ports::{
        events::Event,
        table::{CommitError, Condition, Item, Key, NewItem, TableName, Write},
    },
    problem::{Code, Problem, Result},
    record::{self, Record, RecordKeys, Stored, partition},
    router::Route,
};

/// The kinds of record that changes write beside their own.
pub(crate) const KINDS: &[RecordKind] = &[CopyMarker::DECLARED, OutgoingEvent::DECLARED, Claim::DECLARED];

/// Which of an account's tables a change goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The control plane's directory: accounts, people, licenses, master data.
    Directory,
    /// The account's own table, found by the router.
    Workload,
}

/// What one operation writes.
#[derive(Debug)]
pub struct Change {
    account: AccountId,
    home: Home,
    /// `None`: an earlier commit of the same operation holds the entry.
    entry: Option<EntryDraft>,
    writes: Vec<PlannedWrite>,
    /// Names that are given or freed, where the writes depend on which claims are stored.
    names: Vec<NameChange>,
    /// Records that other commits of the operation remove.
    removed_elsewhere: Vec<(Key, Value)>,
    events: Vec<(&'static str, Value)>,
    ticket: Option<Ticket>,
    /// The change keeps the answer of this ticket's request for good.
    keeps: Option<Ticket>,
    fenced: bool,
    copied: bool,
}

/// A write of a change.
#[derive(Debug)]
struct PlannedWrite {
    write: Write,
    /// The answer if its condition does not hold.
    problem: Option<Problem>,
    /// The record that it replaces or removes.
    before: Option<Value>,
}

impl Change {
    /// A change by somebody who was let through, in the account that they were let into.
    pub fn by<A: Action>(who: &Granted<A>) -> Self {
        Self { ticket: who.ticket().cloned(), ..Self::of(who.entry()) }
    }

    /// A change by a workflow, the set-up or a schedule.
    pub fn by_platform(author: Author, action: &'static str, account: AccountId) -> Self {
        Self::of(EntryDraft::new(account, author, action))
    }

    /// A change that is recorded by this entry.
    pub const fn of(entry: EntryDraft) -> Self {
        Self {
            account: entry.account,
            home: Home::Directory,
            entry: Some(entry),
            writes: Vec::new(),
            names: Vec::new(),
            removed_elsewhere: Vec::new(),
            events: Vec::new(),
            ticket: None,
            keeps: None,
            fenced: true,
            copied: true,
        }
    }

    /// A later commit of an operation whose first commit holds the audit entry: it writes no entry of its own.
    #[must_use]
    pub fn following(mut self) -> Self {
        self.entry = None;
        self
    }

    /// What the audit entry calls it, where that is more than the name of the right that permits it.
    #[must_use]
    pub fn doing(mut self, action: impl Into<String>) -> Self {
        if let Some(entry) = &mut self.entry {
            entry.action = action.into();
        }
        self
    }

    /// In this account, rather than the one that the caller was let into: for an account that is being made.
    #[must_use]
    pub const fn for_account(mut self, account: AccountId) -> Self {
        self.account = account;
        if let Some(entry) = &mut self.entry {
            entry.account = account;
        }
        self
    }

    /// Into the account's own table instead of the directory.
    #[must_use]
    pub const fn workload(mut self) -> Self {
        self.home = Home::Workload;
        self
    }

    /// Goes through whatever the account's route says: for changes that make the route, close it or follow its end,
    /// and for accounts that have none yet.
    #[must_use]
    pub const fn unfenced(mut self) -> Self {
        self.fenced = false;
        self
    }

    /// Asks for no copies in the account's own table: for an account that is being removed.
    #[must_use]
    pub const fn uncopied(mut self) -> Self {
        self.copied = false;
        self
    }

    /// What the audit entry names.
    #[must_use]
    pub fn about(mut self, kind: &str, id: impl std::fmt::Display) -> Self {
        self.entry = self.entry.map(|entry| entry.about(kind, id));
        self
    }

    /// The name of what the audit entry names, if no record has it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.entry = self.entry.map(|entry| entry.named(name));
        self
    }

    /// The enterprise that the change concerns, if none of its records belongs to one.
    #[must_use]
    pub fn in_enterprise(mut self, enterprise: EnterpriseId) -> Self {
        self.concerns(Some(enterprise));
        self
    }

    pub fn create<R: Record>(&mut self, new: &R) {
        self.concerns(new.place().enterprise(self.account));
        self.write(record::create(new));
    }

    /// Replaces a record; if it changed since it was read, the caller gets `precondition_failed`.
    pub fn replace<R: Record>(&mut self, old: &Stored<R>, new: &R) {
        self.concerns(new.place().enterprise(self.account));
        self.write_over(record::replace(old, new), &old.record);
    }

    pub fn remove<R: Record>(&mut self, old: &Stored<R>) {
        self.concerns(old.record.place().enterprise(self.account));
        self.write_over(record::remove(old), &old.record);
    }

    /// Replaces a record by its item; if it changed since it was read, the caller gets `conflict`.
    pub fn replace_item(&mut self, old: &Item, item: NewItem) {
        let before = serde_json::from_slice(&old.body).ok();
        let write = Write::Put { item, when: Condition::Version(old.version) };
        self.writes.push(PlannedWrite { write, problem: None, before });
    }

    /// The audit entry says that the operation removes this record: another commit of it does.
    pub fn removes_elsewhere<R: Record>(&mut self, old: &R) {
        self.removed_elsewhere.push((old.place().key, as_value(old)));
    }

    fn write_over<R: Record>(&mut self, write: Write, before: &R) {
        let before = self.entry.is_some().then(|| as_value(before));
        self.writes.push(PlannedWrite { write, problem: Some(stale(R::NOUN)), before });
    }

    /// The entry is of the enterprise that the grant covers, else of the first that a record belongs to.
    fn concerns(&mut self, enterprise: Option<EnterpriseId>) {
        if let Some(entry) = &mut self.entry {
            entry.enterprise = entry.enterprise.or(enterprise);
        }
    }

    pub fn write(&mut self, write: Write) {
        self.writes.push(PlannedWrite { write, problem: None, before: None });
    }

    /// A write whose condition, if it does not hold, is answered with this problem.
    pub fn write_or(&mut self, write: Write, problem: Problem) {
        self.writes.push(PlannedWrite { write, problem: Some(problem), before: None });
    }

    /// Claims a unique name; the second claimant gets the problem.
    pub fn claim(&mut self, claim: &Claim, problem: Problem) {
        self.write_or(record::create(claim), problem);
    }

    pub fn release(&mut self, claim: &Claim) {
        self.write(claim.release());
    }

    /// Claims the name of a new record; the second claimant gets the problem.
    pub fn claim_name(&mut self, name: &NameClaim, taken: &Problem) {
        for claim in name.claims() {
            self.claim(claim, taken.clone());
        }
    }

    /// Frees the name of a record that is removed.
    pub fn release_name(&mut self, name: &NameClaim) {
        match name.only() {
            Some(claim) => self.release(claim),
            None => self.names.push(NameChange { before: name.clone(), after: None }),
        }
    }

    /// Gives a record another name; if it is somebody else's, the caller gets the problem.
    pub fn rename(&mut self, before: &NameClaim, after: &NameClaim, taken: Problem) {
        match (before.only(), after.only()) {
            (Some(before), Some(after)) if before == after => {}
            (Some(before), Some(after)) => {
                self.release(before);
                self.claim(after, taken);
            }
            (None, _) | (_, None) => {
                self.names.push(NameChange { before: before.clone(), after: Some((after.clone(), taken)) });
            }
        }
    }

    /// An event that goes out when the change is durable.
    pub fn event<D: Serialize + JsonSchema>(&mut self, kind: &EventKind<D>, detail: &D) {
        let detail = serde_json::to_value(detail).expect("details hold nothing that JSON can't");
        self.events.push((kind.name, detail));
    }

    /// Keeps the answer for the request's idempotency key, if it has one. The handler answers the same.
    pub fn answers<R: Serialize>(&mut self, head: AnswerHead, body: &R) {
        if let Some(ticket) = self.ticket.take() {
            self.write(ticket.answer(head, body));
            self.keeps = Some(ticket);
        }
    }

    /// Keeps what is known of the answer, for an operation that goes on after this commit.
    pub fn answers_provisionally<R: Serialize>(&mut self, head: AnswerHead, body: &R) {
        if let Some(ticket) = self.ticket.take() {
            self.write(ticket.provisional_answer(head, body));
        }
    }

    /// Keeps the answer in place of the provisional one, unless that one may have been replayed.
    pub fn answers_finally<R: Serialize>(&mut self, ticket: &Ticket, head: AnswerHead, body: &R, now: Timestamp) {
        if let Some(write) = ticket.final_answer(head, body, now) {
            self.write(write);
            self.keeps = Some(ticket.clone());
        }
    }

    /// The change keeps the answer of a request, though it has an entry of its own making.
    pub fn keeps_answer_of<A: Action>(&mut self, who: &Granted<A>) {
        self.ticket = who.ticket().cloned();
    }

    /// Does not keep the answer: an earlier commit of the same request has.
    #[must_use]
    pub fn without_answer(mut self) -> Self {
        self.ticket = None;
        self
    }

    /// The records of the change, for its audit entry. What the operation removes by another commit is removed.
    fn record_changes(&self) -> Vec<RecordChange<'_>> {
        let elsewhere = |key: &Key| self.removed_elsewhere.iter().any(|(removed, _)| removed == key);
        let here = self.writes.iter().filter(|planned| !elsewhere(planned.write.key()));
        let here = here.filter_map(|planned| RecordChange::of(&planned.write, planned.before.as_ref()));
        let removed = self.removed_elsewhere.iter();
        here.chain(removed.map(|(key, before)| RecordChange { key, before: Some(before), after: None })).collect()
    }

    /// The notes that have the change's records copied to the account's own table.
    fn markers(&self, route: &Route, kinds: &RecordKinds) -> Vec<Write> {
        if !(self.copied && route.copies_directory && self.home == Home::Directory) {
            return Vec::new();
        }
        let copied =
            self.writes.iter().map(|planned| &planned.write).filter(|write| copies(write, kinds, self.account));
        copied.map(|write| copy_marker(self.account, write.key())).collect()
    }

    /// The problem of a write that was refused, if it has one of its own.
    fn problem_of<'a>(
        &'a self,
        write: usize,
        first_name_write: usize,
        names: &'a [Option<Problem>],
    ) -> Option<&'a Problem> {
        match self.writes.get(write) {
            Some(planned) => planned.problem.as_ref(),
            None => names.get(write.checked_sub(first_name_write)?)?.as_ref(),
        }
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

fn as_value<R: Record>(record: &R) -> Value {
    serde_json::to_value(record).expect("records hold nothing that JSON can't")
}

fn stale(noun: &str) -> Problem {
    Problem::new(Code::PreconditionFailed, format!("the {noun} has changed since it was read"))
        .help("read it again, apply the change to what it is now, and send its new ETag")
}

impl Kernel {
    /// Writes a change, whole or not at all; when this returns, it is durable.
    pub async fn commit(&self, change: Change) -> Result<()> {
        let details = self.details_of(&change).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_commit(&change, &details).await {
                // The route moved between being resolved and the commit: resolve it again.
                Err(Refusal::Fence(before)) if tries < 4 => {
                    self.router().forget(change.account);
                    let now = self.router().route(change.account).await?;
                    if now.version == before {
                        return Err(Problem::new(
                            Code::Conflict,
                            "the account is being removed; nothing in it can be changed",
                        ));
                    }
                }
                Err(Refusal::Fence(_)) => {
                    return Err(Problem::new(Code::Unavailable, "the account is being moved; try again").retry_after(1));
                }
                Err(Refusal::Problem(problem)) => return Err(*problem),
                Ok(()) => {
                    if let Some(ticket) = &change.keeps {
                        ticket.set_kept();
                    }
                    self.changed(change.account);
                    return Ok(());
                }
            }
        }
    }

    /// What the audit entry says of the target and of the records.
    async fn details_of(&self, change: &Change) -> Result<EntryDetails> {
        let Some(entry) = &change.entry else { return Ok(EntryDetails::default()) };
        debug_assert!(
            !change.writes.iter().any(|PlannedWrite { write, before, .. }| {
                hides_a_change(self.kinds().of(write.key()), write, before.as_ref())
            }),
            "the audit entry of {} can't show what a record was before: use Change::replace or Change::remove",
            entry.action
        );
        self.entry_details(change.account, entry.target.as_ref(), &change.record_changes()).await
    }

    async fn try_commit(&self, change: &Change, details: &EntryDetails) -> Result<(), Refusal> {
        let now = self.now();
        let mut writes = Vec::with_capacity(change.writes.len() + change.events.len() + 2);
        let route = if change.fenced { Some(self.router().route(change.account).await?) } else { None };
        let table = match (&route, change.home) {
            (_, Home::Directory) | (None, Home::Workload) => self.router().shared().clone(),
            (Some(route), Home::Workload) => self.router().table(route).await?,
        };
        writes.extend(self.recorded(change, details, now));
        let first_name_write = writes.len();
        let mut name_problems = Vec::new();
        for name in &change.names {
            for (write, problem) in name.writes(table.as_ref()).await? {
                writes.push(write);
                name_problems.push(problem);
            }
        }
        let mut fence = None;
        if let Some(route) = &route {
            let mut random = [0; 4];
            self.rng().fill(&mut random);
            fence = Some(writes.len());
            writes.push(route.fence(u32::from_le_bytes(random)));
            writes.extend(change.markers(route, self.kinds()));
        }
        let name = match (&route, change.home) {
            (Some(route), Home::Workload) => route.table.clone(),
            (_, Home::Directory) | (None, Home::Workload) => TableName::shared(),
        };
        if name != TableName::shared() {
            self.note_written(&name).await.map_err(|problem| Refusal::Problem(Box::new(problem)))?;
        }
        match table.commit(writes).await {
            Ok(()) => {
                self.commit_signal().committed(&name);
                Ok(())
            }
            Err(CommitError::Refused { write, .. }) => match change.problem_of(write, first_name_write, &name_problems)
            {
                Some(problem) => Err(Refusal::Problem(Box::new(problem.clone()))),
                None if Some(write) == fence => Err(Refusal::Fence(route.map_or(0, |route| route.version))),
                None => Err(Refusal::Problem(Box::new(
                    Problem::new(Code::Conflict, "something else changed the same records meanwhile; try again")
                        .retry_after(0),
                ))),
            },
            Err(CommitError::Table(error)) => Err(Refusal::Problem(Box::new(error.into()))),
        }
    }

    /// The writes of an unfenced change in the directory that somebody else commits, such as the journal of a run: its
    /// records, audit entry and events, and the notes for the copies in the account's own table.
    pub async fn writes_of(&self, change: Change) -> Result<Vec<Write>> {
        debug_assert!(
            !change.fenced && change.home == Home::Directory && change.names.is_empty(),
            "nobody would move such a commit to another route"
        );
        let details = self.details_of(&change).await?;
        let mut writes: Vec<_> = self.recorded(&change, &details, self.now()).collect();
        // As the store has it now: the router may remember the account without a route.
        if let Some(item) = self.router().shared().get(&Route::key(change.account)).await? {
            writes.extend(change.markers(&record::decode::<Route>(&item)?.record, self.kinds()));
        }
        Ok(writes)
    }

    /// The records of a change with its audit entry and its events.
    fn recorded(&self, change: &Change, details: &EntryDetails, now: Timestamp) -> impl Iterator<Item = Write> {
        let records = change.writes.iter().map(|planned| planned.write.clone());
        let entry =
            change.entry.as_ref().map(|draft| record::create(&self.author_entry(draft, now).with(details.clone())));
        let events = change.events.iter();
        let events =
            events.map(move |(kind, detail)| record::create(&self.outgoing(change.account, kind, detail, now)));
        records.chain(entry).chain(events)
    }

    /// The write that records something beside a change: for the commit in which it happens.
    pub fn entry_write(&self, draft: &EntryDraft) -> Write {
        record::create(&self.author_entry(draft, self.now()))
    }

    fn author_entry(&self, draft: &EntryDraft, at: Timestamp) -> AuditEntry {
        draft.entry(AuditId::new(at, self.rng()), at)
    }

    fn outgoing(&self, account_id: AccountId, kind: &str, detail: &Value, at: Timestamp) -> OutgoingEvent {
        let id = EventId::new(at, self.rng());
        OutgoingEvent {
            event: Event { id, kind: kind.to_owned(), account_id, at, detail: detail.clone() },
            delivered_at: None,
        }
    }
}

enum Refusal {
    Fence(u64),
    Problem(Box<Problem>),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Whether a write changes a record that a private account's dedicated table holds a copy of.
fn copies(write: &Write, kinds: &RecordKinds, account: AccountId) -> bool {
    let changes = match write {
        Write::Put { .. } | Write::Add { .. } | Write::Delete { .. } => true,
        Write::Check { .. } => false,
    };
    changes && kinds.is_copied(account, write.key())
}

/// The partition of `Gsi3` in which copies wait to be made.
pub const COPIES_PENDING: &str = "COPY#PENDING";

/// A note that a record is to be copied to the account's own table, as it then is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyMarker {
    pub account_id: AccountId,
    /// The sort key of the record.
    pub sk: String,
}

impl Record for CopyMarker {
    const NOUN: &'static str = "copy marker";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "COPY#").internal();

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(partition(self.account_id), format!("COPY#{}", self.sk)))
            .by_status(Key::new(COPIES_PENDING, format!("{}#{}", self.account_id, self.sk)))
    }
}

/// The write that has a record of the directory copied.
fn copy_marker(account_id: AccountId, key: &Key) -> Write {
    Write::Put { item: record::encode(&CopyMarker { account_id, sk: key.sk.clone() }), when: Condition::Always }
}

/// An event on its way out, or delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutgoingEvent {
    pub event: Event,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

impl OutgoingEvent {
    /// The partition of `Gsi3` in which events wait for delivery.
    pub const PENDING: &'static str = "EVENT#PENDING";
    /// How long a delivered event is kept: 30 days.
    const KEPT_SECONDS: i64 = 30 * 24 * 3600;
}

impl Record for OutgoingEvent {
    const NOUN: &'static str = "event";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "EVENT#").on_removal(OnRemoval::Kept("events"));

    fn place(&self) -> RecordKeys {
        let place = RecordKeys::at(record::tenant_key(self.event.account_id, "EVENT", self.event.id));
        match self.delivered_at {
            None => place.by_status(Key::new(Self::PENDING, format!("{}#{}", self.event.account_id, self.event.id))),
            Some(at) => place.until(at.as_second() + Self::KEPT_SECONDS),
        }
    }
}

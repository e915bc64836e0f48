//! Entries of the audit log beside changes: sign-ins and their failures, refusals, and reading what holds secrets.
//!
//! INVARIANT: no caller makes the log grow without bound. What one person repeats within [`WINDOW`] is one entry at its beginning
//! and one with a count at its end. Requests that name different things are no repeats, up to a bound. Events of unknown callers
//! are counted together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Kernel,
    audit::{Author, EntryDraft, NamedTenant, Outcome, RequestOrigin, Target},
    change::Change,
    directory::user::{InactiveUser, User},
    guard::{Granted, actions::Action},
    identity::trail::{AuditSubject, AuditTrail, Failure},
    ids::{Subject, known},
    ports::table::{TableError, Write},
    problem::Result,
    record::{Record as _, decode},
};

/// Repeats within this time are counted in one entry.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// The most kinds of repeats that are counted apart; further ones are counted together.
const MOST_WINDOWS: usize = 20_000;
/// The most targets of one person's refusals at one operation that are counted apart; further ones are counted together.
const MOST_TARGETS: usize = 20;

/// What counts as a repeat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Repeat {
    /// `None`: an unknown caller.
    subject: Option<Subject>,
    operation: String,
    outcome: Outcome,
    reason: Option<String>,
    /// What a refused request named; of the first few of a kind each is counted apart.
    target: Option<Target>,
    named: Option<NamedTenant>,
}

impl Repeat {
    fn of(subject: Option<Subject>, operation: String, draft: &EntryDraft) -> Self {
        let EntryDraft { outcome, reason, target, named, .. } = draft.clone();
        Self { subject, operation, outcome, reason, target, named }
    }

    /// The same, whatever was named.
    fn kind(&self) -> Self {
        Self { target: None, named: None, ..self.clone() }
    }
}

#[derive(Debug)]
struct Window {
    ends: Timestamp,
    /// How often it came again since its entry.
    again: u64,
    latest: EntryDraft,
}

/// The open windows.
#[derive(Debug, Default)]
pub struct SecurityEvents(Mutex<Windows>);

#[derive(Debug, Default)]
struct Windows {
    open: HashMap<Repeat, Window>,
    /// How many windows of a kind name something.
    named: HashMap<Repeat, usize>,
}

impl Windows {
    /// The window that an event belongs to.
    fn place(&self, repeat: Repeat) -> Repeat {
        if self.open.contains_key(&repeat) {
            return repeat;
        }
        let kind = repeat.kind();
        let named = self.named.get(&kind).copied().unwrap_or_default();
        let repeat = if named >= MOST_TARGETS { kind } else { repeat };
        if self.open.len() < MOST_WINDOWS || self.open.contains_key(&repeat) {
            return repeat;
        }
        Repeat { subject: None, operation: "other".into(), reason: None, ..repeat.kind() }
    }

    fn insert(&mut self, repeat: Repeat, window: Window) {
        let kind = repeat.kind();
        if kind != repeat {
            *self.named.entry(kind).or_default() += 1;
        }
        self.open.insert(repeat, window);
    }
}

impl SecurityEvents {
    /// Records an event. Returns the entry to write now: none for a repeat.
    fn admit(&self, repeat: Repeat, draft: EntryDraft, now: Timestamp) -> Option<EntryDraft> {
        let mut windows = self.0.lock().expect("no holder panics");
        let repeat = windows.place(repeat);
        let ends = now + WINDOW;
        match windows.open.get_mut(&repeat) {
            Some(window) if now < window.ends => {
                window.again += 1;
                window.latest = draft;
                None
            }
            Some(window) => {
                let before = std::mem::replace(window, Window { ends, again: 0, latest: draft.clone() });
                Some(EntryDraft { count: (before.again > 0).then_some(before.again + 1), ..draft })
            }
            None => {
                windows.insert(repeat, Window { ends, again: 0, latest: draft.clone() });
                Some(draft)
            }
        }
    }

    /// The entries of the windows that have ended by now, for what came again in them.
    fn ended(&self, now: Timestamp) -> Vec<EntryDraft> {
        let mut windows = self.0.lock().expect("no holder panics");
        let Windows { open, named } = &mut *windows;
        let mut counted = Vec::new();
        open.retain(|repeat, window| {
            let over = now >= window.ends;
            if over && window.again > 0 {
                counted.push(EntryDraft { count: Some(window.again), ..window.latest.clone() });
            }
            if over && let Some(left) = named.get_mut(&repeat.kind()) {
                *left -= usize::from(repeat.kind() != *repeat);
            }
            !over
        });
        named.retain(|_, left| *left > 0);
        counted
    }
}

/// A refusal to record: the parts of the request that its entry names.
#[derive(Debug)]
pub struct Refusal {
    subject: Subject,
    operation: String,
    draft: EntryDraft,
}

impl Refusal {
    /// A refusal of a known caller. `operation` tells repeats apart.
    pub const fn new(subject: Subject, operation: String, draft: EntryDraft) -> Self {
        Self { subject, operation, draft }
    }
}

impl Kernel {
    /// Writes an audit entry that belongs to no change.
    pub async fn record_security_event(&self, draft: EntryDraft) -> Result<()> {
        self.commit(Change::of(draft).unfenced()).await
    }

    /// Records that a request of a signed-in caller was refused.
    pub async fn record_refusal(&self, refusal: Refusal) {
        self.record_once(Some(refusal.subject), refusal.operation, refusal.draft).await;
    }

    /// Records that somebody read secrets of others: once in a window.
    pub async fn record_reading<A: Action>(&self, who: &Granted<A>) {
        let operation = format!("{} {}", who.action(), who.account());
        self.record_once(Some(who.actor().user.subject()), operation, who.entry()).await;
    }

    async fn record_once(&self, subject: Option<Subject>, operation: String, draft: EntryDraft) {
        let repeat = Repeat::of(subject, operation, &draft);
        if let Some(draft) = self.security_events().admit(repeat, draft, self.now()) {
            self.write_security_event(draft).await;
        }
    }

    /// Writes the entries of the windows that are over by a moment; [`Timestamp::MAX`]: of all.
    pub async fn write_counted_events(&self, by: Timestamp) {
        for draft in self.security_events().ended(by) {
            self.write_security_event(draft).await;
        }
    }

    async fn write_security_event(&self, draft: EntryDraft) {
        let action = draft.action.clone();
        if let Err(problem) = self.record_security_event(draft).await {
            tracing::error!(%problem, action, "a security event is not in the audit log");
        }
    }

    /// Records an identity operation by which a person proves who they are: its success in the commit that does it, its failures
    /// beside the answer.
    pub fn trail(&self, action: &'static str, origin: &RequestOrigin) -> Arc<dyn AuditTrail> {
        self.trail_of(action, origin, AskedBy::Themselves)
    }

    /// Records an identity operation of somebody who is signed in: its failures too are theirs.
    pub fn own_trail(&self, action: &'static str, origin: &RequestOrigin) -> Arc<dyn AuditTrail> {
        self.trail_of(action, origin, AskedBy::SignedIn)
    }

    /// Records the results of a refresh: no success, for it is no sign-in, the end of the session that a stolen token causes, and
    /// the refusal of somebody who may not act.
    pub fn refresh_trail(&self, origin: &RequestOrigin) -> Arc<dyn AuditTrail> {
        let asked_by = AskedBy::Themselves;
        let (action, failed_action) = ("session_end", "auth_refresh");
        Arc::new(SecurityTrail { plane: self.clone(), action, failed_action, origin: origin.clone(), asked_by })
    }

    /// Records an identity operation that anybody can ask for: repeats are counted.
    pub fn open_trail(&self, action: &'static str, origin: &RequestOrigin) -> Arc<dyn AuditTrail> {
        self.trail_of(action, origin, AskedBy::Anybody)
    }

    fn trail_of(&self, action: &'static str, origin: &RequestOrigin, asked_by: AskedBy) -> Arc<dyn AuditTrail> {
        let origin = origin.clone();
        Arc::new(SecurityTrail { plane: self.clone(), action, failed_action: action, origin, asked_by })
    }

    /// The entry of an identity operation by the person whom it is about.
    async fn personal_entry(&self, action: &'static str, whom: &AuditSubject, origin: RequestOrigin) -> EntryDraft {
        let key = User::key(whom.account, whom.user);
        // Without the user's record the entry is of the account as a whole.
        let user = self.router().shared().get(&key).await.ok().flatten().and_then(|item| decode::<User>(&item).ok());
        let name = user.as_ref().map(|user| user.full_name());
        let enterprise =
            user.map(|user| user.enterprise_id).filter(|enterprise| *enterprise != known::GLOBAL_ENTERPRISE);
        let operator = self.actor(whom.subject).await.ok().flatten().is_some_and(|actor| actor.operator);
        let author = Author::User { id: whom.user, email: whom.email.clone(), operator };
        let draft = EntryDraft::new(whom.account, author, action)
            .in_enterprise(enterprise)
            .from(origin)
            .about(User::NOUN, whom.user);
        EntryDraft { target_name: name, ..draft }
    }
}

struct SecurityTrail {
    plane: Kernel,
    action: &'static str,
    failed_action: &'static str,
    origin: RequestOrigin,
    asked_by: AskedBy,
}

/// Who an operation is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AskedBy {
    /// The person whom it is about, if it succeeds.
    Themselves,
    /// The person that it is about, authenticated by a token.
    SignedIn,
    /// A caller without proof of identity.
    Anybody,
}

#[async_trait]
impl AuditTrail for SecurityTrail {
    async fn bars(&self, subject: Subject) -> std::result::Result<Option<InactiveUser>, TableError> {
        let barred = self.plane.barred(subject).await;
        barred.map_err(|problem| TableError::Unavailable(problem.operator_detail().to_owned().into()))
    }

    async fn writes(&self, whom: AuditSubject) -> std::result::Result<Vec<Write>, TableError> {
        let draft = self.plane.personal_entry(self.action, &whom, self.origin.clone()).await;
        let draft = match self.asked_by {
            AskedBy::Themselves | AskedBy::SignedIn => Some(draft),
            AskedBy::Anybody => {
                let draft = EntryDraft { author: Author::Anonymous, ..draft };
                let repeat = Repeat::of(Some(whom.subject), self.action.to_owned(), &draft);
                self.plane.security_events().admit(repeat, draft, self.plane.now())
            }
        };
        Ok(draft.iter().map(|draft| self.plane.entry_write(draft)).collect())
    }

    fn failed(&self, whom: Option<AuditSubject>, why: Failure) {
        let (plane, action, origin) = (self.plane.clone(), self.failed_action, self.origin.clone());
        let proven = match why {
            Failure::InvalidCredentials => self.asked_by == AskedBy::SignedIn,
            Failure::InactiveUser(_) => true,
        };
        self.plane.spawn_background(async move {
            let (subject, draft) = match &whom {
                Some(whom) => (Some(whom.subject), plane.personal_entry(action, whom, origin).await),
                None => (None, EntryDraft::new(known::ROOT_ACCOUNT, Author::Anonymous, action).from(origin)),
            };
            // A caller who failed has not proved to be that person, unless they are signed in or may not act only.
            let author = if proven { draft.author.clone() } else { Author::Anonymous };
            let draft = EntryDraft { author, ..draft }.ended(Outcome::Failed, why.as_str());
            plane.record_once(subject, action.to_owned(), draft).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::AccountId;

    fn draft() -> EntryDraft {
        EntryDraft::new(AccountId::from_uuid(Uuid::nil()), Author::Anonymous, "auth_login")
    }

    fn repeat(subject: u128) -> Repeat {
        let subject = Some(Subject::from_uuid(Uuid::from_u128(subject)));
        let draft = EntryDraft { outcome: Outcome::Failed, ..draft() };
        Repeat::of(subject, "auth_login".into(), &draft)
    }

    #[test]
    fn repeats_are_counted_once_their_window_is_over() {
        let (events, start) = (SecurityEvents::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(events.admit(repeat(1), draft(), start), Some(draft()));
        for _ in 0..5 {
            assert_eq!(events.admit(repeat(1), draft(), start), None);
        }
        assert_eq!(events.admit(repeat(2), draft(), start), Some(draft()), "of somebody else");
        assert_eq!(events.ended(start), []);
        assert_eq!(events.ended(start + WINDOW), [EntryDraft { count: Some(5), ..draft() }]);
        assert_eq!(events.ended(start + WINDOW), []);
        // A window that nobody has looked at since is counted by the next event.
        events.admit(repeat(1), draft(), start);
        events.admit(repeat(1), draft(), start);
        let next = events.admit(repeat(1), draft(), start + WINDOW);
        assert_eq!(next, Some(EntryDraft { count: Some(2), ..draft() }));
    }

    #[test]
    fn another_target_is_no_repeat_up_to_a_bound() {
        let (events, start) = (SecurityEvents::default(), Timestamp::UNIX_EPOCH);
        let about =
            |id: usize| Repeat { target: Some(Target { kind: "user".into(), id: id.to_string() }), ..repeat(1) };
        for id in 0..MOST_TARGETS {
            assert!(events.admit(about(id), draft(), start).is_some(), "{id}");
            assert!(events.admit(about(id), draft(), start).is_none(), "{id}");
        }
        let further = (MOST_TARGETS..200).filter(|id| events.admit(about(*id), draft(), start).is_some()).count();
        assert_eq!(further, 1);
        assert!(events.admit(Repeat { operation: "other".into(), ..about(500) }, draft(), start).is_some());
        events.ended(start + WINDOW);
        assert!(events.0.lock().unwrap().named.is_empty());
        assert!(events.admit(about(300), draft(), start + WINDOW).is_some());
    }

    #[test]
    fn memory_and_entries_are_bounded_however_many_come() {
        let (events, start) = (SecurityEvents::default(), Timestamp::UNIX_EPOCH);
        let many = u128::try_from(MOST_WINDOWS).unwrap() * 2;
        let written = (0..many).filter(|subject| events.admit(repeat(*subject), draft(), start).is_some()).count();
        assert!(written <= MOST_WINDOWS + 1, "{written}");
        assert!(events.0.lock().unwrap().open.len() <= MOST_WINDOWS + 1);
        let rest = events.ended(start + WINDOW);
        let counted: u64 = rest.iter().filter_map(|draft| draft.count).sum();
        assert_eq!(u128::from(counted) + u128::try_from(written).unwrap(), many, "none is lost");
    }
}

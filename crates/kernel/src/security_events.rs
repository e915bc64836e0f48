//! Entries of the audit log beside changes: sign-ins and their failures, refusals, and reading what holds secrets.
//!
//! INVARIANT: no caller makes the log grow without bound. What one person repeats within [`WINDOW`] is one entry at its beginning
//! and one with a count at its end. Events of unknown callers are counted together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Kernel,
    audit::{Author, EntryDraft, Outcome, RequestOrigin},
    change::Change,
    directory::user::User,
    guard::{Granted, actions::Action},
    identity::trail::{Failure, Trail, Whom},
    ids::{Subject, known},
    ports::table::{TableError, Write},
    problem::Result,
    record::decode,
};

/// Repeats within this time are counted in one entry.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// The most kinds of repeats that are counted apart; further ones are counted together.
const MOST_WINDOWS: usize = 20_000;

/// What counts as a repeat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Repeat {
    /// `None`: an unknown caller.
    subject: Option<Subject>,
    operation: String,
    outcome: Outcome,
    reason: Option<String>,
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
pub struct SecurityEvents(Mutex<HashMap<Repeat, Window>>);

impl SecurityEvents {
    /// Records an event. Returns the entry to write now: none for a repeat.
    fn admit(&self, repeat: Repeat, draft: EntryDraft, now: Timestamp) -> Option<EntryDraft> {
        let mut windows = self.0.lock().expect("no holder panics");
        let repeat = if windows.len() >= MOST_WINDOWS && !windows.contains_key(&repeat) {
            Repeat { subject: None, operation: "other".into(), reason: None, ..repeat }
        } else {
            repeat
        };
        let ends = now + WINDOW;
        match windows.get_mut(&repeat) {
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
        let mut counted = Vec::new();
        windows.retain(|_, window| {
            let over = now >= window.ends;
            if over && window.again > 0 {
                counted.push(EntryDraft { count: Some(window.again), ..window.latest.clone() });
            }
            !over
        });
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
        let repeat = Repeat { subject, operation, outcome: draft.outcome, reason: draft.reason.clone() };
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
    pub fn trail(&self, action: &'static str, origin: &RequestOrigin) -> Arc<dyn Trail> {
        let asked_by = AskedBy::Themselves;
        Arc::new(AuditTrail { plane: self.clone(), action, origin: origin.clone(), asked_by })
    }

    /// Records an identity operation that anybody can ask for: repeats are counted.
    pub fn open_trail(&self, action: &'static str, origin: &RequestOrigin) -> Arc<dyn Trail> {
        let asked_by = AskedBy::Anybody;
        Arc::new(AuditTrail { plane: self.clone(), action, origin: origin.clone(), asked_by })
    }

    /// The entry of an identity operation by the person whom it is about.
    async fn personal_entry(&self, action: &'static str, whom: &Whom, origin: RequestOrigin) -> EntryDraft {
        let key = User::key(whom.account, whom.user);
        // Without the user's record the entry is of the account as a whole.
        let user = self.router().shared().get(&key).await.ok().flatten().and_then(|item| decode::<User>(&item).ok());
        let enterprise =
            user.map(|user| user.enterprise_id).filter(|enterprise| *enterprise != known::GLOBAL_ENTERPRISE);
        let operator = self.actor(whom.subject).await.ok().flatten().is_some_and(|actor| actor.operator);
        let author = Author::User { id: whom.user, email: whom.email.clone(), operator };
        EntryDraft::new(whom.account, author, action).in_enterprise(enterprise).from(origin).about("user", whom.user)
    }
}

struct AuditTrail {
    plane: Kernel,
    action: &'static str,
    origin: RequestOrigin,
    asked_by: AskedBy,
}

/// Who an operation that succeeds was asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AskedBy {
    /// The person whom it is about.
    Themselves,
    /// A caller without proof of identity.
    Anybody,
}

#[async_trait]
impl Trail for AuditTrail {
    async fn writes(&self, whom: Whom) -> std::result::Result<Vec<Write>, TableError> {
        let draft = self.plane.personal_entry(self.action, &whom, self.origin.clone()).await;
        let draft = match self.asked_by {
            AskedBy::Themselves => Some(draft),
            AskedBy::Anybody => {
                let draft = EntryDraft { author: Author::Anonymous, ..draft };
                let (outcome, reason) = (draft.outcome, draft.reason.clone());
                let repeat = Repeat { subject: Some(whom.subject), operation: self.action.to_owned(), outcome, reason };
                self.plane.security_events().admit(repeat, draft, self.plane.now())
            }
        };
        Ok(draft.iter().map(|draft| self.plane.entry_write(draft)).collect())
    }

    fn failed(&self, whom: Option<Whom>, why: Failure) {
        let (plane, action, origin) = (self.plane.clone(), self.action, self.origin.clone());
        self.plane.aside(async move {
            let (subject, draft) = match &whom {
                Some(whom) => (Some(whom.subject), plane.personal_entry(action, whom, origin).await),
                None => (None, EntryDraft::new(known::ROOT_ACCOUNT, Author::Anonymous, action).from(origin)),
            };
            // A caller who failed has not proved to be that person.
            let draft = EntryDraft { author: Author::Anonymous, ..draft }.ended(Outcome::Failed, why.as_str());
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
        Repeat { subject, operation: "auth_login".into(), outcome: Outcome::Failed, reason: None }
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
    fn memory_and_entries_are_bounded_however_many_come() {
        let (events, start) = (SecurityEvents::default(), Timestamp::UNIX_EPOCH);
        let many = u128::try_from(MOST_WINDOWS).unwrap() * 2;
        let written = (0..many).filter(|subject| events.admit(repeat(*subject), draft(), start).is_some()).count();
        assert!(written <= MOST_WINDOWS + 1, "{written}");
        assert!(events.0.lock().unwrap().len() <= MOST_WINDOWS + 1);
        let rest = events.ended(start + WINDOW);
        let counted: u64 = rest.iter().filter_map(|draft| draft.count).sum();
        assert_eq!(u128::from(counted) + u128::try_from(written).unwrap(), many, "none is lost");
    }
}

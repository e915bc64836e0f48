//! What the audit log records of a request that was refused.

use axum::extract::MatchedPath;

use super::call::{Call, Caller};
use crate::{
    audit::{Author, EntryDraft, Outcome},
    problem::{Code, Problem},
    security_events::Refusal,
};

/// What to record of a request that was answered with a problem; `None` unless it refuses a known caller.
pub(super) fn refusal(call: &Call, problem: &Problem) -> Option<Refusal> {
    let Caller { actor, action } = call.caller.as_ref()?;
    if problem.code.status() != 403 && problem.code != Code::Unauthenticated {
        return None;
    }
    let author =
        Author::User { id: actor.user.id, email: actor.user.email.as_str().to_owned(), operator: actor.operator };
    // In the caller's own account, even if the request named another: callers don't write into the log of others.
    let mut draft = EntryDraft::new(actor.account(), author, *action)
        .in_enterprise((!actor.every_enterprise()).then(|| actor.enterprise()))
        .from(call.origin())
        .ended(Outcome::Refused, problem.code.as_str());
    if let Some((kind, id)) = named_in_path(call) {
        draft = draft.about(&kind, id);
    }
    let route = call.parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = format!("{} {route}", call.parts.method);
    Some(Refusal::new(actor.user.subject(), operation, draft))
}

/// The record that the path of a request names last.
fn named_in_path(call: &Call) -> Option<(String, uuid::Uuid)> {
    let (name, value) = call.path().last()?;
    Some((name.strip_suffix("Id")?.to_owned(), value.parse().ok()?))
}

//! What the audit log records of a request that was refused.

use axum::extract::MatchedPath;

use super::extract::{Caller, IncomingRequest};
use crate::{
    audit::{Author, EntryDraft, NamedTenant, Outcome},
    guard::{NamedScope, actor::Actor},
    problem::{Code, Problem},
    security_events::Refusal,
};

/// What to record of a request that was answered with a problem; `None` unless it refuses a known caller.
pub(super) fn refusal(call: &IncomingRequest, problem: &Problem) -> Option<Refusal> {
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
    draft.named = foreign(actor, call.named_tenant());
    let route = call.parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = format!("{} {route}", call.parts.method);
    Some(Refusal::new(actor.user.subject(), operation, draft))
}

/// What of an account and enterprise is not the caller's own.
fn foreign(actor: &Actor, NamedScope { account, enterprise }: NamedScope) -> Option<NamedTenant> {
    let account_id = account.filter(|account| *account != actor.account());
    let enterprise_id = enterprise.filter(|enterprise| *enterprise != actor.enterprise());
    (account_id.is_some() || enterprise_id.is_some()).then_some(NamedTenant { account_id, enterprise_id })
}

/// The record that the path of a request names last.
fn named_in_path(call: &IncomingRequest) -> Option<(String, uuid::Uuid)> {
    let (name, value) = call.path().last()?;
    Some((name.strip_suffix("Id")?.to_owned(), value.parse().ok()?))
}

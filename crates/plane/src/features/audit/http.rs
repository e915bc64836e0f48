//! The audit log over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;

use super::filtered::FilteredEntry;
use crate::{
    audit::{AuditEntry, Author, ChainReport, Checkpoint, chain},
    guard::{
        Granted,
        actions::{AuditRead, AuditReadAll},
    },
    http::{answer::Plain, extract::Query, routes::Routes},
    ids::{AccountId, UserId},
    page::{Limit, Page},
    plane::Plane,
    ports::table::{Bodies, Index, Order, Query as TableQuery, Range},
    problem::{Code, Problem, Result},
    record::{Record as _, decode_part, partition},
    scan::Scanned,
    system::SystemTask,
    text::Bounded,
};

use crate::{audit::Depth, http::guarded::Public};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/audit", list, "List the audit log of an enterprise, the latest first")
        .get("/api/audit/account", list_all, "List the audit log of a whole account, the latest first")
        .get("/api/audit/verify", check, "Check the chain of the audit log")
        .costly()
        .get("/api/audit/checkpoint", checkpoint, "Check the chain of the audit log, and sign what it ends with")
        .costly()
        .get("/.well-known/audit-keys.json", keys, "The keys that sign checkpoints of audit logs")
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// The latest first.
    #[default]
    Descending,
    /// In the order of the chain.
    Ascending,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct EntryFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    order: Sort,
    /// Entries of this operation alone, such as `user_create`.
    action: Option<Bounded<100>>,
    /// Entries of this user's doing alone.
    user_id: Option<UserId>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct HowDeep {
    /// Read every entry again, also those that an earlier check found valid: for operators.
    full: bool,
}

/// Entries of the enterprise that the caller was let into; where that is every enterprise, of any. What belongs to no
/// enterprise is shown by [`list_all`] alone.
async fn list(who: Granted<AuditRead>, plane: Plane, Query(which): Query<EntryFilter>) -> Result<Page<AuditEntry>> {
    let of = format!("enterprise audit {:?}", who.enterprise());
    let enterprise = who.enterprise();
    let is_shown = move |entry: &FilteredEntry| match enterprise {
        Some(_) => entry.enterprise_id == enterprise,
        None => entry.enterprise_id.is_some(),
    };
    page(&plane, who.account(), &which, &of, Some(&is_shown)).await
}

async fn list_all(
    who: Granted<AuditReadAll>,
    plane: Plane,
    Query(which): Query<EntryFilter>,
) -> Result<Page<AuditEntry>> {
    page(&plane, who.account(), &which, "account audit", None).await
}

async fn check(who: Granted<AuditRead>, plane: Plane, Query(how): Query<HowDeep>) -> Result<Plain<ChainReport>> {
    if how.full && !who.actor().operator {
        return Err(Problem::new(Code::Forbidden, "a full check is for operators of the platform")
            .help("leave out full: the check then goes on from the last checkpoint"));
    }
    let depth = if how.full { Depth::Full } else { Depth::SinceCheckpoint };
    Ok(Plain(plane.verify_audit(who.account(), depth).await?))
}

async fn checkpoint(who: Granted<AuditReadAll>, plane: Plane) -> Result<Plain<Checkpoint>> {
    Ok(Plain(plane.audit_checkpoint(who.account()).await?))
}

async fn keys(_: Public, plane: Plane) -> Result<Plain<serde_json::Value>> {
    Ok(Plain(plane.audit_checks().key.public()))
}

/// A page of an account's entries: those that are shown to the caller, and asked for.
async fn page(
    plane: &Plane,
    account: AccountId,
    which: &EntryFilter,
    of: &str,
    is_shown: Option<&(dyn Fn(&FilteredEntry) -> bool + Sync)>,
) -> Result<Page<AuditEntry>> {
    let of = format!("{of} {account} {:?} {:?} {:?}", which.order, which.action, which.user_id);
    let mut query = TableQuery {
        index: Index::Table,
        pk: partition(account),
        range: Range::Prefix(format!("{}#", AuditEntry::KIND)),
        order: if which.order == Sort::Ascending { Order::Ascending } else { Order::Descending },
        limit: which.limit.get(),
        after: which.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?,
    };
    if which.order == Sort::Ascending {
        // The chain's order; entries that wait for their seal come with a later page.
        query.index = Index::Gsi2;
        query.pk = chain(account);
        query.range = Range::All;
    }
    let is_filtered = is_shown.is_some() || which.action.is_some() || which.user_id.is_some();
    let shared = plane.system(SystemTask::AuditChecks);
    let (page, next) = if is_filtered {
        let found = shared.scan(query, |item| {
            let entry: FilteredEntry = decode_part(item, AuditEntry::NOUN)?;
            Ok::<_, Problem>(is_shown.is_none_or(|is_shown| is_shown(&entry)) && wanted(which, &entry))
        });
        let Scanned { items, next } = found.await?;
        (items.into_iter().map(|item| item.body).collect(), next)
    } else {
        let Bodies { bodies, next } = shared.bodies(&query).await?;
        (bodies, next)
    };
    Ok(Page::new(page, next.map(|position| plane.cursors().seal(&of, &position))))
}

fn wanted(which: &EntryFilter, entry: &FilteredEntry) -> bool {
    let by = |user: &UserId| matches!(&entry.author, Author::User { id, .. } if id == user);
    which.action.as_ref().is_none_or(|action| action.as_str() == entry.action) && which.user_id.as_ref().is_none_or(by)
}

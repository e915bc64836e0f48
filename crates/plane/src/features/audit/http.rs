//! The audit log over HTTP.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    audit::{AuditEntry, ChainHead, ChainReport, chain, verify},
    guard::{Granted, actions::AuditRead},
    http::{answer::Plain, call::Query, routes::Routes},
    ids::UserId,
    page::{Limit, Page},
    plane::Plane,
    ports::table::{Index, MAX_PAGE, Order, Query as TableQuery, Range},
    problem::Result,
    record::{Record as _, decode, partition},
    text::Bounded,
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/audit", list, "List the audit log, the latest first")
        .get("/api/audit/verify", check, "Check the chain of the audit log")
        .costly()
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
struct Which {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    order: Sort,
    /// Entries of this operation alone, such as `user_create`.
    action: Option<Bounded<100>>,
    /// Entries of this user's doing alone.
    user_id: Option<UserId>,
}

/// At most this many entries are looked at for one page.
const LOOKED_AT: usize = 5_000;

async fn list(who: Granted<AuditRead>, plane: Plane, Query(which): Query<Which>) -> Result<Page<AuditEntry>> {
    let of = format!("audit {} {:?} {:?} {:?}", who.account(), which.order, which.action, which.user_id);
    let mut query = TableQuery {
        index: Index::Table,
        pk: partition(who.account()),
        range: Range::Prefix(format!("{}#", AuditEntry::KIND)),
        order: if which.order == Sort::Ascending { Order::Ascending } else { Order::Descending },
        limit: which.limit.get(),
        after: which.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?,
    };
    if which.order == Sort::Ascending {
        // The chain's order; entries that wait for their seal come with a later page.
        query.index = Index::Gsi2;
        query.pk = chain(who.account());
        query.range = Range::All;
    }
    let (mut page, mut looked_at) = (Vec::new(), 0);
    loop {
        let rows = plane.router().shared().query(&query).await?;
        for item in rows.items {
            if page.len() == which.limit.get() {
                break;
            }
            looked_at += 1;
            query.after = Some(crate::rows::position(&item, query.index));
            let kept = which.action.is_none() && which.user_id.is_none()
                || wanted(&which, &decode::<AuditEntry>(&item)?.record);
            if kept {
                page.push(item.body);
            }
        }
        let full = page.len() == which.limit.get() || looked_at >= LOOKED_AT;
        if rows.next.is_none() || full {
            let next = query
                .after
                .filter(|_| rows.next.is_some() || full)
                .map(|position| plane.cursors().seal(&of, &position));
            return Ok(Page::new(page, next));
        }
    }
}

fn wanted(which: &Which, entry: &AuditEntry) -> bool {
    let by = |user: &UserId| matches!(&entry.author, crate::audit::Author::User { id, .. } if id == user);
    which.action.as_ref().is_none_or(|action| action.as_str() == entry.action) && which.user_id.as_ref().is_none_or(by)
}

async fn check(who: Granted<AuditRead>, plane: Plane) -> Result<Plain<ChainReport>> {
    Ok(Plain(plane.verify_audit(who.account()).await?))
}

impl Plane {
    /// Checks the chain of an account's audit log against its head.
    pub async fn verify_audit(&self, account: crate::ids::AccountId) -> Result<ChainReport> {
        let head = self.router().shared().get(&ChainHead::first(account).place().key).await?;
        let head = head
            .map(|item| decode::<ChainHead>(&item))
            .transpose()?
            .map_or_else(|| ChainHead::first(account), |head| head.record);
        // Not by the index of the chain: it may not show what was sealed just now, and what is missing is an alarm.
        let mut query = TableQuery {
            index: Index::Table,
            pk: partition(account),
            range: Range::Prefix(format!("{}#", AuditEntry::KIND)),
            order: Order::Ascending,
            limit: MAX_PAGE,
            after: None,
        };
        let mut entries = BTreeMap::new();
        loop {
            let rows = self.router().shared().query(&query).await?;
            for item in &rows.items {
                let entry = decode::<AuditEntry>(item)?.record;
                // What waits to be sealed, and what was sealed after the head was read, is beyond it.
                if let Some(sequence) = entry.seal.as_ref().map(|seal| seal.sequence)
                    && sequence <= head.sequence
                {
                    entries.insert((sequence, entry.id), entry);
                }
            }
            query.after = rows.next;
            if query.after.is_none() {
                return Ok(verify(account, entries.into_values(), Some(&head)));
            }
        }
    }
}

//! The outbox over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{OutboxMail, StoredMail};
use crate::{
    guard::{Granted, actions::OutboxRead},
    http::{extract::Query, routes::Routes},
    ids::AccountId,
    page::{Limit, Page},
    plane::Plane,
    ports::table::{Index, Order, Query as TableQuery, Range},
    problem::{Problem, Result},
    record::decode,
    system::SystemTask,
    text::Bounded,
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/api/outbox", list, "List the mails that were sent, the latest first")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct MailFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Mails to this address alone.
    to: Option<Bounded<254>>,
}

async fn list(who: Granted<OutboxRead>, plane: Plane, Query(which): Query<MailFilter>) -> Result<Page<OutboxMail>> {
    // Mails hold links and codes of others.
    plane.record_reading(&who).await;
    // The platform's own account means every account: the outbox is the platform's.
    let account: Option<AccountId> = (who.account() != who.actor().account()).then(|| who.account());
    let of = format!("outbox {account:?} {:?}", which.to);
    let query = TableQuery {
        index: Index::Gsi3,
        pk: StoredMail::BY_TIME.into(),
        range: Range::All,
        order: Order::Descending,
        limit: which.limit.get(),
        after: which.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?,
    };
    let mut mails = Vec::new();
    let shared = plane.system(SystemTask::Outbox);
    let found = shared.scan(query, |item| {
        let mail = decode::<StoredMail>(item)?.record;
        let kept = which.to.as_ref().is_none_or(|to| mail.to.eq_ignore_ascii_case(to.as_str()))
            && account.is_none_or(|account| account == mail.account_id);
        mails.extend(kept.then(|| mail.open(plane.key())));
        Ok::<_, Problem>(kept)
    });
    let next = found.await?.next;
    Ok(Page::of(&mails, next.map(|position| plane.cursors().seal(&of, &position))))
}

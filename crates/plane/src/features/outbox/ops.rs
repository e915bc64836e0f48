//! Reads the outbox without a guard, for the owner of the data folder.

use super::model::{OutboxMail, StoredMail};
use crate::{
    plane::Plane,
    ports::table::{Index, Order, Query, Range},
    problem::Result,
    record::decode,
    system::SystemTask,
};

impl Plane {
    /// The latest mails, the newest first; those to one address if it is given.
    pub async fn latest_mails(&self, to: Option<&str>, limit: usize) -> Result<Vec<OutboxMail>> {
        let table = self.system(SystemTask::Outbox);
        let all = Query::ascending(Index::Gsi3, StoredMail::BY_TIME, Range::All);
        let mut pages = table.pages(Query { order: Order::Descending, limit: 100, ..all });
        let mut mails = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in &items {
                let mail = decode::<StoredMail>(item)?.record;
                if mails.len() < limit && to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)) {
                    mails.push(mail.open(self.key()));
                }
            }
            if mails.len() >= limit {
                break;
            }
        }
        Ok(mails)
    }
}

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
        let mut query = Query {
            index: Index::Gsi3,
            pk: StoredMail::BY_TIME.into(),
            range: Range::All,
            order: Order::Descending,
            limit: 100,
            after: None,
        };
        let mut mails = Vec::new();
        loop {
            let rows = self.system(SystemTask::Outbox).query(&query).await?;
            for item in &rows.items {
                let mail = decode::<StoredMail>(item)?.record;
                if mails.len() < limit && to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)) {
                    mails.push(mail.open(self.key()));
                }
            }
            query.after = rows.next;
            if query.after.is_none() || mails.len() >= limit {
                return Ok(mails);
            }
        }
    }
}

//! Mail of the embedded profile: each mail goes to the outbox, where operators read it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    directory::outbox::StoredMail,
    ports::{
        chance::Chance,
        mailer::{Mail, MailError, Mailer},
        table::{CommitError, Table},
    },
    record,
    secret::PlatformKey,
};

/// Keeps mails in the outbox, their texts encrypted by the platform key.
pub struct OutboxMailer {
    table: Arc<dyn Table>,
    key: PlatformKey,
    chance: Arc<dyn Chance>,
}

impl OutboxMailer {
    pub fn new(table: Arc<dyn Table>, key: PlatformKey, chance: Arc<dyn Chance>) -> Self {
        Self { table, key, chance }
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let stored = StoredMail::seal(mail, &self.key, &*self.chance);
        match self.table.commit(vec![record::create(&stored)]).await {
            // A refusal means that the mail was sent before.
            Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
            Err(CommitError::Table(error)) => Err(MailError::Unavailable(error.to_string().into())),
        }
    }
}

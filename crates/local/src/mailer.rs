//! Mail of the embedded profile: each mail goes to the outbox, where operators read it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    directory::outbox::StoredMail,
    ports::{
        mailer::{Mail, MailError, Mailer},
        random::RandomSource,
        table::{CommitError, Table},
    },
    record,
    secret::PlatformKey,
};

/// Keeps mails in the outbox, their texts encrypted by the platform key.
pub struct OutboxMailer {
    table: Arc<dyn Table>,
    key: PlatformKey,
    rng: Arc<dyn RandomSource>,
}

impl OutboxMailer {
    pub fn new(table: Arc<dyn Table>, key: PlatformKey, rng: Arc<dyn RandomSource>) -> Self {
        Self { table, key, rng }
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let stored = StoredMail::seal(mail, &self.key, &*self.rng);
        match self.table.commit(vec![record::create(&stored)]).await {
            // A refusal means that the mail was sent before.
            Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
            Err(CommitError::Table(error)) => Err(MailError::Unavailable(error.to_string().into())),
        }
    }
}

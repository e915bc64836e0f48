//! Mails as the outbox keeps them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, MailId},
    ports::{mailer::MailKind, table::Key},
    record::{Place, Record},
};

/// A mail that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMail {
    pub id: MailId,
    pub account_id: AccountId,
    pub kind: MailKind,
    pub to: String,
    pub subject: String,
    /// The whole text, with its one-time link or code.
    pub text: String,
    pub at: Timestamp,
}

impl OutboxMail {
    /// The partition of `Gsi3` that holds all mails, by time.
    pub const BY_TIME: &'static str = "MAIL";
    /// How long a mail is kept: 30 days.
    const KEPT_SECONDS: i64 = 30 * 24 * 3600;
}

impl Record for OutboxMail {
    const NOUN: &'static str = "mail";

    fn place(&self) -> Place {
        Place::at(Key::new(format!("MAIL#{}", self.id), "MAIL"))
            .by_status(Key::new(Self::BY_TIME, format!("{}#{}", self.at, self.id)))
            .until(self.at.as_second() + Self::KEPT_SECONDS)
    }
}

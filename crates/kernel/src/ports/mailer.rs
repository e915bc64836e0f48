//! Mail: the product sends messages of its own kinds, never free text.

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::external_error::ExternalError;
use crate::ids::{AccountId, MailId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    Invitation,
    PasswordReset,
    /// The code that proves a new address.
    EmailChange,
    /// Tells the previous address that it was replaced.
    EmailChanged,
    LicenseReminder,
    /// Tells who invited a person that the invitation expired.
    InvitationExpired,
}

/// A message to one person. The same `id` is sent once, however often it is asked.
#[derive(Clone, Debug)]
pub struct Mail {
    pub id: MailId,
    pub account: AccountId,
    pub kind: MailKind,
    pub to: String,
    pub subject: String,
    /// Plain text. It can carry a one-time link or code, so it does not print.
    pub text: SecretString,
    pub at: Timestamp,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    #[error("mail can't be sent now: {0}")]
    Unavailable(ExternalError),
    #[error("the mail was refused: {0}")]
    Refused(ExternalError),
}

#[async_trait]
pub trait Mailer: Send + Sync {
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}

//! Failures of systems outside the product: a message, and the condition's name and fix where the adapter knows them.

use std::{fmt, ops::Deref};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A failed call, as an adapter reports it. It is shown and stored: never a secret, never another system's raw error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalError {
    message: String,
    pub condition: Option<KnownCondition>,
}

/// A condition with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCondition {
    /// For programs, such as `access_denied`.
    pub code: &'static str,
    /// What an operator can do about it.
    pub fix: &'static str,
    pub kind: ErrorKind,
}

/// Whether a retry may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// The other side has too much to do.
    Throttled,
    /// It failed this time.
    Transient,
    /// It will fail again.
    Permanent,
}

impl ExternalError {
    pub fn new(message: impl Into<String>, condition: KnownCondition) -> Self {
        Self { message: message.into(), condition: Some(condition) }
    }

    /// A failure that a retry may cure.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(message, KnownCondition { code: "unavailable", fix: "try again", kind: ErrorKind::Transient })
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn is_retryable(&self) -> bool {
        self.condition.is_none_or(|condition| condition.kind != ErrorKind::Permanent)
    }

    /// The same condition with another message.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }
}

impl From<String> for ExternalError {
    fn from(message: String) -> Self {
        Self { message, condition: None }
    }
}

impl From<&str> for ExternalError {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl Deref for ExternalError {
    type Target = str;

    fn deref(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ExternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExternalError {}

//! An error as a person sees it, with its exit code.

use std::fmt::{self, Display};

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// How a process that failed ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The operation failed.
    Failed = 1,
    /// The command line, the configuration or the data folder is not as it must be.
    Usage = 2,
}

/// An error for a person: what, where exactly, and the way out.
#[derive(Debug)]
pub(crate) struct Failure {
    pub exit: Exit,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
    request_id: Option<String>,
}

impl Failure {
    /// The operation failed.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { exit: Exit::Failed, message: message.to_string(), details: Vec::new(), hint: None, request_id: None }
    }

    /// What was asked for, or what is configured, can't be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Display) -> Self {
        self.details.push(detail.to_string());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    #[must_use]
    pub(crate) fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// The message with its details, and the hint.
    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        let mut message = self.message;
        for detail in self.details {
            message.push_str(": ");
            message.push_str(&detail);
        }
        (message, self.hint)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for detail in &self.details {
            write!(f, "\n  {detail}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, "\nrequest id: {id}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

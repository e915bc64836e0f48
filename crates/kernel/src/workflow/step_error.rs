//! Why a step did not succeed, made with `?` from the errors of the kernel and its ports.

use super::journal::JournalError;
use crate::{
    ports::{
        dedicated_tables::DedicatedTableError,
        external_error::{ErrorKind, ExternalError, KnownCondition},
        identity::IdentityError,
        mailer::MailError,
        params::ParamsError,
        table::TableError,
    },
    problem::{Code, Problem},
};

/// Why a step did not succeed. Code and message are stored and shown: never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct StepError {
    pub kind: ErrorKind,
    pub code: String,
    pub message: String,
    pub fix: Option<String>,
}

impl StepError {
    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transient, code, message)
    }

    pub fn throttled(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Throttled, code, message)
    }

    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Permanent, code, message)
    }

    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), fix: None }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// The failure of something outside, with its own code and fix if it has them.
    #[must_use]
    pub fn outside(self, condition: Option<KnownCondition>) -> Self {
        let Some(KnownCondition { code, fix, kind }) = condition else { return self };
        Self { kind, code: code.to_owned(), fix: Some(fix.to_owned()), ..self }
    }
}

/// A problem that may pass is tried again.
impl From<Problem> for StepError {
    fn from(problem: Problem) -> Self {
        let kind = match problem.code {
            Code::Unavailable | Code::StorageFull | Code::Internal | Code::Conflict | Code::PreconditionFailed => {
                ErrorKind::Transient
            }
            Code::TooManyRequests => ErrorKind::Throttled,
            _ => ErrorKind::Permanent,
        };
        let condition = problem.outside.as_deref().copied();
        Self::new(kind, problem.code.as_str(), problem.operator_detail()).outside(condition)
    }
}

impl From<TableError> for StepError {
    fn from(error: TableError) -> Self {
        Problem::from(error).into()
    }
}

impl From<JournalError> for StepError {
    fn from(error: JournalError) -> Self {
        Self::transient("journal", error.to_string())
    }
}

impl From<ParamsError> for StepError {
    fn from(error: ParamsError) -> Self {
        Self::transient("params", error.to_string()).outside(error.0.condition)
    }
}

impl From<DedicatedTableError> for StepError {
    fn from(error: DedicatedTableError) -> Self {
        match error {
            DedicatedTableError::Unavailable(error) => {
                Self::transient("cloud_unavailable", &*error).outside(error.condition)
            }
            DedicatedTableError::Refused(error) => Self::permanent("cloud_refused", &*error).outside(error.condition),
        }
    }
}

impl From<MailError> for StepError {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Unavailable(ExternalError { condition, .. }) => {
                Self::transient("mail", error.to_string()).outside(condition)
            }
            MailError::Refused(error) => Self::permanent("mail_refused", &*error).outside(error.condition),
        }
    }
}

impl From<IdentityError> for StepError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::EmailTaken => Self::permanent("email_taken", error.to_string()),
            IdentityError::TooManyAccounts => Self::permanent("too_many_accounts", error.to_string()),
            IdentityError::Unknown => Self::permanent("no_identity", error.to_string()),
            IdentityError::Disabled => Self::permanent("identity_disabled", error.to_string()),
            IdentityError::Different => Self::permanent("identity_differs", error.to_string()),
            IdentityError::Keys(_) => Self::transient("identity_keys", error.to_string()),
            IdentityError::NotOurKeys => Self::permanent("identity_keys", error.to_string()),
            IdentityError::Away(error) => Self::transient("identity_away", &*error).outside(error.condition),
        }
    }
}

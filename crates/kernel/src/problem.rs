//! The one error that leaves the server: a problem document (RFC 9457).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    confirmations::Affected,
    directory::user::InactiveUser,
    ports::{
        external_error::{ExternalError, KnownCondition},
        table::{CommitError, TableError},
    },
};

pub type Result<T, E = Problem> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $title:literal;)*) => {
        /// What went wrong, as a stable word with its HTTP status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// A field is unknown, absent, of the wrong type or out of its bounds; `errors` names it.
    InvalidRequest = 400 "invalid_request" "The request is not valid";
    /// The request names two different accounts.
    AccountMismatch = 400 "account_mismatch" "The request names two different accounts";
    /// No token, or one that is broken, expired or revoked.
    Unauthenticated = 401 "unauthenticated" "Sign in first";
    /// The e-mail address or the password is wrong.
    InvalidCredentials = 401 "invalid_credentials" "The e-mail address or the password is wrong";
    /// The policy does not permit it.
    Forbidden = 403 "forbidden" "You may not do this";
    /// Every seat of the license is taken.
    LicenseLimitExceeded = 403 "license_limit_exceeded" "All seats of the license are taken";
    /// The account has no license in force for this enterprise, product and service.
    NoActiveLicense = 403 "no_active_license" "There is no license in force";
    /// The set-up token is absent or wrong.
    SetupTokenInvalid = 403 "setup_token_invalid" "The set-up token is wrong";
    /// There is no such thing, or it is not the caller's.
    NotFound = 404 "not_found" "There is no such thing here";
    MethodNotAllowed = 405 "method_not_allowed" "This method is not allowed here";
    /// The request body took too long to come.
    RequestTimeout = 408 "request_timeout" "The request took too long to come";
    /// The state of the thing does not allow it.
    Conflict = 409 "conflict" "The state does not allow this";
    NameTaken = 409 "name_taken" "The name is taken";
    EmailTaken = 409 "email_taken" "The e-mail address is taken";
    /// Something else still needs it.
    InUse = 409 "in_use" "It is still in use";
    /// Users or groups still have it: `affected` has the numbers. `confirm=in-use` deletes it all the same.
    StillAssigned = 409 "still_assigned" "Users or groups still have it";
    /// The caller would lose their own right to administer users. `confirm=own-administration` does it all the same.
    OwnAdministration = 409 "own_administration" "This takes your own right to administer users";
    /// More seats are taken than would be left, or dates exclude those who hold them.
    SeatsInUse = 409 "seats_in_use" "More seats are taken than would be left";
    /// The platform can't do without it.
    Protected = 409 "protected" "This can't be changed or removed";
    AlreadyBootstrapped = 409 "already_bootstrapped" "The platform is set up already";
    /// The record changed since it was read.
    PreconditionFailed = 412 "precondition_failed" "The record has changed meanwhile";
    BodyTooLarge = 413 "body_too_large" "The request body is too large";
    UnsupportedMediaType = 415 "unsupported_media_type" "The request body must be JSON";
    /// The idempotency key came before, with another request.
    IdempotencyKeyReused = 422 "idempotency_key_reused" "The idempotency key was used for another request";
    TooManyRequests = 429 "too_many_requests" "Too many requests";
    Internal = 500 "internal" "Something went wrong on our side";
    /// A passing fault: try again.
    Unavailable = 503 "unavailable" "The service can't answer now";
    /// No room is left to write. Nothing was changed.
    StorageFull = 507 "storage_full" "The storage is full";
}

/// One field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// JSON pointer into the body, or `/name` of a parameter.
    pub pointer: String,
    pub message: String,
}

/// A refusal or failure on its way to the caller.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Problem {
    pub code: Code,
    /// For the caller: lower case, says what was expected. Inner causes go to the log instead.
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// Why the caller may not act.
    pub reason: Option<InactiveUser>,
    /// How many a refused deletion would take something from.
    pub affected: Option<Box<Affected>>,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u64>,
    /// The way out, where there is one.
    pub help: Option<String>,
    /// What is wrong outside the product, where it is that.
    pub outside: Option<Box<KnownCondition>>,
    /// The text for operators: it can name tables and roles.
    pub for_operators: Option<Box<OperatorView>>,
}

/// A problem as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorView {
    pub detail: String,
    pub help: Option<String>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            reason: None,
            affected: None,
            retry_after: None,
            help: None,
            outside: None,
            for_operators: None,
        }
    }

    /// The refusal of somebody who is known, and may not act now.
    pub fn barred(code: Code, barred: InactiveUser) -> Self {
        Self { reason: Some(barred), ..Self::new(code, barred.to_string()).help(barred.help()) }
    }

    /// The credential store failed. The caller may be anybody: only the log gets the cause.
    pub fn identities_away(error: &ExternalError) -> Self {
        tracing::warn!(cause = %error, fix = error.condition.map(|condition| condition.fix), "the user pool did not do as asked");
        let outside = error.condition.map(Box::new);
        Self { outside, ..Self::new(Code::Unavailable, "identities can't be reached now; try again").retry_after(1) }
    }

    /// A field names a record that is not there.
    pub fn not_found_at(noun: &str, pointer: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), format!("there is no such {noun}"));
        let mut problem = Self::new(Code::NotFound, format!("{pointer}: {message}"));
        problem.errors.push(FieldError { pointer, message });
        problem
    }

    /// A field that is not as it must be.
    pub fn field(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        // The whole body has no pointer.
        let detail = if pointer.is_empty() { message.clone() } else { format!("{pointer}: {message}") };
        let mut problem = Self::new(Code::InvalidRequest, detail);
        problem.errors.push(FieldError { pointer, message });
        problem
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what} in this account"))
    }

    /// A fault of ours: the cause is logged here, once, and the caller gets none of it.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(Code::Internal, "the request could not be answered; the request id finds the cause in the log")
    }

    /// What is wrong in the words for operators: for the log, for records that they read, and for their commands.
    pub fn operator_detail(&self) -> &str {
        self.for_operators.as_ref().map_or(&self.detail, |view| &view.detail)
    }

    /// The problem for a caller. Text for operators goes to the log, with the request's id, if the caller is none.
    #[must_use]
    pub fn heard_by(mut self, operator: bool, request_id: &str) -> Self {
        let Some(view) = self.for_operators.take() else { return self };
        if operator {
            (self.detail, self.help) = (view.detail, view.help);
        } else {
            tracing::warn!(request.id = %request_id, cause = view.detail, fix = view.help, "kept from the caller");
        }
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// A problem as it is sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Problem")]
pub struct ProblemDocument {
    /// Where this kind of problem is explained.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: Code,
    pub request_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Why a known caller may not act: `user_inactive`, `user_not_started`, `user_ended`, `user_gone`, `license_ended` or
    /// `account_not_active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of `still_assigned`: how many users and groups had it when this was answered. Counting ends at 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affected: Option<Affected>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl ProblemDocument {
    pub fn new(problem: Problem, request_id: &str) -> Self {
        Self {
            kind: format!("/docs#problem-{}", problem.code.as_str()),
            title: problem.code.title().to_owned(),
            status: problem.code.status(),
            detail: problem.detail,
            code: problem.code,
            request_id: request_id.to_owned(),
            errors: problem.errors,
            reason: problem.reason.map(|reason| reason.as_str().to_owned()),
            affected: problem.affected.map(|affected| *affected),
            retry_after: problem.retry_after,
            help: problem.help,
        }
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Unavailable(error) => {
                tracing::warn!(cause = %error, "store unavailable");
                let plain = Self::new(Code::Unavailable, "the store does not answer now; try again").retry_after(1);
                let Some(condition) = error.condition else { return plain };
                let detail = format!("the store does not answer now: {error}");
                let view = OperatorView { detail, help: Some(condition.fix.to_owned()) };
                Self { outside: Some(Box::new(condition)), for_operators: Some(Box::new(view)), ..plain }
            }
            TableError::Full => {
                let plain = Self::new(Code::StorageFull, "no room is left to write; nothing was changed");
                let help = Some("free disk space under the data folder, then try again".to_owned());
                let view = OperatorView { detail: plain.detail.clone(), help };
                Self { for_operators: Some(Box::new(view)), ..plain }
            }
            TableError::Damaged(_) | TableError::Invalid(_) => Self::internal(&error),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused { .. } => {
                Self::new(Code::Conflict, "something else changed the same records meanwhile; try again")
            }
            CommitError::Table(error) => error.into(),
        }
    }
}

//! Why a request has no answer.

use std::{io, path::PathBuf};

use reqwest::{StatusCode, Url};
use serde::Deserialize;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("`{0}` is not a server's address")]
    Address(String),
    #[error("no HTTP client: {0}")]
    Http(#[source] reqwest::Error),
    #[error("{server} can't be reached: {why}")]
    Unreachable { server: String, why: String },
    #[error("you are not signed in to {server}")]
    SignedOut { server: String },
    /// Requests carry passwords and tokens: they go to the server that was named, and nowhere else.
    #[error("the server redirects ({status}), which is not followed")]
    Redirected { status: StatusCode, to: Option<Url> },
    #[error(transparent)]
    Refused(Box<Refusal>),
    #[error("the answer broke off: {0}")]
    BrokenOff(#[source] reqwest::Error),
    #[error("the answer is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    #[error("the server answered no tokens")]
    NoTokens,
    #[error("others can read your session in {}", .0.display())]
    OpenSession(PathBuf),
    #[error("the session in {} can't be used: {error}", path.display())]
    UnusableSession { path: PathBuf, error: io::Error },
    #[error("the stream of progress keeps breaking off; the run itself goes on")]
    StreamBroke,
    #[error("the stream of progress was ended: {0}; the run itself goes on")]
    StreamEnded(StreamEnd),
}

/// Why the server ends the stream of a run that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamEnd {
    #[error("the session has ended")]
    SessionEnded,
    #[error("the user may not act any more")]
    NotActive,
    #[error("the right to watch it is gone")]
    RightLost,
    #[error("the server can't judge the right to watch it now")]
    Unknown,
}

/// A request that the server refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problem.as_ref().map_or_else(|| format!("the server answered {status}"), |problem| format!("{}: {}", problem.code, problem.detail)))]
pub struct Refusal {
    pub status: StatusCode,
    /// The body, if it is a problem document.
    pub problem: Option<Problem>,
    /// What to name to the operator of the server.
    pub request_id: Option<String>,
}

/// A problem document (RFC 9457), as far as programs decide by it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable, such as `not_found`.
    pub code: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub detail: String,
    /// The fields that are blamed.
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
    /// The way out.
    pub help: Option<String>,
    /// Seconds.
    pub retry_after: Option<u64>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, Deserialize)]
pub struct FieldProblem {
    /// A JSON pointer.
    pub pointer: String,
    pub message: String,
}

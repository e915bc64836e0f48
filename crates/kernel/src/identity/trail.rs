//! The trail of an identity operation: the writes to commit together with its success, and the receiver of its failure.
//!
//! The trail is set around the call of an operation ([`along`]) and found by the commits below it, so the operations keep their
//! arguments. An operation without a trail records nothing: probes, workflows and set-up have entries of their own.

use std::sync::Arc;

use async_trait::async_trait;

use super::records::Person;
use crate::{
    ids::{AccountId, Subject, UserId},
    ports::table::{TableError, Write},
};

tokio::task_local! {
    static TRAIL: Arc<dyn Trail>;
}

/// Whom an identity operation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    pub subject: Subject,
    pub user: UserId,
    pub account: AccountId,
    pub email: String,
}

impl From<&Person> for Whom {
    fn from(person: &Person) -> Self {
        Self { subject: person.subject, user: person.user, account: person.account, email: person.email.to_string() }
    }
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The password or code is wrong.
    InvalidCredentials,
    /// Too many failures came from this network.
    Locked,
}

impl Failure {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::Locked => "locked",
        }
    }
}

/// Records what identity operations come to.
#[async_trait]
pub trait Trail: Send + Sync {
    /// The writes that record a success: they stand or fall with it.
    async fn writes(&self, whom: Whom) -> Result<Vec<Write>, TableError>;

    /// Records a failure. It returns at once: the time of the answer tells nobody whether there is such a person.
    fn failed(&self, whom: Option<Whom>, why: Failure);
}

/// Runs an operation with a trail.
pub async fn along<F: Future>(trail: Arc<dyn Trail>, operation: F) -> F::Output {
    TRAIL.scope(trail, operation).await
}

/// Whether somebody wants the operation under way recorded.
pub(super) fn is_set() -> bool {
    TRAIL.try_with(|_| ()).is_ok()
}

/// The writes that record the success of the operation under way.
pub(super) async fn writes(person: &Person) -> Result<Vec<Write>, TableError> {
    let Ok(trail) = TRAIL.try_with(Arc::clone) else { return Ok(Vec::new()) };
    trail.writes(person.into()).await
}

/// Tells the failure of the operation under way.
pub(super) fn failed(person: Option<&Person>, locked: bool) {
    let why = if locked { Failure::Locked } else { Failure::InvalidCredentials };
    // Without a trail there is nobody to tell.
    _ = TRAIL.try_with(|trail| trail.failed(person.map(Whom::from), why));
}

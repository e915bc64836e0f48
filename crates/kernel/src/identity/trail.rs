//! The trail of an identity operation: the judgement of the person, the writes to commit together with its success, and the
//! receiver of its failure.
//!
//! The trail is set around the call of an operation ([`along`]) and found by the commits below it, so the operations keep their
//! arguments. An operation without a trail records nothing and bars nobody: probes, workflows and set-up have entries and rules
//! of their own.

use std::sync::Arc;

use async_trait::async_trait;

use super::records::Person;
use crate::{
    directory::user::InactiveUser,
    ids::{AccountId, Subject, UserId},
    ports::table::{TableError, Write},
};

tokio::task_local! {
    static TRAIL: Arc<dyn AuditTrail>;
}

/// The person that an identity operation concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSubject {
    pub subject: Subject,
    pub user: UserId,
    pub account: AccountId,
    pub email: String,
}

impl From<&Person> for AuditSubject {
    fn from(person: &Person) -> Self {
        Self { subject: person.subject, user: person.user, account: person.account, email: person.email.to_string() }
    }
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The password or code is wrong, or too many wrong ones came from the network. Which of them is not recorded: failures are
    /// counted for the address, also those from before an account knew it.
    InvalidCredentials,
    /// The person is who they say they are, and may not act.
    InactiveUser(InactiveUser),
}

impl Failure {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::InactiveUser(barred) => barred.as_str(),
        }
    }
}

/// Judges who may get tokens, and records what identity operations come to.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Why a person, whose identity is proven, gets no tokens now.
    async fn bars(&self, subject: Subject) -> Result<Option<InactiveUser>, TableError>;

    /// The writes that record a success, in the same commit as the success.
    async fn writes(&self, whom: AuditSubject) -> Result<Vec<Write>, TableError>;

    /// Records a failure. It returns at once: the time of the answer tells nobody whether there is such a person.
    fn failed(&self, whom: Option<AuditSubject>, why: Failure);
}

/// Runs an operation with a trail.
pub async fn along<F: Future>(trail: Arc<dyn AuditTrail>, operation: F) -> F::Output {
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

/// Why somebody would get no tokens; nothing is recorded.
pub(super) async fn would_bar(person: &Person) -> Result<Option<InactiveUser>, TableError> {
    match TRAIL.try_with(Arc::clone) {
        Ok(trail) => trail.bars(person.subject).await,
        Err(_) => Ok(None),
    }
}

/// Refuses a person who has proved their identity and may not act. An identity that is disabled opens nothing.
pub(super) async fn bars(person: &Person) -> Result<Option<InactiveUser>, TableError> {
    let barred = match TRAIL.try_with(Arc::clone) {
        Ok(trail) => trail.bars(person.subject).await?,
        Err(_) => None,
    };
    let barred = barred.or((!person.enabled).then_some(InactiveUser::Inactive));
    if let Some(barred) = barred {
        // Without a trail there is nobody to tell.
        _ = TRAIL.try_with(|trail| trail.failed(Some(person.into()), Failure::InactiveUser(barred)));
    }
    Ok(barred)
}

/// Tells the failure of the operation under way.
pub(super) fn failed(person: Option<&Person>) {
    // Without a trail there is nobody to tell.
    _ = TRAIL.try_with(|trail| trail.failed(person.map(AuditSubject::from), Failure::InvalidCredentials));
}

//! How an operation goes on: after a lost race, and over several commits.

use crate::problem::{Code, Result};

/// The most often that an operation begins.
const MOST_TRIES: u32 = 8;

/// Which of its commits an operation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitPlace {
    /// It has the audit entry.
    First,
    Later,
}

/// Does work again that lost a race, a few times.
pub(crate) async fn retrying<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    let mut tries = 0;
    loop {
        tries += 1;
        match work().await {
            Err(problem) if tries < MOST_TRIES && matches!(problem.code, Code::PreconditionFailed | Code::Conflict) => {
            }
            other => return other,
        }
    }
}

//! Tokens by which a system outside answers a step that waits for it. A token names the wait and carries a code that only
//! this installation can make, so nothing is stored for it.

use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Kernel,
    problem::{Code, Problem, Result},
    workflow::{AnswerError, Answered, StepName, WaitAnswer, WaitId, WaitsFor},
};

const PURPOSE: &str = "workflow-callback";

impl Kernel {
    /// The token for a wait: the same in every repeat of the step. Its holder can answer the step, so it is a secret.
    pub fn callback_token(&self, wait: &WaitId) -> SecretString {
        let named = format!("{}.{}.{}", wait.execution, wait.step, wait.round);
        let code = self.key().token(PURPOSE, &named);
        format!("{named}.{}", code.expose_secret()).into()
    }

    /// Answers the step that the token was made for.
    pub async fn answer_callback(&self, token: &SecretString, answer: &WaitAnswer) -> Result<Answered> {
        let wait = self.wait_of(token).ok_or_else(unknown)?;
        if self.driver().waits_for(&wait).await.map_err(answer_problem)? != Some(WaitsFor::Callback) {
            return Err(unknown());
        }
        self.driver().answer(&wait, answer, Vec::new()).await.map_err(answer_problem)
    }

    fn wait_of(&self, token: &SecretString) -> Option<WaitId> {
        let mut parts = token.expose_secret().splitn(4, '.');
        let (execution, state, round) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?.parse().ok()?);
        let wait = WaitId { execution, step: StepName { state: state.to_owned(), item: None }, round };
        let expected = self.callback_token(&wait);
        let same = constant_time::verify_slices_are_equal(
            expected.expose_secret().as_bytes(),
            token.expose_secret().as_bytes(),
        );
        same.ok().map(|()| wait)
    }
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "there is no such callback")
}

/// An answer that was refused, for the caller.
pub fn answer_problem(error: AnswerError) -> Problem {
    match error {
        AnswerError::NotWaiting | AnswerError::AnsweredOtherwise => Problem::new(Code::Conflict, error.to_string()),
        AnswerError::NoSuchWorkflow | AnswerError::History(_) => Problem::internal(&error),
        AnswerError::Journal(crate::workflow::JournalError::NoSuchRun) => unknown(),
        AnswerError::Journal(crate::workflow::JournalError::Table(error)) => error.into(),
        AnswerError::Journal(error) => Problem::internal(&error),
    }
}

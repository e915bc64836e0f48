//! Queues of dead letters outside the product, one for each worker: what alarms watch, and what people look into who have
//! no way to the API.

use async_trait::async_trait;

use crate::{
    ids::DeadLetterId,
    workflow::{DeadLetter, WorkerName},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the queues of dead letters do not answer now: {0}")]
pub struct QueuesError(pub String);

#[async_trait]
pub trait DeadLetterQueues: Send + Sync {
    /// Puts a letter in its worker's queue. At least once: the id tells repeats apart.
    async fn post(&self, letter: &DeadLetter) -> Result<(), QueuesError>;

    /// Removes letters from a worker's queue, with all their repeats. Succeeds for absent letters.
    async fn withdraw(&self, worker: &WorkerName, letters: &[DeadLetterId]) -> Result<(), QueuesError>;
}

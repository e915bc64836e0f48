//! Queues of dead letters in memory, which can be broken.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use plane::{
    ids::DeadLetterId,
    ports::dead_letters::{DeadLetterQueues, QueuesError},
    workflow::{DeadLetter, WorkerName},
};

use crate::conformance::dead_letters::Keeper;

#[derive(Default)]
pub struct MemoryQueues {
    kept: Mutex<Vec<DeadLetter>>,
    broken: AtomicBool,
}

impl MemoryQueues {
    /// Whether they answer with nothing but errors from now on.
    pub fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// All that is in them.
    pub fn letters(&self) -> Vec<DeadLetter> {
        self.kept.lock().expect("no holder panics").clone()
    }

    fn works(&self) -> Result<(), QueuesError> {
        if self.broken.load(Ordering::SeqCst) { Err(QueuesError("broken on purpose".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl DeadLetterQueues for MemoryQueues {
    async fn post(&self, letter: &DeadLetter) -> Result<(), QueuesError> {
        self.works()?;
        self.kept.lock().expect("no holder panics").push(letter.clone());
        Ok(())
    }

    async fn withdraw(&self, worker: &WorkerName, letters: &[DeadLetterId]) -> Result<(), QueuesError> {
        self.works()?;
        let stays = |kept: &DeadLetter| kept.worker != *worker || !letters.contains(&kept.id);
        self.kept.lock().expect("no holder panics").retain(stays);
        Ok(())
    }
}

#[async_trait]
impl Keeper for MemoryQueues {
    async fn kept(&self, worker: &WorkerName) -> Vec<DeadLetter> {
        let mut letters = self.letters();
        letters.retain(|letter| letter.worker == *worker);
        letters
    }
}

//! Dead letters in the queues outside: posted when they were written, withdrawn when they were replayed or discarded. As
//! with copies, a note says which letter to look at, and what is done is what the letter then says.

use std::{collections::BTreeMap, sync::Arc};

use super::{CommitOutcome, WorkKind};
use crate::{
    Kernel,
    ports::{
        dead_letters::{DeadLetterQueues, QueuesError},
        table::{Table, TableName},
    },
    problem::{Code, Problem, Result},
    record::{Stored, decode, remove},
    workflow::{WorkerName, dead_letters::LetterNote},
};

impl Kernel {
    /// Brings the queues to where the letters are. Returns whether more notes wait, also those of letters that changed
    /// meanwhile.
    pub(super) async fn settle_letters(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let Some(queues) = self.ports().dead_letters.as_deref() else { return Ok(false) };
        let portion = self.portion(table.as_ref(), name, WorkKind::Letters, LetterNote::PENDING).await?;
        let mut notes: BTreeMap<WorkerName, Vec<Stored<LetterNote>>> = BTreeMap::new();
        for item in &portion.items {
            let note = decode::<LetterNote>(item)?;
            notes.entry(note.worker.clone()).or_default().push(note);
        }
        let (mut outcome, mut failed) = (CommitOutcome::Done, None);
        for (worker, of_worker) in notes {
            // A queue that can't be reached holds up no other.
            match self.settle_queue(table, queues, &worker, of_worker).await {
                Ok(its) => outcome = outcome.and(its),
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        failed.map_or(Ok(()), Err)?;
        Ok(self.portion_done(name, WorkKind::Letters, portion.more || outcome == CommitOutcome::Overtaken))
    }

    async fn settle_queue(
        &self,
        table: &Arc<dyn Table>,
        queues: &dyn DeadLetterQueues,
        worker: &WorkerName,
        notes: Vec<Stored<LetterNote>>,
    ) -> Result<CommitOutcome> {
        let letters = self.driver().dead_letters();
        let mut gone = Vec::new();
        let mut outcome = CommitOutcome::Done;
        for note in notes {
            let letter = letters.get(note.dead_letter_id, self.now()).await;
            match letter.map_err(|error| Problem::internal(&error))? {
                Some(letter) => {
                    queues.post(&letter).await.map_err(|error| unreachable(worker, &error))?;
                    outcome = outcome.and(remove_note(table, &note).await?);
                }
                None => gone.push(note),
            }
        }
        if gone.is_empty() {
            return Ok(outcome);
        }
        let ids: Vec<_> = gone.iter().map(|note| note.dead_letter_id).collect();
        queues.withdraw(worker, &ids).await.map_err(|error| unreachable(worker, &error))?;
        for note in &gone {
            outcome = outcome.and(remove_note(table, note).await?);
        }
        Ok(outcome)
    }
}

/// Removes a note. A letter that was written or removed meanwhile has a new note, which stays for the next turn.
async fn remove_note(table: &Arc<dyn Table>, note: &Stored<LetterNote>) -> Result<CommitOutcome> {
    CommitOutcome::of(table.commit(vec![remove(note)]).await)
}

fn unreachable(worker: &WorkerName, error: &QueuesError) -> Problem {
    tracing::warn!(%error, %worker, "a queue of dead letters is behind");
    Problem::new(Code::Unavailable, "the queues of dead letters do not answer now")
}

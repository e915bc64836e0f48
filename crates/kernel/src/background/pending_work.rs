//! Derives pending background work from a stream record.

use std::time::Duration;

use crate::{
    Kernel,
    audit::AuditEntry,
    change::{COPIES_PENDING, OutgoingEvent},
    ids::ExecutionId,
    ports::table::TableName,
    problem::{Problem, Result},
    workflow::{dead_letters::LetterNote, journal},
};

/// The parts of a written record that say what work it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRecord<'a> {
    /// Its partition.
    pub partition: &'a str,
    /// Its partition in `Gsi3`: a queue of pending work, or none.
    pub queue: Option<&'a str>,
    pub body: &'a str,
}

/// Work beside the commit of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingWork {
    /// Something waits in the record's table to be delivered, sealed, copied or posted.
    Relay,
    /// A run that nobody drives.
    Run(ExecutionId),
}

impl PendingWork {
    /// The work that a record needs. `before` is the record before this write, where that is known. Records that the
    /// background has finished are in no queue, and need none.
    pub fn by(now: &StreamRecord<'_>, before: Option<&StreamRecord<'_>>) -> Option<Self> {
        let queue = now.queue?;
        if [OutgoingEvent::PENDING, AuditEntry::UNSEALED, COPIES_PENDING, LetterNote::PENDING].contains(&queue) {
            return Some(Self::Relay);
        }
        // A run that is led by a machine has nobody's lease, and is under way all the same.
        let open = |record: &&StreamRecord<'_>| record.queue == Some(journal::OPEN);
        let under_way =
            journal::is_leased(now.body) || before.filter(open).is_some_and(|was| !journal::is_leased(was.body));
        if queue != journal::OPEN || under_way {
            return None;
        }
        journal::execution_in(now.partition).map(Self::Run)
    }
}

impl Kernel {
    /// Does the pending work of a table's stream records. Work that is done already is not repeated. Returns whether all of
    /// it ended in the time; a run that did not is taken up later.
    pub async fn handle_stream_records(
        &self,
        table: &TableName,
        asked: &[PendingWork],
        within: Duration,
    ) -> Result<bool> {
        if asked.contains(&PendingWork::Relay) {
            self.relay_table(table).await?;
        }
        for asked in asked {
            match asked {
                PendingWork::Relay => {}
                PendingWork::Run(execution) => {
                    let taken = self.driver().take_up_run(*execution).await;
                    taken.map_err(|error| Problem::internal(&error))?;
                }
            }
        }
        self.drain(within).await
    }
}

//! What a record that was written asks of the background, told by where it stands: for whoever the store tells of writes.

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

/// As much of a record as it takes to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// The partition that it stands in.
    pub partition: &'a str,
    /// The partition of `Gsi3` that it stands in.
    pub line: Option<&'a str>,
    pub body: &'a str,
}

/// Work beside the commit of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Something waits in the record's table to be delivered, sealed, copied or posted.
    Tending,
    /// A run that nobody drives.
    Run(ExecutionId),
}

impl Asked {
    /// What a record asks for; `before` is what it was until then, where that is known. What the background writes itself
    /// stands in no line any more, and asks for nothing.
    pub fn by(now: &Written<'_>, before: Option<&Written<'_>>) -> Option<Self> {
        let line = now.line?;
        if [OutgoingEvent::PENDING, AuditEntry::UNSEALED, COPIES_PENDING, LetterNote::PENDING].contains(&line) {
            return Some(Self::Tending);
        }
        // A run that is led by a machine has nobody's lease, and is under way all the same.
        let open = |written: &&Written<'_>| written.line == Some(journal::OPEN);
        let under_way =
            journal::is_leased(now.body) || before.filter(open).is_some_and(|was| !journal::is_leased(was.body));
        if line != journal::OPEN || under_way {
            return None;
        }
        journal::execution_in(now.partition).map(Self::Run)
    }
}

impl Kernel {
    /// Does what records of a table ask for. Done already, or by others meanwhile, it is not done again. Answers whether
    /// all of it came to rest in the time; a run that did not is taken up later.
    pub async fn take_on(&self, table: &TableName, asked: &[Asked], within: Duration) -> Result<bool> {
        if asked.contains(&Asked::Tending) {
            self.tend_named(table).await?;
        }
        for asked in asked {
            match asked {
                Asked::Tending => {}
                Asked::Run(execution) => {
                    let taken = self.driver().take_up_run(*execution).await;
                    taken.map_err(|error| Problem::internal(&error))?;
                }
            }
        }
        self.rest(within).await
    }
}

//! Ends all sessions of an installation at once, with one record: the time from which sessions count.
//!
//! INVARIANT: a process never forgets a later floor for an earlier one.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Provider,
    provider::Stored,
    records::{Person, SessionRecord, put},
};
use crate::ports::table::{CommitError, Condition, Key, TableError};

/// Sessions that began before `since` have ended: `SESSIONS` / `FLOOR`.
#[derive(Serialize, Deserialize)]
struct CutoffRecord {
    since: Timestamp,
}

fn cutoff_key() -> Key {
    Key::new("SESSIONS", "FLOOR")
}

/// The floor as this process knows it, in microseconds since the Unix epoch.
#[derive(Debug)]
pub(super) struct SessionCutoff(AtomicI64);

impl Default for SessionCutoff {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl SessionCutoff {
    fn permits(&self, created: Timestamp) -> bool {
        created.as_microsecond() >= self.0.load(Ordering::Acquire)
    }

    /// Returns whether the floor rose.
    fn raise(&self, since: Timestamp) -> bool {
        let since = since.as_microsecond();
        self.0.fetch_max(since, Ordering::AcqRel) < since
    }
}

impl Provider {
    /// Ends every session. Other processes that serve the same data follow when they load the floor again.
    pub async fn end_all_sessions(&self) -> Result<Timestamp, TableError> {
        let since = self.clock.now();
        match self.table.commit(vec![put(cutoff_key(), &CutoffRecord { since }, None, Condition::Always)]).await {
            Ok(()) => {}
            Err(CommitError::Refused { .. }) => unreachable!("the write has no condition"),
            Err(CommitError::Table(error)) => return Err(error),
        }
        self.raise_cutoff(since);
        Ok(since)
    }

    /// Reads the floor: at the start, and from time to time where other processes serve the same data.
    pub async fn load_session_cutoff(&self) -> Result<(), TableError> {
        let stored: Option<Stored<CutoffRecord>> = self.stored(&cutoff_key()).await?;
        if let Some(stored) = stored {
            self.raise_cutoff(stored.record.since);
        }
        Ok(())
    }

    fn raise_cutoff(&self, since: Timestamp) {
        if self.cutoff.raise(since) {
            self.verifier.ended_all();
        }
    }

    /// Whether a session is alive: by its own record, its identity, and the floor.
    pub(super) fn is_alive(&self, session: &SessionRecord, person: &Person, now: Timestamp) -> bool {
        self.cutoff.permits(session.created) && session.alive(person, now)
    }
}

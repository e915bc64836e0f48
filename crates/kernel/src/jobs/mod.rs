//! Scheduled jobs. A slice declares what recurs; each process has a clock that runs what is due, and a lease in the table
//! lets one process run a job at a time.
//!
//! INVARIANT: a job's work can be repeated. A process that was frozen or cut off may still finish a write after another
//! process has taken its job over, so the work's own writes must be safe against that.

mod clock;
mod state;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use jiff::SignedDuration;
use tokio::sync::{RwLock, watch};

pub use self::{
    clock::JobReport,
    state::{FinishedRun, JobLease, JobOutcome, JobState},
};
use crate::{kinds::RecordKind, problem::Result, record::Record as _};

/// The kinds of record of scheduled jobs.
pub(crate) const KINDS: &[RecordKind] = &[JobState::DECLARED];

/// What a run did, by name: for example how many reminders it sent.
pub type JobCounts = BTreeMap<String, u64>;

/// What recurs.
#[derive(Clone)]
pub struct Job {
    /// In lower case, with hyphens: it names the job in the API and in its record.
    pub name: &'static str,
    /// What it does, as a sentence without a full stop.
    pub summary: &'static str,
    /// The time from the start of a run to the start of the next.
    pub every: SignedDuration,
    work: Arc<dyn Fn() -> BoxFuture<'static, Result<JobCounts>> + Send + Sync>,
}

impl Job {
    pub fn new<F>(
        name: &'static str,
        summary: &'static str,
        every: SignedDuration,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<JobCounts>> + Send + 'static,
    {
        Self { name, summary, every, work: Arc::new(move || Box::pin(work())) }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("name", &self.name).field("every", &self.every).finish_non_exhaustive()
    }
}

/// All jobs of this process.
#[derive(Debug)]
pub struct Jobs {
    list: Vec<Job>,
    stopping: watch::Sender<bool>,
    /// Each run holds it shared.
    running: RwLock<()>,
}

impl Jobs {
    /// The jobs, ordered by name. Each name is used once.
    pub fn new(mut list: Vec<Job>) -> Self {
        list.sort_by_key(|job| job.name);
        let duplicate = list.windows(2).find(|pair| pair[0].name == pair[1].name);
        assert!(duplicate.is_none(), "two jobs have the name {duplicate:?}");
        Self { list, stopping: watch::Sender::default(), running: RwLock::default() }
    }

    pub fn list(&self) -> &[Job] {
        &self.list
    }

    pub fn find(&self, name: &str) -> Option<&Job> {
        self.list.iter().find(|job| job.name == name)
    }

    /// Ends the runs of this process, and starts no more. Returns when they have noted their end, or the time is over.
    pub async fn stop(&self, within: Duration) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(within, self.running.write()).await.is_err() {
            tracing::warn!("a job did not stop in time; another process takes it over when its lease expires");
        }
    }

    /// Waits until the jobs are stopped.
    async fn stopped(&self) {
        // The sender lives as long as this.
        drop(self.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }
}

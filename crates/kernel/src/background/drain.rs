//! For processes that are frozen between two calls: finishes background tasks before the freeze.

use std::time::{Duration, Instant};

use crate::{Kernel, jobs::JobReport, ports::table::TableName, problem::Result};

/// What a tick did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The jobs that were due, and what they did.
    pub jobs: Vec<JobReport>,
    /// Runs that nobody drove.
    pub runs: usize,
    /// All of them ended in the time. What did not stays in its journal, for the next round.
    pub rested: bool,
}

impl Kernel {
    /// Runs a task beside the answer.
    pub fn spawn_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut under_way = self.background_tasks().0.lock().expect("no holder panics");
        // Tasks that have ended are dropped.
        while under_way.try_join_next().is_some() {}
        under_way.spawn(work);
    }

    /// Finishes what calls have started: mails, runs, and work after commits. Returns whether all of it ended in the time;
    /// any process can take up the rest.
    pub async fn drain(&self, within: Duration) -> Result<bool> {
        let until = Instant::now() + within;
        let mails = std::mem::take(&mut *self.background_tasks().0.lock().expect("no holder panics"));
        let mailed = tokio::time::timeout(within, mails.join_all()).await.is_ok();
        self.write_counted_events(self.now()).await;
        let rested = self.driver().settle(until.saturating_duration_since(Instant::now())).await;
        if self.commit_signal().is_fresh() {
            let left = until.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.relay_once()).await {
                Ok(tended) => tended?,
                Err(_) => return Ok(false),
            }
        }
        Ok(mailed && rested)
    }

    /// Does once what a server does by the clock, for processes that another clock calls: it runs the jobs that are due,
    /// takes up runs that nobody drives, and does the pending work of the shared table and of those that the jobs found.
    pub async fn tick(&self, within: Duration) -> Result<Tick> {
        let until = Instant::now() + within;
        self.commit_signal().committed(&TableName::shared());
        let jobs = self.run_due_jobs().await?;
        let runs = self.driver().take_up().await.map_err(|error| crate::problem::Problem::internal(&error))?;
        let rested = self.drain(until.saturating_duration_since(Instant::now())).await?;
        Ok(Tick { jobs, runs, rested })
    }

    /// Forgets what is remembered of the store: the process was frozen, and its clocks may have stood still.
    pub fn forget_all(&self) {
        self.actors().forget_all();
        self.router().forget_all();
    }
}

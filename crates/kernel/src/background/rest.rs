//! For processes that are frozen between one call and the next: what goes on beside the calls is brought to rest before.

use std::time::{Duration, Instant};

use crate::{Kernel, jobs::JobReport, problem::Result};

/// What a round did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The jobs that were due, and what they did.
    pub jobs: Vec<JobReport>,
    /// Runs that nobody drove.
    pub runs: usize,
    /// All of them ended in the time. What did not stays in its journal, for the next round.
    pub rested: bool,
}

impl Kernel {
    /// Has something go on beside the answer.
    pub fn aside(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut under_way = self.under_way().0.lock().expect("no holder panics");
        // What has ended is let go of.
        while under_way.try_join_next().is_some() {}
        under_way.spawn(work);
    }

    /// Brings to rest what calls have left: mails go out, runs go on, and what was committed is tended. Answers whether
    /// all of it ended in the time; the rest can be taken up by any process.
    pub async fn rest(&self, within: Duration) -> Result<bool> {
        let until = Instant::now() + within;
        let mails = std::mem::take(&mut *self.under_way().0.lock().expect("no holder panics"));
        let mailed = tokio::time::timeout(within, mails.join_all()).await.is_ok();
        self.write_counted_events(self.now()).await;
        let rested = self.driver().settle(until.saturating_duration_since(Instant::now())).await;
        if self.news().is_fresh() {
            let left = until.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.tend_once()).await {
                Ok(tended) => tended?,
                Err(_) => return Ok(false),
            }
        }
        Ok(mailed && rested)
    }

    /// Does once what a server does by the clock, for processes that another clock calls: it runs the jobs that are due,
    /// takes up runs that nobody drives, and does the pending work of every table.
    pub async fn round(&self, within: Duration) -> Result<Round> {
        let until = Instant::now() + within;
        self.look_everywhere().await;
        let jobs = self.run_due_jobs().await?;
        let runs = self.driver().take_up().await.map_err(|error| crate::problem::Problem::internal(&error))?;
        let rested = self.rest(until.saturating_duration_since(Instant::now())).await?;
        Ok(Round { jobs, runs, rested })
    }

    /// Forgets what is remembered of the store: the process was frozen, and its clocks may have stood still.
    pub fn forget_all(&self) {
        self.actors().forget_all();
        self.router().forget_all();
    }
}

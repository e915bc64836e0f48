//! Runs jobs that are due.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};

use super::{
    Job, JobCounts, JobOutcome, JobState,
    state::{Claim, Claimant},
};
use crate::{
    Kernel,
    ports::table::{CommitError, Condition, Is, Write},
    problem::Result,
    record::{decode, encode},
};

/// A server starts to look for due jobs after this.
const START_DELAY: Duration = Duration::from_secs(5);
/// The bounds of the time between two looks at a job.
const MIN_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_mins(1);
/// After a fault of the store.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Leases are renewed this often.
const RENEWAL: Duration = Duration::from_secs(20);
/// A run that takes longer is ended.
const MAX_RUN: Duration = Duration::from_mins(15);

/// What a run of a job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    pub name: &'static str,
    pub outcome: JobOutcome,
    pub counts: JobCounts,
}

/// What came of a look at a job.
enum Looked {
    Ran(JobReport),
    NotDue { again_at: Timestamp },
}

/// How the work of a run ended.
struct WorkEnd {
    outcome: JobOutcome,
    error: Option<String>,
    counts: JobCounts,
}

impl WorkEnd {
    fn failed(error: impl Into<String>) -> Self {
        Self { outcome: JobOutcome::Failed, error: Some(error.into()), counts: JobCounts::default() }
    }

    fn of(result: std::result::Result<Result<JobCounts>, tokio::task::JoinError>) -> Self {
        match result {
            Ok(Ok(counts)) => Self { outcome: JobOutcome::Succeeded, error: None, counts },
            Ok(Err(problem)) => Self::failed(problem.operator_detail()),
            Err(error) if error.is_panic() => Self::failed("the job panicked; the log has the message"),
            Err(_) => Self::stopped(),
        }
    }

    fn stopped() -> Self {
        let error = Some("the process was stopped during the run".to_owned());
        Self { outcome: JobOutcome::Abandoned, error, counts: JobCounts::default() }
    }
}

/// A task that ends with its holder.
struct Work(JoinHandle<Result<JobCounts>>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Kernel {
    /// Runs jobs by the clock until the kernel stops. To be spawned once, by a server.
    pub async fn run_jobs(self) {
        let mut loops = JoinSet::new();
        for job in self.jobs().list().to_vec() {
            loops.spawn(run_job(self.clone(), job));
        }
        loops.join_all().await;
    }

    /// Runs the jobs that are due now, once each, for a process that another clock calls.
    pub async fn run_due_jobs(&self) -> Result<Vec<JobReport>> {
        let looks = self.jobs().list().iter().map(|job| look(self, job));
        let mut reports = Vec::new();
        for looked in futures::future::join_all(looks).await {
            match looked? {
                Looked::Ran(report) => reports.push(report),
                Looked::NotDue { .. } => {}
            }
        }
        Ok(reports)
    }

    /// The state of a job. One that has never run is due.
    pub async fn job_state(&self, job: &Job) -> Result<JobState> {
        let found = self.router().shared().get(&JobState::key(job.name)).await?;
        let stored = found.map(|item| decode::<JobState>(&item)).transpose()?;
        Ok(stored.map_or_else(|| JobState::new(job.name, self.now()), |stored| stored.record))
    }
}

async fn run_job(kernel: Kernel, job: Job) {
    let mut wait = START_DELAY;
    loop {
        tokio::select! {
            () = sleep(wait) => {}
            () = kernel.jobs().stopped() => return,
        }
        wait = match look(&kernel, &job).await {
            Ok(Looked::Ran(_)) => MIN_WAIT,
            Ok(Looked::NotDue { again_at }) => {
                let left = again_at.duration_since(kernel.now());
                Duration::try_from(left).unwrap_or(MIN_WAIT).clamp(MIN_WAIT, MAX_WAIT)
            }
            Err(problem) => {
                tracing::warn!(job = job.name, %problem, "the state of a job could not be read or written");
                RETRY_AFTER
            }
        };
    }
}

/// Runs a job if it is due and no other process runs it.
async fn look(kernel: &Kernel, job: &Job) -> Result<Looked> {
    let now = kernel.now();
    let found = kernel.router().shared().get(&JobState::key(job.name)).await?;
    let stored = found.map(|item| decode::<JobState>(&item)).transpose()?;
    let state = stored.as_ref().map_or_else(|| JobState::new(job.name, now), |stored| stored.record.clone());
    let claimant = Claimant { process: kernel.driver().holder(), single_process: kernel.settings().alone };
    match state.claim(claimant, job.every, now) {
        Claim::NotYet { at } => Ok(Looked::NotDue { again_at: at }),
        Claim::Running { until } => Ok(Looked::NotDue { again_at: until }),
        Claim::Due(claimed) => {
            let _running = kernel.jobs().running.read().await;
            let run = Run { kernel, state: *claimed };
            let before = stored.map_or(Condition::Absent, |stored| Condition::Version(stored.version));
            if !run.write(before).await? {
                // Another process was faster.
                return Ok(Looked::NotDue { again_at: now + super::state::LEASE });
            }
            Ok(Looked::Ran(run.go(job).await?))
        }
    }
}

/// A run that holds the lease of its job.
struct Run<'a> {
    kernel: &'a Kernel,
    state: JobState,
}

impl Run<'_> {
    /// Writes the state. Answers whether it was written: another process may have taken the job over.
    async fn write(&self, when: Condition) -> Result<bool> {
        let write = Write::Put { item: encode(&self.state), when };
        match self.kernel.router().shared().commit(vec![write]).await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused { .. }) => Ok(false),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// Holds while no other run has begun.
    fn fence(&self) -> Condition {
        Condition::field("runs", Is::Equal, self.state.runs)
    }

    async fn go(mut self, job: &Job) -> Result<JobReport> {
        tracing::debug!(job = job.name, run = self.state.runs, "a job begins");
        let lost =
            |job: &Job| JobReport { name: job.name, outcome: JobOutcome::Abandoned, counts: JobCounts::default() };
        let Some(WorkEnd { outcome, error, counts }) = self.work(job).await else {
            tracing::warn!(job = job.name, "another process has taken a job over; its run here was ended");
            return Ok(lost(job));
        };
        if let Some(error) = &error {
            tracing::warn!(job = job.name, error, "a job did not succeed");
        }
        self.state = self.state.finished(outcome, error, counts.clone(), self.kernel.now());
        if !self.write(self.fence()).await? {
            return Ok(lost(job));
        }
        Ok(JobReport { name: job.name, outcome, counts })
    }

    /// Does the work and renews the lease meanwhile. `None`: the lease is lost.
    async fn work(&mut self, job: &Job) -> Option<WorkEnd> {
        let mut work = Work(tokio::spawn((job.work)()));
        let limit = sleep(MAX_RUN);
        tokio::pin!(limit);
        let mut renewals = interval_at(Instant::now() + RENEWAL, RENEWAL);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut work.0 => return Some(WorkEnd::of(ended)),
                () = &mut limit => {
                    return Some(WorkEnd::failed(format!("the run took longer than {} minutes", MAX_RUN.as_secs() / 60)));
                }
                () = self.kernel.jobs().stopped() => return Some(WorkEnd::stopped()),
                _ = renewals.tick() => {
                    self.state = self.state.renewed(self.kernel.now());
                    match self.write(self.fence()).await {
                        Ok(true) => {}
                        Ok(false) => return None,
                        // The lease ends unless a later renewal succeeds.
                        Err(problem) => tracing::warn!(job = job.name, %problem, "a lease could not be renewed"),
                    }
                }
            }
        }
    }
}

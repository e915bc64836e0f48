//! The record of a job: its lease, its next run and its last one.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JobCounts;
use crate::{
    kinds::RecordKind,
    ports::table::Key,
    record::{Record, RecordKeys},
};

/// A lease that was not renewed for this long has expired.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A run may start this much early, so that a clock that ticks once per period skips none.
const EARLY: SignedDuration = SignedDuration::from_secs(5);

/// Clocks of two processes may differ by this much.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(2);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobOutcome {
    Succeeded,
    Failed,
    /// Its process stopped or lost its lease before the run ended.
    Abandoned,
}

impl JobOutcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The run in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobLease {
    /// The process that runs the job.
    pub process: String,
    pub started_at: Timestamp,
    /// Another process takes the job over then, unless the lease is renewed.
    pub expires_at: Timestamp,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FinishedRun {
    pub process: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub duration_milliseconds: u64,
    pub outcome: JobOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the run did, by name.
    #[serde(default)]
    pub counts: JobCounts,
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobState {
    pub name: String,
    /// The number of runs that were started. It is the fence: a run whose number is not this one has lost its lease.
    pub runs: u64,
    pub next_run_at: Timestamp,
    pub consecutive_failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<JobLease>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<FinishedRun>,
}

/// Whether a process may start a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// With the state that takes the lease.
    Due(Box<JobState>),
    NotYet {
        at: Timestamp,
    },
    /// Another process runs it.
    Running {
        until: Timestamp,
    },
}

/// Who asks for a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claimant<'a> {
    pub process: &'a str,
    /// No other process uses the store, so a lease of another process is left over from a crash.
    pub single_process: bool,
}

impl JobState {
    /// A job that has never run: it is due.
    pub fn new(name: &str, now: Timestamp) -> Self {
        Self { name: name.to_owned(), runs: 0, next_run_at: now, consecutive_failures: 0, lease: None, last_run: None }
    }

    pub fn key(name: &str) -> Key {
        Key::new(format!("JOB#{name}"), "STATE")
    }

    pub(super) fn claim(&self, claimant: Claimant<'_>, every: SignedDuration, now: Timestamp) -> Claim {
        let mut next = self.clone();
        if let Some(lease) = &self.lease {
            let left_over = claimant.single_process && lease.process != claimant.process;
            // A lease that ends later than a new one would was taken before the clock was set back.
            let expired = now >= lease.expires_at || lease.expires_at > now + LEASE + MAX_SKEW;
            if !left_over && !expired {
                return Claim::Running { until: lease.expires_at };
            }
            next = self.abandoned(now);
        } else {
            // The clock was set back if the next run is further away than the period.
            let set_back = self.next_run_at > now + every + MAX_SKEW;
            if now + early(every) < self.next_run_at && !set_back {
                return Claim::NotYet { at: self.next_run_at };
            }
        }
        next.runs += 1;
        next.next_run_at = now + every;
        next.lease = Some(JobLease { process: claimant.process.to_owned(), started_at: now, expires_at: now + LEASE });
        Claim::Due(Box::new(next))
    }

    /// The state after the process of the lease has gone.
    fn abandoned(&self, now: Timestamp) -> Self {
        let error = "the process stopped before the run ended; another run repeats the work".to_owned();
        self.finished(JobOutcome::Abandoned, Some(error), JobCounts::default(), now)
    }

    pub(super) fn renewed(&self, now: Timestamp) -> Self {
        let lease = self.lease.clone().map(|lease| JobLease { expires_at: now + LEASE, ..lease });
        Self { lease, ..self.clone() }
    }

    pub(super) fn finished(
        &self,
        outcome: JobOutcome,
        error: Option<String>,
        counts: JobCounts,
        now: Timestamp,
    ) -> Self {
        let Some(JobLease { process, started_at, .. }) = self.lease.clone() else { return self.clone() };
        let duration_milliseconds = u64::try_from(now.duration_since(started_at).as_millis()).unwrap_or(0);
        let last_run =
            FinishedRun { process, started_at, finished_at: now, duration_milliseconds, outcome, error, counts };
        let consecutive_failures = match outcome {
            JobOutcome::Succeeded => 0,
            JobOutcome::Failed | JobOutcome::Abandoned => self.consecutive_failures.saturating_add(1),
        };
        Self { lease: None, last_run: Some(last_run), consecutive_failures, ..self.clone() }
    }
}

/// How much early a run may start.
fn early(every: SignedDuration) -> SignedDuration {
    EARLY.min(every / 10)
}

impl Record for JobState {
    const NOUN: &'static str = "job";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "JOB#", "STATE");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: SignedDuration = SignedDuration::from_hours(1);
    const FIRST: Claimant<'_> = Claimant { process: "first", single_process: false };
    const SECOND: Claimant<'_> = Claimant { process: "second", single_process: false };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn claimed(state: &JobState, claimant: Claimant<'_>, now: Timestamp) -> JobState {
        match state.claim(claimant, EVERY, now) {
            Claim::Due(state) => *state,
            other @ (Claim::NotYet { .. } | Claim::Running { .. }) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_job_runs_once_in_its_period() {
        let running = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0));
        assert_eq!(running.claim(SECOND, EVERY, at(30)), Claim::Running { until: at(60) });
        let done = running.finished(JobOutcome::Succeeded, None, JobCounts::default(), at(40));
        assert_eq!(done.claim(SECOND, EVERY, at(3000)), Claim::NotYet { at: at(3600) });
        assert_eq!(claimed(&done, SECOND, at(3596)).runs, 2, "a little early");
        let last = done.last_run.unwrap();
        assert_eq!((last.outcome, last.duration_milliseconds), (JobOutcome::Succeeded, 40_000));
    }

    #[test]
    fn an_expired_lease_is_taken_over_and_noted() {
        let running = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0)).renewed(at(50));
        assert_eq!(running.claim(SECOND, EVERY, at(100)), Claim::Running { until: at(110) });
        let taken = claimed(&running, SECOND, at(110));
        assert_eq!((taken.runs, taken.consecutive_failures), (2, 1));
        assert_eq!(taken.last_run.unwrap().outcome, JobOutcome::Abandoned);
    }

    #[test]
    fn a_single_process_knows_that_another_has_crashed() {
        let running = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0));
        let alone = Claimant { single_process: true, ..SECOND };
        assert_eq!(claimed(&running, alone, at(1)).runs, 2);
        let itself = Claimant { single_process: true, ..FIRST };
        assert_eq!(running.claim(itself, EVERY, at(1)), Claim::Running { until: at(60) });
    }

    #[test]
    fn a_clock_that_is_set_back_holds_up_no_job() {
        let running = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0));
        assert_eq!(claimed(&running, SECOND, at(-86_400)).runs, 2, "during a run");
        let done = running.finished(JobOutcome::Succeeded, None, JobCounts::default(), at(1));
        let again = claimed(&done, SECOND, at(-86_400));
        assert_eq!(again.next_run_at, at(-86_400) + EVERY);
    }

    #[test]
    fn a_process_whose_clock_is_behind_takes_no_lease_away() {
        let running = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0)).renewed(at(50));
        assert_eq!(running.claim(SECOND, EVERY, at(-30)), Claim::Running { until: at(110) });
    }

    #[test]
    fn a_clock_that_jumps_ahead_leads_to_one_run() {
        let done = claimed(&JobState::new("tidy-up", at(0)), FIRST, at(0)).finished(
            JobOutcome::Failed,
            Some("no".into()),
            JobCounts::default(),
            at(1),
        );
        let again = claimed(&done, FIRST, at(864_000));
        assert_eq!(again.next_run_at, at(864_000) + EVERY);
    }
}

//! Scheduled jobs over HTTP.

use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::{
    guard::{Granted, actions::JobRead},
    http::{
        answer::Plain,
        extract::{Path, Segment},
        routes::Routes,
    },
    jobs::{FinishedRun, Job, JobLease, JobState},
    page::Page,
    plane::Plane,
    problem::{Problem, Result},
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/api/jobs", list, "List scheduled jobs by name").get(
        "/api/jobs/{jobName}",
        read,
        "Show a scheduled job",
    )
}

/// A job that runs by the clock, in one process at a time.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ScheduledJob {
    name: String,
    summary: String,
    /// The time from the start of a run to the start of the next.
    every_seconds: i64,
    next_run_at: Timestamp,
    /// The number of runs that were started.
    runs: u64,
    /// Runs since the last that succeeded.
    consecutive_failures: u32,
    /// The run in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<JobLease>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<FinishedRun>,
}

impl ScheduledJob {
    fn of(job: &Job, state: JobState) -> Self {
        Self {
            name: job.name.to_owned(),
            summary: job.summary.to_owned(),
            every_seconds: job.every.as_secs(),
            next_run_at: state.next_run_at,
            runs: state.runs,
            consecutive_failures: state.consecutive_failures,
            running: state.lease,
            last_run: state.last_run,
        }
    }
}

/// The name of a job.
#[derive(Debug)]
struct JobName(String);

impl FromStr for JobName {
    type Err = ();

    fn from_str(name: &str) -> std::result::Result<Self, ()> {
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(name.to_owned())) } else { Err(()) }
    }
}

impl Segment for JobName {
    const EXPECTED: &'static str = "a name of a job, such as license-reminders";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9-]+$" })
    }
}

async fn list(_: Granted<JobRead>, plane: Plane) -> Result<Page<ScheduledJob>> {
    let mut jobs = Vec::new();
    for job in plane.jobs().list() {
        jobs.push(ScheduledJob::of(job, plane.job_state(job).await?));
    }
    Ok(Page::of(&jobs, None))
}

async fn read(_: Granted<JobRead>, plane: Plane, Path(name): Path<JobName>) -> Result<Plain<ScheduledJob>> {
    let job = plane.jobs().find(&name.0).ok_or_else(|| Problem::not_found("job"))?;
    Ok(Plain(ScheduledJob::of(job, plane.job_state(job).await?)))
}

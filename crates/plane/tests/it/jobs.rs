//! Scheduled jobs: one process at a time, also after crashes, failures and clocks that move.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use plane::{
    jobs::{Job, JobOutcome, JobReport},
    ports::{clock::Clock as _, table::Tables},
    problem::{Code, Problem},
    settings::Settings,
};
use serde_json::json;
use testkit::{keys::MemoryKeys, store, world::World};
use tokio::sync::Semaphore;

use crate::tenants::tenant;

const NAME: &str = "count-stars";
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What the job of a process does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Succeeds,
    Fails,
    Panics,
    /// It waits until it is released.
    Waits,
}

/// A process with one more job.
struct Process {
    world: World,
    begun: Arc<AtomicU32>,
    started: Arc<Semaphore>,
    release: Arc<Semaphore>,
}

impl Process {
    async fn with(tables: Arc<dyn Tables>, work: Work) -> Self {
        let begun = Arc::new(AtomicU32::new(0));
        let (started, release) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, starts, waits) = (Arc::clone(&begun), Arc::clone(&started), Arc::clone(&release));
        let job = Job::new(NAME, "Count the stars", EVERY, move || {
            let (counted, starts, waits) = (Arc::clone(&counted), Arc::clone(&starts), Arc::clone(&waits));
            async move {
                counted.fetch_add(1, Ordering::SeqCst);
                starts.add_permits(1);
                match work {
                    Work::Succeeds => {}
                    Work::Fails => return Err(Problem::new(Code::Unavailable, "it is cloudy")),
                    Work::Panics => panic!("it is dark"),
                    Work::Waits => waits.acquire().await.unwrap().forget(),
                }
                Ok([("stars".to_owned(), 7)].into())
            }
        });
        let settings = Settings { alone: false, ..Settings::default() };
        let add = |ports: &mut plane::plane::Ports| ports.jobs.push(job);
        let world = World::over_ports(tables, settings, MemoryKeys::default(), add).await;
        Self { world, begun, started, release }
    }

    /// The only process of a store that is set up.
    async fn alone(work: Work) -> Self {
        let process = Self::with(store::tables().await, work).await;
        process.world.set_up().await;
        process
    }

    fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Runs what is due. Answers what became of this test's job, if it was due.
    async fn tick(&self) -> Option<JobReport> {
        let reports = self.world.plane.run_due_jobs().await.unwrap();
        reports.into_iter().find(|report| report.name == NAME)
    }

    /// Has what is due run beside the test.
    fn ticking(&self) -> tokio::task::JoinHandle<Option<JobReport>> {
        let plane = self.world.plane.clone();
        tokio::spawn(async move {
            let reports = plane.run_due_jobs().await.unwrap();
            reports.into_iter().find(|report| report.name == NAME)
        })
    }

    async fn shown(&self) -> serde_json::Value {
        self.world.operator().await.get(&format!("/api/jobs/{NAME}")).await.expect(200)
    }
}

fn outcome(report: Option<JobReport>) -> Option<JobOutcome> {
    report.map(|report| report.outcome)
}

#[tokio::test]
async fn one_of_two_processes_runs_a_job_and_operators_see_it() {
    let tables = store::tables().await;
    let first = Process::with(Arc::clone(&tables), Work::Succeeds).await;
    first.world.set_up().await;
    let second = Process::with(tables, Work::Succeeds).await;
    let before = first.shown().await;
    assert_eq!((&before["runs"], before.get("lastRun")), (&json!(0), None), "{before}");
    let (one, other) = tokio::join!(first.tick(), second.tick());
    assert!(one.is_none() || other.is_none());
    assert_eq!(first.begun() + second.begun(), 1);
    assert_eq!(outcome(one.or(other)), Some(JobOutcome::Succeeded));

    let job = first.shown().await;
    assert_eq!(job["everySeconds"], 3600);
    assert_eq!(job["lastRun"]["outcome"], "succeeded", "{job}");
    assert_eq!(job["lastRun"]["counts"], json!({ "stars": 7 }));
    assert_eq!((&job["runs"], job.get("running")), (&json!(1), None));
    assert!(job["lastRun"]["durationMilliseconds"].is_u64() && job["nextRunAt"].is_string());
    let listed = first.world.operator().await.get("/api/jobs").await.expect(200);
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|job| job["name"].clone()).collect();
    let expected = [
        "account-removals",
        "all-tables",
        NAME,
        "invitation-expiries",
        "license-reminders",
        "name-claims",
        "user-endings",
        "written-tables",
    ];
    assert_eq!(names, expected);

    assert_eq!((outcome(first.tick().await), outcome(second.tick().await)), (None, None), "it is not due");
    second.world.advance(EVERY * 2);
    assert_eq!(outcome(second.tick().await), Some(JobOutcome::Succeeded));
}

#[tokio::test]
async fn a_job_whose_process_crashed_is_taken_over() {
    let tables = store::tables().await;
    let first = Process::with(Arc::clone(&tables), Work::Waits).await;
    first.world.set_up().await;
    let second = Process::with(tables, Work::Waits).await;
    let crashing = first.ticking();
    first.started.acquire().await.unwrap().forget();
    crashing.abort();
    assert!(crashing.await.unwrap_err().is_cancelled());

    assert_eq!(outcome(second.tick().await), None, "the lease still holds");
    second.world.advance(SignedDuration::from_mins(3));
    let run = second.ticking();
    second.started.acquire().await.unwrap().forget();
    let job = second.shown().await;
    assert_eq!(job["lastRun"]["outcome"], "abandoned", "{job}");
    assert_eq!((&job["runs"], &job["consecutiveFailures"]), (&json!(2), &json!(1)));
    assert!(job["running"]["process"].is_string());
    second.release.add_permits(1);
    assert_eq!(outcome(run.await.unwrap()), Some(JobOutcome::Succeeded));
    assert_eq!(second.shown().await["consecutiveFailures"], 0);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_writes_no_result() {
    let tables = store::tables().await;
    let frozen = Process::with(Arc::clone(&tables), Work::Waits).await;
    frozen.world.set_up().await;
    let other = Process::with(tables, Work::Succeeds).await;
    let run = frozen.ticking();
    frozen.started.acquire().await.unwrap().forget();
    other.world.advance(SignedDuration::from_mins(3));
    assert_eq!(outcome(other.tick().await), Some(JobOutcome::Succeeded));
    let written = other.shown().await;

    frozen.release.add_permits(1);
    assert_eq!(outcome(run.await.unwrap()), Some(JobOutcome::Abandoned));
    assert_eq!(other.shown().await, written);
}

#[tokio::test]
async fn a_job_that_fails_is_shown_with_its_error_and_runs_again() {
    for (work, error) in [(Work::Fails, "it is cloudy"), (Work::Panics, "the job panicked; the log has the message")] {
        let process = Process::alone(work).await;
        assert_eq!(outcome(process.tick().await), Some(JobOutcome::Failed));
        let job = process.shown().await;
        assert_eq!((&job["lastRun"]["outcome"], &job["lastRun"]["error"]), (&json!("failed"), &json!(error)));
        assert_eq!(outcome(process.tick().await), None);
        process.world.advance(EVERY);
        assert_eq!(outcome(process.tick().await), Some(JobOutcome::Failed));
        assert_eq!(process.shown().await["consecutiveFailures"], 2);
        // A job that fails holds up no other.
        let others = process.world.operator().await.get("/api/jobs/account-removals").await.expect(200);
        assert_eq!(others["lastRun"]["outcome"], "succeeded", "{others}");
    }
}

#[tokio::test]
async fn a_clock_that_moves_leads_to_one_run() {
    let process = Process::alone(Work::Succeeds).await;
    process.tick().await.unwrap();
    process.world.advance(SignedDuration::from_hours(240));
    process.tick().await.unwrap();
    assert_eq!(outcome(process.tick().await), None, "missed periods are not made up for");
    process.world.clock.set(process.world.clock.now() - SignedDuration::from_hours(240));
    process.tick().await.unwrap();
    assert_eq!(outcome(process.tick().await), None);
    assert_eq!(process.begun(), 3);
}

#[tokio::test]
async fn a_server_runs_jobs_by_its_clock_and_ends_them_when_it_stops() {
    let process = Process::alone(Work::Waits).await;
    tokio::time::pause();
    let clock = tokio::spawn((*process.world.plane).clone().run_jobs());
    process.started.acquire().await.unwrap().forget();
    process.world.plane.jobs().stop(Duration::from_secs(10)).await;
    clock.await.unwrap();
    let job = process.shown().await;
    assert_eq!(job["lastRun"]["outcome"], "abandoned", "{job}");
    assert_eq!(job["lastRun"]["error"], "the process was stopped during the run");
    assert_eq!(job.get("running"), None, "another process can run it at once");
}

#[tokio::test]
async fn operators_alone_see_jobs() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for path in ["/api/jobs", "/api/jobs/license-reminders"] {
        assert_eq!(acme.admin.get(path).await.refused(403), "forbidden");
        assert_eq!(world.nobody().get(path).await.refused(401), "unauthenticated");
    }
    let operator = world.operator().await;
    assert_eq!(operator.get("/api/jobs/tea-break").await.refused(404), "not_found");
    assert_eq!(operator.get("/api/jobs/Tea%20break").await.refused(400), "invalid_request");
}

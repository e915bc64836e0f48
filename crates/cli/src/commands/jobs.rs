//! `freehold jobs`

use clap::Subcommand;

use super::{
    Session,
    entity::{Entity, List},
};
use crate::{client::ApiRequest, fail::Outcome};

const JOBS: Entity = Entity {
    path: "/api/jobs",
    columns: &[
        ("name", "/name"),
        ("next run", "/nextRunAt"),
        ("last run", "/lastRun/startedAt"),
        ("outcome", "/lastRun/outcome"),
        ("took ms", "/lastRun/durationMilliseconds"),
        ("failures", "/consecutiveFailures"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// List scheduled jobs with their last and next run
    List,
    /// Show a job, with the error of its last run
    Show {
        #[arg(value_parser = job_name)]
        name: String,
    },
}

pub(crate) async fn run(command: &Jobs, session: &mut Session) -> Outcome {
    match command {
        Jobs::List => JOBS.list(JOBS.path, &List::default(), session).await,
        Jobs::Show { name } => session.show(ApiRequest::get(format!("{}/{name}", JOBS.path))).await,
    }
}

fn job_name(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a name such as license-reminders; `freehold jobs list` shows them".into())
    }
}

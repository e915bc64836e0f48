//! `freehold executions`

use clap::Subcommand;
use plane::ids::RecordId;

use super::{
    Session,
    entity::{Entity, List},
    provisioning,
};
use crate::{client::ApiRequest, fail::Outcome};

const EXECUTIONS: Entity = Entity {
    path: "/api/executions",
    columns: &[
        ("id", "/id"),
        ("workflow", "/workflow"),
        ("account", "/accountId"),
        ("status", "/status"),
        ("started", "/startedAt"),
        ("finished", "/finishedAt"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Executions {
    /// List runs of workflows, the latest first
    List(List),
    /// Show a run, a step a line
    Show { id: RecordId },
}

pub(crate) async fn run(command: &Executions, session: &mut Session) -> Outcome {
    match command {
        Executions::List(list) => EXECUTIONS.list(EXECUTIONS.path, list, session).await,
        Executions::Show { id } => {
            let progress = session.client.ask(ApiRequest::get(EXECUTIONS.at(*id))).await?;
            provisioning::show(&progress, session.json);
            Ok(())
        }
    }
}

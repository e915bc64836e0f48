//! `freehold events`

use clap::Subcommand;

use super::{
    Session,
    entity::{Entity, List},
};
use crate::fail::Outcome;

const EVENTS: Entity = Entity {
    path: "/api/events",
    columns: &[("id", "/id"), ("at", "/at"), ("type", "/type"), ("account", "/accountId"), ("detail", "/detail")],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List the lifecycle events of an account, the latest first
    List(List),
}

pub(crate) async fn run(command: &Events, session: &mut Session) -> Outcome {
    let Events::List(list) = command;
    EVENTS.list(EVENTS.path, list, session).await
}

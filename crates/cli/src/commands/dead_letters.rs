//! `freehold dead-letters`

use clap::Subcommand;
use plane::ids::RecordId;

use super::{
    Session,
    entity::{Entity, List},
};
use crate::{client::ApiRequest, fail::Outcome};

const DEAD_LETTERS: Entity = Entity {
    path: "/api/dead-letters",
    columns: &[
        ("id", "/id"),
        ("worker", "/worker"),
        ("state", "/state"),
        ("account", "/accountId"),
        ("attempts", "/attempts"),
        ("at", "/at"),
        ("error", "/error/message"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// List dead letters, the latest first
    List(List),
    /// Show a dead letter
    Show { id: RecordId },
    /// Try a dead letter's step again
    Replay { id: RecordId },
    /// Discard a dead letter
    Discard { id: RecordId },
}

pub(crate) async fn run(command: &DeadLetters, session: &mut Session) -> Outcome {
    match command {
        DeadLetters::List(list) => DEAD_LETTERS.list(DEAD_LETTERS.path, list, session).await,
        DeadLetters::Show { id } => session.show(ApiRequest::get(DEAD_LETTERS.at(*id))).await,
        DeadLetters::Replay { id } => {
            session.change(ApiRequest::post(format!("{}/replay", DEAD_LETTERS.at(*id)))).await
        }
        DeadLetters::Discard { id } => session.change(ApiRequest::delete(DEAD_LETTERS.at(*id))).await,
    }
}

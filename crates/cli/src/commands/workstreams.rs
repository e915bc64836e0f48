//! `freehold workstreams`

use clap::Subcommand;

use super::{
    Session,
    entity::{Crud, Entity, Scope},
};
use crate::{client::ApiRequest, fail::Outcome};

pub(crate) const WORKSTREAMS: Entity = Entity {
    path: "/api/workstreams",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("enterprise", "/enterpriseId"),
        ("built in", "/builtIn"),
        ("description", "/description"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Workstreams {
    #[command(flatten)]
    Crud(Crud),
    /// See to it that there is a default workstream; prints its id
    EnsureDefault(Scope),
}

pub(crate) async fn run(command: &Workstreams, session: &mut Session) -> Outcome {
    match command {
        Workstreams::Crud(crud) => WORKSTREAMS.run(crud, session).await,
        Workstreams::EnsureDefault(scope) => {
            let ask = scope.of(ApiRequest::post("/api/workstreams/ensure-default"));
            session.create(ask).await.map(drop)
        }
    }
}

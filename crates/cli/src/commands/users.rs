//! `freehold users`

use clap::{Args, Subcommand};
use plane::ids::RecordId;
use serde_json::json;

use super::{
    Session,
    entity::{Confirmed, Create, Crud, Entity, List, One, Scope},
    groups::GROUPS,
    workstreams::WORKSTREAMS,
};
use crate::{client::ApiRequest, fail::Outcome};

pub(crate) const USERS: Entity = Entity {
    path: "/api/users",
    columns: &[
        ("id", "/id"),
        ("e-mail", "/email"),
        ("first name", "/firstName"),
        ("last name", "/lastName"),
        ("status", "/status"),
        ("identity", "/identityStatus"),
        ("invitation", "/invitation/state"),
        ("expires", "/invitation/expiresAt"),
        ("ends", "/endDate"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    #[command(flatten)]
    Crud(Crud),
    /// Create a user with an identity, and send the invitation; prints the id
    Provision(Create),
    /// Send a new invitation; the one before is void
    Invite(One),
    /// List the groups that a user is in, or replace them
    Groups(Links),
    /// List the workstreams that a user is in, or replace them
    Workstreams(Links),
    /// Show what a user may do
    Permissions(One),
}

/// The links of one record.
#[derive(Debug, Args)]
pub(crate) struct Links {
    pub id: RecordId,
    /// Replace them by these; an empty text removes all
    #[arg(long, value_name = "ID,…")]
    set: Option<String>,
    /// Only if the list is still as it was, as its ETag says
    #[arg(long, value_name = "ETAG", requires = "set")]
    if_match: Option<String>,
    #[command(flatten)]
    confirmed: Confirmed,
    #[command(flatten)]
    scope: Scope,
}

impl Links {
    /// Lists the links, or replaces them.
    pub(super) async fn run(&self, path: &str, field: &str, entity: &Entity, session: &mut Session) -> Outcome {
        let Some(ids) = &self.set else {
            let list = List::in_scope(&self.scope);
            return entity.list(path, &list, session).await;
        };
        let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        let ask = self.scope.of(ApiRequest::put(path)).body(json!({ field: ids }));
        // The server asks nothing about workstreams.
        let ask = if field == "workstreamIds" { ask } else { self.confirmed.of(ask) };
        session.change(ask.header("if-match", self.if_match.clone())).await
    }
}

pub(crate) async fn run(command: &Users, session: &mut Session) -> Outcome {
    let at = |id: RecordId, what: &str| format!("/api/users/{id}/{what}");
    match command {
        Users::Crud(crud) => USERS.run(crud, session).await,
        Users::Provision(create) => session.create(create.ask("/api/users/provision")?).await.map(drop),
        Users::Invite(one) => session.change(one.scope.of(ApiRequest::post(at(one.id, "invitation")))).await,
        Users::Groups(links) => links.run(&at(links.id, "groups"), "groupIds", &GROUPS, session).await,
        Users::Workstreams(links) => {
            links.run(&at(links.id, "workstreams"), "workstreamIds", &WORKSTREAMS, session).await
        }
        Users::Permissions(one) => session.show(one.scope.of(ApiRequest::get(at(one.id, "permissions")))).await,
    }
}

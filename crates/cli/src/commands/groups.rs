//! `freehold groups`

use clap::Subcommand;

use super::{
    Session,
    entity::{Crud, Entity, List, One},
    roles::ROLES,
    users::{Links, USERS},
};
use crate::fail::Outcome;

pub(crate) const GROUPS: Entity = Entity {
    path: "/api/groups",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("enterprise", "/enterpriseId"),
        ("built in", "/builtIn"),
        ("description", "/description"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    #[command(flatten)]
    Crud(Crud),
    /// List the roles that a group gives, or replace them
    Roles(Links),
    /// List the members of a group
    Users(One),
}

pub(crate) async fn run(command: &Groups, session: &mut Session) -> Outcome {
    match command {
        Groups::Crud(crud) => GROUPS.run(crud, session).await,
        Groups::Roles(links) => {
            let path = format!("{}/roles", GROUPS.at(links.id));
            links.run(&path, "roleIds", &ROLES, session).await
        }
        Groups::Users(one) => {
            let list = List::in_scope(&one.scope);
            USERS.list(&format!("{}/users", GROUPS.at(one.id)), &list, session).await
        }
    }
}

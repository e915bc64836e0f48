//! `freehold roles`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Session,
    entity::{Confirmed, Create, Delete, Entity, List, One, Update, read_json},
};
use crate::{client::ApiRequest, fail::Outcome, print};

pub(crate) const ROLES: Entity = Entity {
    path: "/api/roles",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("kind", "/kind"),
        ("enterprise", "/enterpriseId"),
        ("mask", "/mask"),
        ("built in", "/builtIn"),
    ],
};

const PRESETS: Entity =
    Entity { path: "/api/role-presets", columns: &[("preset", "/preset"), ("name", "/name"), ("summary", "/summary")] };

#[derive(Debug, Subcommand)]
pub(crate) enum Roles {
    /// List them
    List(List),
    /// Show one
    Show(One),
    /// Create one; prints its id
    #[command(after_help = "Example:
  freehold roles create --preset viewer name=Readers --enterprise ID

`freehold roles presets` lists the presets.")]
    Create(CreateRole),
    /// List what new roles can start with
    Presets,
    /// Change fields of one; the others stay
    Update(Update),
    /// Delete one
    Delete(Delete),
    /// What a role permits
    #[command(subcommand)]
    Permissions(Permissions),
}

#[derive(Debug, Args)]
pub(crate) struct CreateRole {
    #[command(flatten)]
    create: Create,
    /// Start with the permissions of this preset, such as `viewer`
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Permissions {
    /// Show what a role permits
    Get(One),
    /// Replace what a role permits by what a file says, as `get --json` prints it
    Set {
        #[command(flatten)]
        one: One,
        /// A file with `{"permissions": […]}`; `-` reads stdin
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// Only if they are still as they were, as their ETag says
        #[arg(long, value_name = "ETAG")]
        if_match: Option<String>,
        #[command(flatten)]
        confirmed: Confirmed,
    },
}

pub(crate) async fn run(command: &Roles, session: &mut Session) -> Outcome {
    match command {
        Roles::List(list) => ROLES.list(ROLES.path, list, session).await,
        Roles::Show(one) => session.show(one.scope.of(ApiRequest::get(ROLES.at(one.id)))).await,
        Roles::Create(CreateRole { create, preset }) => {
            let ask = create.ask_with(ROLES.path, preset.as_ref().map(|preset| ("preset", preset.as_str())))?;
            session.create(ask).await.map(drop)
        }
        Roles::Presets => PRESETS.list(PRESETS.path, &List::default(), session).await,
        Roles::Update(update) => ROLES.update(update, session).await,
        Roles::Delete(delete) => ROLES.delete(delete, session).await,
        Roles::Permissions(Permissions::Get(one)) => {
            let path = format!("{}/permissions", ROLES.at(one.id));
            let permissions = session.client.ask(one.scope.of(ApiRequest::get(path))).await?;
            if session.json {
                print::json(&permissions);
            } else {
                show(&permissions);
            }
            Ok(())
        }
        Roles::Permissions(Permissions::Set { one, file, if_match, confirmed }) => {
            let mut read = read_json(file)?;
            let permissions = if read.is_array() { read } else { read["permissions"].take() };
            let path = format!("{}/permissions", ROLES.at(one.id));
            let ask = one.scope.of(ApiRequest::put(path)).body(json!({ "permissions": permissions }));
            session.change(confirmed.of(ask).header("if-match", if_match.clone())).await
        }
    }
}

fn show(permissions: &Value) {
    let flags = ["isVisible", "canView", "canCreate", "canEdit", "canDelete"];
    let row = |name: String, of: &Value| {
        std::iter::once(name).chain(flags.iter().map(|flag| print::cell(of.get(flag)))).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for menu in permissions["permissions"].as_array().into_iter().flatten() {
        let name = print::cell(menu.get("menu"));
        for tab in menu["tabs"].as_array().into_iter().flatten() {
            rows.push(row(format!("{name}/{}", print::cell(tab.get("tab"))), tab));
        }
        rows.insert(rows.len() - menu["tabs"].as_array().map_or(0, Vec::len), row(name, menu));
    }
    print::table(&["menu", "visible", "view", "create", "edit", "delete"], rows);
}

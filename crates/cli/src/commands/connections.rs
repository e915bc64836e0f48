//! `freehold connections`

use clap::Subcommand;
use plane::ids::RecordId;

use super::{
    Session,
    entity::{Body, Entity, List},
};
use crate::{client::ApiRequest, fail::Outcome, print};

const CONNECTIONS: Entity = Entity {
    path: "/api/connections",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("region", "/region"),
        ("status", "/status"),
        ("account", "/accountId"),
        ("role", "/roleArn"),
        ("created", "/createdAt"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Connections {
    /// List connections, the oldest first
    List(List),
    /// Show a connection
    Show { id: RecordId },
    /// Begin a connection; prints its id
    Create {
        #[command(flatten)]
        body: Body,
    },
    /// Show the stack that the owner of the other account makes there
    Stack {
        id: RecordId,
        /// Print the stack's template alone
        #[arg(long)]
        template: bool,
    },
    /// Verify that the role opens to the platform as it must, and to nobody else
    Verify {
        id: RecordId,
        /// The stack's output RoleArn
        #[arg(long, value_name = "ARN")]
        role: String,
    },
    /// Delete a connection that no account uses
    Delete { id: RecordId },
}

pub(crate) async fn run(command: &Connections, session: &mut Session) -> Outcome {
    match command {
        Connections::List(list) => CONNECTIONS.list(CONNECTIONS.path, list, session).await,
        Connections::Show { id } => session.show(ApiRequest::get(CONNECTIONS.at(*id))).await,
        Connections::Create { body } => {
            session.create(ApiRequest::post(CONNECTIONS.path).body(body.read()?)).await?;
            print::note("what its owner makes: freehold connections stack ID");
            Ok(())
        }
        Connections::Stack { id, template } => stack(*id, *template, session).await,
        Connections::Verify { id, role } => {
            let ask = ApiRequest::post(format!("{}/verify", CONNECTIONS.at(*id)));
            session.change(ask.body(serde_json::json!({ "roleArn": role }))).await
        }
        Connections::Delete { id } => session.change(ApiRequest::delete(CONNECTIONS.at(*id))).await,
    }
}

async fn stack(id: RecordId, template: bool, session: &mut Session) -> Outcome {
    let stack = session.client.ask(ApiRequest::get(format!("{}/stack", CONNECTIONS.at(id)))).await?;
    if session.json {
        print::json(&stack);
    } else if template {
        print::out(stack["template"].as_str().unwrap_or_default());
    } else {
        print::note(format_args!(
            "freehold connections stack {id} --template > account-table.yaml, and in that account:"
        ));
        print::out(stack["command"].as_str().unwrap_or_default());
    }
    Ok(())
}

//! `freehold accounts`

use clap::{Args, Subcommand};
use plane::ids::RecordId;

use super::{
    Session,
    entity::{Body, Entity, List, Scope, Update},
    provisioning,
};
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

pub(crate) const ACCOUNTS: Entity = Entity {
    path: "/api/accounts",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("status", "/status"),
        ("run", "/provisioning/status"),
        ("cloud", "/cloudType"),
        ("degraded", "/degraded"),
        ("created", "/createdAt"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// List accounts by name
    List(List),
    /// Show an account
    Show { id: RecordId },
    /// Create an account and begin its onboarding; prints its id
    #[command(after_help = "Example:
  freehold accounts create -f account.json --watch

account.json, with the ids of an enterprise, a product of it and a service of that:
  {
    \"name\": \"Acme\", \"masterAccountName\": \"Acme Holding\", \"cloudType\": \"public\",
    \"address\": {
      \"line1\": \"1 Main St\", \"city\": \"Springfield\", \"postalCode\": \"62701\", \"country\": \"US\"
    },
    \"technicalUser\": {
      \"firstName\": \"Ada\", \"lastName\": \"Byron\", \"email\": \"ada@acme.example\", \"startDate\": \"2026-01-01\"
    },
    \"administrator\": { \"firstName\": \"Mary\", \"lastName\": \"Shaw\", \"email\": \"mary@acme.example\" },
    \"licenses\": [{
      \"enterpriseId\": \"ID\", \"productId\": \"ID\", \"serviceId\": \"ID\",
      \"startDate\": \"2026-01-01\", \"endDate\": \"2026-12-31\", \"numberOfUsers\": 10
    }]
  }")]
    Create(Create),
    /// Change fields of an account; the others stay
    Update(Update),
    /// Delete an account: its removal begins at once, or after the days of grace that the server is set to
    #[command(
        after_help = "Unless the server's setting deletion_grace_days is more than 0 (its default), the removal begins at
once and can't be undone. In the days of grace the account is disabled, and
`freehold accounts restore` brings it back."
    )]
    Delete(Delete),
    /// Restore an account in its days of grace
    Restore { id: RecordId },
    /// Show what was removed of a deleted account
    Receipt { id: RecordId },
    /// List the technical users of an account
    TechnicalUsers { id: RecordId },
    /// Say whether an account reaches every account
    GlobalAccess { id: RecordId },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    body: Body,
    /// Follow the onboarding until it ends; fails if that fails
    #[arg(long)]
    watch: bool,
    /// The same key and body give the same answer for 24 hours, so that a retry creates nothing twice
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    id: RecordId,
    /// The account's exact name
    #[arg(long, value_name = "NAME")]
    confirm: String,
    /// Begin the removal at once, also if the days of grace are not over
    #[arg(long)]
    now: bool,
    /// Only if the account still has this version, as its ETag says
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
    /// Follow the removal until it ends; fails if that fails
    #[arg(long)]
    watch: bool,
}

pub(crate) async fn run(command: &Accounts, session: &mut Session) -> Outcome {
    let at = |id: &RecordId, what: &str| format!("/api/accounts/{id}{what}");
    match command {
        Accounts::List(list) => ACCOUNTS.list(ACCOUNTS.path, list, session).await,
        Accounts::Show { id } => session.show(ApiRequest::get(at(id, ""))).await,
        Accounts::Create(create) => create_account(create, session).await,
        Accounts::Update(update) => {
            let ask = ApiRequest::put(at(&update.id, "")).body(update.body.read()?);
            session.change(ask.header("if-match", update.if_match.clone())).await
        }
        Accounts::Delete(delete) => {
            let ask = ApiRequest::delete(at(&delete.id, ""))
                .with("confirm", Some(&delete.confirm))
                .with("now", delete.now.then_some("true"));
            let account = session.client.ask(ask.header("if-match", delete.if_match.clone())).await?;
            if delete.watch {
                return provisioning::watch(delete.id, session).await;
            }
            if session.json {
                print::json(&account);
            }
            print::note(match account["deletesAt"].as_str() {
                Some(at) => {
                    format!("it is disabled, and removed at {at}; to keep it: freehold accounts restore {}", delete.id)
                }
                None => format!("its removal has begun: freehold provisioning watch {}", delete.id),
            });
            Ok(())
        }
        Accounts::Restore { id } => session.change(ApiRequest::post(at(id, "/restore"))).await,
        Accounts::Receipt { id } => session.show(ApiRequest::get(at(id, "/receipt"))).await,
        Accounts::TechnicalUsers { id } => {
            super::users::USERS.list(&at(id, "/technical-users"), &List::default(), session).await
        }
        Accounts::GlobalAccess { id } => {
            session.show(Scope::default().of(ApiRequest::get(at(id, "/global-access")))).await
        }
    }
}

async fn create_account(create: &Create, session: &mut Session) -> Outcome {
    let ask = ApiRequest::post("/api/accounts").body(create.body.read()?);
    let account = session.create(ask.header("idempotency-key", create.idempotency_key.clone())).await?;
    let id = account["id"].as_str().and_then(|id| id.parse().ok());
    let id: RecordId = id.ok_or_else(|| Failure::new("the server answered an account without an id"))?;
    if create.watch {
        return provisioning::watch(id, session).await;
    }
    print::note(format_args!("its onboarding runs: freehold provisioning watch {id}"));
    Ok(())
}

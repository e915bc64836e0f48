//! `freehold me`: one's own e-mail address.

use clap::Subcommand;
use serde_json::json;

use super::{Session, login::Prompt};
use crate::{client::ApiRequest, fail::Outcome, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Me {
    /// Ask for another e-mail address: a code goes to it
    Email {
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// Read the password from the first line of stdin
        #[arg(long)]
        password_stdin: bool,
    },
    /// Confirm the new e-mail address with the code that was sent to it
    ConfirmEmail { code: String },
}

pub(crate) async fn run(command: &Me, session: &mut Session) -> Outcome {
    match command {
        Me::Email { address, password_stdin } => {
            let password = Prompt { stdin: *password_stdin }.secret("Password: ")?;
            let body = json!({ "newEmail": address, "password": password });
            session.client.ask(ApiRequest::post("/api/me/email").body(body)).await?;
            print::note(format_args!("a code is on its way to {address}: freehold me confirm-email CODE"));
            Ok(())
        }
        Me::ConfirmEmail { code } => {
            let ask = ApiRequest::post("/api/me/email/confirm").body(json!({ "code": code }));
            let answer = session.client.ask(ask).await?;
            print::note(format_args!("you sign in as {} from now on", print::cell(answer.get("email"))));
            Ok(())
        }
    }
}

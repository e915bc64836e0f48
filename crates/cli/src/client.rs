//! The client of the API, as the command line uses it: whose session, and what its refusals say to a person.

pub(crate) use freehold_client::{Client, Request as ApiRequest};
use freehold_client::{ClientError, DEFAULT_SERVER, Refusal, SessionFile};
use plane::json_syntax::complaint;

use crate::{
    config::Environment,
    fail::{Failure, Outcome},
};

/// What answers name, and the command that does the same: the longer before those that they begin with.
const COMMANDS: [(&str, &str); 14] = [
    ("'forgot password' in the console, POST /api/auth/forgot-password in the API", "'forgot password' in the console"),
    ("POST /api/auth/forgot-password", "'forgot password' in the console"),
    ("POST /api/auth/login", "freehold login"),
    ("GET /api/licenses", "freehold licenses list"),
    ("POST /api/licenses", "freehold licenses create"),
    ("GET /api/enterprises", "freehold enterprises list"),
    ("POST /api/connections/{connectionId}/verify", "freehold connections verify ID"),
    ("DELETE /api/accounts/{accountId}", "freehold accounts delete ID"),
    ("GET /api/provisioning/{accountId}", "freehold provisioning show ID"),
    ("GET /api/provisioning/", "freehold provisioning show "),
    ("POST /api/provisioning with {\"accountId\": \"", "freehold provisioning redrive "),
    ("\"} goes on", " goes on"),
    ("POST /api/me/email", "freehold me email ADDRESS"),
    ("send \"overCapacity\": true", "repeat the command with overCapacity:=true"),
];

/// Asks the server that is named, else the one that somebody signed in to last, else the one of this machine.
pub(crate) fn connect(server: Option<&str>, environment: &Environment) -> Outcome<Client> {
    let file = session_file(environment)?;
    let named = server.or_else(|| environment.get("FREEHOLD_SERVER"));
    let last = file.load()?.map(|session| session.server);
    let client = Client::new(named.or(last.as_deref()).unwrap_or(DEFAULT_SERVER))?;
    let token = environment.get("FREEHOLD_TOKEN").map(Into::into);
    Ok(client.with_session_file(file)?.with_token(token))
}

pub(crate) fn session_file(environment: &Environment) -> Outcome<SessionFile> {
    Ok(SessionFile::at(environment.client_folder()?.join("session.json")))
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::new(&error);
        match &error {
            ClientError::Address(_) => Self::usage(&error).hint(format!("such as {DEFAULT_SERVER}")),
            ClientError::Unreachable { .. } => {
                failure.hint("start it with: freehold serve; or name another: --server URL")
            }
            ClientError::SignedOut { server } => failure.hint(format!("freehold login --server {server}")),
            ClientError::Redirected { to: Some(to), .. } => failure
                .detail(format!("to {to}"))
                .hint(format!("if that is your server, name it: --server {}", to.origin().ascii_serialization())),
            ClientError::Refused(refusal) => refused(refusal),
            ClientError::NotJson(syntax) => Self::new(format!("the answer is not JSON: {}", complaint(syntax)))
                .hint("is this the address of a Freehold server?"),
            ClientError::OpenSession(path) => Self::usage(&error).hint(format!("chmod 600 '{}'", path.display())),
            ClientError::UnusableSession { .. } => Self::usage(&error),
            ClientError::StreamBroke => failure.hint("freehold provisioning watch ID"),
            ClientError::StreamEnded(_) => failure.hint("freehold login"),
            ClientError::Redirected { to: None, .. }
            | ClientError::Http(_)
            | ClientError::BrokenOff(_)
            | ClientError::NoTokens => failure,
        }
    }
}

/// A problem document in words.
fn refused(refusal: &Refusal) -> Failure {
    let Some(problem) = &refusal.problem else {
        return Failure::new(refusal).request_id(refusal.request_id.clone());
    };
    let code = problem.code.as_str();
    // Where fields are blamed, the detail says the first of them once more.
    let what = if problem.errors.is_empty() { &problem.detail } else { &problem.title };
    let mut failure = Failure::new(format!("{code}: {what}"));
    for error in &problem.errors {
        failure = failure.detail(format!("{}: {}", error.pointer, error.message));
    }
    if matches!(code, "still_assigned" | "own_administration") {
        failure = failure.hint("to do it all the same, repeat the command with --yes");
    } else if let Some(help) = &problem.help {
        failure = failure.hint(in_commands(help));
    } else if let Some(seconds) = problem.retry_after {
        failure = failure.hint(format!("try again in {seconds} s"));
    } else if code == "invalid_request" {
        failure = failure.hint("the API's description of itself is at /api/openapi.json");
    }
    failure.request_id(refusal.request_id.clone())
}

/// The way out that an answer names, in commands.
fn in_commands(help: &str) -> String {
    COMMANDS.iter().fold(help.to_owned(), |help, (call, command)| help.replace(call, command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_commands() {
        for (help, shown) in [
            (
                "GET /api/provisioning/0192 shows why; when the cause is gone, POST /api/provisioning with {\"accountId\": \"0192\"} goes on",
                "freehold provisioning show 0192 shows why; when the cause is gone, freehold provisioning redrive 0192 goes on",
            ),
            (
                "GET /api/provisioning/0192 shows what is under way",
                "freehold provisioning show 0192 shows what is under way",
            ),
            (
                "delete the licenses that use it first; GET /api/licenses lists those of an account",
                "delete the licenses that use it first; freehold licenses list lists those of an account",
            ),
            (
                "if you are sure of both, set a new password by mail: 'forgot password' in the console, POST /api/auth/forgot-password in the API",
                "if you are sure of both, set a new password by mail: 'forgot password' in the console",
            ),
            ("ask an operator of the platform", "ask an operator of the platform"),
        ] {
            assert_eq!(in_commands(help), shown);
        }
    }
}

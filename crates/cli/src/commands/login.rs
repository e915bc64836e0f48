//! `freehold login`, `logout`, `whoami`

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use clap::Args;
use serde_json::{Value, json};

use super::Session;
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The e-mail address; asked for if left out
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The account to sign in to, by id or name, where the address belongs to several
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Read the password from the first line of stdin, and from the next lines what the server asks for: the new
    /// password or code, then the e-mail address
    #[arg(long, requires = "email")]
    password_stdin: bool,
}

pub(crate) async fn login(login: &Login, session: &mut Session) -> Outcome {
    let asker = Prompt { stdin: login.password_stdin };
    let email = match &login.email {
        Some(email) => email.clone(),
        None => asker.line("E-mail: ")?,
    };
    let password = asker.secret("Password: ")?;
    if password.is_empty() {
        return Err(Failure::usage("the password is empty"));
    }
    let answered = |challenge: &Value| answer(&asker, login.account.as_deref(), challenge);
    session.client.sign_in(&email, &password, answered).await?;
    print::note(format_args!("signed in to {} as {}", session.client.server(), session.client.email()));
    Ok(())
}

/// The fields that answer a challenge.
fn answer(asker: &Prompt, account: Option<&str>, challenge: &Value) -> Outcome<Value> {
    match challenge["challenge"].as_str().unwrap_or_default() {
        "NEW_PASSWORD_REQUIRED" => {
            print::note("You must choose a new password: 12 characters or more, of several kinds.");
            let new = asker.secret("New password: ")?;
            if !asker.stdin && asker.secret("Once more: ")? != new {
                return Err(Failure::new("the two are not the same").hint("freehold login"));
            }
            let mut fields = json!({ "newPassword": new });
            if challenge["requires"].as_array().is_some_and(|requires| requires.contains(&"newEmail".into())) {
                print::note("You must also give an e-mail address that reaches you. You sign in with it from now on.");
                fields["newEmail"] = asker.line("E-mail: ")?.into();
            }
            Ok(fields)
        }
        "SELECT_ACCOUNT" => choose(asker, account, challenge),
        other => Err(Failure::new(format!("this version can't answer the challenge {other}"))),
    }
}

/// Which of the accounts of an address somebody signs in to.
fn choose(asker: &Prompt, account: Option<&str>, challenge: &Value) -> Outcome<Value> {
    let accounts = challenge["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let list = || {
        let line =
            |one: &Value| format!("  {}  {}", print::cell(one.get("accountId")), print::cell(one.get("accountName")));
        accounts.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let wanted = match account {
        Some(account) => account.to_owned(),
        None if asker.stdin || !stdin().is_terminal() => {
            return Err(Failure::usage(format!("the address belongs to several accounts:\n{}", list()))
                .hint("freehold login --account ACCOUNT"));
        }
        None => {
            print::note(format_args!("Your address belongs to several accounts:\n{}", list()));
            asker.line("Account: ")?
        }
    };
    let is_wanted = |one: &&Value| {
        one["accountId"] == wanted.as_str()
            || one["accountName"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&wanted))
    };
    match accounts.iter().filter(is_wanted).collect::<Vec<_>>().as_slice() {
        [one] => Ok(json!({ "accountId": one["accountId"] })),
        [] => Err(Failure::usage(format!("you have no account {wanted}; there are:\n{}", list()))),
        _ => Err(Failure::usage(format!("several accounts are called {wanted}; give the id of one:\n{}", list()))),
    }
}

/// Asks a person, or takes lines from stdin.
pub(crate) struct Prompt {
    pub(crate) stdin: bool,
}

impl Prompt {
    fn line(&self, prompt: &str) -> Outcome<String> {
        if !self.stdin {
            if !stdin().is_terminal() {
                return Err(Failure::usage("there is no terminal to ask on").hint("give it on stdin: --password-stdin"));
            }
            drop(write!(stderr(), "{prompt}"));
        }
        let mut line = String::new();
        let read = stdin().read_line(&mut line).map_err(Failure::new)?;
        if read == 0 {
            return Err(Failure::usage(format!(
                "stdin ended where this was expected: {}",
                prompt.trim_end_matches(": ")
            )));
        }
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }

    pub(crate) fn secret(&self, prompt: &str) -> Outcome<String> {
        if self.stdin || !stdin().is_terminal() {
            return self.line(prompt);
        }
        rpassword::prompt_password(prompt).map_err(|error| Failure::new(format!("nothing could be read: {error}")))
    }
}

pub(crate) async fn logout(session: &mut Session) -> Outcome {
    Ok(session.client.sign_out().await?)
}

pub(crate) async fn whoami(session: &mut Session) -> Outcome {
    let access = session.client.ask(ApiRequest::get("/api/users/me/access")).await?;
    if session.json {
        print::json(&access);
        return Ok(());
    }
    let show = |name: &str, pointer: &str| {
        print::out(format_args!("{name:<11} {}", print::cell(access.pointer(pointer))));
    };
    print::out(format_args!("{:<11} {}", "server", session.client.server()));
    show("user", "/user/id");
    show("e-mail", "/user/email");
    show("account", "/defaultAccountId");
    show("enterprise", "/defaultEnterpriseId");
    show("operator", "/operator");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_chosen_by_id_or_name_and_listed_where_none_fits() {
        let one = |id: &str, name: &str| json!({ "accountId": id, "accountName": name });
        let challenge = json!({
            "challenge": "SELECT_ACCOUNT", "accounts": [one("1", "Acme"), one("2", "Bolt"), one("3", "BOLT")]
        });
        let chosen = |account: Option<&str>| choose(&Prompt { stdin: true }, account, &challenge);
        assert_eq!(chosen(Some("acme")).unwrap(), json!({ "accountId": "1" }));
        assert_eq!(chosen(Some("2")).unwrap(), json!({ "accountId": "2" }));
        for (account, said) in
            [(Some("bolt"), "several"), (Some("cyan"), "no account cyan"), (None, "several accounts")]
        {
            let refused = format!("{:?}", chosen(account).unwrap_err());
            assert!(refused.contains(said) && refused.contains("Acme"), "{account:?}: {refused}");
        }
    }
}

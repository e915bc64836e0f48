//! What the owner of a data folder does with it: `config`, `backup`, `restore`, `verify-bootstrap`, `rotate-keys`,
//! `end-sessions`, `admin`, `outbox read`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use local::keys::Folder;
use serde_json::{Value, json};

use super::outbox::{Read, print_mail};
use crate::{
    backup, compose,
    config::{Config, DEFAULTS, ProfileKind},
    control::{self, Request},
    fail::{Failure, Outcome},
    folder::{self, FolderPaths},
    print,
};

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Print the default configuration file, which explains every setting
    #[arg(long)]
    pub(crate) defaults: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// A new or empty folder
    directory: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A folder that `freehold backup` wrote
    backup: PathBuf,
    /// End every session that was open when the backup was taken: everybody signs in again
    #[arg(long)]
    end_sessions: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyBootstrap {
    /// Create what is missing, and nothing else
    #[arg(long)]
    fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RotateKeys {
    /// Refuse tokens that the old keys signed, for keys that leaked. Everybody's next request renews their token
    #[arg(long)]
    retire_old: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Give an operator a new first password, print it once, and end their sessions and locks
    #[command(after_help = "Examples:
  freehold admin reset-password --data-dir ./data
  freehold admin reset-password ada@example.com --data-dir ./data

It needs no sign-in, but access to the data folder, or to the table of the aws profile. If a
server runs on the data folder, it is asked to do it. The next sign-in asks for another
password. The audit log has it as an act of the host.")]
    ResetPassword {
        /// The operator's e-mail address [default: that of the only operator]
        address: Option<String>,
    },
}

pub(crate) fn defaults() {
    print::out(DEFAULTS.trim_end());
}

pub(crate) fn config(config: &Config, json: bool) {
    if json {
        return print::json(&config.origins());
    }
    let rows = config.origins().iter().map(|origin| {
        let value = match print::cell(Some(&origin.value)) {
            empty if empty.is_empty() => "-".to_owned(),
            value => value,
        };
        vec![origin.key.clone(), value, origin.source.clone()]
    });
    print::table(&["setting", "value", "from"], rows);
}

pub(crate) async fn backup(command: &Backup, config: &Config, json: bool) -> Outcome {
    if config.profile == ProfileKind::Aws {
        return Err(backup::elsewhere());
    }
    let to = std::path::absolute(&command.directory).map_err(Failure::usage)?;
    let done = perform(Request::Backup { to }, config).await?;
    if json {
        print::json(&done);
    }
    Ok(())
}

/// Restores a backup, and says what came back with it.
pub(crate) async fn restore(restore: &Restore, config: &Config, json: bool) -> Outcome {
    if config.profile == ProfileKind::Aws {
        return Err(backup::elsewhere());
    }
    let manifest = backup::restore(&restore.backup, &config.data_dir)?;
    let composed = compose::offline(config).await?;
    let accounts = composed.plane.count_accounts().await.map_err(|problem| Failure::new(&problem.detail))?;
    if restore.end_sessions {
        control::perform(Request::EndSessions, &composed).await?;
    }
    if json {
        let ended = restore.end_sessions;
        print::json(&json!({ "takenAt": manifest.taken_at, "accounts": accounts, "sessionsEnded": ended }));
        return Ok(());
    }
    let taken = print::short(Some(&json!(manifest.taken_at)));
    print::note(format_args!("restored {accounts} accounts, their people, passwords and rights as of {taken}"));
    if restore.end_sessions {
        print::note("every session has ended: everybody signs in again");
    } else {
        print::note(format_args!(
            "sessions that were open then are open again, also those that ended since; to end all: \
             freehold end-sessions --data-dir {}",
            config.data_dir.display()
        ));
    }
    Ok(())
}

/// Ends every session of the installation.
pub(crate) async fn end_sessions(config: &Config, json: bool) -> Outcome {
    let done = perform(Request::EndSessions, config).await?;
    if json {
        print::json(&done);
    }
    Ok(())
}

pub(crate) async fn admin(command: &Admin, config: &Config, json: bool) -> Outcome {
    let Admin::ResetPassword { address } = command;
    let done = perform(Request::ResetPassword { address: address.clone() }, config).await?;
    if json {
        print::json(&done);
        return Ok(());
    }
    print::out(print::cell(done.get("password")));
    let email = print::cell(done.get("email"));
    print::note(format_args!(
        "the password of {email} until the next sign-in, which asks for another; it is shown this once"
    ));
    Ok(())
}

/// Prints the latest mails of the outbox.
pub(crate) async fn read_outbox(read: &Read, config: &Config, json: bool) -> Outcome {
    let request = Request::Outbox { to: read.to.clone(), limit: read.limit as usize };
    let found = perform(request, config).await?;
    if json {
        print::json(&found);
        return Ok(());
    }
    let mails = found["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if mails.is_empty() {
        print::note("there are no such mails");
    }
    for (index, mail) in mails.iter().enumerate() {
        if index > 0 {
            print::out("");
        }
        print_mail(mail);
    }
    Ok(())
}

pub(crate) async fn verify_bootstrap(verify: &VerifyBootstrap, config: &Config, json: bool) -> Outcome {
    let report = perform(Request::VerifyBootstrap { fix: verify.fix }, config).await?;
    if json {
        print::json(&report);
    } else {
        let steps = report["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let row = |step: &Value| ["step", "name", "state", "detail"].map(|field| print::cell(step.get(field))).to_vec();
        print::table(&["step", "name", "state", "detail"], steps.iter().map(row));
    }
    if report["ok"] == true {
        return Ok(());
    }
    let failure = Failure::new("the platform is not as Day-0 made it");
    Err(if verify.fix {
        failure.hint("what is `different` may have been meant so: it is never changed back by itself")
    } else {
        failure.hint("freehold verify-bootstrap --fix makes again what is missing")
    })
}

pub(crate) async fn rotate_keys(rotate: &RotateKeys, config: &Config, json: bool) -> Outcome {
    let done = perform(Request::RotateKeys { retire_old: rotate.retire_old }, config).await?;
    if json {
        print::json(&done);
    } else {
        print::out(print::cell(done.get("kid")));
    }
    Ok(())
}

/// Has the server that runs on the data folder do it, or does it over the folder if none runs.
async fn perform(request: Request, config: &Config) -> Outcome<Value> {
    let places = FolderPaths(config.data_dir.clone());
    if let Some(done) = control::ask(&places.control(), &request).await? {
        return Ok(done);
    }
    if config.profile == ProfileKind::Embedded {
        folder::check_whole(&places)?;
        in_use(&config.data_dir)?;
    }
    let composed = compose::offline(config).await?;
    control::perform(request, &composed).await
}

fn in_use(data_dir: &Path) -> Outcome {
    match FolderPaths(data_dir.to_owned()).state() {
        Folder::Initialised => Ok(()),
        Folder::New => Err(Failure::usage(format!("there is no data in {}", data_dir.display()))
            .hint("name the data folder: --data-dir DIR")),
    }
}

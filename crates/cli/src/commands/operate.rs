//! What the owner of a data folder does with it: `config`, `backup`, `restore`, `verify-bootstrap`, `rotate-keys`.

use std::path::{Path, PathBuf};

use clap::Args;
use local::keys::Folder;
use serde_json::Value;

use crate::{
    backup, compose,
    config::{Config, DEFAULTS, Place},
    control::{self, Request},
    fail::{Failure, Outcome},
    folder::Places,
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
}

#[derive(Debug, Args)]
pub(crate) struct VerifyBootstrap {
    /// Make again what is missing, and nothing else
    #[arg(long)]
    fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RotateKeys {
    /// Refuse from now on what the old keys signed: for keys that leaked. Everybody's next request renews their token
    #[arg(long)]
    retire_old: bool,
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
    if config.profile == Place::Aws {
        return Err(backup::elsewhere());
    }
    let to = std::path::absolute(&command.directory).map_err(Failure::usage)?;
    let done = perform(Request::Backup { to }, config).await?;
    if json {
        print::json(&done);
    }
    Ok(())
}

pub(crate) fn restore(restore: &Restore, config: &Config) -> Outcome {
    if config.profile == Place::Aws {
        return Err(backup::elsewhere());
    }
    backup::restore(&restore.backup, &config.data_dir)
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
    let places = Places(config.data_dir.clone());
    if let Some(done) = control::ask(&places.control(), &request).await? {
        return Ok(done);
    }
    if config.profile == Place::Embedded {
        in_use(&config.data_dir)?;
    }
    let composed = compose::offline(config).await?;
    control::perform(request, &composed).await
}

fn in_use(data_dir: &Path) -> Outcome {
    match Places(data_dir.to_owned()).state() {
        Folder::Initialised => Ok(()),
        Folder::New => Err(Failure::usage(format!("there is no data in {}", data_dir.display()))
            .hint("name the data folder: --data-dir DIR")),
    }
}

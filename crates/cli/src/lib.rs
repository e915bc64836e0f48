//! The binary `freehold`: the server, and a client of its API; and the product put together for other processes.

mod args;
mod backup;
mod client;
mod commands;
mod compose;
mod config;
mod console;
mod control;
mod fail;
mod folder;
#[cfg(feature = "aws")]
pub mod hosted;
mod log;
mod log_fields;
mod manifest;
mod print;
mod serve;

use std::{io::Write as _, process::ExitCode};

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command};
use commands::{
    Session, accounts, audit, connections, dead_letters, doctor, enterprises, events, executions, groups, jobs,
    licenses, login, me, operate, outbox, preflight, products, provisioning, roles, search, services, users,
    workstreams,
};
use config::Environment;
use fail::{Failure, Outcome};

/// Does what the command line says.
pub fn main() -> ExitCode {
    // What the process makes is its owner's alone, whatever the shell's umask is.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return say(&said),
    };
    match run(&cli, &Environment::read()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::note(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Prints help, the version or what is wrong with the command line.
fn say(said: &clap::Error) -> ExitCode {
    let printed = said.print().and_then(|()| std::io::stdout().flush());
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            print::note(Failure::new(format!("the output can't be written: {error}")));
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(1)),
    }
}

fn run(cli: &Cli, environment: &Environment) -> Outcome {
    let json = cli.common.json;
    config::warn_of_unknown_variables(environment);
    let config = || config::load(environment, &cli.flags());
    match &cli.command {
        Command::Serve(_) => serve::run(&config()?),
        Command::Config(show) if show.defaults => {
            operate::defaults();
            Ok(())
        }
        Command::Config(_) => {
            operate::config(&config()?, json);
            Ok(())
        }
        Command::Doctor => doctor::run(&config()?, environment, json),
        Command::Preflight(preflight) => preflight::run(preflight, &config()?, json),
        Command::Backup(backup) => offline(operate::backup(backup, &config()?, json)),
        Command::Restore(restore) => offline(operate::restore(restore, &config()?, json)),
        Command::VerifyBootstrap(verify) => offline(operate::verify_bootstrap(verify, &config()?, json)),
        Command::RotateKeys(rotate) => offline(operate::rotate_keys(rotate, &config()?, json)),
        Command::EndSessions => offline(operate::end_sessions(&config()?, json)),
        Command::Admin(admin) => offline(operate::admin(admin, &config()?, json)),
        Command::Outbox(outbox::Outbox::Read(read)) => offline(operate::read_outbox(read, &config()?, json)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "freehold", &mut script);
            print::out(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Audit(audit) if audit.offline().is_some() => {
            audit.offline().map_or(Ok(()), |(file, keys)| audit::verify_file(file, keys, json))
        }
        command => {
            let client = client::connect(cli.common.server.as_deref(), environment)?;
            offline(ask(command, &mut Session { client, json }))
        }
    }
}

/// Runs a command that is no server, on this thread.
fn offline(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("no runtime: {error}")))?.block_on(work)
}

async fn ask(command: &Command, session: &mut Session) -> Outcome {
    match command {
        Command::Login(command) => login::login(command, session).await,
        Command::Logout => login::logout(session).await,
        Command::Whoami => login::whoami(session).await,
        Command::Me(command) => me::run(command, session).await,
        Command::Accounts(command) => accounts::run(command, session).await,
        Command::Connections(command) => connections::run(command, session).await,
        Command::Users(command) => users::run(command, session).await,
        Command::Licenses(command) => licenses::run(command, session).await,
        Command::Enterprises(command) => enterprises::ENTERPRISES.run(command, session).await,
        Command::Products(command) => products::PRODUCTS.run(command, session).await,
        Command::Services(command) => services::SERVICES.run(command, session).await,
        Command::Groups(command) => groups::run(command, session).await,
        Command::Roles(command) => roles::run(command, session).await,
        Command::Workstreams(command) => workstreams::run(command, session).await,
        Command::Provisioning(command) => provisioning::run(command, session).await,
        Command::DeadLetters(command) => dead_letters::run(command, session).await,
        Command::Executions(command) => executions::run(command, session).await,
        Command::Audit(command) => audit::run(command, session).await,
        Command::Events(command) => events::run(command, session).await,
        Command::Jobs(command) => jobs::run(command, session).await,
        Command::Search(command) => search::run(command, session).await,
        Command::Outbox(command) => outbox::run(command, session).await,
        Command::Serve(_)
        | Command::Config(_)
        | Command::Doctor
        | Command::Preflight(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::VerifyBootstrap(_)
        | Command::RotateKeys(_)
        | Command::EndSessions
        | Command::Admin(_)
        | Command::Completions { .. } => unreachable!("these ask no server"),
    }
}

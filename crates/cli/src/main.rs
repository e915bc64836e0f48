//! The binary `freehold`: the server, and a client of its API.

mod backup;
mod compose;
mod config;
mod control;
mod fail;
mod folder;
mod log;
mod print;
mod serve;

use std::process::ExitCode;

use config::{Environment, Flags};

fn main() -> ExitCode {
    let environment = Environment::read();
    let mut flags = Flags::default();
    let args: Vec<String> = std::env::args().collect();
    for pair in args[2..].chunks(2) {
        flags.settings.insert(pair[0].trim_start_matches('-').replace('-', "_"), pair[1].clone());
    }
    match config::load(&environment, &flags).and_then(|config| serve::run(&config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::note(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

//! Generated files: written, or compared. The tests that compare them are those that can write them.

use std::process::Command;

use anyhow::{Result, ensure};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// The tests that hold generated files, by the beginning of their names.
const HOLDERS: &[&str] = &["asl::", "coverage::", "matrix::", "registry::"];

pub(crate) fn run(mode: Mode) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--quiet", "-p", "plane", "--test", "it", "--"]).args(HOLDERS);
    if mode == Mode::Write {
        command
            .env("UPDATE_OPENAPI", "1")
            .env("UPDATE_MATRIX", "1")
            .env("UPDATE_MACHINES", "1")
            .env("UPDATE_REGISTRY", "1");
    }
    ensure!(
        command.status()?.success(),
        "generated files are not current: run `make codegen` and look at what changed"
    );
    Ok(())
}

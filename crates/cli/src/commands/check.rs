//! The results of checks: what was checked, its state, and what to do about a problem.

use serde::Serialize;

use crate::{
    fail::{Failure, Outcome},
    print,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Ok,
    Warning,
    Bad,
}

#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) state: State,
    pub(crate) finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl Check {
    pub(crate) fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, state: State::Ok, finding: finding.into(), fix: None }
    }

    pub(crate) fn warning(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Warning, finding: finding.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn bad(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Bad, finding: finding.into(), fix: Some(fix.into()) }
    }
}

/// Tells what was found; fails if anything is bad.
pub(crate) fn told(checks: &[Check], json: bool) -> Outcome {
    if json {
        print::json(&checks);
    } else {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0).max(14);
        for Check { name, state, finding, fix } in checks {
            let mark = match state {
                State::Ok => "ok",
                State::Warning => "warn",
                State::Bad => "BAD",
            };
            print::out(format_args!("{mark:<5} {name:<width$} {finding}"));
            if let Some(fix) = fix {
                print::out(format_args!("{:<indent$} fix: {fix}", "", indent = width + 6));
            }
        }
    }
    match checks.iter().filter(|check| check.state == State::Bad).count() {
        0 => Ok(()),
        1 => Err(Failure::new("one thing is not as it must be")),
        many => Err(Failure::new(format!("{many} things are not as they must be"))),
    }
}

//! `freehold provisioning`

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use plane::ids::RecordId;
use serde_json::Value;

use super::Session;
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Provisioning {
    /// Show how far an account's onboarding or removal is
    Show { account: RecordId },
    /// Follow it until it ends; fails if it fails
    Watch { account: RecordId },
    /// Have a failed run go on from the step that failed
    Redrive {
        account: RecordId,
        /// Follow it until it ends
        #[arg(long)]
        watch: bool,
    },
    /// Undo what a failed onboarding has done
    Undo {
        account: RecordId,
        /// Follow it until it ends
        #[arg(long)]
        watch: bool,
    },
}

pub(crate) async fn run(command: &Provisioning, session: &mut Session) -> Outcome {
    match command {
        Provisioning::Show { account } => {
            let progress = session.client.ask(ApiRequest::get(format!("/api/provisioning/{account}"))).await?;
            show(&progress, session.json);
            Ok(())
        }
        Provisioning::Watch { account } => watch(*account, session).await,
        Provisioning::Redrive { account, watch: follow } => {
            let body = serde_json::json!({ "accountId": account });
            session.change(ApiRequest::post("/api/provisioning").body(body)).await?;
            if *follow { watch(*account, session).await } else { Ok(()) }
        }
        Provisioning::Undo { account, watch: follow } => {
            session.change(ApiRequest::post(format!("/api/provisioning/{account}/undo"))).await?;
            if *follow { watch(*account, session).await } else { Ok(()) }
        }
    }
}

/// Shows a run, a step a line.
pub(super) fn show(progress: &Value, json: bool) {
    if json {
        return print::json(progress);
    }
    let steps = progress["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |step: &Value| {
        let fields = ["/name", "/status", "/attempts", "/startedAt", "/finishedAt", "/error/message"];
        fields.iter().map(|pointer| print::short(step.pointer(pointer))).collect()
    };
    print::table(&["step", "status", "attempts", "started", "finished", "error"], steps.iter().map(row));
    let head = |field: &str| print::cell(progress.get(field));
    print::note(format_args!("{} {}: {}", head("workflow"), head("executionId"), head("status")));
}

/// Follows an account's run, saying each step as it happens on stderr, and fails if the run does.
pub(super) async fn watch(account: RecordId, session: &mut Session) -> Outcome {
    let mut told = Told::new();
    let last = session.client.follow(&account.to_string(), |progress| told.hear(progress)).await;
    told.bar.finish_and_clear();
    let last = last?;
    if session.json {
        print::json(&last);
    }
    let status = print::cell(last.get("status"));
    if matches!(status.as_str(), "succeeded" | "undone") {
        return Ok(());
    }
    let failure = &last["failure"];
    let mut failed = Failure::new(format!(
        "the run {} at {}: {}",
        if status == "stuck" { "is stuck" } else { "failed" },
        print::cell(failure.get("state")),
        print::cell(failure.get("message")),
    ));
    failed = failed.detail(format!("execution {}", print::cell(last.get("executionId"))));
    let redrive = format!("when the cause is gone: freehold provisioning redrive {account} --watch");
    // A removal only goes on.
    let is_removal = print::cell(last.get("workflow")) == "account-deprovisioning";
    Err(failed.hint(if is_removal {
        redrive
    } else {
        format!("{redrive}; to give up: freehold provisioning undo {account}")
    }))
}

/// What has been said of a run so far.
struct Told {
    steps: BTreeMap<String, String>,
    bar: ProgressBar,
}

impl Told {
    fn new() -> Self {
        let bar = if stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{spinner} {wide_msg}").expect("the template is well-formed");
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { steps: BTreeMap::new(), bar }
    }

    fn hear(&mut self, progress: &Value) {
        let mut under_way = Vec::new();
        for step in progress["steps"].as_array().into_iter().flatten() {
            let name = print::cell(step.get("name"));
            let status = print::cell(step.get("status"));
            if matches!(status.as_str(), "running" | "waiting" | "retrying" | "undoing") {
                under_way.push(name.clone());
            }
            let attempts = step["attempts"].as_u64().filter(|attempts| *attempts > 1);
            let attempts = attempts.map(|attempts| format!(", attempt {attempts}")).unwrap_or_default();
            let error = step.pointer("/error/message").and_then(Value::as_str);
            let error = error.map(|error| format!(": {error}")).unwrap_or_default();
            let news = format!("{status}{attempts}{error}");
            if status != "pending" && self.steps.get(&name) != Some(&news) {
                self.say(&format!("{name}  {news}"));
                self.steps.insert(name, news);
            }
        }
        self.bar.set_message(print::visible(&under_way.join(", ")).into_owned());
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| print::note(line));
    }
}

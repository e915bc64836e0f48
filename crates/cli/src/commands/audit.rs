//! `freehold audit`

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use plane::audit::{AuditEntry, verify};
use serde_json::Value;

use super::{
    Session,
    entity::{Entity, List, Scope},
};
use crate::{
    client::Ask,
    fail::{Failure, Outcome},
    print,
};

const AUDIT: Entity = Entity {
    path: "/api/audit",
    columns: &[
        ("at", "/at"),
        ("action", "/action"),
        ("by", "/author/email"),
        ("by kind", "/author/kind"),
        ("target", "/target/kind"),
        ("target id", "/target/id"),
        ("request", "/requestId"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the audit log, the latest first
    List(List),
    /// Check the chain of the audit log: no entry was changed, removed or put in
    Verify {
        /// Check an export instead, without a server
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        scope: Scope,
    },
    /// Write the sealed audit log in the order of its chain, an entry a line
    Export {
        /// Write to a file instead of stdout
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        scope: Scope,
    },
}

impl Audit {
    /// The export to be checked without a server.
    pub(crate) fn offline(&self) -> Option<&Path> {
        match self {
            Self::Verify { file, .. } => file.as_deref(),
            Self::List(_) | Self::Export { .. } => None,
        }
    }
}

pub(crate) async fn run(command: &Audit, session: &mut Session) -> Outcome {
    match command {
        Audit::List(list) => AUDIT.list(AUDIT.path, list, session).await,
        Audit::Verify { scope, .. } => {
            let report = session.client.ask(scope.of(Ask::get("/api/audit/verify"))).await?;
            tell(&report, session.json)
        }
        Audit::Export { output, scope } => export(output.as_deref(), scope, session).await,
    }
}

/// Checks an export.
pub(crate) fn verify_file(file: &Path, json: bool) -> Outcome {
    let unreadable = |why: String| Failure::usage(format!("{} can't be checked: {why}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(|error| unreadable(error.to_string()))?).lines();
    let mut entries = Vec::new();
    for (place, line) in lines.enumerate() {
        let line = line.map_err(|error| unreadable(error.to_string()))?;
        let entry: AuditEntry = serde_json::from_str(&line)
            .map_err(|error| unreadable(format!("line {} is no audit entry: {error}", place + 1)))?;
        entries.push(entry);
    }
    let account = entries.first().map(|entry| entry.account_id).ok_or_else(|| unreadable("it is empty".into()))?;
    let report = verify(account, entries, None);
    tell(&serde_json::to_value(report).expect("reports are plain JSON"), json)
}

fn tell(report: &Value, json: bool) -> Outcome {
    if json {
        print::json(report);
    }
    if report["valid"] == true {
        if !json {
            print::out(format_args!("{} entries, as they were written", print::cell(report.get("entries"))));
        }
        return Ok(());
    }
    Err(Failure::new(format!("the audit log is not as it was written: {}", print::cell(report.get("broken"))))
        .detail(format!("{} entries before that are good", print::cell(report.get("entries"))))
        .hint("compare with a backup: freehold audit verify --file EXPORT"))
}

async fn export(output: Option<&Path>, scope: &Scope, session: &mut Session) -> Outcome {
    let unwritable = |error: std::io::Error| Failure::new(format!("the export can't be written: {error}"));
    let mut file = output.map(File::create).transpose().map_err(unwritable)?.map(BufWriter::new);
    let mut cursor = None::<String>;
    loop {
        let ask = scope.of(Ask::get(AUDIT.path)).with("order", Some("ascending")).with("limit", Some(200));
        let page = session.client.ask(ask.with("cursor", cursor.as_ref())).await?;
        for entry in page["items"].as_array().into_iter().flatten() {
            match &mut file {
                Some(file) => writeln!(file, "{entry}").map_err(unwritable)?,
                None => print::out(entry),
            }
        }
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return file.map_or(Ok(()), |mut file| file.flush().map_err(unwritable));
        }
    }
}

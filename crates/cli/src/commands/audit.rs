//! `freehold audit`

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use plane::{
    audit::export::{ExportReader, NotAnExport, line},
    json_syntax::complaint,
};
use serde_json::Value;

use super::{
    Session,
    entity::{Entity, List, Scope},
};
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

const AUDIT: Entity = Entity {
    path: "/api/audit",
    columns: &[
        ("at", "/at"),
        ("action", "/action"),
        ("outcome", "/outcome"),
        ("by", "/author/email"),
        ("by kind", "/author/kind"),
        ("target", "/target/kind"),
        ("target id", "/target/id"),
        ("target name", "/targetName"),
        ("request", "/requestId"),
    ],
};

/// The log of the whole account, for those who hold that right.
const ACCOUNT_AUDIT: Entity = Entity { path: "/api/audit/account", ..AUDIT };

/// An export waits so many times for what was sealed just now.
const MOST_LOOKS: u32 = 10;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the audit log of an enterprise, the latest first
    List(Listing),
    /// Check the chain of the audit log: no entry was changed, removed or put in
    Verify {
        /// Check an export instead. Without --keys, the server is asked for the public keys
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The platform's public keys, as `freehold audit keys` printed them: checks the export without a server
        #[arg(long, value_name = "FILE", requires = "file")]
        keys: Option<PathBuf>,
        /// Read every entry again, also those that an earlier check found valid (operators)
        #[arg(long, conflicts_with = "file")]
        full: bool,
        #[command(flatten)]
        scope: Scope,
    },
    /// Write the sealed audit log of the whole account in the order of its chain, an entry a line, and a signed checkpoint at its end
    Export {
        /// Write to a file instead of stdout
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        scope: Scope,
    },
    /// Print the public keys that sign checkpoints: keep them apart from the exports
    Keys,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    list: List,
    /// The log of the whole account, with what belongs to no enterprise; needs a right of its own
    #[arg(long)]
    whole_account: bool,
}

impl Audit {
    /// The export, and the keys to check it by, that need no server.
    pub(crate) fn offline(&self) -> Option<(&Path, &Path)> {
        match self {
            Self::Verify { file, keys, .. } => file.as_deref().zip(keys.as_deref()),
            Self::List(_) | Self::Export { .. } | Self::Keys => None,
        }
    }
}

pub(crate) async fn run(command: &Audit, session: &mut Session) -> Outcome {
    match command {
        Audit::List(Listing { list, whole_account }) => {
            let entity = if *whole_account { ACCOUNT_AUDIT } else { AUDIT };
            entity.list(entity.path, list, session).await
        }
        Audit::Verify { file: Some(file), .. } => {
            let keys = session.client.ask(ApiRequest::get(KEYS)).await?;
            judge_file(file, &keys, session.json)
        }
        Audit::Verify { file: None, full, scope, .. } => {
            let ask = scope.of(ApiRequest::get("/api/audit/verify")).with("full", full.then_some(true));
            let report = session.client.ask(ask).await?;
            tell(&report, session.json)
        }
        Audit::Export { output, scope } => export(output.as_deref(), scope, session).await,
        Audit::Keys => {
            print::json(&session.client.ask(ApiRequest::get(KEYS)).await?);
            Ok(())
        }
    }
}

const KEYS: &str = "/.well-known/audit-keys.json";

/// Checks an export without a server.
pub(crate) fn verify_file(file: &Path, keys: &Path, json: bool) -> Outcome {
    let unreadable = |why: String| Failure::usage(format!("{} holds no public keys: {why}", keys.display()));
    let text = std::fs::read_to_string(keys).map_err(|error| unreadable(error.to_string()))?;
    let keys: Value = serde_json::from_str(&text).map_err(|error| unreadable(complaint(&error)))?;
    judge_file(file, &keys, json)
}

fn judge_file(file: &Path, keys: &Value, json: bool) -> Outcome {
    let unreadable = |error: std::io::Error| Failure::usage(format!("{} can't be read: {error}", file.display()));
    let wrong = |error: NotAnExport| {
        Failure::new(format!("{} is not a whole export of an audit log: {error}", file.display()))
            .hint("export it anew: freehold audit export --account ID -o FILE")
    };
    let mut reader = ExportReader::default();
    for line in BufReader::new(File::open(file).map_err(unreadable)?).lines() {
        reader.read(&line.map_err(unreadable)?).map_err(wrong)?;
    }
    let report = reader.finish(keys).map_err(wrong)?;
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
        .hint("compare with an earlier export: freehold audit verify --file EXPORT"))
}

/// The checkpoint first, then every entry that it speaks of: what is sealed meanwhile is left to the next export.
async fn export(output: Option<&Path>, scope: &Scope, session: &mut Session) -> Outcome {
    let unwritable = |error: std::io::Error| Failure::new(format!("the export can't be written: {error}"));
    let mut file = output.map(create_private).transpose().map_err(unwritable)?.map(BufWriter::new);
    let mut put = |line: String| {
        let Some(file) = &mut file else {
            print::out(line);
            return Ok(());
        };
        writeln!(file, "{line}").map_err(unwritable)
    };
    let closing = session.client.ask(scope.of(ApiRequest::get("/api/audit/checkpoint"))).await?;
    let last = closing["sequence"].as_u64().unwrap_or_default();
    let (mut cursor, mut written, mut looks) = (None::<String>, 0, 0);
    while written < last {
        let ask =
            scope.of(ApiRequest::get(ACCOUNT_AUDIT.path)).with("order", Some("ascending")).with("limit", Some(200));
        let page = session.client.ask(ask.with("cursor", cursor.as_ref())).await?;
        for entry in page["items"].as_array().into_iter().flatten() {
            let sequence = entry.pointer("/seal/sequence").and_then(Value::as_u64).unwrap_or_default();
            if (written + 1..=last).contains(&sequence) {
                put(line(entry))?;
                written = sequence;
            }
        }
        if let Some(next) = page["nextCursor"].as_str() {
            cursor = Some(next.to_owned());
        } else if written < last {
            // The list may show later what was sealed just now.
            looks += 1;
            if looks > MOST_LOOKS {
                return Err(Failure::new(format!("the log could be read up to entry {written} of {last} only"))
                    .hint("freehold audit verify --full"));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    put(line(&serde_json::json!({ "checkpoint": closing })))?;
    file.map_or(Ok(()), |mut file| file.flush().map_err(unwritable))
}

/// Makes a file, or empties the one that is there, that its owner alone can read: an export names people.
fn create_private(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.set_len(0)?;
    }
    Ok(file)
}

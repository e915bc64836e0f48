//! `freehold outbox`

use clap::{Args, Subcommand};
use plane::ids::RecordId;
use serde_json::Value;

use super::{
    Session,
    entity::{Entity, List},
};
use crate::{
    client::ApiRequest,
    fail::{Failure, Outcome},
    print,
};

const OUTBOX: Entity = Entity {
    path: "/api/outbox",
    columns: &[
        ("id", "/id"),
        ("at", "/at"),
        ("kind", "/kind"),
        ("to", "/to"),
        ("subject", "/subject"),
        ("account", "/accountId"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// List the mails that were sent, the latest first
    List(List),
    /// Show a mail with its text
    Show { id: RecordId },
    /// Read the latest mails as the owner of the data folder, without signing in
    #[command(after_help = "Example:
  freehold outbox read --to admin@example.com --limit 1")]
    Read(Read),
}

#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Mails to this address alone
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
    /// How many mails
    #[arg(long, default_value_t = 10, value_parser = crate::args::whole::<1, 1000>)]
    pub(crate) limit: u32,
}

pub(crate) async fn run(command: &Outbox, session: &mut Session) -> Outcome {
    match command {
        Outbox::List(list) => OUTBOX.list(OUTBOX.path, list, session).await,
        Outbox::Show { id } => {
            let mail = find(&id.to_string(), session).await?;
            if session.json {
                print::json(&mail);
                return Ok(());
            }
            print_mail(&mail);
            Ok(())
        }
        Outbox::Read(_) => unreachable!("this asks no server for its API"),
    }
}

pub(crate) fn print_mail(mail: &Value) {
    for (name, field) in [("To", "to"), ("Subject", "subject"), ("Date", "at")] {
        print::out(format_args!("{name}: {}", print::cell(mail.get(field))));
    }
    print::out(format_args!("\n{}", print::cell(mail.get("text"))));
}

/// Looks through the outbox, the latest mail first.
async fn find(id: &str, session: &mut Session) -> Outcome<Value> {
    let mut cursor = None::<String>;
    loop {
        let ask = ApiRequest::get(OUTBOX.path).with("limit", Some(200)).with("cursor", cursor.as_ref());
        let mut page = session.client.ask(ask).await?;
        let mails = page["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        if let Some(mail) = mails.into_iter().find(|mail| mail["id"] == id) {
            return Ok(mail);
        }
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Err(Failure::new("there is no such mail").hint("freehold outbox list"));
        }
    }
}

//! `freehold outbox`

use clap::Subcommand;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Session,
    entity::{Entity, List},
};
use crate::{
    client::Ask,
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
    Show { id: Uuid },
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
            for (name, field) in [("To", "to"), ("Subject", "subject"), ("Date", "at")] {
                print::out(format_args!("{name}: {}", print::cell(mail.get(field))));
            }
            print::out(format_args!("\n{}", print::cell(mail.get("text"))));
            Ok(())
        }
    }
}

/// Looks through the outbox, the latest mail first.
async fn find(id: &str, session: &mut Session) -> Outcome<Value> {
    let mut cursor = None::<String>;
    loop {
        let ask = Ask::get(OUTBOX.path).with("limit", Some(200)).with("cursor", cursor.as_ref());
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

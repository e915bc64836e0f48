//! `freehold search`

use clap::Args;
use plane::ids::RecordId;
use serde_json::Value;

use super::Session;
use crate::{client::ApiRequest, fail::Outcome, print};

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// A part of a name or an e-mail address, several words in any order, or an id or its first eight digits
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<String>,
    /// Find at most so many (1 to 50)
    #[arg(long, value_name = "N", value_parser = crate::args::whole::<1, 50>)]
    limit: Option<u32>,
    /// Only in this account (operators; default: all that you may see)
    #[arg(long, value_name = "ID")]
    account: Option<RecordId>,
}

pub(crate) async fn run(search: &Search, session: &mut Session) -> Outcome {
    let text = search.text.join(" ");
    let ask = ApiRequest::get("/api/search")
        .with("q", Some(&text))
        .with("limit", search.limit)
        .with("within", search.account);
    let answer = session.client.ask(ask).await?;
    if session.json {
        print::json(&answer);
        return Ok(());
    }
    let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        print::note(format_args!("nothing that you may see matches {text:?}"));
    } else {
        let cell = |item: &Value, pointer: &str| print::cell(item.pointer(pointer));
        let row = |item: &Value| {
            ["/kind", "/name", "/detail", "/account/name", "/id"].iter().map(|pointer| cell(item, pointer)).collect()
        };
        print::table(&["kind", "name", "detail", "account", "id"], items.iter().map(row));
    }
    if answer["complete"] == false {
        print::note("not all accounts were searched: ask again in a moment, or search one with --account ID");
    }
    Ok(())
}

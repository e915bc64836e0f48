//! The stream of a run's progress, taken up again where it breaks off.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use serde_json::Value;

use super::{ApiRequest, Client};
use crate::fail::{Failure, Outcome};

/// So many times in a row may the stream break without a message.
const MOST_BREAKS: u32 = 10;

impl Client {
    /// Follows an account's run until it ends; calls `told` for each step of its progress. Returns the last of them.
    pub(crate) async fn follow(&mut self, account: &str, mut told: impl FnMut(&Value)) -> Outcome<Value> {
        let (mut last, mut latest) = (None::<String>, Value::Null);
        let mut breaks = 0;
        loop {
            let ask =
                ApiRequest::get(format!("/api/provisioning/{account}/events")).header("last-event-id", last.clone());
            match self.open(&ask).await {
                Ok(response) => {
                    let mut messages = response.bytes_stream().eventsource();
                    while let Some(Ok(message)) = messages.next().await {
                        let Ok(data) = serde_json::from_str(&message.data) else { break };
                        if message.event == "end" {
                            return Err(may_not_read_on(&data));
                        }
                        breaks = 0;
                        last = Some(message.id).filter(|id| !id.is_empty()).or(last);
                        latest = data;
                        told(&latest);
                    }
                }
                Err(failure) if breaks == 0 && last.is_none() => return Err(failure),
                Err(_) => {}
            }
            // The stream ends by itself when the run has; otherwise it broke.
            if ended(&latest) {
                return Ok(latest);
            }
            breaks += 1;
            if breaks > MOST_BREAKS {
                return Err(Failure::new("the stream of progress keeps breaking off; the run itself goes on")
                    .hint(format!("freehold provisioning watch {account}")));
            }
            tokio::time::sleep(Duration::from_millis(100 << breaks.min(5))).await;
        }
    }
}

/// The server has ended the stream, since its reader may not read on.
fn may_not_read_on(end: &Value) -> Failure {
    let why = match end["reason"].as_str() {
        Some("session_ended") => "the session has ended",
        Some("not_active") => "the user may not act any more",
        Some("right_lost") => "the right to watch it is gone",
        Some(_) | None => "the server can't judge the right to watch it now",
    };
    Failure::new(format!("the stream of progress was ended: {why}; the run itself goes on")).hint("freehold login")
}

fn ended(progress: &Value) -> bool {
    matches!(progress["status"].as_str(), Some("succeeded" | "failed" | "undone" | "stuck"))
}

//! The stream of a run's progress, taken up again where it breaks off.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use serde_json::Value;

use crate::{Client, ClientError, Request, StreamEnd};

/// So many times in a row may the stream break without a message.
const MOST_BREAKS: u32 = 10;

impl Client {
    /// Follows an account's run until it ends; calls `told` for each step of its progress. Returns the last of them.
    pub async fn follow(&mut self, account: &str, mut told: impl FnMut(&Value)) -> Result<Value, ClientError> {
        let (mut last, mut latest) = (None::<String>, Value::Null);
        let mut breaks = 0;
        loop {
            let ask = Request::get(format!("/api/provisioning/{account}/events")).header("last-event-id", last.clone());
            match self.open(&ask).await {
                Ok(response) => {
                    let mut messages = response.bytes_stream().eventsource();
                    while let Some(Ok(message)) = messages.next().await {
                        let Ok(data) = serde_json::from_str(&message.data) else { break };
                        if message.event == "end" {
                            return Err(ClientError::StreamEnded(reason(&data)));
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
            if has_ended(&latest) {
                return Ok(latest);
            }
            breaks += 1;
            if breaks > MOST_BREAKS {
                return Err(ClientError::StreamBroke);
            }
            tokio::time::sleep(Duration::from_millis(100 << breaks.min(5))).await;
        }
    }
}

/// Why the server has ended the stream: its reader may not read on.
fn reason(end: &Value) -> StreamEnd {
    match end["reason"].as_str() {
        Some("session_ended") => StreamEnd::SessionEnded,
        Some("not_active") => StreamEnd::NotActive,
        Some("right_lost") => StreamEnd::RightLost,
        Some(_) | None => StreamEnd::Unknown,
    }
}

fn has_ended(progress: &Value) -> bool {
    matches!(progress["status"].as_str(), Some("succeeded" | "failed" | "undone" | "stuck"))
}

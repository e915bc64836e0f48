//! The stream of a run's progress, taken up again where it breaks off.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;

use super::{Ask, Client};
use crate::fail::{Failure, Outcome};

/// So many times in a row may the stream break without a message.
const MOST_BREAKS: u32 = 10;

impl Client {
    /// Follows an account's run until it ends; `told` hears of each step of its progress. Answers the last of them.
    pub(crate) async fn follow(&mut self, account: &str, mut told: impl FnMut(&Value)) -> Outcome<Value> {
        let (mut last, mut latest) = (None::<String>, Value::Null);
        let mut breaks = 0;
        loop {
            let ask = Ask::get(format!("/api/provisioning/{account}/events")).header("last-event-id", last.clone());
            match self.open(&ask).await {
                Ok(response) => {
                    let mut messages = Messages::default();
                    let mut body = response.bytes_stream();
                    while let Some(Ok(piece)) = body.next().await {
                        for message in messages.take(&piece) {
                            if message.event.as_deref() == Some("end") {
                                return Err(may_not_read_on(&message.data));
                            }
                            breaks = 0;
                            last = message.id.or(last);
                            latest = message.data;
                            told(&latest);
                        }
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

/// Server-sent events, put together from the pieces in which they come.
#[derive(Default)]
struct Messages {
    rest: Vec<u8>,
    id: Option<String>,
    event: Option<String>,
    data: String,
}

struct Message {
    id: Option<String>,
    event: Option<String>,
    data: Value,
}

impl Messages {
    fn take(&mut self, piece: &[u8]) -> Vec<Message> {
        self.rest.extend_from_slice(piece);
        let mut whole = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                whole.extend(self.message());
            } else if let Some(id) = line.strip_prefix("id:") {
                self.id = Some(id.trim().to_owned());
            } else if let Some(event) = line.strip_prefix("event:") {
                self.event = Some(event.trim().to_owned());
            } else if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data);
            }
        }
        whole
    }

    fn message(&mut self) -> Option<Message> {
        let event = self.event.take();
        let data = serde_json::from_str(&std::mem::take(&mut self.data)).ok()?;
        Some(Message { id: self.id.take(), event, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let text =
            b": still here\n\nid: 1\nevent: progress\ndata: {\"a\":1}\n\nid: 2\r\ndata: {\"a\":2}\r\n\r\nid: 3\ndata";
        for cut in 0..text.len() {
            let mut messages = Messages::default();
            let mut whole = messages.take(&text[..cut]);
            whole.extend(messages.take(&text[cut..]));
            let whole: Vec<_> =
                whole.into_iter().map(|message| (message.id.unwrap(), message.data.to_string())).collect();
            assert_eq!(whole, [("1".into(), r#"{"a":1}"#.into()), ("2".into(), r#"{"a":2}"#.into())]);
        }
    }
}

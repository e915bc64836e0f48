//! The progress of a run as server-sent events.

use std::convert::Infallible;

use axum::response::sse::Event as Message;
use futures::{Stream, StreamExt as _, stream};

use crate::{
    guard::{GrantEnd, OngoingGrant},
    ids::ExecutionId,
    plane::Plane,
    workflow::{Event, Progress},
};

/// One message for each transition after number `after`, with the whole progress as of it; then the stream ends.
///
/// Before each message, and at each heartbeat, the grant is judged again. Once it does not hold, the last message is an
/// `end` event with the reason.
pub(super) fn progress(
    plane: &Plane,
    grant: OngoingGrant,
    execution: ExecutionId,
    after: u64,
) -> impl Stream<Item = Result<Message, Infallible>> + Send + 'static {
    let events = Box::pin(plane.driver().watch(execution, after));
    let heartbeat = plane.settings().stream_heartbeat;
    let told = Told { plane: plane.clone(), execution, history: Vec::new(), after };
    let messages = stream::unfold(Some((events, told)), move |open| async move {
        let (mut events, mut told) = open?;
        loop {
            let next = tokio::time::timeout(heartbeat, events.next()).await;
            if let Err(end) = grant.check(&told.plane).await {
                return Some((ended(end), None));
            }
            match next {
                // A comment, so that no proxy takes the idle connection for dead.
                Err(_) => return Some((Message::default().comment("still here"), Some((events, told)))),
                Ok(Some(Ok(event))) => {
                    if let Some(message) = told.message(event).await {
                        return Some((message, Some((events, told))));
                    }
                }
                Ok(Some(Err(error))) => {
                    tracing::warn!(%error, execution.id = %told.execution, "a stream of progress broke off");
                    return None;
                }
                Ok(None) => return None,
            }
        }
    });
    messages.map(Ok)
}

/// The last message of a stream whose reader may not read on.
fn ended(why: GrantEnd) -> Message {
    Message::default().event("end").data(serde_json::json!({ "reason": why.as_str() }).to_string())
}

struct Told {
    plane: Plane,
    execution: ExecutionId,
    history: Vec<Event>,
    after: u64,
}

impl Told {
    async fn message(&mut self, event: Event) -> Option<Message> {
        let driver = self.plane.driver();
        if self.history.is_empty() && self.after > 0 {
            let before = driver.journal().events(self.execution, 0).await.ok()?;
            self.history = before.into_iter().filter(|earlier| earlier.number < event.number).collect();
        }
        let number = event.number;
        self.history.push(event);
        let mut head = driver.journal().head(self.execution).await.ok()?.head;
        let plan = &driver.workflows().of(&head)?.plan;
        // As of this event, not as of whatever came since.
        head.rewind(&self.history);
        let progress = Progress::of(plan, &head, &self.history);
        let data = serde_json::to_string(&progress).expect("progress is plain JSON");
        let execution = self.execution;
        Some(Message::default().id(format!("{execution}:{number}")).event("progress").data(data))
    }
}

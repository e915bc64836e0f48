//! Idempotency keys of HTTP requests: answers are kept by the kernel, and rendered here.

use axum::{body::to_bytes, http::header, response::Response};

use super::answer;
pub use crate::idempotency::{AnswerHead, Ticket};
use crate::plane::Plane;

/// Keeps the answer of a request that succeeded, unless a commit has kept it. Returns what is to be sent.
pub(super) async fn keep(ticket: &Ticket, plane: &Plane, reserved: bool, response: Response) -> Response {
    if ticket.is_kept() {
        if reserved {
            ticket.end(plane).await;
        }
        return response;
    }
    if !reserved && let Ok(Some(first)) = ticket.replay(plane).await {
        return answer::kept(&first);
    }
    let (parts, body) = response.into_parts();
    // The bodies of answers are in memory as a whole; reading one does not fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let head = AnswerHead {
        status: parts.status.as_u16(),
        location: header(header::LOCATION).map(ToOwned::to_owned),
        version: header(header::ETAG).and_then(|tag| tag.trim_matches('"').parse().ok()),
    };
    match ticket.keep(plane, reserved, head, &body).await {
        Some(first) => answer::kept(&first),
        None => Response::from_parts(parts, body.into()),
    }
}

//! Request bodies that an early answer leaves unread.
//!
//! A connection can serve the next request only when the whole body was read. A small body is read and discarded; otherwise
//! the answer has `Connection: close`, so that the client does not send the next request on it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderValue, Request, header},
    response::Response,
};
use http_body_util::{BodyExt as _, Limited};

/// The most bytes of an unread body that are discarded.
const DISCARDED: usize = 64 * 1024;
/// The longest time for that.
const RETRY_FOR: Duration = Duration::from_millis(500);

/// The body of a request, which its handler may leave unread.
pub(super) struct UnreadBody {
    body: Arc<Mutex<Body>>,
    /// The client waits for `100 Continue` before it sends the body.
    expects_continue: bool,
}

impl UnreadBody {
    /// Shares the body of a request with its handler, if it has one.
    pub(super) fn of(request: &mut Request<Body>) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let expects_continue = request.headers().contains_key(header::EXPECT);
        let body = Arc::new(Mutex::new(std::mem::take(request.body_mut())));
        *request.body_mut() = Body::new(Shared(Arc::clone(&body)));
        Some(Self { body, expects_continue })
    }

    /// Discards what the handler left unread, or closes the connection, before the answer is sent.
    pub(super) async fn settle(self, response: &mut Response) {
        let shared = Shared(self.body);
        if shared.is_end_stream() {
            return;
        }
        let small = shared.size_hint().lower() <= u64::try_from(DISCARDED).unwrap_or(u64::MAX);
        if small && !self.expects_continue {
            let discarded = Limited::new(shared, DISCARDED).collect();
            if matches!(tokio::time::timeout(RETRY_FOR, discarded).await, Ok(Ok(_))) {
                return;
            }
        }
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// A body that its handler and [`UnreadBody`] share. The handler reads first; the rest is discarded.
struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().expect("no holder panics")
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body().size_hint()
    }
}

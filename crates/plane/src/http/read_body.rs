//! Reads request bodies: bounded in size and in time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::{
    plane::Plane,
    problem::{Code, Problem, Result},
};

/// Reads a body of at most `limit` bytes.
pub(super) async fn whole(body: Body, limit: usize, plane: &Plane) -> Result<Bytes> {
    let too_large = || Problem::new(Code::BodyTooLarge, format!("a request body has at most {limit} bytes here"));
    let announced = body.size_hint().lower();
    if announced > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    match within(plane, Limited::new(body, limit).collect()).await? {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::new(Code::InvalidRequest, "the request body broke off")),
    }
}

/// Refuses a body that says anything. Many clients send an empty JSON object with every POST: that says nothing.
pub(super) async fn nothing(body: Body, plane: &Plane) -> Result<Bytes> {
    const EMPTY_OBJECT: &[u8] = b"{}";
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let refused = || Problem::new(Code::InvalidRequest, "this operation takes no request body");
    match within(plane, Limited::new(body, EMPTY_OBJECT.len()).collect()).await? {
        Ok(collected) => {
            let body = collected.to_bytes();
            if body.is_empty() || body == EMPTY_OBJECT { Ok(Bytes::new()) } else { Err(refused()) }
        }
        Err(error) if error.is::<LengthLimitError>() => Err(refused()),
        Err(_) => Err(Problem::new(Code::InvalidRequest, "the request body broke off")),
    }
}

async fn within<F: Future>(plane: &Plane, reading: F) -> Result<F::Output> {
    let seconds = plane.settings().body_seconds;
    if seconds == 0 {
        return Ok(reading.await);
    }
    tokio::time::timeout(Duration::from_secs(seconds), reading).await.map_err(|_| {
        Problem::new(Code::RequestTimeout, format!("the request body did not come whole within {seconds} seconds"))
    })
}

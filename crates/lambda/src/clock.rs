//! How much time an event has.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// So long before its deadline an event is over: what it leaves must still be said.
pub(crate) const SPARE: Duration = Duration::from_millis(500);

/// The time until shortly before a deadline, which is in milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "deadlines are by the machine's clock, not by the product's, which can be shifted"
)]
pub(crate) fn left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now).saturating_sub(SPARE)
}

/// What comes of work within a time. Without any, it is not begun.
pub(crate) async fn within<T>(left: Duration, work: impl Future<Output = T>) -> Option<T> {
    if left.is_zero() {
        return None;
    }
    tokio::time::timeout(left, work).await.ok()
}

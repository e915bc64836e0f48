//! Counts requests that deal with credentials in the table, where several processes share it.

use std::net::IpAddr;

use bytes::Bytes;

use crate::{
    http::limits::CredentialBudget,
    kinds::RecordKind,
    network::ClientNetwork,
    plane::Plane,
    ports::table::{CommitError, Condition, Is, Key, NewItem, Write},
    problem::{Code, Problem, Result},
    secret::digest,
    system::SystemTask,
};

/// The span that is counted: five minutes.
const WINDOW_SECONDS: i64 = 300;
const ATTEMPTS: usize = 8;

/// The counters of requests.
pub(super) const COUNTER: RecordKind = RecordKind::of_platform("counter of requests", "LIMIT#AUTH#", "");

impl Plane {
    /// One request more of a network that deals with credentials. Where one process has the store to itself, its own
    /// count is enough. Records expire with their window.
    pub(crate) async fn limit_credentials(&self, budget: CredentialBudget, ip: IpAddr) -> Result<()> {
        let (limit, counter) = match budget {
            CredentialBudget::Guesses => (self.settings().auth_requests_per_five_minutes, ""),
            CredentialBudget::Sessions => (self.settings().session_requests_per_five_minutes, "SESSIONS#"),
        };
        if limit == 0 || self.settings().alone {
            return Ok(());
        }
        let second = self.now().as_second();
        let window = second.div_euclid(WINDOW_SECONDS);
        let ends = (window + 1) * WINDOW_SECONDS;
        let name = digest(&hex::encode(ClientNetwork::of(ip).octets()));
        let key = Key::new(format!("LIMIT#AUTH#{counter}{}", &name[..24]), window.to_string());
        for _ in 0..ATTEMPTS {
            let below = Condition::field("count", Is::Less, limit);
            let add = Write::Add { key: key.clone(), field: "count", by: 1, when: below };
            match self.system(SystemTask::RateLimits).commit(vec![add]).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Refused { current: Some(_), .. }) => {
                    let wait = u64::try_from(ends - second).unwrap_or(1);
                    let detail = "too many requests came; wait before the next";
                    return Err(Problem::new(Code::TooManyRequests, detail).retry_after(wait.max(1)));
                }
                Err(CommitError::Refused { current: None, .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
            let body = Bytes::from_static(b"{\"count\":1}");
            let item = NewItem { key: key.clone(), index: [None, None, None], expires: Some(ends), body };
            match self.system(SystemTask::RateLimits).commit(vec![Write::Put { item, when: Condition::Absent }]).await {
                Ok(()) => return Ok(()),
                // Another process made it first.
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

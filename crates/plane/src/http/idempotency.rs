//! Idempotency keys: the answer of a create is kept in the same commit as its effect, so that the same call again,
//! even after a crash, gets the same answer and no second effect.

use aws_lc_rs::digest;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{answer, call::Call};
use crate::{
    ids::{AccountId, Subject},
    plane::Plane,
    ports::table::{Key, Table, TableName},
    problem::{Code, Problem, Result},
    record::{Place, Record, decode},
};

/// How long an answer is kept: 24 hours.
const KEPT_SECONDS: i64 = 24 * 3600;

/// A call's place among the kept answers: its key, bound to the caller and the route, and a digest of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    digest: String,
    request: String,
    account: AccountId,
    at: Timestamp,
}

impl Ticket {
    pub(super) fn new(key: &str, subject: Subject, account: AccountId, call: &Call) -> Result<Self> {
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(Problem::field("/idempotency-key", "1 to 255 visible ASCII characters without spaces"));
        }
        let uri = &call.parts.uri;
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        let subject = subject.to_string();
        Ok(Self {
            digest: sha256(&[subject.as_bytes(), call.parts.uri.path().as_bytes(), key.as_bytes()]),
            request: sha256(&[target.as_bytes(), call.body()]),
            account,
            at: call.plane.now(),
        })
    }

    /// The answer that the same call got before; refuses if another call came with this key.
    pub(super) async fn kept(&self, plane: &Plane) -> Result<Option<Response>> {
        let shared = plane.router().shared();
        if let Some(answer) = self.kept_in(shared.as_ref()).await? {
            return Ok(Some(answer));
        }
        // What was made in the account's own table has its answer there. An account without a route has no such table.
        match plane.router().route(self.account).await {
            Ok(route) if route.table != TableName::shared() => {
                self.kept_in(plane.router().table(&route).await?.as_ref()).await
            }
            Ok(_) => Ok(None),
            Err(problem) if problem.code == Code::Conflict => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn kept_in(&self, table: &dyn Table) -> Result<Option<Response>> {
        let Some(item) = table.get(&KeptAnswer::key(&self.digest)).await? else { return Ok(None) };
        let kept = decode::<KeptAnswer>(&item)?;
        if kept.expires <= self.at.as_second() {
            table.commit(vec![crate::record::remove(&kept)]).await.ok();
            return Ok(None);
        }
        if kept.request != self.request {
            return Err(Problem::new(Code::IdempotencyKeyReused, "this key came within 24 hours with another request")
                .help("use a new key for a new request"));
        }
        Ok(Some(answer::kept(&kept)))
    }
}

fn sha256(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

/// An answer kept for its idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptAnswer {
    digest: String,
    request: String,
    pub status: u16,
    pub location: Option<String>,
    pub body: Value,
    expires: i64,
}

impl KeptAnswer {
    pub fn new(ticket: Ticket, status: u16, location: Option<String>, body: Value) -> Self {
        let Ticket { digest, request, at, .. } = ticket;
        Self { digest, request, status, location, body, expires: at.as_second() + KEPT_SECONDS }
    }

    fn key(digest: &str) -> Key {
        Key::new(format!("IDEMPOTENCY#{digest}"), "ANSWER")
    }
}

impl Record for KeptAnswer {
    const NOUN: &'static str = "kept answer";

    fn place(&self) -> Place {
        Place::at(Self::key(&self.digest)).until(self.expires)
    }
}

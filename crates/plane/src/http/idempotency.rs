//! Idempotency keys: the same request with the same key has one effect and one answer, also after a crash.
//!
//! INVARIANT: an answer is kept before it is sent. Where the effect is one commit, the answer is kept in that commit. Every
//! other operation reserves its key first, so that a second request with the key is refused while the first one runs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aws_lc_rs::digest;
use axum::{
    body::to_bytes,
    http::{StatusCode, header},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{answer, call::Call};
use crate::{
    ids::{AccountId, Subject},
    plane::Plane,
    ports::table::{CommitError, Condition, Is, Key, Table, TableName, Write},
    problem::{Code, Problem, Result},
    record::{self, Place, Record, Stored, decode},
};

/// How long an answer is kept: 24 hours.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request that runs keeps its key: after a crash, the key can be used again then.
pub(crate) const RESERVED: SignedDuration = SignedDuration::from_secs(60);
/// An answer is far shorter; a longer one is not kept.
const MAX_ANSWER: usize = 256 * 1024;

/// A request's idempotency key, bound to the caller and the route, with digests of the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    digest: String,
    /// A MAC of path, query and body. A plain digest of a body that holds a password would let a reader of the table
    /// guess it.
    request: String,
    /// As earlier versions stored the request.
    #[serde(skip)]
    plain_request: String,
    account: AccountId,
    at: Timestamp,
    /// The answer is kept for good. Shared by all copies of the ticket.
    #[serde(skip)]
    kept: Arc<AtomicBool>,
}

/// Status and headers of an answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerHead {
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The version in the `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

impl AnswerHead {
    /// An answer without `Location` and `ETag`.
    pub const fn plain(status: u16) -> Self {
        Self { status, location: None, version: None }
    }

    /// 201 with a new record.
    pub const fn created(location: String, version: u64) -> Self {
        Self { status: 201, location: Some(location), version: Some(version) }
    }

    /// 200 with a record.
    pub const fn found(version: u64) -> Self {
        Self { status: 200, location: None, version: Some(version) }
    }
}

/// What is known of a key.
struct Lookup {
    answer: Option<Stored<KeptAnswer>>,
    reservation: Option<Stored<Reservation>>,
}

impl Ticket {
    pub(super) fn new(key: &str, subject: Subject, account: AccountId, call: &Call) -> Result<Self> {
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(Problem::field("/idempotency-key", "1 to 255 visible ASCII characters without spaces"));
        }
        let uri = &call.parts.uri;
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        let subject = subject.to_string();
        let plain_request = sha256(&[target.as_bytes(), call.body()]);
        Ok(Self {
            digest: sha256(&[subject.as_bytes(), uri.path().as_bytes(), key.as_bytes()]),
            request: call.plane.key().token("idempotency request", &plain_request).expose_secret().to_owned(),
            plain_request,
            account,
            at: call.plane.now(),
            kept: Arc::default(),
        })
    }

    /// The write that keeps the answer, for the commit that has the effect. Call [`Self::set_kept`] after that commit.
    pub fn answer<R: Serialize>(&self, head: AnswerHead, body: &R) -> Write {
        record::create(&KeptAnswer::new(self, head, body, false))
    }

    /// The write that keeps what is known of the answer, until [`Self::final_answer`] replaces it. It is replayed only if
    /// the work is not finished when the reservation ends.
    pub(crate) fn provisional_answer<R: Serialize>(&self, head: AnswerHead, body: &R) -> Write {
        record::create(&KeptAnswer::new(self, head, body, true))
    }

    /// The write that replaces a provisional answer; `None` if that one may have been replayed.
    pub(crate) fn final_answer<R: Serialize>(&self, head: AnswerHead, body: &R, now: Timestamp) -> Option<Write> {
        let item = record::encode(&KeptAnswer::new(self, head, body, false));
        (now < self.at + RESERVED).then_some(Write::Put { item, when: Condition::Always })
    }

    /// The answer is durable.
    pub fn set_kept(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// The answer of the same request, if it was answered before. Refuses another request with this key, and the same one
    /// while it runs.
    pub(super) async fn replay(&self, plane: &Plane) -> Result<Option<Response>> {
        let shared = plane.router().shared();
        let Lookup { answer, reservation } = self.look_up(shared.as_ref()).await?;
        let is_final = answer.as_ref().is_some_and(|answer| !answer.provisional);
        if let Some(reservation) = reservation.filter(|_| !is_final) {
            self.check_same(&reservation.request)?;
            let ended = answer.is_none() && reservation.process_ended(plane);
            if self.at < reservation.until && !ended {
                return Err(in_progress(reservation.until.duration_since(self.at)));
            }
        }
        if let Some(answer) = answer {
            return self.checked(&answer).map(Some);
        }
        // What was made in the account's own table has its answer there. An account without a route has no such table.
        match plane.router().route(self.account).await {
            Ok(route) if route.table != TableName::shared() => {
                let own = self.look_up(plane.router().table(&route).await?.as_ref()).await?;
                own.answer.map(|answer| self.checked(&answer)).transpose()
            }
            Ok(_) => Ok(None),
            Err(problem) if problem.code == Code::Conflict => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn look_up(&self, table: &dyn Table) -> Result<Lookup> {
        let keys = [KeptAnswer::key(&self.digest), Reservation::key(&self.digest)];
        let mut found = table.batch_get(&keys).await?.into_iter();
        let answer = found.next().flatten().map(|item| decode::<KeptAnswer>(&item)).transpose()?;
        let reservation = found.next().flatten().map(|item| decode::<Reservation>(&item)).transpose()?;
        if let Some(old) = answer.as_ref().filter(|answer| answer.expires <= self.at.as_second()) {
            table.commit(vec![record::remove(old)]).await.ok();
            return Ok(Lookup { answer: None, reservation });
        }
        Ok(Lookup { answer, reservation })
    }

    fn checked(&self, answer: &KeptAnswer) -> Result<Response> {
        self.check_same(&answer.request)?;
        Ok(answer::kept(answer))
    }

    fn check_same(&self, request: &str) -> Result<()> {
        if request == self.request || request == self.plain_request {
            return Ok(());
        }
        Err(Problem::new(Code::IdempotencyKeyReused, "this key came within 24 hours with another request")
            .help("use a new key for a new request"))
    }

    /// Takes the key for a request that is about to run, after [`Self::replay`] found nothing.
    pub(super) async fn reserve(&self, plane: &Plane) -> Result<()> {
        let table = plane.router().shared();
        let old = table.get(&Reservation::key(&self.digest)).await?;
        let old = old.map(|item| decode::<Reservation>(&item)).transpose()?;
        let new = Reservation {
            digest: self.digest.clone(),
            request: self.request.clone(),
            since: self.at,
            until: self.at + RESERVED,
            process: plane.driver().holder().to_owned(),
        };
        let take = match old {
            Some(old) if self.at < old.until && !old.process_ended(plane) => {
                return Err(in_progress(old.until.duration_since(self.at)));
            }
            Some(old) => record::replace(&old, &new),
            None => record::create(&new),
        };
        let unanswered = Write::Check { key: KeptAnswer::key(&self.digest), when: Condition::Absent };
        match table.commit(vec![take, unanswered]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Refused { .. }) => Err(in_progress(SignedDuration::from_secs(1))),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// Gives the key back after a request that failed. Where an answer is kept, the request had its effect: the key stays
    /// reserved while the work is finished.
    pub(super) async fn release(&self, plane: &Plane) {
        let unanswered = Write::Check { key: KeptAnswer::key(&self.digest), when: Condition::Absent };
        match plane.router().shared().commit(vec![self.end_reservation(), unanswered]).await {
            Ok(()) | Err(CommitError::Refused { .. }) => {}
            Err(CommitError::Table(error)) => tracing::warn!(%error, "an idempotency key stays reserved for a minute"),
        }
    }

    fn end_reservation(&self) -> Write {
        let when = Condition::All(vec![
            Condition::field("request", Is::Equal, self.request.as_str()),
            Condition::field("since", Is::Equal, self.at.to_string()),
        ]);
        Write::Delete { key: Reservation::key(&self.digest), when }
    }

    /// Keeps the answer of a request that succeeded, unless a commit has kept it. Returns what is to be sent.
    pub(super) async fn keep(&self, plane: &Plane, reserved: bool, response: Response) -> Response {
        let shared = plane.router().shared();
        if self.kept.load(Ordering::Relaxed) {
            if reserved && let Err(CommitError::Table(error)) = shared.commit(vec![self.end_reservation()]).await {
                tracing::warn!(%error, "a reservation of an idempotency key is left to its end");
            }
            return response;
        }
        if !reserved && let Ok(Some(first)) = self.replay(plane).await {
            return first;
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
        let value: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let response = Response::from_parts(parts, body.clone().into());
        if body.len() > MAX_ANSWER {
            tracing::warn!(bytes = body.len(), "an answer is too long to be kept for its idempotency key");
            return response;
        }
        let mut writes = vec![self.answer(head, &value)];
        writes.extend(reserved.then(|| self.end_reservation()));
        match shared.commit(writes).await {
            Ok(()) => response,
            // The key was free again after its time, and another request was faster: there is one answer.
            Err(CommitError::Refused { .. }) => match self.replay(plane).await {
                Ok(Some(first)) => first,
                Ok(None) | Err(_) => response,
            },
            Err(CommitError::Table(error)) => {
                tracing::error!(%error, "the answer of a request could not be kept for its idempotency key");
                response
            }
        }
    }
}

fn in_progress(wait: SignedDuration) -> Problem {
    let seconds = u64::try_from(wait.as_secs()).unwrap_or_default().max(1);
    Problem::new(Code::Conflict, "a request with this idempotency key is still running")
        .help("send it again later: it then gets the answer of the first one")
        .retry_after(seconds)
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
    #[serde(flatten)]
    pub head: AnswerHead,
    pub body: Value,
    expires: i64,
    /// The work that the answer tells of is not finished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
}

impl KeptAnswer {
    fn new<R: Serialize>(ticket: &Ticket, head: AnswerHead, body: &R, provisional: bool) -> Self {
        Self {
            digest: ticket.digest.clone(),
            request: ticket.request.clone(),
            head,
            body: serde_json::to_value(body).expect("answers hold nothing that JSON can't"),
            expires: (ticket.at + KEPT).as_second(),
            provisional,
        }
    }

    fn key(digest: &str) -> Key {
        Key::new(format!("IDEMPOTENCY#{digest}"), "ANSWER")
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.head.status).expect("only statuses of ours are kept")
    }

    /// The version in the `ETag`. Earlier versions kept none, and answered new records alone.
    pub(super) fn version(&self) -> Option<u64> {
        self.head.version.or_else(|| self.head.location.as_ref().map(|_| 1))
    }
}

impl Record for KeptAnswer {
    const NOUN: &'static str = "kept answer";

    fn place(&self) -> Place {
        Place::at(Self::key(&self.digest)).until(self.expires)
    }
}

/// A key whose request runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    digest: String,
    request: String,
    since: Timestamp,
    until: Timestamp,
    /// The process that runs it.
    process: String,
}

impl Reservation {
    fn key(digest: &str) -> Key {
        Key::new(format!("IDEMPOTENCY#{digest}"), "RESERVATION")
    }

    /// The process that ran the request is known to be gone: this one is alone with the store.
    fn process_ended(&self, plane: &Plane) -> bool {
        plane.driver().is_alone() && self.process != plane.driver().holder()
    }
}

impl Record for Reservation {
    const NOUN: &'static str = "reservation of an idempotency key";

    fn place(&self) -> Place {
        // A reservation that has ended means nothing after the answer's own time.
        Place::at(Self::key(&self.digest)).until((self.until + KEPT).as_second())
    }
}

//! Idempotency keys: the same request with the same key has one effect and one answer, also after a crash.
//!
//! INVARIANT: an answer is kept before it is sent. Where the effect is one commit, the answer is kept in that commit. Every
//! other operation reserves its key first, so that a second request with the key is refused while the first one runs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Kernel,
    ids::{AccountId, Subject},
    kinds::RecordKind,
    ports::table::{CommitError, Condition, Is, Key, Table, TableName, Write},
    problem::{Code, Problem, Result},
    record::{self, Record, RecordKeys, Stored, decode},
};

/// The kinds of record that idempotency keys need.
pub(crate) const KINDS: &[RecordKind] = &[KeptAnswer::DECLARED, Reservation::DECLARED];

/// How long an answer is kept: 24 hours.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request that runs keeps its key: after a crash, the key can be used again then.
pub const RESERVED: SignedDuration = SignedDuration::from_secs(60);
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

/// The parts of a request that its key is bound to.
#[derive(Clone, Copy, Debug)]
pub struct KeyedRequest<'a> {
    pub path: &'a str,
    /// Path and query.
    pub target: &'a str,
    pub body: &'a [u8],
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
    /// A ticket for a key with which a subject sends a request about an account.
    pub fn new(
        kernel: &Kernel,
        key: &str,
        subject: Subject,
        account: AccountId,
        request: KeyedRequest<'_>,
    ) -> Result<Self> {
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(Problem::field("/idempotency-key", "1 to 255 visible ASCII characters without spaces"));
        }
        let KeyedRequest { path, target, body } = request;
        let subject = subject.to_string();
        let plain_request = sha256(&[target.as_bytes(), body]);
        Ok(Self {
            digest: sha256(&[subject.as_bytes(), path.as_bytes(), key.as_bytes()]),
            request: kernel.key().token("idempotency request", &plain_request).expose_secret().to_owned(),
            plain_request,
            account,
            at: kernel.now(),
            kept: Arc::default(),
        })
    }

    /// The write that keeps the answer, for the commit that has the effect. Call [`Self::set_kept`] after that commit.
    pub fn answer<R: Serialize>(&self, head: AnswerHead, body: &R) -> Write {
        record::create(&KeptAnswer::new(self, head, body, false))
    }

    /// The write that keeps what is known of the answer, until [`Self::final_answer`] replaces it. It is replayed only if
    /// the work is not finished when the reservation ends.
    pub fn provisional_answer<R: Serialize>(&self, head: AnswerHead, body: &R) -> Write {
        record::create(&KeptAnswer::new(self, head, body, true))
    }

    /// The write that replaces a provisional answer; `None` if that one may have been replayed.
    pub fn final_answer<R: Serialize>(&self, head: AnswerHead, body: &R, now: Timestamp) -> Option<Write> {
        let item = record::encode(&KeptAnswer::new(self, head, body, false));
        (now < self.at + RESERVED).then_some(Write::Put { item, when: Condition::Always })
    }

    /// The answer is durable.
    pub fn set_kept(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// The answer of the same request, if it was answered before. Refuses another request with this key, and the same one
    /// while it runs.
    pub async fn replay(&self, kernel: &Kernel) -> Result<Option<KeptAnswer>> {
        let shared = kernel.router().shared();
        let Lookup { answer, reservation } = self.look_up(shared.as_ref()).await?;
        let is_final = answer.as_ref().is_some_and(|answer| !answer.provisional);
        if let Some(reservation) = reservation.filter(|_| !is_final) {
            self.check_same(&reservation.request)?;
            let ended = answer.is_none() && reservation.process_ended(kernel);
            if self.at < reservation.until && !ended {
                return Err(in_progress(reservation.until.duration_since(self.at)));
            }
        }
        if let Some(answer) = answer {
            return self.checked(answer).map(Some);
        }
        // What was made in the account's own table has its answer there. An account without a route has no such table.
        match kernel.router().route(self.account).await {
            Ok(route) if route.table != TableName::shared() => {
                let own = self.look_up(kernel.router().table(&route).await?.as_ref()).await?;
                own.answer.map(|answer| self.checked(answer)).transpose()
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

    fn checked(&self, answer: Stored<KeptAnswer>) -> Result<KeptAnswer> {
        self.check_same(&answer.request)?;
        Ok(answer.record)
    }

    fn check_same(&self, request: &str) -> Result<()> {
        if request == self.request || request == self.plain_request {
            return Ok(());
        }
        Err(Problem::new(Code::IdempotencyKeyReused, "this key came within 24 hours with another request")
            .help("use a new key for a new request"))
    }

    /// Takes the key for a request that is about to run, after [`Self::replay`] found nothing.
    pub async fn reserve(&self, kernel: &Kernel) -> Result<()> {
        let table = kernel.router().shared();
        let old = table.get(&Reservation::key(&self.digest)).await?;
        let old = old.map(|item| decode::<Reservation>(&item)).transpose()?;
        let new = Reservation {
            digest: self.digest.clone(),
            request: self.request.clone(),
            since: self.at,
            until: self.at + RESERVED,
            process: kernel.driver().holder().to_owned(),
        };
        let take = match old {
            Some(old) if self.at < old.until && !old.process_ended(kernel) => {
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
    pub async fn release(&self, kernel: &Kernel) {
        let unanswered = Write::Check { key: KeptAnswer::key(&self.digest), when: Condition::Absent };
        match kernel.router().shared().commit(vec![self.end_reservation(), unanswered]).await {
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

    /// Whether a commit has kept the answer for good.
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    /// Ends the reservation of a key whose answer a commit has kept.
    pub async fn end(&self, kernel: &Kernel) {
        let ended = kernel.router().shared().commit(vec![self.end_reservation()]).await;
        if let Err(CommitError::Table(error)) = ended {
            tracing::warn!(%error, "a reservation of an idempotency key is left to its end");
        }
    }

    /// Keeps the answer of a request that succeeded. Returns the answer of another request that was faster, if the key was
    /// free again after its time: there is one answer.
    pub async fn keep(&self, kernel: &Kernel, reserved: bool, head: AnswerHead, body: &[u8]) -> Option<KeptAnswer> {
        if body.len() > MAX_ANSWER {
            tracing::warn!(bytes = body.len(), "an answer is too long to be kept for its idempotency key");
            return None;
        }
        let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let mut writes = vec![self.answer(head, &value)];
        writes.extend(reserved.then(|| self.end_reservation()));
        match kernel.router().shared().commit(writes).await {
            Ok(()) => None,
            Err(CommitError::Refused { .. }) => self.replay(kernel).await.ok().flatten(),
            Err(CommitError::Table(error)) => {
                tracing::error!(%error, "the answer of a request could not be kept for its idempotency key");
                None
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
    /// The work that the answer reports is not finished.
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

    /// The version in the `ETag`. Earlier versions kept none, and answered new records alone.
    pub fn version(&self) -> Option<u64> {
        self.head.version.or_else(|| self.head.location.as_ref().map(|_| 1))
    }
}

impl Record for KeptAnswer {
    const NOUN: &'static str = "kept answer";
    const DECLARED: RecordKind =
        RecordKind::of_platform(Self::NOUN, "IDEMPOTENCY#", "ANSWER").secret(&["digest", "body"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(&self.digest)).until(self.expires)
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
    fn process_ended(&self, kernel: &Kernel) -> bool {
        kernel.driver().is_alone() && self.process != kernel.driver().holder()
    }
}

impl Record for Reservation {
    const NOUN: &'static str = "reservation of an idempotency key";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "IDEMPOTENCY#", "RESERVATION").secret(&["digest"]);

    fn place(&self) -> RecordKeys {
        // A reservation that has ended means nothing after the answer's own time.
        RecordKeys::at(Self::key(&self.digest)).until((self.until + KEPT).as_second())
    }
}

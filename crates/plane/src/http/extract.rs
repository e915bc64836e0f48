//! One call of an operation, and the arguments that handlers take from it.

use std::{
    borrow::Cow,
    future::Future,
    marker::PhantomData,
    net::IpAddr,
    str::FromStr,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    extract::rejection::RawPathParamsRejection,
    http::{HeaderMap, HeaderName, Method, header, request::Parts},
    response::Response,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use super::{
    answer,
    entity_tags::EntityTags,
    json::{self, Body, JsonObject},
    openapi::Operation,
    query::Parameters,
    read_body,
    refresh_cookie::{RefreshCookie, RefreshCookies},
    routes::{BodyUse, RouteTraits},
    serve::RequestContext,
};
pub use super::{json::Json, query::Query};
use crate::{
    audit::RequestOrigin,
    confirmations::Confirmations,
    guard::{Nameable, NamedScope, actor::Actor},
    idempotency::{KeyedRequest, Ticket},
    ids::{AccountId, ExecutionId, Id, Subject},
    plane::Plane,
    problem::{Code, Problem, Result},
};

/// The token of the one `Authorization` header, if it is a bearer token.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.as_bytes();
    let (scheme, token) = value.split_at_checked("bearer ".len())?;
    let token = std::str::from_utf8(token).ok()?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_start_matches(' '))
}

/// The path parameters of a route, in its order, with their names.
pub type PathParameters = Vec<(Arc<str>, String)>;

/// One call on its way to a handler.
///
/// INVARIANT: path, query and body are each decoded once, by [`IncomingRequest::read`], after the guard knows the caller; the guard
/// and the handler read the same decoded values.
#[derive(Debug)]
pub struct IncomingRequest {
    pub plane: Plane,
    pub parts: Parts,
    pub request_id: Arc<str>,
    pub client: IpAddr,
    pub(super) traits: RouteTraits,
    /// The guard identified an operator: they see what is wrong outside the product, and its fix.
    pub(crate) by_operator: bool,
    pub(super) ticket: Option<Ticket>,
    /// The ticket's key is reserved for this call.
    pub(super) reserved: bool,
    /// Who calls, once the guard knows.
    pub(crate) caller: Option<Caller>,
    unread: Option<PendingInput>,
    named: NamedScope,
    /// An argument of the handler judges the precondition.
    judges_precondition: bool,
    path: PathParameters,
    parameters: Parameters,
    body: Body,
}

/// What of a request waits until the guard knows the caller.
#[derive(Debug)]
pub(super) struct PendingInput {
    pub path: Result<PathParameters, RawPathParamsRejection>,
    pub body: axum::body::Body,
}

/// Somebody who is signed in and asks for an action, whether it is permitted or not.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Arc<Actor>,
    pub(crate) action: &'static str,
}

/// Why a handler is not reached: a refusal, or an answer that was kept from before.
#[derive(Debug)]
pub enum Rejection {
    Problem(Box<Problem>),
    Answer(Box<Response>),
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Something a handler takes from the call. It also writes its part of the API's document, so the two can't drift.
pub trait Extract: Sized + Send {
    /// Whether the argument is read from the request body.
    const BODY: BodyUse = BodyUse::None;

    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);

    fn take(call: &mut IncomingRequest) -> impl Future<Output = Result<Self, Rejection>> + Send;
}

/// An argument that decides who may call. It calls [`IncomingRequest::read`] once it knows who that is.
#[diagnostic::on_unimplemented(
    message = "a handler's first argument must be a guard, and `{Self}` is none",
    label = "start the argument list with `Granted<SomeAction>` or `Public`"
)]
pub trait Guard: Extract + Clone {}

/// An id that the guard reads from a request body. The document shows it as a field; its value can't be read here, so
/// handlers take the account and the enterprise from the grant alone.
#[derive(Debug)]
pub struct ReadByGuard<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ReadByGuard<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for ReadByGuard<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        T::json_schema(schemas)
    }
}

/// Headers of which the service reads one value: a second one is refused, whether or not the operation reads the
/// header, so that no proxy and no part of the service can read another one than the next.
const SINGLE_HEADERS: [HeaderName; 10] = [
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::IF_MATCH,
    header::USER_AGENT,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-request-id"),
];

impl IncomingRequest {
    pub(super) fn new(
        plane: Plane,
        parts: Parts,
        unread: PendingInput,
        request_id: Arc<str>,
        client: IpAddr,
        traits: RouteTraits,
    ) -> Self {
        Self {
            plane,
            parts,
            request_id,
            client,
            traits,
            by_operator: false,
            ticket: None,
            reserved: false,
            caller: None,
            unread: Some(unread),
            named: NamedScope::default(),
            judges_precondition: false,
            path: Vec::new(),
            parameters: Parameters::default(),
            body: Body::default(),
        }
    }

    /// The names of the request.
    pub fn origin(&self) -> RequestOrigin {
        let client_id =
            self.parts.extensions.get::<RequestContext>().and_then(|around| around.client_request_id.clone());
        RequestOrigin::new(Arc::clone(&self.request_id), client_id)
    }

    /// A call without a body, of a route without path parameters: for measurements of the guard.
    pub fn without_body(plane: Plane, parts: Parts, request_id: Arc<str>, client: IpAddr) -> Self {
        let unread = PendingInput { path: Ok(Vec::new()), body: axum::body::Body::empty() };
        let traits = RouteTraits { body: BodyUse::None, costly: Arc::default(), answers_in_commit: Arc::default() };
        Self::new(plane, parts, unread, request_id, client, traits)
    }

    /// Decodes path, query and body, of at most `limit` bytes. The guard calls this once it knows the caller.
    pub async fn read(&mut self, limit: usize) -> Result<()> {
        let PendingInput { path, body } = self.unread.take().expect("one guard reads the request once");
        let headers = &self.parts.headers;
        // Few requests have any header twice.
        if headers.len() > headers.keys_len() {
            let repeated = |name: &&HeaderName| headers.get_all(*name).iter().nth(1).is_some();
            if let Some(name) = SINGLE_HEADERS.iter().find(repeated) {
                return Err(Problem::field(format!("/{name}"), "the header appears more than once"));
            }
        }
        self.path = path.map_err(|_| Problem::field("/path", "the path is not percent-encoded UTF-8"))?;
        self.parameters = Parameters::parse(self.parts.uri.query())?;
        if self.traits.body != BodyUse::None && !axum::body::HttpBody::is_end_stream(&body) {
            json::check_content_encoding(self)?;
        }
        self.body.bytes = match self.traits.body {
            BodyUse::None => read_body::nothing(body, &self.plane).await?,
            BodyUse::Optional | BodyUse::Required => read_body::whole(body, limit, &self.plane).await?,
        };
        if self.traits.body == BodyUse::Required || !self.body.bytes.is_empty() {
            // A client that sends a body that it could leave out may leave its type out too.
            if self.traits.body == BodyUse::Required || self.header("content-type")?.is_some() {
                json::check_content_type(self)?;
            }
            self.body.object = Some(JsonObject::parse(&self.body.bytes)?);
        }
        Ok(())
    }

    /// Whether the operation has a small rate limit of its own.
    pub fn is_costly(&self) -> bool {
        self.traits.costly.load(Ordering::Relaxed)
    }

    /// The path parameters, decoded.
    pub fn path(&self) -> &PathParameters {
        &self.path
    }

    /// The query parameters that nobody has taken yet.
    pub fn parameters(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// The parsed body, if there is one.
    pub fn object(&self) -> Option<&JsonObject> {
        self.body.object.as_ref()
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body.bytes
    }

    /// The account and enterprise that the call names: in its path, its query and its body, which must agree.
    pub fn named(&mut self, nameable: Nameable) -> Result<NamedScope> {
        let mut named = NamedScope::default();
        for (name, value) in &self.path {
            if &**name == "accountId" {
                name_one(&mut named.account, Some(parsed(value, "/accountId")?), "accountId")?;
            }
        }
        let in_path = named.account.is_some();
        if nameable.account {
            if let Some(value) = self.parameters.take("accountId") {
                name_one(&mut named.account, Some(parsed(&value, "/accountId")?), "accountId")?;
                if in_path {
                    return Err(Problem::field("/accountId", "the path names the account; leave the parameter out"));
                }
            }
            let in_body = self.object().map(|body| body.id("accountId")).transpose()?.flatten();
            name_one(&mut named.account, in_body, "accountId")?;
        }
        if nameable.enterprise {
            if let Some(value) = self.parameters.take("enterpriseId") {
                name_one(&mut named.enterprise, Some(parsed(&value, "/enterpriseId")?), "enterpriseId")?;
            }
            let in_body = self.object().map(|body| body.id("enterpriseId")).transpose()?.flatten();
            name_one(&mut named.enterprise, in_body, "enterpriseId")?;
        }
        self.named = named;
        Ok(named)
    }

    /// The account and enterprise that the guard found named.
    pub(super) const fn named_tenant(&self) -> NamedScope {
        self.named
    }

    /// The ticket for the request's idempotency key, if it has one. Stops with the kept answer if the same request came
    /// before; reserves the key unless the operation keeps its answer in the commit that has the effect.
    pub async fn ticket(&mut self, subject: Subject, account: AccountId) -> Result<Option<Ticket>, Rejection> {
        if self.parts.method != Method::POST {
            return Ok(None);
        }
        let Some(key) = self.header("idempotency-key")?.map(ToOwned::to_owned) else { return Ok(None) };
        let uri = &self.parts.uri;
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        let request = KeyedRequest { path: uri.path(), target, body: self.body() };
        let ticket = Ticket::new(&self.plane, &key, subject, account, request)?;
        if let Some(answer) = ticket.replay(&self.plane).await? {
            return Err(Rejection::Answer(Box::new(answer::kept(&answer))));
        }
        if !self.traits.answers_in_commit.load(Ordering::Relaxed) {
            ticket.reserve(&self.plane).await?;
            self.reserved = true;
        }
        self.ticket = Some(ticket.clone());
        Ok(Some(ticket))
    }

    /// A header that occurs at most once.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>> {
        let mut values = self.parts.headers.get_all(HeaderName::from_static(name)).iter();
        let Some(value) = values.next() else { return Ok(None) };
        match value.to_str() {
            Ok(value) if values.next().is_none() => Ok(Some(value)),
            Ok(_) => Err(Problem::field(format!("/{name}"), "the header appears more than once")),
            Err(_) => Err(Problem::field(format!("/{name}"), "the header is not plain text")),
        }
    }

    /// Whether the caller accepts certain versions of the record alone.
    pub(super) fn has_precondition(&self) -> bool {
        self.parts.headers.get(header::IF_MATCH).is_some_and(|tags| tags.as_bytes().trim_ascii() != b"*")
    }

    /// Refuses parameters that neither the guard nor an argument took, and a precondition that no argument judges.
    pub fn finish(&self) -> Result<()> {
        let changes = matches!(self.parts.method, Method::PUT | Method::DELETE);
        if changes && self.has_precondition() && !self.judges_precondition {
            return Err(Problem::field(
                "/if-match",
                "what this operation changes has no versions; leave the header out",
            ));
        }
        self.parameters.finish()
    }
}

fn parsed<K>(text: &str, pointer: &str) -> Result<Id<K>> {
    text.parse().map_err(|error: crate::ids::NotAnId| Problem::field(pointer, error.to_string()))
}

/// Takes down one more place that names an account or enterprise. Places that disagree are refused.
fn name_one<K>(named: &mut Option<Id<K>>, found: Option<Id<K>>, field: &str) -> Result<()> {
    let Some(id) = found else { return Ok(()) };
    if named.is_some_and(|other| other != id) {
        let what = if field == "accountId" { "accounts" } else { "enterprises" };
        return Err(Problem::new(Code::AccountMismatch, format!("path, query and body name different {what}")));
    }
    *named = Some(id);
    Ok(())
}

impl Extract for Plane {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        Ok(call.plane.clone())
    }
}

/// The parts of the path, in the order of the route.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// A type that a path segment can have.
pub trait Segment: FromStr + Send {
    /// Its schema.
    fn schema(schemas: &mut SchemaGenerator) -> schemars::Schema;
    /// What it must be, for the refusal.
    const EXPECTED: &'static str;
}

impl<K> Segment for Id<K> {
    const EXPECTED: &'static str = "an id is a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";

    fn schema(schemas: &mut SchemaGenerator) -> schemars::Schema {
        Self::json_schema(schemas)
    }
}

fn segment<S: Segment>(call: &IncomingRequest, place: usize) -> Result<S> {
    let (name, text) = call.path().get(place).expect("the route has as many parts as its handler takes");
    text.parse().map_err(|_| Problem::field(format!("/{name}"), S::EXPECTED))
}

impl<S: Segment> Extract for Path<S> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_path(&[S::schema(schemas)]);
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        Ok(Self(segment(call, 0)?))
    }
}

impl<S: Segment, T: Segment> Extract for Path<(S, T)> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_path(&[S::schema(schemas), T::schema(schemas)]);
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        Ok(Self((segment(call, 0)?, segment(call, 1)?)))
    }
}

/// The versions that the caller accepts (`If-Match`); `None` where every version will do.
#[derive(Debug)]
pub struct IfMatch(Option<EntityTags>);

impl IfMatch {
    /// Refuses if the caller accepts other versions than the one that is there.
    pub fn allows(&self, noun: &str, version: u64) -> Result<()> {
        match &self.0 {
            Some(accepted) if !accepted.has(version) => {
                Err(Problem::new(Code::PreconditionFailed, format!("the {noun} has changed since you read it"))
                    .help("read it again, apply your change to what it is now, and send its new ETag"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Extract for IfMatch {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_if_match();
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        call.judges_precondition = true;
        match call.header("if-match")? {
            None => Ok(Self(None)),
            Some(any) if any.trim() == "*" => Ok(Self(None)),
            Some(tags) => Ok(Self(Some(EntityTags::parse(tags)?))),
        }
    }
}

/// The parameter by which a caller confirms an effect beforehand.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Confirmed {
    /// Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
    /// caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
    /// `own_administration` if it would have such an effect.
    pub confirm: Confirmations,
}

/// Where the call came from, and by what.
#[derive(Clone, Debug)]
pub struct Client {
    pub ip: IpAddr,
    pub user_agent: String,
    /// The names of the request.
    pub origin: RequestOrigin,
    /// The refresh tokens that a browser holds in cookies.
    pub refresh_cookies: RefreshCookies,
    /// The origin under which the browser or client reached us.
    pub base_url: String,
}

impl Extract for Client {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        let headers = &call.parts.headers;
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text(header::HOST);
        Ok(Self {
            ip: call.client,
            user_agent: text(header::USER_AGENT).chars().take(300).collect(),
            origin: call.origin(),
            refresh_cookies: RefreshCookie::of(&call.plane.settings().public_url).read(headers),
            base_url: format!("http://{host}"),
        })
    }
}

/// The last event that the caller has (`Last-Event-ID`). Of earlier versions, a number alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastEventId {
    /// The run that the event is of.
    execution: Option<ExecutionId>,
    /// 0: none.
    number: u64,
}

impl LastEventId {
    /// After which event of a run, of which there are `events`, its stream goes on. An event of another run, or of none,
    /// says nothing of this one: the stream begins at its beginning.
    pub fn within(self, execution: ExecutionId, events: u64) -> u64 {
        let is_of_it = self.execution.is_none_or(|of| of == execution) && self.number <= events;
        if is_of_it { self.number } else { 0 }
    }
}

impl Extract for LastEventId {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_last_event_id();
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        let Some(id) = call.header("last-event-id")?.filter(|id| !id.is_empty()) else { return Ok(Self::default()) };
        let (execution, number) = match id.split_once(':') {
            Some((execution, number)) => (Some(execution.parse().ok()), number),
            None => (None, id),
        };
        match (execution, number.parse()) {
            (Some(None), _) | (_, Err(_)) => {
                Err(Problem::field("/last-event-id", "the id of an event of this stream").into())
            }
            (Some(execution), Ok(number)) => Ok(Self { execution, number }),
            (None, Ok(number)) => Ok(Self { execution: None, number }),
        }
    }
}

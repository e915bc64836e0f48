//! One call of an operation, and the arguments that handlers take from it.

use std::{future::Future, net::IpAddr, str::FromStr, sync::Arc};

use axum::{
    http::{HeaderName, Method, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    idempotency::Ticket,
    openapi::Operation,
    refresh_cookie::{RefreshCookie, RefreshCookies},
    serve::Around,
};
use crate::{
    audit::RequestOrigin,
    guard::actor::Actor,
    ids::{AccountId, EnterpriseId, Id, Subject},
    plane::Plane,
    problem::{Code, Problem, Result},
};

/// One call on its way to a handler.
#[derive(Debug)]
pub struct Call {
    pub plane: Plane,
    pub parts: Parts,
    pub body: Bytes,
    /// The parts of the path, named as in the route.
    pub path: Vec<(Arc<str>, String)>,
    pub request_id: Arc<str>,
    pub client: IpAddr,
    /// The guard let an operator in: they hear what is wrong outside the product, and its fix.
    pub(crate) by_operator: bool,
    pub(super) ticket: Option<Ticket>,
    /// Who calls, once the guard knows.
    pub(crate) caller: Option<Caller>,
    query_taken: bool,
}

/// Somebody who is signed in and asks for an action, whether it is permitted or not.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Arc<Actor>,
    pub(crate) action: &'static str,
}

/// Why a handler is not reached: a refusal, or an answer that was kept from before.
#[derive(Debug)]
pub enum Stop {
    Problem(Box<Problem>),
    Answer(Box<Response>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Something a handler takes from the call. It also writes its part of the API's document, so the two can't drift.
pub trait Argument: Sized + Send {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);

    fn take(call: &mut Call) -> impl Future<Output = Result<Self, Stop>> + Send;
}

/// An argument that decides who may call.
#[diagnostic::on_unimplemented(
    message = "a handler's first argument must be a guard, and `{Self}` is none",
    label = "start the argument list with `Granted<SomeAction>` or `Public`"
)]
pub trait Guard: Argument {}

/// The account and enterprise that a call names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named {
    pub account: Option<AccountId>,
    pub enterprise: Option<EnterpriseId>,
}

/// The same two, where a JSON body names them.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NamedInBody {
    account_id: Option<String>,
    enterprise_id: Option<String>,
}

impl Call {
    pub fn new(
        plane: Plane,
        parts: Parts,
        body: Bytes,
        path: Vec<(Arc<str>, String)>,
        request_id: Arc<str>,
        client: IpAddr,
    ) -> Self {
        Self {
            plane,
            parts,
            body,
            path,
            request_id,
            client,
            by_operator: false,
            ticket: None,
            caller: None,
            query_taken: false,
        }
    }

    /// The names of the request.
    pub fn origin(&self) -> RequestOrigin {
        let client_id = self.parts.extensions.get::<Around>().and_then(|around| around.client_request_id.clone());
        RequestOrigin::new(Arc::clone(&self.request_id), client_id)
    }

    /// The account and enterprise that the call names: in its path, its query and its body, which must agree.
    pub fn named(&self) -> Result<Named> {
        let mut named = Named::default();
        for (name, value) in &self.path {
            if &**name == "accountId" {
                name_one(&mut named.account, value, "/accountId")?;
            }
        }
        for (name, value) in pairs(self.parts.uri.query()) {
            match name.as_str() {
                "accountId" => name_one(&mut named.account, &value, "/accountId")?,
                "enterpriseId" => name_one(&mut named.enterprise, &value, "/enterpriseId")?,
                _ => {}
            }
        }
        if !self.body.is_empty() {
            // A body that is not an object of the right shape is refused where it is read.
            let body: NamedInBody = serde_json::from_slice(&self.body).unwrap_or_default();
            if let Some(account) = body.account_id {
                name_one(&mut named.account, &account, "/accountId")?;
            }
            if let Some(enterprise) = body.enterprise_id {
                name_one(&mut named.enterprise, &enterprise, "/enterpriseId")?;
            }
        }
        Ok(named)
    }

    /// The ticket for the call's idempotency key, if it has one; stops with the kept answer if the same call came
    /// before.
    pub async fn ticket(&mut self, subject: Subject, account: AccountId) -> Result<Option<Ticket>, Stop> {
        if self.parts.method != Method::POST {
            return Ok(None);
        }
        let Some(key) = self.header("idempotency-key")?.map(ToOwned::to_owned) else { return Ok(None) };
        let ticket = Ticket::new(&key, subject, account, self)?;
        if let Some(answer) = ticket.kept(&self.plane).await? {
            return Err(Stop::Answer(Box::new(answer)));
        }
        self.ticket = Some(ticket.clone());
        Ok(Some(ticket))
    }

    /// A header that stands at most once.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>> {
        let mut values = self.parts.headers.get_all(HeaderName::from_static(name)).iter();
        let Some(value) = values.next() else { return Ok(None) };
        match value.to_str() {
            Ok(value) if values.next().is_none() => Ok(Some(value)),
            Ok(_) => Err(Problem::field(format!("/{name}"), "the header stands more than once")),
            Err(_) => Err(Problem::field(format!("/{name}"), "the header is not plain text")),
        }
    }

    /// Refuses parameters that no argument asked for.
    pub fn finish(&self) -> Result<()> {
        if self.query_taken {
            return Ok(());
        }
        match own_pairs(self.parts.uri.query()).first() {
            Some((name, _)) => Err(Problem::field(format!("/{name}"), "this operation has no such parameter")),
            None => Ok(()),
        }
    }
}

fn name_one<K>(named: &mut Option<Id<K>>, text: &str, pointer: &str) -> Result<()> {
    let id: Id<K> = text.parse().map_err(|error: crate::ids::NotAnId| Problem::field(pointer, error.to_string()))?;
    if named.is_some_and(|other| other != id) {
        let what = if pointer == "/accountId" { "accounts" } else { "enterprises" };
        return Err(Problem::new(Code::AccountMismatch, format!("path, query and body name different {what}")));
    }
    *named = Some(id);
    Ok(())
}

fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    query.map(|query| serde_urlencoded::from_str(query).unwrap_or_default()).unwrap_or_default()
}

/// The parameters without those that name the account and enterprise, which are the guard's.
fn own_pairs(query: Option<&str>) -> Vec<(String, String)> {
    let mut pairs = pairs(query);
    pairs.retain(|(name, _)| name != "accountId" && name != "enterpriseId");
    pairs
}

impl Argument for Plane {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        Ok(call.plane.clone())
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + Send> Argument for Json<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_body(&schemas.subschema_for::<T>());
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        let content_type = call.header("content-type")?.unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(
                Problem::new(Code::UnsupportedMediaType, "send the body with Content-Type: application/json").into()
            );
        }
        Ok(Self(parse(&call.body)?))
    }
}

/// Reads JSON; a refusal names the field.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        blame(pointer, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| blame(String::new(), &error))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    });
    parts.collect()
}

/// The parser's words without its line and column, and the pointer with the name of a field that it misses.
fn blame(mut pointer: String, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    for (start, plain) in [("missing field `", "this is required"), ("unknown field `", "there is no such field")] {
        if let Some((field, _)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) {
            if pointer.rsplit('/').next() != Some(field) {
                pointer = format!("{pointer}/{field}");
            }
            return Problem::field(pointer, plain);
        }
    }
    Problem::field(pointer, message)
}

/// The parameters of the query string, other than those that name the account and enterprise.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + Send> Argument for Query<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_query(T::json_schema(schemas));
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        call.query_taken = true;
        let pairs = own_pairs(call.parts.uri.query());
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.is_empty()) {
            return Err(Problem::field(
                format!("/{name}"),
                "this has at least one character; leave it out if it is not meant",
            )
            .into());
        }
        let strings = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let deserializer =
            serde::de::value::MapDeserializer::new(strings.map(|(name, value)| (name, Parameter(value))));
        let value = serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let pointer = pointer(error.path());
            let inner: serde::de::value::Error = error.into_inner();
            let text = inner.to_string();
            let named = ["missing field `", "unknown field `", "duplicate field `"]
                .iter()
                .find_map(|start| text.strip_prefix(start).and_then(|rest| rest.split_once('`')))
                .map(|(field, _)| format!("/{field}"));
            let message =
                text.split_once(", expected").filter(|_| named.is_some()).map_or(text.as_str(), |(head, _)| head);
            Problem::field(named.unwrap_or(pointer), message)
        })?;
        Ok(Self(value))
    }
}

/// The text of a parameter, which becomes what the field asks for.
struct Parameter<'a>(&'a str);

macro_rules! parameter_numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Parameter<'de> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(serde::de::value::BorrowedStrDeserializer::new(self.0))
    }

    fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    parameter_numbers! {
        deserialize_bool visit_bool bool,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

impl<'de> serde::de::IntoDeserializer<'de> for Parameter<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The parts of the path, in the order of the route.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// What can stand in a path.
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

fn segment<S: Segment>(call: &Call, place: usize) -> Result<S> {
    let (name, text) = call.path.get(place).expect("the route has as many parts as its handler takes");
    text.parse().map_err(|_| Problem::field(format!("/{name}"), S::EXPECTED))
}

impl<S: Segment> Argument for Path<S> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_path(&[S::schema(schemas)]);
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        Ok(Self(segment(call, 0)?))
    }
}

impl<S: Segment, T: Segment> Argument for Path<(S, T)> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_path(&[S::schema(schemas), T::schema(schemas)]);
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        Ok(Self((segment(call, 0)?, segment(call, 1)?)))
    }
}

/// The version that the caller has seen (`If-Match`); `None` where the caller does not say.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<u64>);

impl IfMatch {
    /// Refuses if the caller has seen another version than the one that is there.
    pub fn allows(self, noun: &str, version: u64) -> Result<()> {
        match self.0 {
            Some(seen) if seen != version => {
                Err(Problem::new(Code::PreconditionFailed, format!("the {noun} has changed since you read it"))
                    .help("read it again, apply your change to what it is now, and send its new ETag"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Argument for IfMatch {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_if_match();
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        match call.header("if-match")? {
            None | Some("*") => Ok(Self(None)),
            Some(tag) => {
                let version =
                    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
                let expected = "an ETag as it was read, such as \"3\", or *";
                Ok(Self(Some(version.ok_or_else(|| Problem::field("/if-match", expected))?)))
            }
        }
    }
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

impl Argument for Client {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}

    async fn take(call: &mut Call) -> Result<Self, Stop> {
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

/// The number of the last event that the caller has (`Last-Event-ID`); 0: none.
#[derive(Clone, Copy, Debug)]
pub struct LastEventId(pub u64);

impl Argument for LastEventId {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.takes_last_event_id();
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        match call.header("last-event-id")? {
            None | Some("") => Ok(Self(0)),
            Some(id) => {
                let number =
                    id.parse().map_err(|_| Problem::field("/last-event-id", "the id of an event of this stream"))?;
                Ok(Self(number))
            }
        }
    }
}

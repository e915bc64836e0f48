//! Answers: what handlers return, each writing its own part of the API's document.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use bytes::Bytes;
use futures::Stream;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use super::openapi::Operation;
use crate::idempotency::KeptAnswer;
use crate::{
    page::Page,
    ports::table::Item,
    problem::{Code, Problem, ProblemDocument},
    record::Stored,
};

/// What a handler returns when it succeeds.
pub trait Answer: Send {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);

    fn into_response(self) -> Response;
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("answers hold nothing that JSON can't")
}

fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits in quotes")
}

fn location(path: &str) -> HeaderValue {
    HeaderValue::from_str(path).expect("paths of ours are plain ASCII")
}

/// 200 with a record and its `ETag`.
#[derive(Debug)]
pub struct Found<T>(pub Stored<T>);

impl<T: Serialize + JsonSchema + Send> Answer for Found<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(200, "The record.", Some(&schemas.subschema_for::<T>()), &["ETag"]);
    }

    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, encode(&self.0.record));
        response.headers_mut().insert(header::ETAG, etag(self.0.version));
        response
    }
}

/// 200 with a record as it is stored, and its `ETag`: the stored body is what the API answers.
#[derive(Debug)]
pub struct FoundStored<T> {
    body: Bytes,
    version: u64,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T> From<Item> for FoundStored<T> {
    fn from(item: Item) -> Self {
        Self { body: item.body, version: item.version, kind: std::marker::PhantomData }
    }
}

impl<T: JsonSchema> Answer for FoundStored<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(200, "The record.", Some(&schemas.subschema_for::<T>()), &["ETag"]);
    }

    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, self.body);
        response.headers_mut().insert(header::ETAG, etag(self.version));
        response
    }
}

/// 200 with something that is no record, so has no `ETag`.
#[derive(Debug)]
pub struct Plain<T>(pub T);

impl<T: Serialize + JsonSchema + Send> Answer for Plain<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(200, "The answer.", Some(&schemas.subschema_for::<T>()), &[]);
    }

    fn into_response(self) -> Response {
        json(StatusCode::OK, encode(&self.0))
    }
}

/// 201 with the new record, its `ETag` and where it is.
#[derive(Debug)]
pub struct Created<T> {
    pub location: String,
    pub record: T,
}

impl<T: Serialize + JsonSchema + Send> Answer for Created<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(201, "The new record.", Some(&schemas.subschema_for::<T>()), &["ETag", "Location"]);
    }

    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, encode(&self.record));
        response.headers_mut().insert(header::ETAG, etag(1));
        response.headers_mut().insert(header::LOCATION, location(&self.location));
        response
    }
}

/// 201 with a record that was changed again since it was made, so that its `ETag` is a later one.
#[derive(Debug)]
pub struct CreatedAsStored<T> {
    pub location: String,
    pub stored: Stored<T>,
}

impl<T: Serialize + JsonSchema + Send> Answer for CreatedAsStored<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        Created::<T>::describe(operation, schemas);
    }

    fn into_response(self) -> Response {
        let version = self.stored.version;
        let mut response = Created { location: self.location, record: self.stored.record }.into_response();
        response.headers_mut().insert(header::ETAG, etag(version));
        response
    }
}

/// 202: it was taken on, and goes on after the answer.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

impl<T: Serialize + JsonSchema + Send> Answer for Accepted<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(202, "Taken on; it goes on after the answer.", Some(&schemas.subschema_for::<T>()), &[]);
    }

    fn into_response(self) -> Response {
        json(StatusCode::ACCEPTED, encode(&self.0))
    }
}

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl Answer for NoContent {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.answers(204, "Done.", None, &[]);
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }
}

impl<R: JsonSchema + Send> Answer for Page<R> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(200, "One page.", Some(&schemas.subschema_for::<Self>()), &[]);
    }

    fn into_response(self) -> Response {
        json(StatusCode::OK, self.to_json())
    }
}

/// 200 with a whole list of links, and its `ETag`.
#[derive(Debug)]
pub struct LinkedPage<R> {
    pub page: Page<R>,
    pub version: u64,
}

impl<R: JsonSchema + Send> Answer for LinkedPage<R> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.answers(200, "The whole list.", Some(&schemas.subschema_for::<Page<R>>()), &["ETag"]);
    }

    fn into_response(self) -> Response {
        let mut response = self.page.into_response();
        response.headers_mut().insert(header::ETAG, etag(self.version));
        response
    }
}

/// An answer with headers of its own, such as a cookie.
#[derive(Debug)]
pub struct WithHeaders<A> {
    pub answer: A,
    pub headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl<A: Answer> Answer for WithHeaders<A> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        A::describe(operation, schemas);
    }

    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// A stream of server-sent events; `T` is the data of each.
#[derive(Debug)]
pub struct EventStream<T> {
    body: Option<Body>,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T> EventStream<T> {
    pub fn of(messages: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Self {
        Self { body: Some(IntoResponse::into_response(Sse::new(messages)).into_body()), kind: std::marker::PhantomData }
    }

    /// Everything was sent, and nothing more will come: 204, after which clients do not connect again.
    pub fn ended() -> Self {
        Self { body: None, kind: std::marker::PhantomData }
    }
}

impl<T: JsonSchema> Answer for EventStream<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        let what = "Server-sent events; the data of each is one object. If the session ends or the right is lost, the last event is `end`, \
                    with a `reason`.";
        operation.streams(what, &schemas.subschema_for::<T>());
    }

    fn into_response(self) -> Response {
        let Some(body) = self.body else { return NoContent.into_response() };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }
}

/// The answer that the same request got before.
pub(super) fn kept(kept: &KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.head.status).expect("only statuses of ours are kept");
    let mut response = match status {
        StatusCode::NO_CONTENT => NoContent.into_response(),
        status => json(status, encode(&kept.body)),
    };
    let headers = response.headers_mut();
    if let Some(path) = &kept.head.location {
        headers.insert(header::LOCATION, location(path));
    }
    if let Some(version) = kept.version() {
        headers.insert(header::ETAG, etag(version));
    }
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

/// A problem as its document.
pub fn problem(problem: Problem, request_id: &str) -> Response {
    let retry_after = problem.retry_after;
    let code = problem.code;
    let status = StatusCode::from_u16(code.status()).expect("every code has a status");
    let mut response = json(status, Bytes::from(encode(&ProblemDocument::new(problem, request_id))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, PROBLEM);
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

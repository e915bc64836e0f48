//! The whole HTTP service: the features' routes, and what is done around every request.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock},
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, uri::Authority},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::FutureExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{
    answer, client_address::client_address, console::Console, docs, extract::bearer, limits::CredentialBudget,
    routes::no_method, unread_body::UnreadBody,
};
use crate::{
    metrics::MethodLabel,
    plane::Plane,
    ports::random::RandomSource,
    problem::{Code, Problem},
};

/// What every request carries from the server to its handler.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The server's name for the request.
    pub request_id: Arc<str>,
    /// The caller's name for it (`X-Request-Id`), if it is well-formed.
    pub client_request_id: Option<Arc<str>>,
    pub client: IpAddr,
}

/// Makes the OpenAPI document of the routes.
pub type Document = fn() -> &'static serde_json::Value;

/// The service over a plane: the API, and the console for every other address.
pub fn service(plane: Plane, routes: Router<Plane>, document: Document, console: Console) -> Router {
    routes
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/openapi.json", get(move || async move { openapi_json(document) }))
        .merge(docs::routes())
        .fallback(move |request| console.clone().answer(request))
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(plane.clone(), around))
        .with_state(plane)
}

/// Liveness: the process answers.
async fn health() -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, "application/json")],
        concat!("{\"status\":\"ok\",\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}"),
    )
        .into_response()
}

/// Readiness: the store answers, Day-0 is done, and the process is not shutting down. A process whose background is behind is
/// ready all the same, and says how far.
async fn ready(State(plane): State<Plane>) -> Response {
    match plane.readiness().await {
        Ok(()) => {
            let body = serde_json::json!({ "status": "ready", "backgroundLag": plane.background_lag() });
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
        }
        Err(why) => {
            let body = serde_json::json!({ "status": "not ready", "reason": why });
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "application/json")], body.to_string())
                .into_response()
        }
    }
}

/// The metrics, for those who have the token of the configuration. Without one they are not on this listener at all.
async fn metrics(State(plane): State<Plane>, request: Request) -> Response {
    let around =
        request.extensions().get::<RequestContext>().cloned().expect("the server puts it there for every request");
    let Some(token) = &plane.settings().metrics_token else {
        let problem = Problem::new(Code::NotFound, "metrics are not served on this listener")
            .help("set metrics_listen to serve them on a listener of their own, or metrics_token to serve them here");
        return answer::problem(problem, &around.request_id);
    };
    if bearer(request.headers()).is_some_and(|given| same_secret(given, token)) {
        return rendered(&plane);
    }
    let problem = Problem::new(Code::Unauthenticated, "this needs the metrics token")
        .help("send the metrics_token of the configuration as Authorization: Bearer …");
    answer::problem(problem, &around.request_id)
}

/// Compares digests, in constant time: neither content nor length of the secret shows in the time it takes.
fn same_secret(given: &str, secret: &SecretString) -> bool {
    let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text));
    digest(given).ct_eq(&digest(secret.expose_secret())).into()
}

fn rendered(plane: &Plane) -> Response {
    plane.metrics().background(&plane.background_lag());
    let text = plane.metrics().render();
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

/// The service of a listener that serves the metrics alone.
pub fn metrics_service(plane: Plane) -> Router {
    Router::new().route("/metrics", get(metrics_alone)).with_state(plane)
}

async fn metrics_alone(State(plane): State<Plane>) -> Response {
    rendered(&plane)
}

fn openapi_json(document: Document) -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string());
    ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}

/// Names the request, measures and logs it, turns a panic into a problem, and sets the headers that every answer has.
async fn around(State(plane): State<Plane>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let request_id = request_id(&plane);
    let client_request_id = client_request_id(&request);
    let client = client(&plane, &request);
    let around =
        RequestContext { request_id: Arc::clone(&request_id), client_request_id: client_request_id.clone(), client };
    request.extensions_mut().insert(around);
    let method = MethodLabel::of(request.method().as_str());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let raw = if matched.is_none() { Some(bounded(request.uri().path()).to_owned()) } else { None };
    let unread = UnreadBody::of(&mut request);
    let well_formed = check_host(&request);
    let limited = match CredentialBudget::of(request.uri().path()) {
        Some(budget) => plane.limits().auth(budget, client),
        None => Ok(()),
    };
    let mut response = match well_formed.and(limited) {
        Ok(()) => match std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => answer::problem(Problem::new(Code::Internal, "the request could not be answered"), &request_id),
        },
        Err(problem) => answer::problem(problem, &request_id),
    };
    if let Some(unread) = unread {
        unread.settle(&mut response).await;
    }
    let headers = response.headers_mut();
    // The caller finds its own name where it sent it, and the name that log and audit log go by beside it.
    for (name, id) in
        [(REQUEST_ID, client_request_id.as_ref().unwrap_or(&request_id)), (SERVER_REQUEST_ID, &request_id)]
    {
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if plane.settings().reached_by_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONE_YEAR_OF_HTTPS));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let status = response.status().as_u16();
    let took = began.elapsed();
    let route = matched.as_ref().map_or("", MatchedPath::as_str);
    plane.metrics().request(method, route, status, took);
    let method = method.as_str();
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let path = raw.as_deref().unwrap_or(route);
    let client_id = client_request_id.as_deref();
    if status >= 500 {
        tracing::error!(request.id = &*request_id, request.client_id = client_id, method, path, status, micros, %client, "answered");
    } else if matches!(route, "/health" | "/ready" | "/metrics") {
        tracing::debug!(request.id = &*request_id, request.client_id = client_id, method, path, status, micros, %client, "answered");
    } else {
        tracing::info!(request.id = &*request_id, request.client_id = client_id, method, path, status, micros, %client, "answered");
    }
    response
}

/// A request that came over HTTP/1.1 from a socket, where RFC 9112 asks for a `Host`.
#[derive(Clone, Copy, Debug)]
pub struct NeedsHost;

/// Refuses a request without its one `Host`: proxies and servers could each take it for another host's.
fn check_host(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.extensions().get::<NeedsHost>().is_some() => {
            Err(Problem::field("/host", "a request over HTTP/1.1 has this header"))
        }
        (None, _) => Ok(()),
        (Some(host), None) if host.is_empty() || Authority::try_from(host.as_bytes()).is_ok() => Ok(()),
        (Some(_), None) => Err(Problem::field("/host", "a host with or without a port")),
        (Some(_), Some(_)) => Err(Problem::field("/host", "the header appears more than once")),
    }
}

/// Tells browsers to use https alone for this host and the hosts below it, for a year (RFC 6797).
const ONE_YEAR_OF_HTTPS: &str = "max-age=31536000; includeSubDomains";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The server's own name for the request, in every answer.
const SERVER_REQUEST_ID: HeaderName = HeaderName::from_static("x-server-request-id");

/// A name for the request that no caller can choose.
fn request_id(plane: &Plane) -> Arc<str> {
    let mut text = [0; 36];
    let id: &str = plane.request_ids().next(plane.rng()).hyphenated().encode_lower(&mut text);
    id.into()
}

/// The caller's own name for the request, if it is well-formed.
fn client_request_id(request: &Request<Body>) -> Option<Arc<str>> {
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let well_formed = |id: &&str| {
        (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    given.filter(well_formed).map(Into::into)
}

/// Random ids for requests. To ask the system's generator takes a microsecond, however little is asked for; so it is
/// asked for many at once. The ids are names and protect nothing.
#[derive(Debug, Default)]
pub struct RequestIds(Mutex<Vec<u8>>);

impl RequestIds {
    fn next(&self, rng: &dyn RandomSource) -> Uuid {
        const ONE: usize = 16;
        let mut left = self.0.lock().expect("no holder panics");
        if left.len() < ONE {
            left.resize(64 * ONE, 0);
            rng.fill(&mut left);
        }
        let (rest, bytes) = left.split_last_chunk::<ONE>().expect("it was filled");
        let (rest, bytes) = (rest.len(), *bytes);
        left.truncate(rest);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The address of the caller. Where the connection does not say, as in a process without sockets, it is this machine.
fn client(plane: &Plane, request: &Request<Body>) -> IpAddr {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = connection.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let settings = plane.settings();
    client_address(peer, request.headers(), &settings.trusted_proxies, settings.forwarded_header)
}

/// The text of a log line that a caller wrote, cut to a bounded length.
fn bounded(text: &str) -> &str {
    const LONGEST: usize = 256;
    &text[..text.floor_char_boundary(LONGEST)]
}

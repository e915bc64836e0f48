//! The console's files: built elsewhere, handed in whole, served from memory.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

use super::routes::no_route;

/// What the console's pages may load: what this server serves. Inline styles are allowed, because the component
/// kit sizes and colours by them; scripts may not.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The console, as files by their paths. Empty, it was not built, and its pages say so.
#[derive(Clone, Default)]
pub struct Console(Arc<BTreeMap<String, Asset>>);

/// A file and what is answered with it.
struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    kind: &'static str,
    /// Its name holds a digest of what it holds, so it never changes.
    immutable: bool,
    tag: HeaderValue,
}

impl Console {
    /// Adds a file: its path, its bytes, and the same by Brotli and gzip.
    #[must_use]
    pub fn with(mut self, path: &str, plain: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&plain)[..12]));
        let tag = HeaderValue::from_str(&tag).expect("hex and quotes are plain");
        let asset = Asset { plain, brotli, gzip, kind: kind(path), immutable: path.starts_with("assets/"), tag };
        let files = Arc::get_mut(&mut self.0).expect("nobody else has it while it is being made");
        files.insert(path.to_owned(), asset);
        self
    }

    /// What no route of the API answers: a file of the console, its one page for every address of its own, or a problem.
    pub(super) async fn answer(self, request: Request) -> Response {
        if *request.method() != Method::GET && *request.method() != Method::HEAD {
            return no_route(request).await;
        }
        let path = request.uri().path().trim_start_matches('/');
        if let Some(asset) = self.0.get(path) {
            return asset.answer(request.headers());
        }
        let of_api = ["api", ".well-known", "docs", "assets"].contains(&path.split('/').next().unwrap_or_default());
        if of_api || !wants_page(request.headers()) {
            return no_route(request).await;
        }
        match self.0.get("index.html") {
            Some(page) => page.answer(request.headers()),
            None => not_built(),
        }
    }
}

impl Asset {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let cache = if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
            (header::ETAG, self.tag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        ];
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| self.tag == tag.trim().trim_start_matches("W/"))) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|list| list.to_str().ok()).unwrap_or_default();
        let (body, encoding) = match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if accepts(accepted, "br") => (brotli, Some("br")),
            (_, Some(gzip)) if accepts(accepted, "gzip") => (gzip, Some("gzip")),
            _ => (&self.plain, None),
        };
        let mut response = (headers, Body::from(body.clone())).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// Whether an Accept-Encoding takes a coding: named, and not with a weight of nothing.
fn accepts(list: &str, coding: &str) -> bool {
    list.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

/// A browser that goes to an address says that it takes HTML; a client of the API does not.
fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

fn not_built() -> Response {
    let text = "The console is not built into this binary: build it with `make run`, or with scripts/console before cargo. The API works, and /docs describes it.\n";
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

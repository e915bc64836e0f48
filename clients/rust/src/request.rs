//! A request to the API.

use reqwest::Method;
use serde_json::Value;

/// A request: a method and a path of the API document, with what goes along.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Request {
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::of(Method::GET, path)
    }

    #[must_use]
    pub fn post(path: impl Into<String>) -> Self {
        Self::of(Method::POST, path)
    }

    #[must_use]
    pub fn put(path: impl Into<String>) -> Self {
        Self::of(Method::PUT, path)
    }

    #[must_use]
    pub fn delete(path: impl Into<String>) -> Self {
        Self::of(Method::DELETE, path)
    }

    fn of(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: None, headers: Vec::new() }
    }

    /// With a parameter of the query, if there is a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With a header, such as `if-match` or `idempotency-key`, if there is a value.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }
}

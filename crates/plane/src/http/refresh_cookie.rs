//! The cookie that holds a browser's refresh token.
//!
//! INVARIANT: where `public_url` is https without a path, the cookie has the prefix `__Host-`: browsers then
//! let no sibling host, and no page without TLS, set it. That prefix requires the path `/`, so browsers send the cookie
//! everywhere, and the server reads it under `/api/auth` alone. A refresh refuses two cookies of the name.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};
use secrecy::SecretString;

use crate::problem::{self, Problem};

const PLAIN: &str = "freehold_refresh";
const HOST_ONLY: &str = "__Host-freehold_refresh";
/// More cookies of the name than this are not read.
const MAX_READ: usize = 8;

/// Name and path of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshCookie {
    name: &'static str,
    path: &'static str,
}

impl RefreshCookie {
    /// For the address that people reach the product by.
    pub fn of(public_url: &str) -> Self {
        let host = public_url.strip_prefix("https://");
        if host.is_some_and(|host| !host.trim_end_matches('/').contains('/')) {
            Self { name: HOST_ONLY, path: "/" }
        } else {
            Self { name: PLAIN, path: "/api/auth" }
        }
    }

    /// The refresh tokens that a request presents by cookie.
    pub fn read(self, headers: &HeaderMap) -> RefreshCookies {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let ours = cookies.filter(|cookie| cookie.name() == self.name).map(|cookie| cookie.value().to_owned().into());
        RefreshCookies(ours.take(MAX_READ).collect())
    }

    /// The header that gives a browser its refresh token for so many seconds.
    pub fn set(self, token: &str, life: i64) -> HeaderValue {
        let cookie = Cookie::build((self.name, token))
            .path(self.path)
            .max_age(cookie::time::Duration::seconds(life))
            .http_only(true)
            .secure(true)
            .same_site(SameSite::Strict);
        let mut value = HeaderValue::from_str(&cookie.to_string()).expect("tokens are base64url");
        value.set_sensitive(true);
        value
    }

    /// The headers that remove it, under its earlier name too.
    pub fn clear(self) -> Vec<HeaderValue> {
        let before = Self { name: PLAIN, path: "/api/auth" };
        let mut names = vec![self, before];
        names.dedup();
        names.into_iter().map(|cookie| cookie.set("", 0)).collect()
    }
}

/// The refresh tokens of a request's cookies.
#[derive(Clone, Debug, Default)]
pub struct RefreshCookies(Vec<SecretString>);

impl RefreshCookies {
    /// The one that counts. Two of the name are refused: one of them may be planted.
    pub fn one(mut self) -> problem::Result<Option<SecretString>> {
        match self.0.len() {
            0 | 1 => Ok(self.0.pop()),
            _ => Err(Problem::field("/cookie", "two cookies hold a refresh token; clear them, and sign in again")),
        }
    }

    pub fn all(self) -> Vec<SecretString> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_there_wherever_it_can_be() {
        for url in ["https://freehold.example", "https://freehold.example/", "https://freehold.example:8443"] {
            let cookie = RefreshCookie::of(url).set("t", 5);
            assert!(cookie.is_sensitive());
            let cookie = cookie.to_str().unwrap().to_owned();
            assert!(
                cookie.starts_with("__Host-freehold_refresh=t; ")
                    && cookie.contains("; Path=/;")
                    && cookie.contains("; Secure"),
                "{cookie}"
            );
            assert!(!cookie.contains("Domain"), "{cookie}");
            assert_eq!(RefreshCookie::of(url).clear().len(), 2, "that of before too");
        }
        for url in ["http://127.0.0.1:8080", "https://example.com/freehold", "http://freehold.example"] {
            let cookie = RefreshCookie::of(url).set("t", 5);
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("freehold_refresh=t; ") && cookie.contains("; Path=/api/auth"), "{url}");
            assert_eq!(RefreshCookie::of(url).clear().len(), 1);
        }
    }
}

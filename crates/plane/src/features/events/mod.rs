//! Lifecycle events of accounts, as they went out.

mod http;

pub use http::routes;

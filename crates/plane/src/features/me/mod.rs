//! Oneself: where one may go, what one may do, and one's sessions.

pub mod http;

pub use http::routes;

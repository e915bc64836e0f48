//! Oneself: where one may go, what one may do, and one's sessions.

mod email;
pub mod http;

pub use http::routes;

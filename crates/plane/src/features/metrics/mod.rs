//! The metrics of the process, for the platform's operators.

mod http;

pub use http::routes;

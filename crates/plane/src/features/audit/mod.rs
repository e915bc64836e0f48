//! The audit log, readable by the tenant.

mod http;

pub use http::routes;

//! The audit log, for people: reading it, checking its chain, and signing what it ends with.

mod check;
mod http;

pub(crate) use check::AuditChecks;
pub use check::Depth;
pub use http::routes;

//! The outbox: the mails that were sent, for operators to read.

mod http;
pub mod model;
mod ops;

pub use http::routes;

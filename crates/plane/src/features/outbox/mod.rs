//! The outbox: the mails that the embedded profile has sent, for operators to read.

mod http;
pub mod model;

pub use http::routes;

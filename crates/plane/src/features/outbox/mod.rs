//! The outbox: the mails that were sent, for operators to read.

mod http;
pub use kernel::directory::outbox as model;
mod ops;

pub use http::routes;

//! People of an account, their seats, groups and workstreams.

mod http;
pub mod model;

pub use http::routes;

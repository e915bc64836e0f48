//! Workstreams: what people of an account work in, each with the configuration of its tools.

mod http;
pub mod model;
mod ops;

pub use http::routes;

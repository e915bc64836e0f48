//! Enterprises, the first link of enterprise → product → service.

mod http;
pub mod model;
mod ops;

pub use http::routes;

//! Enterprises, the first link of enterprise → product → service.

mod http;
pub use kernel::directory::enterprise as model;
mod ops;

pub use http::routes;

//! Services, the last link of enterprise → product → service.

mod http;
pub mod model;

pub use http::routes;

//! Roles and their permissions.

mod http;
pub mod model;
pub mod ops;

pub use http::routes;

//! Roles and their permissions.

mod http;
pub use kernel::directory::role as model;
pub mod ops;

pub use http::routes;

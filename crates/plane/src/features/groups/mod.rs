//! Groups, which give roles to users.

mod http;
pub mod model;
pub mod ops;

pub use http::routes;

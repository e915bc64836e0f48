//! Connections to other accounts of AWS, in which private and hybrid accounts can have their tables.

mod http;
pub mod model;
mod ops;

pub use http::routes;

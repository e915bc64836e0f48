//! Products, the middle link of enterprise → product → service.

mod http;
pub mod model;
mod ops;

pub use http::routes;
pub use ops::{Catalogue, ProductView};

//! Enterprises, the first link of enterprise → product → service.

mod http;
pub use kernel::directory::enterprise as model;
mod ops;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new(http::routes);

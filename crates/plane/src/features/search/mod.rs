//! Search over records of every kind.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("Search over records of every kind that one may see.", http::routes);

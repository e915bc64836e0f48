//! Lifecycle events of accounts, as they went out.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new(http::routes);

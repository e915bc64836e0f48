//! Lifecycle events of accounts, as they went out.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("The lifecycle events of accounts, as they were sent.", http::routes);

//! Scheduled jobs, for operators.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new(http::routes);

//! Scheduled jobs, for operators.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("Scheduled jobs and their runs.", http::routes);

//! The metrics of the process, for the platform's operators.

mod http;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("The metrics of the process.", http::routes);

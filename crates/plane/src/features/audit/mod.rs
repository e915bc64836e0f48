//! The audit log, for people: reading it, checking its chain, and signing what it ends with.

mod check;
mod filtered;
mod http;

pub use crate::audit::Depth;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("The audit log: reading, exporting and checking it.", http::routes);

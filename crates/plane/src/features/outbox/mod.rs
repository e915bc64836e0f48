//! The outbox: the mails that were sent, for operators to read.

mod http;
pub use kernel::directory::outbox as model;
mod ops;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("The mails that were sent.", http::routes);

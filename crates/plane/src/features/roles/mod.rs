//! Roles and their permissions.

mod events;
mod http;
pub use kernel::directory::role as model;
pub mod ops;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("Roles and their permissions.", http::routes).with_events(&[events::ALL]);

//! Groups, which give roles to users.

mod events;
mod http;
pub use kernel::directory::group as model;
pub mod ops;

use crate::slice::Slice;

pub const SLICE: Slice = Slice::new("Groups, which give roles to users.", http::routes).with_events(&[events::ALL]);

//! Connections to other accounts of AWS, in which private and hybrid accounts can have their tables.

mod events;
mod http;
pub mod model;
mod ops;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new(
    "Connections to other AWS accounts, where private and hybrid accounts can have their tables.",
    http::routes,
)
.with_events(&[events::ALL])
.with_kinds(&[model::Connection::DECLARED]);

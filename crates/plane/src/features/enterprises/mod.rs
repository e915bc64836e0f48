//! Enterprises, the first link of enterprise → product → service.

mod http;
pub use kernel::directory::enterprise as model;
mod ops;

use crate::{directory::master_data::MasterRecord as _, slice::Slice};

pub const SLICE: Slice =
    Slice::new("Master data: enterprises, the first link of enterprise, product and service.", http::routes)
        .with_events(&[&model::Enterprise::EVENTS.declared()]);

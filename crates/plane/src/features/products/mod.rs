//! Products, the middle link of enterprise → product → service.

mod http;
pub mod model;
mod ops;

pub use ops::{Catalogue, ProductView};

use crate::{directory::master_data::MasterRecord as _, record::Record as _, slice::Slice};

pub const SLICE: Slice =
    Slice::new("Master data: products, the middle link of enterprise, product and service.", http::routes)
        .with_events(&[&model::Product::EVENTS.declared()])
        .with_kinds(&[model::Product::DECLARED]);

//! Services, the last link of enterprise → product → service.

mod http;
pub mod model;

use crate::{directory::master_data::MasterRecord as _, record::Record as _, slice::Slice};

pub const SLICE: Slice =
    Slice::new("Master data: services, the last link of enterprise, product and service.", http::routes)
        .with_events(&[&model::Service::EVENTS.declared()])
        .with_kinds(&[model::Service::DECLARED]);

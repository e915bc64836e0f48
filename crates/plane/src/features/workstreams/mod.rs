//! Workstreams: what people of an account work in, each with the configuration of its tools.

mod events;
mod http;
pub mod model;
mod ops;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice =
    Slice::new("Workstreams: what users of an account work in, with the settings of its tools.", http::routes)
        .with_events(&[events::ALL])
        .with_kinds(&[model::Workstream::DECLARED]);

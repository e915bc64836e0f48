//! Services, the last link of enterprise → product → service.

mod http;
pub mod model;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new(http::routes).with_kinds(&[model::Service::DECLARED]);

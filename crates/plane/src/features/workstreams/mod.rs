//! Workstreams: what people of an account work in, each with the configuration of its tools.

pub mod model;

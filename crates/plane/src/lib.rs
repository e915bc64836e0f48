//! Freehold's library: the product without any cloud in it.

pub mod ids;
pub mod ports;
pub mod workflow;

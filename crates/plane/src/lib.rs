//! Freehold's library: the product without any cloud in it.

pub mod identity;
pub mod ids;
pub mod ports;

//! Freehold's embedded adapters: everything on one machine.

pub mod chance;
pub mod clock;
pub mod keys;

//! Freehold's embedded adapters: everything on one machine.

pub mod lock;
pub mod table;

//! What every adapter of a port must pass.

pub mod table;

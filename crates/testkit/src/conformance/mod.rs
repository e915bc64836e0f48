//! What every adapter of a port must pass.

#![expect(clippy::unwrap_used, reason = "a case is a test: what cannot be unwrapped fails it")]

pub mod table;

//! Freehold's test tools: conformance suites, adapters for tests, builders and fault injection.

pub mod chance;
pub mod clock;
mod forged;
pub mod keys;
pub mod memory;
pub mod world;

pub use forged::{Forged, Specimens, forged_tokens};

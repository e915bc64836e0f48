//! Freehold's test tools: conformance suites, adapters for tests, builders and fault injection.

pub mod clock;
pub mod conformance;
pub mod declared;
pub mod elsewhere;
pub mod emulator;
mod forged;
pub mod functions;
pub mod fuzzing;
pub mod gate;
pub mod hooked;
pub mod keys;
pub mod lagging;
pub mod memory;
pub mod meter;
pub mod operations;
pub mod queues;
pub mod random;
pub mod store;
pub mod story;
pub mod workflow;
pub mod world;

pub use forged::{Forged, Specimens, forged_tokens};

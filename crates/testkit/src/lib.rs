//! Freehold's test tools: conformance suites, adapters for tests, builders and fault injection.

pub mod memory;
pub mod workflow;

//! The library's integration tests, in one binary.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic where it stands")]

mod workflow;

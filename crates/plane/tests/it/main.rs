//! The library's integration tests, in one binary.

mod workflow;

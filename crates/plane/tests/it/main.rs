//! The product's tests, through its front door.
#![expect(clippy::unwrap_used, reason = "a test may fail where it unwraps")]

mod bootstrap;
mod faults;
mod licenses;
mod master_data;
mod tenants;
mod workstreams;

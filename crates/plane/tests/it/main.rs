//! The library, tried through its front doors.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod accounts;
mod bootstrap;
mod coverage;
mod faults;
mod identity;
mod isolation;
mod licenses;
mod mass_assignment;
mod master_data;
mod matrix;
mod roles;
mod tenants;
mod tokens;
mod workflow;
mod workstreams;

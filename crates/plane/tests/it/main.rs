//! The library, tried through its front doors.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod accounts;
mod bootstrap;
mod faults;
mod groups;
mod identity;
mod licenses;
mod master_data;
mod onboarding_faults;
mod people;
mod problems;
mod roles;
mod seats;
mod sessions;
mod tenants;
mod users;
mod workflow;
mod workstreams;

//! The library, tried through its front doors.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod accounts;
mod asl;
mod bootstrap;
mod connections;
mod coverage;
mod dead_letters;
mod delivery;
mod edge;
mod faults;
mod groups;
mod identity;
mod isolation;
mod lag;
mod licenses;
mod mass_assignment;
mod master_data;
mod matrix;
mod onboarding_faults;
mod people;
mod problems;
mod roles;
mod seats;
mod sessions;
mod tenants;
mod tokens;
mod users;
mod workflow;
mod workstreams;

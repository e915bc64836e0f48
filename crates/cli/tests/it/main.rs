//! The real binary, from the outside.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[cfg(feature = "aws")]
mod aws;
mod backup;
mod client;
mod configuration;
mod edge;
mod help;
mod host;
mod keys;
mod kills;
mod privacy;
mod restoring;
mod rust_client;
mod server;
mod stopping;
mod tables;
mod terminal;
mod upgrades;

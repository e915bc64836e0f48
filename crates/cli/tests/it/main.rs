//! The real binary, from the outside.

mod backup;
mod client;
mod configuration;
mod help;
mod keys;
mod server;
mod stopping;

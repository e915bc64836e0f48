//! The embedded table engine: its conformance, its durability under every fault that can be arranged, its data folder.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test")]

mod ports_conformance;
mod table_backup;
mod table_compact;
mod table_conformance;
mod table_faults;
mod table_group;
mod table_kill;
mod table_lock;
mod table_power;
mod table_store;
mod table_tools;

//! The directory's records: what the guard reads to know who somebody is, and what accounts are made of.

pub mod account;
pub mod enterprise;
pub mod group;
pub mod master_data;
pub mod outbox;
pub mod role;
pub mod user;

//! Freehold's embedded adapters: everything on one machine.

pub mod clock;
pub mod dedicated_tables;
pub mod events;
pub mod keys;
pub mod lock;
pub mod mailer;
pub mod params;
pub mod permissions;
pub mod random;
pub mod table;

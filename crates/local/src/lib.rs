//! Freehold's embedded adapters: everything on one machine.

pub mod cloud;
pub mod events;
pub mod lock;
pub mod mailer;
pub mod params;
pub mod table;

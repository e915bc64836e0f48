//! What the product asks of the world. Each port speaks the product's words; adapters live in crates of their own.

pub mod chance;
pub mod clock;
pub mod cloud;
pub mod dead_letters;
pub mod events;
pub mod grants;
pub mod identity;
pub mod machines;
pub mod mailer;
pub mod params;
pub mod table;
pub mod trouble;

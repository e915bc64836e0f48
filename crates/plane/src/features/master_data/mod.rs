//! Master data: what enterprises, products and services have in common. It is the platform's, not an account's.

mod links;
mod ops;

pub use kernel::directory::master_data::*;
pub use links::{LinkedName, Links, difference};
pub use ops::{MasterRows, created, removed, replaced};

//! Licenses: which enterprise, product and service an account may use, for how many people and how long.

pub mod lifecycle;
pub mod model;

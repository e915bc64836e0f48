//! Roles and their permissions.

pub mod model;

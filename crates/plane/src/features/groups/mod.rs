//! Groups, which give roles to users.

pub mod model;

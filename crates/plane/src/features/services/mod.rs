//! Services, the last link of enterprise → product → service.

pub mod model;

//! Products, the middle link of enterprise → product → service.

pub mod model;

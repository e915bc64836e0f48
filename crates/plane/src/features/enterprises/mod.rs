//! Enterprises, the first link of enterprise → product → service.

pub mod model;

//! A table, taken past the guard.

use std::sync::Arc;

use plane::{
    plane::Plane,
    ports::table::{Table, Tables},
};

fn shared(plane: &Plane) -> Arc<dyn Table> {
    Arc::clone(plane.router().shared())
}

fn all(plane: &Plane) -> Arc<dyn Tables> {
    Arc::clone(&plane.ports().tables.0)
}

fn main() {}

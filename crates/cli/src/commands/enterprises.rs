//! `freehold enterprises`

use super::entity::Entity;

pub(crate) const ENTERPRISES: Entity = Entity {
    path: "/api/enterprises",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("products", "/products"),
        ("built in", "/builtIn"),
        ("description", "/description"),
    ],
};

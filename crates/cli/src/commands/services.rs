//! `freehold services`

use super::entity::Entity;

pub(crate) const SERVICES: Entity = Entity {
    path: "/api/services",
    columns: &[("id", "/id"), ("name", "/name"), ("built in", "/builtIn"), ("description", "/description")],
};

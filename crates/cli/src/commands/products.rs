//! `freehold products`

use super::entity::Entity;

pub(crate) const PRODUCTS: Entity = Entity {
    path: "/api/products",
    columns: &[
        ("id", "/id"),
        ("name", "/name"),
        ("services", "/services"),
        ("built in", "/builtIn"),
        ("description", "/description"),
    ],
};

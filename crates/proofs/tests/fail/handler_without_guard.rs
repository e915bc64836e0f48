//! A handler whose first argument is no guard.

use plane::{
    http::{answer::NoContent, routes::Routes},
    plane::Plane,
    problem::Result,
};

async fn open_door(_: Plane) -> Result<NoContent> {
    Ok(NoContent)
}

fn main() {
    let _ = Routes::default().delete("/api/everything", open_door, "Delete everything");
}

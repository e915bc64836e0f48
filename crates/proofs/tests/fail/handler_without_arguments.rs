//! A handler that takes nothing, so no guard either.

use plane::{
    http::{answer::NoContent, routes::Routes},
    problem::Result,
};

async fn bare() -> Result<NoContent> {
    Ok(NoContent)
}

fn main() {
    let _ = Routes::default().get("/api/anything", bare, "Show anything");
}

//! With its guard a handler compiles: so the others fail for want of it, and not for something else.

use plane::{
    guard::{Granted, actions::GroupDelete},
    http::{answer::NoContent, extract::Path, routes::Routes},
    ids::GroupId,
    problem::Result,
};

async fn delete(_: Granted<GroupDelete>, _: Path<GroupId>) -> Result<NoContent> {
    Ok(NoContent)
}

fn main() {
    let _ = Routes::default().delete("/api/groups/{groupId}", delete, "Delete a group");
}

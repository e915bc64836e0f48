//! A handler that is guarded after it has read the request.

use plane::{
    guard::{Granted, actions::GroupDelete},
    http::{answer::NoContent, extract::Path, routes::Routes},
    ids::GroupId,
    problem::Result,
};

async fn late(_: Path<GroupId>, _: Granted<GroupDelete>) -> Result<NoContent> {
    Ok(NoContent)
}

fn main() {
    let _ = Routes::default().delete("/api/groups/{groupId}", late, "Delete a group");
}

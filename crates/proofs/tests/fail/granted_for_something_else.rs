//! A permission to read, used to write.

use plane::{
    guard::{Granted, actions::RoleRead},
    ids::RoleId,
    plane::Plane,
    problem::Result,
};

async fn escalate(plane: &Plane, who: &Granted<RoleRead>, role: RoleId) -> Result<()> {
    plane.delete_role(who, role).await
}

fn main() {}

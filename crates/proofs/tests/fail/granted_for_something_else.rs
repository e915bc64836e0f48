//! A permission to read, used to write.

use plane::{
    confirmations::Confirmations,
    features::roles::model::Role,
    guard::{Granted, actions::RoleRead},
    plane::Plane,
    problem::Result,
    record::Stored,
};

async fn escalate(plane: &Plane, who: &Granted<RoleRead>, role: &Stored<Role>) -> Result<()> {
    plane.delete_role(who, role, Confirmations::default()).await
}

fn main() {}

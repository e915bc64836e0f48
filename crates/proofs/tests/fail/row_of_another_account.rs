//! Another account's record, by a grant in one's own.

use plane::{
    features::groups::model::Group,
    guard::{Granted, actions::GroupRead},
    ids::{AccountId, GroupId},
    plane::Plane,
    problem::Result,
    record::Stored,
};

async fn peek(plane: &Plane, who: &Granted<GroupRead>, other: AccountId, id: GroupId) -> Result<Stored<Group>> {
    plane.rows(who).get(Group::key(other, id)).await
}

fn main() {}

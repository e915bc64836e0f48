//! Rows by a grant in one's own account, turned to another account's.

use plane::{
    guard::{Granted, actions::GroupRead},
    ids::AccountId,
    plane::Plane,
    rows::Rows,
};

fn moved(plane: &Plane, who: &Granted<GroupRead>, other: AccountId) -> Rows {
    let mut rows = plane.rows(who);
    rows.account = other;
    rows
}

fn main() {}

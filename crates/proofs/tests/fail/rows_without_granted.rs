//! A tenant's rows, reached for by an account's id alone.

use plane::{ids::AccountId, plane::Plane, rows::Rows};

fn peek(plane: &Plane, account: AccountId) -> Rows {
    plane.rows(account)
}

fn main() {}

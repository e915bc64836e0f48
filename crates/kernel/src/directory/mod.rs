//! The directory's records: what the guard reads to know who somebody is, and what accounts are made of.

pub mod account;
pub mod enterprise;
pub mod group;
pub mod master_data;
pub mod outbox;
pub mod role;
pub mod seats;
pub mod user;

use crate::{kinds::RecordKind, record::Record as _};

/// The kinds of record of the directory.
pub(crate) const KINDS: &[RecordKind] = &[
    account::Account::DECLARED,
    enterprise::Enterprise::DECLARED,
    group::Group::DECLARED,
    group::GroupRole::DECLARED,
    master_data::LinkUse::DECLARED,
    master_data::UseCount::DECLARED,
    outbox::StoredMail::DECLARED,
    role::Role::DECLARED,
    role::RolePermissions::DECLARED,
    seats::SeatCounter::DECLARED,
    seats::SeatTerms::DECLARED,
    user::Assignment::DECLARED,
    user::Home::DECLARED,
    user::Membership::DECLARED,
    user::User::DECLARED,
];

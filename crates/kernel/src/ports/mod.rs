//! What the product asks of the world. Each port speaks the product's words; adapters live in crates of their own.

pub mod clock;
pub mod cross_account;
pub mod dead_letters;
pub mod dedicated_tables;
pub mod events;
pub mod external_error;
pub mod identity;
pub mod machines;
pub mod mailer;
pub mod params;
pub mod random;
pub mod table;

use crate::kinds::RecordKind;

/// The kinds of record that adapters keep in the shared table.
pub(crate) const KINDS: &[RecordKind] = &[
    RecordKind::of_platform("delivery of a mail", "MAIL#", "DELIVERY"),
    RecordKind::of_platform("parameter", "PARAMETER#", "VALUE"),
];

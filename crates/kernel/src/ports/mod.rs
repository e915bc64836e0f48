//! What the product asks of the world. Each port speaks the product's words; adapters live in crates of their own.

pub mod chance;
pub mod clock;
pub mod dead_letters;
pub mod dedicated_tables;
pub mod events;
pub mod grants;
pub mod identity;
pub mod machines;
pub mod mailer;
pub mod params;
pub mod table;
pub mod trouble;

use crate::kinds::RecordKind;

/// The kinds of record that adapters keep in the shared table.
pub(crate) const KINDS: &[RecordKind] = &[
    RecordKind::of_platform("delivery of a mail", "MAIL#", "DELIVERY"),
    RecordKind::of_platform("parameter", "PARAMETER#", "VALUE"),
];

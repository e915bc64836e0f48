//! The events of connections to other AWS accounts.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub(super) const CREATED: EventKind<Reference> = EventKind::new("connection.created", "A connection was created.");
pub(super) const VERIFIED: EventKind<Reference> =
    EventKind::new("connection.verified", "The role of a connection was verified.");
pub(super) const DELETED: EventKind<Reference> = EventKind::new("connection.deleted", "A connection was deleted.");

pub(super) const ALL: &[DeclaredEvent] = &[CREATED.declared(), VERIFIED.declared(), DELETED.declared()];

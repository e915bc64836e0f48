//! The events of roles.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub(super) const CREATED: EventKind<Reference> = EventKind::new("role.created", "A role was created.");
pub(super) const UPDATED: EventKind<Reference> = EventKind::new("role.updated", "A role was changed.");
pub(super) const DELETED: EventKind<Reference> = EventKind::new("role.deleted", "A role was deleted.");
pub(super) const PERMISSIONS_UPDATED: EventKind<Reference> =
    EventKind::new("role.permissions.updated", "A role permits other things.");

pub(super) const ALL: &[DeclaredEvent] =
    &[CREATED.declared(), UPDATED.declared(), DELETED.declared(), PERMISSIONS_UPDATED.declared()];

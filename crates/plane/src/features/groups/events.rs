//! The events of groups.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub(super) const CREATED: EventKind<Reference> = EventKind::new("group.created", "A group was created.");
pub(super) const UPDATED: EventKind<Reference> = EventKind::new("group.updated", "A group was changed.");
pub(super) const DELETED: EventKind<Reference> = EventKind::new("group.deleted", "A group was deleted.");
pub(super) const ROLES_UPDATED: EventKind<Reference> =
    EventKind::new("group.roles.updated", "A group gives other roles.");

pub(super) const ALL: &[DeclaredEvent] =
    &[CREATED.declared(), UPDATED.declared(), DELETED.declared(), ROLES_UPDATED.declared()];

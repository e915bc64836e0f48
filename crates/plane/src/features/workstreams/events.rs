//! The events of workstreams.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub(super) const CREATED: EventKind<Reference> = EventKind::new("workstream.created", "A workstream was created.");
pub(super) const UPDATED: EventKind<Reference> = EventKind::new("workstream.updated", "A workstream was changed.");
pub(super) const DELETED: EventKind<Reference> = EventKind::new("workstream.deleted", "A workstream was deleted.");

pub(super) const ALL: &[DeclaredEvent] = &[CREATED.declared(), UPDATED.declared(), DELETED.declared()];

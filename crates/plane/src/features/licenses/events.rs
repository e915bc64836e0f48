//! The events of licenses.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub(super) const CREATED: EventKind<Reference> = EventKind::new("license.created", "A license was created.");
pub(super) const UPDATED: EventKind<Reference> = EventKind::new("license.updated", "A license was changed.");
pub(super) const DELETED: EventKind<Reference> = EventKind::new("license.deleted", "A license was deleted.");
pub(super) const REMINDER_SENT: EventKind<Reference> =
    EventKind::new("license.reminder.sent", "The contact of a license was reminded that it ends.");

pub(super) const ALL: &[DeclaredEvent] =
    &[CREATED.declared(), UPDATED.declared(), DELETED.declared(), REMINDER_SENT.declared()];

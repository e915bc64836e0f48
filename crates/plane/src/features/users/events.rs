//! The events of users.

use crate::event_kinds::{DeclaredEvent, EventKind, Reference};

pub const CREATED: EventKind<Reference> = EventKind::new("user.created", "A user was created.");
pub const UPDATED: EventKind<Reference> =
    EventKind::new("user.updated", "A user, or the address that they sign in with, was changed.");
pub const ENDED: EventKind<Reference> =
    EventKind::new("user.ended", "The last day of a user is over; the seat is free.");
pub const DELETED: EventKind<Reference> = EventKind::new("user.deleted", "A user was deleted.");
pub const INVITED: EventKind<Reference> =
    EventKind::new("user.invited", "An invitation was requested for a user who existed before.");
pub const INVITATION_EXPIRED: EventKind<Reference> =
    EventKind::new("user.invitation.expired", "The invitation of a user was not accepted in time.");
pub const GROUPS_UPDATED: EventKind<Reference> = EventKind::new("user.groups.updated", "A user joined or left groups.");
pub const WORKSTREAMS_UPDATED: EventKind<Reference> =
    EventKind::new("user.workstreams.updated", "A user was assigned to workstreams, or taken out of them.");

pub(super) const ALL: &[DeclaredEvent] = &[
    CREATED.declared(),
    UPDATED.declared(),
    ENDED.declared(),
    DELETED.declared(),
    INVITED.declared(),
    INVITATION_EXPIRED.declared(),
    GROUPS_UPDATED.declared(),
    WORKSTREAMS_UPDATED.declared(),
];

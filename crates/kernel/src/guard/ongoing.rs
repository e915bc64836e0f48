//! Grants that outlive their request, such as those of event streams. Each use checks them again.

use super::{actions::ActionFacts, may_act, policy::Scope};
use crate::{
    Kernel,
    ids::{SessionId, Subject},
};

/// A right for longer than a request. It permits nothing by itself: [`OngoingGrant::check`] tests whether it is still valid.
#[derive(Clone, Copy, Debug)]
pub struct OngoingGrant {
    pub(super) subject: Subject,
    pub(super) session: SessionId,
    pub(super) facts: &'static ActionFacts,
    pub(super) scope: Scope,
}

/// Why a right is no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantEnd {
    /// The session is over: signed out, expired, or the identity is gone.
    SessionEnded,
    /// The user was deactivated or deleted, or the dates are over.
    NotActive,
    /// No role gives the right now.
    RightLost,
    /// The store could not answer.
    Unavailable,
}

impl GrantEnd {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionEnded => "session_ended",
            Self::NotActive => "not_active",
            Self::RightLost => "right_lost",
            Self::Unavailable => "unavailable",
        }
    }
}

impl OngoingGrant {
    /// Judges session, user and right as they are now.
    pub async fn check(&self, plane: &Kernel) -> Result<(), GrantEnd> {
        let actor = plane.actor(self.subject).await.map_err(|_| GrantEnd::Unavailable)?;
        let actor = actor.filter(|actor| may_act(actor, plane.clock()).is_ok()).ok_or(GrantEnd::NotActive)?;
        let alive = plane.identity().is_alive(self.subject, self.session).await;
        if !alive.map_err(|_| GrantEnd::Unavailable)? {
            return Err(GrantEnd::SessionEnded);
        }
        if actor.may(plane.policy(), self.facts, self.scope) { Ok(()) } else { Err(GrantEnd::RightLost) }
    }
}

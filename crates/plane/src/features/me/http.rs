//! Oneself over HTTP.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    features::users::access::{Permissions, Reach},
    guard::{
        Granted,
        actions::{MeEdit, MeRead},
    },
    http::{
        answer::{NoContent, Plain},
        call::Path,
        routes::Routes,
    },
    identity::trail,
    ids::SessionId,
    page::Page,
    plane::Plane,
    ports::identity::IdentityError,
    problem::{Problem, Result},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/users/me/access", access, "Show who one is and where one may go")
        .get("/api/users/me/permissions", permissions, "Show what one may do")
        .get("/api/users/me/sessions", sessions, "List one's sessions, the latest used first")
        .delete("/api/users/me/sessions", end_all, "Sign out everywhere")
        .delete("/api/users/me/sessions/{sessionId}", end, "End one of one's sessions")
}

/// A session: somewhere one is signed in.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    id: SessionId,
    created_at: Timestamp,
    last_used_at: Timestamp,
    /// The address that signed in.
    #[schemars(with = "String")]
    ip: IpAddr,
    user_agent: String,
    /// The one that asks.
    current: bool,
}

async fn access(who: Granted<MeRead>, plane: Plane) -> Result<Plain<Reach>> {
    Ok(Plain(plane.reach(who.actor()).await?))
}

async fn permissions(who: Granted<MeRead>, plane: Plane) -> Result<Permissions> {
    plane.permissions(&who.actor().user).await
}

async fn sessions(who: Granted<MeRead>, plane: Plane) -> Result<Page<SessionView>> {
    let sessions = plane.identity().sessions(who.actor().user.subject()).await.map_err(identity_problem)?;
    let view = |session: crate::ports::identity::Session| SessionView {
        id: session.id,
        created_at: session.created,
        last_used_at: session.last_used,
        ip: session.ip,
        user_agent: session.user_agent,
        current: session.id == who.session(),
    };
    let views: Vec<_> = sessions.into_iter().map(view).collect();
    Ok(Page::of(&views, None))
}

async fn end_all(who: Granted<MeEdit>, plane: Plane) -> Result<NoContent> {
    let trail = plane.trail("auth_logout_everywhere", who.origin());
    let ended = trail::along(trail, plane.identity().sign_out_everywhere(who.actor().user.subject())).await;
    ended.map_err(identity_problem)?;
    Ok(NoContent)
}

async fn end(who: Granted<MeEdit>, plane: Plane, Path(session): Path<SessionId>) -> Result<NoContent> {
    let subject = who.actor().user.subject();
    let sessions = plane.identity().sessions(subject).await.map_err(identity_problem)?;
    if !sessions.iter().any(|one| one.id == session) {
        return Err(Problem::not_found("session"));
    }
    let trail = plane.trail("session_end", who.origin());
    trail::along(trail, plane.identity().end_session(subject, session)).await.map_err(identity_problem)?;
    Ok(NoContent)
}

/// A failure of the identity provider as the caller hears of it.
pub fn identity_problem(error: IdentityError) -> Problem {
    match error {
        IdentityError::Store(error) => error.into(),
        IdentityError::Away(away) => Problem::identities_away(&away),
        IdentityError::Unknown => Problem::not_found("identity"),
        IdentityError::EmailTaken => {
            Problem::new(crate::problem::Code::EmailTaken, "somebody else signs in with this e-mail address")
        }
        IdentityError::NotOurKeys => Problem::new(crate::problem::Code::Conflict, error.to_string()),
        IdentityError::Disabled | IdentityError::Different | IdentityError::Keys(_) => Problem::internal(&error),
    }
}

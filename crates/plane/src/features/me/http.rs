//! Oneself over HTTP.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::email::SENT;
use crate::{
    features::{
        auth::{
            Password,
            memberships::{MembershipView, membership_views},
        },
        users::access::{AccessSummary, Permissions},
    },
    guard::{
        Granted,
        actions::{MeEdit, MeRead},
    },
    http::limits::CredentialBudget,
    http::{
        answer::{Accepted, NoContent, Plain},
        extract::{Client, Json, Path},
        routes::Routes,
    },
    identity::trail,
    ids::SessionId,
    page::Page,
    plane::Plane,
    ports::identity::{IdentityError, PasswordCheck},
    problem::{Problem, Result},
    text::{Bounded, Email},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/users/me/access", access, "Show who one is and where one may go")
        .get("/api/users/me/permissions", permissions, "Show what one may do")
        .get("/api/users/me/accounts", accounts, "List the accounts that one belongs to with one's address")
        .get("/api/users/me/sessions", sessions, "List one's sessions, the latest used first")
        .delete("/api/users/me/sessions", end_all, "Sign out everywhere")
        .delete("/api/users/me/sessions/{sessionId}", end, "End one of one's sessions")
        .post("/api/me/email", begin_email_change, "Ask for another e-mail address: a code goes to it")
        .post("/api/me/email/confirm", confirm_email, "Take the new e-mail address, by the code that was sent to it")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "newEmail": "ada.byron@acme.example",
    "password": "Violet-6-harbour-comet",
}))]
struct NewAddress {
    new_email: Email,
    /// The present password.
    password: Password,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "code": "fhe_MFRGGZDFMZTWQ2LK",
}))]
struct AddressProof {
    #[schemars(length(min = 1, max = 512))]
    code: Bounded<512>,
}

/// Says the same whether or not the address can be had.
#[derive(Debug, Serialize, JsonSchema)]
struct CodeSent {
    detail: &'static str,
}

/// The address with which one signs in.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AddressView {
    pub email: Email,
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

async fn access(who: Granted<MeRead>, plane: Plane) -> Result<Plain<AccessSummary>> {
    Ok(Plain(plane.reach(who.actor()).await?))
}

/// What the guard judges the caller by.
async fn permissions(who: Granted<MeRead>) -> Result<Permissions> {
    Ok(Permissions::from(&who.actor().access))
}

async fn accounts(who: Granted<MeRead>, plane: Plane) -> Result<Page<MembershipView>> {
    let accounts = plane.identity().accounts(who.actor().user.subject()).await.map_err(identity_problem)?;
    let views = membership_views(&plane, &accounts, Some(who.actor().account())).await?;
    Ok(Page::of(&views, None))
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

async fn begin_email_change(
    who: Granted<MeEdit>,
    plane: Plane,
    client: Client,
    Json(new): Json<NewAddress>,
) -> Result<Accepted<CodeSent>> {
    plane.limits().auth(CredentialBudget::Guesses, client.ip)?;
    let NewAddress { new_email, password } = new;
    let check = PasswordCheck { subject: who.actor().user.subject(), password: password.0, ip: client.ip };
    // A wrong password is recorded.
    let trail = plane.own_trail("me_email_change", who.origin());
    trail::along(trail, plane.begin_email_change(&who, new_email, check)).await?;
    Ok(Accepted(CodeSent { detail: SENT }))
}

async fn confirm_email(
    who: Granted<MeEdit>,
    plane: Plane,
    client: Client,
    Json(proof): Json<AddressProof>,
) -> Result<Plain<AddressView>> {
    plane.limits().auth(CredentialBudget::Guesses, client.ip)?;
    let email = plane.confirm_email_change(&who, &proof.code.into_string().into()).await?;
    Ok(Plain(AddressView { email }))
}

/// A failure of the identity provider as the caller sees it.
pub fn identity_problem(error: IdentityError) -> Problem {
    match error {
        IdentityError::Store(error) => error.into(),
        IdentityError::Away(away) => Problem::identities_away(&away),
        IdentityError::Unknown => Problem::not_found("identity"),
        IdentityError::EmailTaken => {
            Problem::new(crate::problem::Code::EmailTaken, "a user of this account has this e-mail address")
        }
        IdentityError::TooManyAccounts | IdentityError::NotOurKeys => {
            Problem::new(crate::problem::Code::Conflict, error.to_string())
        }
        IdentityError::Disabled | IdentityError::Different | IdentityError::Keys(_) => Problem::internal(&error),
    }
}

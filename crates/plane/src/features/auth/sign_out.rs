//! Ends the sessions whose credentials a request presents.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    features::me::http::identity_problem,
    plane::Plane,
    ports::identity::TokenRefused,
    problem::{Code, Problem, Result},
};

/// The credentials of sessions to end.
#[derive(Debug)]
pub(super) struct PresentedSessions {
    pub access_token: Option<SecretString>,
    /// Of the body and of the cookie.
    pub refresh_tokens: Vec<SecretString>,
}

/// Ends the session of each credential. A credential whose session is already over is fine. An access token that
/// can't be verified names no session: with nothing beside it, the caller learns that nothing was ended.
pub(super) async fn sign_out(plane: &Plane, presented: PresentedSessions) -> Result<()> {
    let alone = presented.refresh_tokens.is_empty();
    let mut failure = None;
    for token in presented.refresh_tokens {
        if let Err(error) = plane.identity().sign_out(token).await {
            failure = Some(identity_problem(error));
        }
    }
    if let Some(token) = &presented.access_token {
        match sign_out_by_access_token(plane, token).await {
            Err(problem) if problem.code == Code::Unauthenticated && !alone => {}
            Err(problem) => failure = Some(problem),
            Ok(()) => {}
        }
    }
    failure.map_or(Ok(()), Err)
}

async fn sign_out_by_access_token(plane: &Plane, token: &SecretString) -> Result<()> {
    match plane.identity().verify(token.expose_secret()).await {
        Ok(verified) => {
            let ended = plane.identity().end_session(verified.subject, verified.session).await;
            ended.map_err(identity_problem)
        }
        Err(TokenRefused::Ended) => Ok(()),
        Err(TokenRefused::Store(error)) => Err(error.into()),
        Err(TokenRefused::Away(away)) => Err(Problem::identities_away(&away)),
        Err(refused) => {
            tracing::debug!(%refused, "sign-out with an access token that is not valid");
            Err(Problem::new(Code::Unauthenticated, "the access token is not valid, so no session was ended")
                .help("send the refresh token, or end the session under /api/users/me/sessions"))
        }
    }
}

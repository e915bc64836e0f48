//! The guards as arguments of handlers: they take the token and what a call names, and ask the kernel's guard once.

use schemars::SchemaGenerator;
use secrecy::SecretString;

use super::{
    extract::{Caller, Extract, Guard, IncomingRequest, Rejection, bearer},
    limits::CredentialBudget,
    openapi::Operation,
    routes::{MAX_BODY, MAX_PUBLIC_BODY},
};
pub use crate::guard::Granted;
use crate::guard::{AccessRequest, actions::Action, nameable, unauthenticated};

impl<A: Action> Extract for Granted<A> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.needs_token(A::FACTS, schemas);
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        let plane = call.plane.clone();
        let missing = || unauthenticated("send the access token as Authorization: Bearer …");
        let verified = plane.verify_token(bearer(&call.parts.headers).ok_or_else(missing)?).await?;
        plane.limits().user(verified.subject)?;
        let actor = plane.actor(verified.subject).await?;
        call.caller = actor.clone().map(|actor| Caller { actor, action: A::FACTS.id });
        plane.check_active(actor.as_deref())?;
        let actor = actor.ok_or_else(missing)?;
        plane.limits().account(actor.account())?;
        call.read(MAX_BODY).await?;
        let named = call.named(nameable(A::FACTS))?;
        let (account, operator) = (actor.account(), actor.operator);
        let asked = AccessRequest { session: verified.session, named, origin: call.origin() };
        let granted = plane.grant::<A>(actor, asked).await?;
        if call.is_costly() {
            plane.limits().costly(verified.subject, account)?;
        }
        call.by_operator = operator;
        let ticket = call.ticket(verified.subject, granted.account()).await?;
        Ok(granted.with_ticket(ticket))
    }
}

impl<A: Action> Guard for Granted<A> {}

/// Nobody in particular: an operation that is open to all, by decision.
#[derive(Clone, Copy, Debug)]
pub struct Public;

impl Extract for Public {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.is_public();
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        call.read(MAX_PUBLIC_BODY).await?;
        Ok(Self)
    }
}

impl Guard for Public {}

/// Open to all, and limited by network: an operation that judges or gives credentials.
#[derive(Clone, Copy, Debug)]
pub struct Credentials;

impl Extract for Credentials {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.is_public();
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        // This process counted the request by its path, as it came; others share their count in the table.
        let budget = CredentialBudget::of(call.parts.uri.path()).unwrap_or(CredentialBudget::Guesses);
        call.plane.limit_credentials(budget, call.client).await?;
        call.read(MAX_PUBLIC_BODY).await?;
        Ok(Self)
    }
}

impl Guard for Credentials {}

/// The access token of a request that may also come without one. It proves nothing until it is verified.
#[derive(Debug)]
pub struct PresentedBearer(pub Option<SecretString>);

impl Extract for PresentedBearer {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        Ok(Self(bearer(&call.parts.headers).map(SecretString::from)))
    }
}

//! A permission that nobody gave.

use std::{marker::PhantomData, sync::Arc};

use plane::{
    audit::RequestOrigin,
    guard::{Granted, actions::UserDelete, actor::Actor, policy::Scope},
    ids::SessionId,
};

fn forge(actor: Arc<Actor>, session: SessionId, scope: Scope) -> Granted<UserDelete> {
    Granted {
        actor,
        session,
        scope,
        named_enterprise: None,
        origin: RequestOrigin::default(),
        ticket: None,
        action: PhantomData,
    }
}

fn main() {}

//! The guard: token → actor → policy → [`Granted`].
//!
//! INVARIANT: only this module makes a [`Granted`]; an operation takes one, and a tenant's rows can be reached through
//! one alone. Forgetting a check does not compile.

pub mod actions;
pub mod actor;
pub mod delegation;
mod mask;
mod ongoing;
pub mod policy;
pub mod rights;

use std::{marker::PhantomData, sync::Arc};

pub use self::ongoing::{GrantEnd, OngoingGrant};
use secrecy::SecretString;

use self::{
    actions::{Action, Class, Facts},
    actor::Actor,
    policy::Scope,
};
use crate::{
    audit::{Author, EntryDraft, RequestOrigin},
    features::{
        accounts::model::{Account, AccountStatus},
        enterprises::model::Enterprise,
        master_data::{self, pointed},
    },
    http::{
        call::{Argument, Call, Caller, Guard, Nameable, Named, Stop, bearer},
        idempotency::Ticket,
        openapi::Operation,
        routes::{MAX_BODY, MAX_PUBLIC_BODY},
    },
    ids::{AccountId, EnterpriseId, SessionId, known},
    ports::{clock::Clock, identity::TokenRefused},
    problem::{Code, Problem, Result},
};

/// The proof that somebody may do `A` in a scope.
#[derive(Debug)]
pub struct Granted<A> {
    actor: Arc<Actor>,
    session: SessionId,
    scope: Scope,
    named_enterprise: Option<EnterpriseId>,
    origin: RequestOrigin,
    ticket: Option<Ticket>,
    action: PhantomData<fn() -> A>,
}

impl<A> Granted<A> {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The account that the request is about: the one it names, or the caller's own.
    pub const fn account(&self) -> AccountId {
        self.scope.account
    }

    /// The enterprise that the request is about; `None`: all of the account.
    pub const fn enterprise(&self) -> Option<EnterpriseId> {
        self.scope.enterprise
    }

    /// The enterprise that the request names for a new record. Unlike [`Self::enterprise`] this is the Global enterprise
    /// where an operator names that one.
    pub fn enterprise_of_new(&self) -> Result<EnterpriseId> {
        self.named_enterprise.ok_or_else(|| Problem::field("/enterpriseId", "this is required"))
    }

    pub const fn origin(&self) -> &RequestOrigin {
        &self.origin
    }

    pub const fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }

    /// The caller, as the audit log names them.
    pub fn author(&self) -> Author {
        Author::User {
            id: self.actor.user.id,
            email: self.actor.user.email.as_str().to_owned(),
            operator: self.actor.operator,
        }
    }
}

impl<A: Action> Granted<A> {
    /// What the audit log calls the action.
    pub const fn action(&self) -> &'static str {
        A::FACTS.id
    }

    /// The audit entry of what the caller does by this grant.
    pub fn entry(&self) -> EntryDraft {
        EntryDraft::new(self.account(), self.author(), self.action())
            .in_enterprise(self.enterprise())
            .from(self.origin.clone())
    }

    /// The same right for longer than the request, as a stream needs it.
    pub fn ongoing(&self) -> OngoingGrant {
        OngoingGrant { subject: self.actor.user.subject(), session: self.session, facts: A::FACTS, scope: self.scope }
    }
}

impl<A: Action> Argument for Granted<A> {
    fn describe(operation: &mut Operation, _: &mut schemars::SchemaGenerator) {
        operation.needs_token(A::FACTS);
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        let plane = call.plane.clone();
        let missing = || unauthenticated("send the access token as Authorization: Bearer …");
        let token = bearer(&call.parts.headers).ok_or_else(missing)?;
        let verified = match plane.identity().verify(token).await {
            Ok(verified) => verified,
            Err(TokenRefused::Store(error)) => return Err(Problem::from(error).into()),
            Err(TokenRefused::Away(away)) => return Err(Problem::identities_away(&away).into()),
            Err(refused) => {
                tracing::debug!(%refused, "token refused");
                return Err(unauthenticated("the token is not valid, has expired or was revoked").into());
            }
        };
        plane.limits().user(verified.subject)?;
        let actor = plane.actor(verified.subject).await?;
        call.caller = actor.clone().map(|actor| Caller { actor, action: A::FACTS.id });
        let Some(actor) = actor.filter(|actor| may_act(actor, plane.clock())) else {
            return Err(unauthenticated("the user is not active").into());
        };
        plane.limits().account(actor.account())?;
        call.read(MAX_BODY).await?;
        let named = call.named(nameable(A::FACTS))?;
        let scope = scope(named, &actor, A::FACTS.in_enterprise, A::FACTS.class);
        if !actor.may(plane.policy(), A::FACTS, scope) {
            return Err(forbidden(&actor, A::FACTS, scope).into());
        }
        if call.is_costly() {
            plane.limits().costly(verified.subject, actor.account())?;
        }
        if scope.account != actor.account() {
            let account = plane.router().shared().get(&Account::key(scope.account)).await.map_err(Problem::from)?;
            if account.is_none() {
                return Err(Problem::new(Code::NotFound, "there is no such account").into());
            }
        }
        call.by_operator = actor.operator;
        // Only operators name an enterprise that is not their own. Others would learn here which ones there are.
        if let Some(enterprise) = named.enterprise.filter(|_| actor.operator) {
            let found = plane
                .router()
                .shared()
                .get(&master_data::key::<Enterprise>(enterprise))
                .await
                .map_err(Problem::from)?;
            if found.is_none() {
                return Err(pointed("enterprise", "/enterpriseId".into()).into());
            }
        }
        let ticket = call.ticket(verified.subject, scope.account).await?;
        Ok(Self {
            actor,
            session: verified.session,
            scope,
            named_enterprise: named.enterprise,
            origin: call.origin(),
            ticket,
            action: PhantomData,
        })
    }
}

impl<A: Action> Guard for Granted<A> {}

/// Nobody in particular: an operation that is open to all, by decision.
#[derive(Debug)]
pub struct Public;

impl Argument for Public {
    fn describe(operation: &mut Operation, _: &mut schemars::SchemaGenerator) {
        operation.is_public();
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        call.read(MAX_PUBLIC_BODY).await?;
        Ok(Self)
    }
}

impl Guard for Public {}

/// Open to all, and limited by network: an operation that judges or gives credentials.
#[derive(Debug)]
pub struct Credentials;

impl Argument for Credentials {
    fn describe(operation: &mut Operation, _: &mut schemars::SchemaGenerator) {
        operation.is_public();
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        // This process counted the request by its path, as it came; others share their count in the table.
        call.plane.limit_credentials(call.client).await?;
        call.read(MAX_PUBLIC_BODY).await?;
        Ok(Self)
    }
}

impl Guard for Credentials {}

/// The access token of a request that may also come without one. It proves nothing until it is verified.
#[derive(Debug)]
pub struct PresentedBearer(pub Option<SecretString>);

impl Argument for PresentedBearer {
    fn describe(_: &mut Operation, _: &mut schemars::SchemaGenerator) {}

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        Ok(Self(bearer(&call.parts.headers).map(SecretString::from)))
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(Code::Unauthenticated, detail).help("sign in with POST /api/auth/login, or refresh the token")
}

/// Whether a user may act at all at this moment: by status, by dates, and the account's too.
fn may_act(actor: &Actor, clock: &dyn Clock) -> bool {
    actor.account_status == AccountStatus::Active && actor.user.acts_on(clock.today())
}

/// What the callers of an action may name.
pub fn nameable(facts: &Facts) -> Nameable {
    let scoped = facts.class != Class::Own;
    Nameable { account: scoped && facts.in_account, enterprise: scoped && facts.in_enterprise }
}

/// What the request is about: what it names, and the caller's own for what it does not.
fn scope(named: Named, actor: &Actor, in_enterprise: bool, class: Class) -> Scope {
    let account = named.account.unwrap_or_else(|| actor.account());
    let own = || (in_enterprise && class != Class::Own && !actor.every_enterprise()).then(|| actor.enterprise());
    let enterprise = named.enterprise.filter(|_| in_enterprise).or_else(own);
    // The Global enterprise means all: an operator who names it asks for the whole account.
    let whole =
        enterprise == Some(known::GLOBAL_ENTERPRISE) && actor.every_enterprise() && account != known::ROOT_ACCOUNT;
    Scope { account, enterprise: enterprise.filter(|_| !whole) }
}

/// The refusal says the same for a foreign account as for one that does not exist.
fn forbidden(actor: &Actor, facts: &actions::Facts, scope: Scope) -> Problem {
    let problem = |detail: String| Problem::new(Code::Forbidden, detail);
    if scope.account != actor.account() && !actor.operator {
        return problem("the request names an account that is not yours".into());
    }
    if scope.enterprise.is_some_and(|enterprise| enterprise != actor.enterprise()) && !actor.every_enterprise() {
        return problem("the request names an enterprise that is not yours".into());
    }
    match facts.class {
        Class::Platform if !actor.operator => problem("this is for operators of the platform".into()),
        Class::Own | Class::Tenant | Class::Platform => {
            problem(format!("this needs the right {}, which none of your roles gives", facts.right))
                .help("ask an administrator of your account for a role that gives it")
        }
    }
}

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
pub mod presets;
pub mod rights;
mod seat_rule;

use std::{marker::PhantomData, sync::Arc};

pub use self::ongoing::{GrantEnd, OngoingGrant};
use self::{
    actions::{Action, ActionFacts, Class},
    actor::Actor,
    policy::Scope,
    seat_rule::SeatRuling,
};
use crate::{
    Kernel,
    audit::{Author, EntryDraft, RequestOrigin},
    directory::{
        account::{Account, AccountStatus},
        enterprise::Enterprise,
        master_data,
        user::InactiveUser,
    },
    idempotency::Ticket,
    ids::{AccountId, EnterpriseId, SessionId, Subject, known},
    ports::{
        clock::Clock,
        identity::{TokenRefused, Verified},
    },
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

impl<A> Clone for Granted<A> {
    fn clone(&self) -> Self {
        Self {
            actor: Arc::clone(&self.actor),
            session: self.session,
            scope: self.scope,
            named_enterprise: self.named_enterprise,
            origin: self.origin.clone(),
            ticket: self.ticket.clone(),
            action: PhantomData,
        }
    }
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

/// The account and enterprise that a request names.
#[derive(Clone, Copy, Debug, Default)]
pub struct NamedScope {
    pub account: Option<AccountId>,
    pub enterprise: Option<EnterpriseId>,
}

/// Which of the two an operation lets its callers name.
#[derive(Clone, Copy, Debug)]
pub struct Nameable {
    pub account: bool,
    pub enterprise: bool,
}

/// What a request asks leave for.
#[derive(Clone, Debug)]
pub struct AccessRequest {
    pub session: SessionId,
    pub named: NamedScope,
    pub origin: RequestOrigin,
}

impl Kernel {
    /// Whose access token it is.
    pub async fn verify_token(&self, token: &str) -> Result<Verified> {
        match self.identity().verify(token).await {
            Ok(verified) => Ok(verified),
            Err(TokenRefused::Store(error)) => Err(Problem::from(error)),
            Err(TokenRefused::Away(away)) => Err(Problem::identities_away(&away)),
            Err(refused) => {
                tracing::debug!(%refused, "token refused");
                Err(unauthenticated("the token is not valid, has expired or was revoked"))
            }
        }
    }

    /// Refuses a known caller who may not act at this moment, and one who is nobody any more.
    pub fn check_active(&self, actor: Option<&Actor>) -> Result<()> {
        match actor.map(|actor| may_act(actor, self.clock())) {
            Some(Ok(())) => Ok(()),
            Some(Err(barred)) => Err(Problem::barred(Code::Unauthenticated, barred)),
            None => Err(unauthenticated("the user is not active")),
        }
    }

    /// Judges whether an active caller may do `A` in the scope that the request names.
    pub async fn grant<A: Action>(&self, actor: Arc<Actor>, asked: AccessRequest) -> Result<Granted<A>> {
        let AccessRequest { session, named, origin } = asked;
        self.check_active(Some(&actor))?;
        let scope = scope(named, &actor, A::FACTS.in_enterprise, A::FACTS.class);
        if !actor.may(self.policy(), A::FACTS, scope) {
            return Err(forbidden(&actor, A::FACTS, scope));
        }
        if scope.account != actor.account() {
            let account = self.router().shared().get(&Account::key(scope.account)).await?;
            if account.is_none() {
                return Err(Problem::new(Code::NotFound, "there is no such account"));
            }
        }
        // Only operators name an enterprise that is not their own. Others would learn here which ones there are.
        if let Some(enterprise) = named.enterprise.filter(|_| actor.operator) {
            let found = self.router().shared().get(&master_data::key::<Enterprise>(enterprise)).await?;
            if found.is_none() {
                return Err(Problem::not_found_at("enterprise", "/enterpriseId"));
            }
        }
        Ok(Granted {
            actor,
            session,
            scope,
            named_enterprise: named.enterprise,
            origin,
            ticket: None,
            action: PhantomData,
        })
    }
}

impl<A> Granted<A> {
    /// The same grant, for a request with an idempotency key.
    #[must_use]
    pub fn with_ticket(self, ticket: Option<Ticket>) -> Self {
        Self { ticket, ..self }
    }

    pub fn subject(&self) -> Subject {
        self.actor.user.subject()
    }
}

/// The refusal of a request without a valid token.
pub fn unauthenticated(detail: &str) -> Problem {
    Problem::new(Code::Unauthenticated, detail).help("sign in with POST /api/auth/login, or refresh the token")
}

/// Whether a user may act at all at this moment: by status, dates and licenses, and the account's status too. Requests and sign-ins are
/// judged by this one rule.
fn may_act(actor: &Actor, clock: &dyn Clock) -> Result<(), InactiveUser> {
    if actor.account_status != AccountStatus::Active {
        return Err(InactiveUser::Account(actor.account_status));
    }
    actor.user.may_act_on(clock.today())?;
    match actor.seat_ruling {
        SeatRuling::Admitted => Ok(()),
        SeatRuling::LicenseEnded => Err(InactiveUser::LicenseEnded),
    }
}

impl Kernel {
    /// Why a known person gets no tokens at this moment; `None`: they may act.
    pub async fn barred(&self, subject: Subject) -> Result<Option<InactiveUser>> {
        match self.actor(subject).await? {
            Some(actor) => Ok(may_act(&actor, self.clock()).err()),
            None => Ok(Some(InactiveUser::Gone)),
        }
    }

    /// Why a person can't accept an invitation at this moment. The first user of an account may while it is set up.
    pub async fn barred_from_accepting(&self, subject: Subject) -> Result<Option<InactiveUser>> {
        match self.barred(subject).await? {
            Some(InactiveUser::Account(AccountStatus::Provisioning)) => {
                let Some(actor) = self.actor(subject).await? else { return Ok(Some(InactiveUser::Gone)) };
                Ok(actor.user.may_act_on(self.clock().today()).err())
            }
            other => Ok(other),
        }
    }
}

/// What the callers of an action may name.
pub fn nameable(facts: &ActionFacts) -> Nameable {
    let scoped = facts.class != Class::Own;
    Nameable { account: scoped && facts.in_account, enterprise: scoped && facts.in_enterprise }
}

/// What the request is about: what it names, and the caller's own for what it does not.
fn scope(named: NamedScope, actor: &Actor, in_enterprise: bool, class: Class) -> Scope {
    let account = named.account.unwrap_or_else(|| actor.account());
    let own = || (in_enterprise && class != Class::Own && !actor.every_enterprise()).then(|| actor.enterprise());
    let enterprise = named.enterprise.filter(|_| in_enterprise).or_else(own);
    // The Global enterprise means all: an operator who names it asks for the whole account.
    let whole =
        enterprise == Some(known::GLOBAL_ENTERPRISE) && actor.every_enterprise() && account != known::ROOT_ACCOUNT;
    Scope { account, enterprise: enterprise.filter(|_| !whole) }
}

/// The refusal says the same for a foreign account as for one that does not exist.
fn forbidden(actor: &Actor, facts: &actions::ActionFacts, scope: Scope) -> Problem {
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

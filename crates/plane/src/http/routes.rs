//! The one door: a route can be added with a guarded handler alone, and carries its part of the API's document.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{Method, StatusCode},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use schemars::SchemaGenerator;

use super::{
    answer::{self, Answer},
    extract::{Extract, Guard, IncomingRequest, PendingInput, Rejection},
    idempotency,
    openapi::Operation,
    refusal::refusal,
    serve::RequestContext,
};
use crate::{
    plane::Plane,
    problem::{Code, Problem, Result},
};

/// The longest body of an operation that needs a token: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;
/// The longest body of an operation that is open to everybody: 16 KiB.
pub const MAX_PUBLIC_BODY: usize = 16 * 1024;

/// Whether an operation takes a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyUse {
    /// A body is refused.
    None,
    /// A body may be left out.
    Optional,
    Required,
}

impl BodyUse {
    /// What an operation takes whose arguments take these.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Required, _) | (_, Self::Required) => Self::Required,
            (Self::Optional, _) | (_, Self::Optional) => Self::Optional,
            (Self::None, Self::None) => Self::None,
        }
    }
}

/// What a call knows of its route.
#[derive(Clone, Debug)]
pub(super) struct RouteTraits {
    pub body: BodyUse,
    pub costly: Arc<AtomicBool>,
    pub answers_in_commit: Arc<AtomicBool>,
}

/// What is known of a route.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub summary: &'static str,
    pub describe: fn(&mut Operation, &mut SchemaGenerator),
    /// Statuses with which it can refuse beyond those that its arguments say.
    pub refuses: &'static [u16],
    /// It has a small rate limit of its own. Shared with the calls of the route, which is built before this is known.
    costly: Arc<AtomicBool>,
    /// It keeps its answer for an idempotency key in the commit that has its effect.
    answers_in_commit: Arc<AtomicBool>,
    handler: &'static str,
}

impl Route {
    /// Whether it has a small rate limit of its own.
    pub fn is_costly(&self) -> bool {
        self.costly.load(Ordering::Relaxed)
    }

    /// The operation's name, noun first: the slice, then the handler.
    pub fn operation_id(&self) -> String {
        let verb = self.handler.rsplit("::").next().unwrap_or(self.handler);
        format!("{}_{verb}", self.tag().replace('-', "_"))
    }

    /// The slice of the handler.
    pub fn tag(&self) -> String {
        let slice = self.handler.split("::").skip_while(|part| *part != "features").nth(1).unwrap_or("platform");
        slice.replace('_', "-")
    }
}

/// Routes with guarded handlers.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<Plane>,
    routes: Vec<Route>,
}

/// An async function whose first argument is a guard and whose others can be taken from a call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler: an async function of a guard, then up to five other arguments, that returns `Result<impl Answer>`",
    label = "start the argument list with `Granted<SomeAction>` or `Public`"
)]
pub trait Handler<Arguments>: Clone + Send + Sync + 'static {
    /// Whether one of the arguments is read from the body.
    const BODY: BodyUse;

    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);

    fn call(self, call: &mut IncomingRequest) -> impl Future<Output = Result<Response, Rejection>> + Send;
}

/// An update or deletion without a precondition is applied this often to what others have made of the record meanwhile.
const MOST_TRIES: usize = 16;

/// Whether an update or deletion was refused only because another one came between its reading and its commit.
fn is_lost_race(call: &IncomingRequest, problem: &Problem) -> bool {
    let raced =
        problem.code == Code::PreconditionFailed || problem.code == Code::Conflict && problem.retry_after == Some(0);
    let can_repeat = matches!(call.parts.method, Method::PUT | Method::DELETE);
    raced && can_repeat && !call.has_precondition()
}

/// 412 answers those alone who sent a precondition.
fn without_precondition(call: &IncomingRequest, problem: Problem) -> Problem {
    if problem.code != Code::PreconditionFailed || call.has_precondition() {
        return problem;
    }
    Problem { code: Code::Conflict, help: Some("try again".into()), ..problem }.retry_after(1)
}

macro_rules! handlers {
    ($($($argument:ident $name:ident)*;)*) => {$(
        impl<F, G, $($argument,)* Fut, A> Handler<(G, $($argument,)*)> for F
        where
            F: FnOnce(G, $($argument,)*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Result<A>> + Send,
            G: Guard,
            $($argument: Extract,)*
            A: Answer,
        {
            const BODY: BodyUse = G::BODY$(.and($argument::BODY))*;

            fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
                G::describe(operation, schemas);
                $($argument::describe(operation, schemas);)*
                A::describe(operation, schemas);
            }

            async fn call(self, call: &mut IncomingRequest) -> Result<Response, Rejection> {
                let guard = G::take(call).await?;
                let unread = call.parameters().clone();
                let mut tries = 0;
                loop {
                    $(let $name = $argument::take(call).await?;)*
                    call.finish()?;
                    tries += 1;
                    match self.clone()(guard.clone(), $($name,)*).await {
                        Ok(answer) => return Ok(answer.into_response()),
                        Err(problem) if is_lost_race(call, &problem) && tries < MOST_TRIES => {
                            call.parameters().clone_from(&unread);
                        }
                        Err(problem) => return Err(without_precondition(call, problem).into()),
                    }
                }
            }
        }
    )*};
}

handlers! {
    ;
    B b;
    B b C c;
    B b C c D d;
    B b C c D d E e;
    B b C c D d E e H h;
}

impl Routes {
    #[must_use]
    pub fn get<H: Handler<T>, T>(self, path: &'static str, handler: H, summary: &'static str) -> Self {
        self.route(MethodFilter::GET, "get", path, handler, summary)
    }

    #[must_use]
    pub fn post<H: Handler<T>, T>(self, path: &'static str, handler: H, summary: &'static str) -> Self {
        self.route(MethodFilter::POST, "post", path, handler, summary)
    }

    #[must_use]
    pub fn put<H: Handler<T>, T>(self, path: &'static str, handler: H, summary: &'static str) -> Self {
        self.route(MethodFilter::PUT, "put", path, handler, summary)
    }

    #[must_use]
    pub fn delete<H: Handler<T>, T>(self, path: &'static str, handler: H, summary: &'static str) -> Self {
        self.route(MethodFilter::DELETE, "delete", path, handler, summary)
    }

    /// The last route can also refuse with these statuses.
    #[must_use]
    pub fn refusing(mut self, statuses: &'static [u16]) -> Self {
        self.routes.last_mut().expect("a route came before").refuses = statuses;
        self
    }

    /// The last route takes much work to answer, or makes others work: it has a small rate limit of its own.
    #[must_use]
    pub fn costly(self) -> Self {
        self.routes.last().expect("a route came before").costly.store(true, Ordering::Relaxed);
        self
    }

    /// The last route has its effect in one commit, and keeps its answer for an idempotency key in the same one
    /// (`Change::answers`). Of racing requests with one key, the commit of one alone goes through. A route that does not say
    /// this reserves the key before its handler runs.
    #[must_use]
    pub fn answering_in_commit(self) -> Self {
        self.routes.last().expect("a route came before").answers_in_commit.store(true, Ordering::Relaxed);
        self
    }

    /// The routes of a slice beside these.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        Self { router: self.router.merge(other.router), routes: self.routes }
    }

    pub fn list(&self) -> &[Route] {
        &self.routes
    }

    /// The slice of the handlers.
    pub fn tag(&self) -> String {
        self.routes.first().expect("a slice has a route").tag()
    }

    pub(crate) fn into_parts(self) -> (Router<Plane>, Vec<Route>) {
        (self.router, self.routes)
    }

    fn route<H: Handler<T>, T>(
        mut self,
        filter: MethodFilter,
        method: &'static str,
        path: &'static str,
        handler: H,
        summary: &'static str,
    ) -> Self {
        let name = std::any::type_name::<H>();
        let (costly, answers_in_commit) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        self.routes.push(Route {
            method,
            path,
            summary,
            describe: H::describe,
            refuses: &[],
            costly: Arc::clone(&costly),
            answers_in_commit: Arc::clone(&answers_in_commit),
            handler: name,
        });
        let traits = RouteTraits { body: H::BODY, costly, answers_in_commit };
        let serve = move |State(plane): State<Plane>,
                          path: Result<RawPathParams, RawPathParamsRejection>,
                          request: Request| { serve(plane, path, request, handler, traits) };
        let method: MethodRouter<Plane> = on(filter, serve);
        Self { router: self.router.route(path, method), routes: self.routes }
    }
}

async fn serve<H: Handler<T>, T>(
    plane: Plane,
    path: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    handler: H,
    traits: RouteTraits,
) -> Response {
    let (parts, body) = request.into_parts();
    let around = parts.extensions.get::<RequestContext>().cloned().expect("the server puts it there for every request");
    let path = path.map(|path| path.iter().map(|(name, value)| (name.into(), value.to_owned())).collect());
    let unread = PendingInput { path, body };
    let mut call = IncomingRequest::new(plane, parts, unread, Arc::clone(&around.request_id), around.client, traits);
    match handler.call(&mut call).await {
        Ok(response) => match call.ticket.take() {
            Some(ticket) => idempotency::keep(&ticket, &call.plane, call.reserved, response).await,
            None => response,
        },
        Err(Rejection::Answer(response)) => *response,
        Err(Rejection::Problem(problem)) => {
            let problem = match answered_meanwhile(&mut call).await {
                Ok(Some(response)) => return response,
                Ok(None) => problem,
                Err(reused) => Box::new(reused),
            };
            let (plane, refusal) = (call.plane.clone(), refusal(&call, &problem));
            if let Some(refusal) = refusal {
                plane.record_refusal(refusal).await;
            }
            answer::problem(problem.heard_by(call.by_operator, &around.request_id), &around.request_id)
        }
    }
}

/// The answer of the same request, if one that raced this call got through first. Fails if another request did with the
/// same key. A key that was reserved for the call is given back.
async fn answered_meanwhile(call: &mut IncomingRequest) -> Result<Option<Response>> {
    let Some(ticket) = call.ticket.take() else { return Ok(None) };
    if call.reserved {
        ticket.release(&call.plane).await;
        return Ok(None);
    }
    match ticket.replay(&call.plane).await {
        Err(problem) if problem.code != Code::IdempotencyKeyReused => Ok(None),
        replayed => Ok(replayed?.map(|answer| answer::kept(&answer))),
    }
}

/// What is answered where no route is.
pub(super) async fn no_route(request: Request) -> Response {
    let problem = Problem::new(Code::NotFound, "there is nothing at this path")
        .help("GET /api/openapi.json lists every operation");
    answered(&request, problem)
}

/// What is answered where a route has no such method.
pub(super) async fn no_method(request: Request) -> Response {
    let problem = Problem::new(
        Code::MethodNotAllowed,
        "this path does not answer to this method; the Allow header lists those it does",
    );
    let mut response = answered(&request, problem);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

fn answered(request: &Request, problem: Problem) -> Response {
    let around =
        request.extensions().get::<RequestContext>().cloned().expect("the server puts it there for every request");
    answer::problem(problem, &around.request_id)
}

//! The one door: a route can be added with a guarded handler alone, and carries its part of the API's document.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    extract::{RawPathParams, Request, State},
    http::{Method, StatusCode},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schemars::SchemaGenerator;

use super::{
    answer::{self, Answer},
    call::{Argument, Call, Guard, Stop},
    openapi::Operation,
    serve::Around,
};
use crate::{
    plane::Plane,
    problem::{Code, Problem, Result},
};

/// A body is at most this long: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;

/// What is known of a route.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub summary: &'static str,
    pub describe: fn(&mut Operation, &mut SchemaGenerator),
    /// Statuses with which it can refuse beyond those that its arguments say.
    pub refuses: &'static [u16],
    handler: &'static str,
}

impl Route {
    /// The operation's name, noun first: the slice, then the handler.
    pub fn operation_id(&self) -> String {
        let verb = self.handler.rsplit("::").next().unwrap_or(self.handler);
        format!("{}_{verb}", self.tag().replace('-', "_"))
    }

    /// The slice that the handler stands in.
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
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator);

    fn call(self, call: &mut Call) -> impl Future<Output = Result<Response, Stop>> + Send;
}

macro_rules! handlers {
    ($($($argument:ident $name:ident)*;)*) => {$(
        impl<F, G, $($argument,)* Fut, A> Handler<(G, $($argument,)*)> for F
        where
            F: FnOnce(G, $($argument,)*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Result<A>> + Send,
            G: Guard,
            $($argument: Argument,)*
            A: Answer,
        {
            fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
                G::describe(operation, schemas);
                $($argument::describe(operation, schemas);)*
                A::describe(operation, schemas);
            }

            async fn call(self, call: &mut Call) -> Result<Response, Stop> {
                let guard = G::take(call).await?;
                $(let $name = $argument::take(call).await?;)*
                call.finish()?;
                Ok(self(guard, $($name,)*).await?.into_response())
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

    /// The routes of a slice beside these.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        Self { router: self.router.merge(other.router), routes: self.routes }
    }

    pub fn list(&self) -> &[Route] {
        &self.routes
    }

    pub(super) fn into_parts(self) -> (Router<Plane>, Vec<Route>) {
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
        self.routes.push(Route { method, path, summary, describe: H::describe, refuses: &[], handler: name });
        let serve = move |State(plane): State<Plane>, path: RawPathParams, request: Request| {
            serve(plane, path, request, handler)
        };
        let method: MethodRouter<Plane> = on(filter, serve);
        Self { router: self.router.route(path, method), routes: self.routes }
    }
}

async fn serve<H: Handler<T>, T>(plane: Plane, path: RawPathParams, request: Request, handler: H) -> Response {
    let (parts, body) = request.into_parts();
    let around = parts.extensions.get::<Around>().cloned().expect("the server puts it there for every request");
    let body = if matches!(parts.method, Method::GET | Method::HEAD) { Ok(Bytes::new()) } else { collect(body).await };
    let body = match body {
        Ok(body) => body,
        Err(problem) => return answer::problem(problem, &around.request_id),
    };
    let path = path.iter().map(|(name, value)| (name.into(), value.to_owned())).collect();
    let mut call = Call::new(plane, parts, body, path, Arc::clone(&around.request_id), around.client);
    match handler.call(&mut call).await {
        Ok(response) => response,
        Err(Stop::Answer(response)) => *response,
        Err(Stop::Problem(problem)) => {
            if let Some(response) = kept_meanwhile(&call).await {
                return response;
            }
            call.plane.record_refusal(&call, &problem).await;
            answer::problem(problem.heard_by(call.by_operator, &around.request_id), &around.request_id)
        }
    }
}

/// The answer of the same call, if one that raced this one got through first.
async fn kept_meanwhile(call: &Call) -> Option<Response> {
    call.ticket.as_ref()?.kept(&call.plane).await.ok().flatten()
}

async fn collect(body: axum::body::Body) -> Result<Bytes> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::BodyTooLarge, format!("a request body has at most {MAX_BODY} bytes")))
        }
        Err(_) => Err(Problem::new(Code::InvalidRequest, "the request body broke off")),
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
    let around = request.extensions().get::<Around>().cloned().expect("the server puts it there for every request");
    answer::problem(problem, &around.request_id)
}

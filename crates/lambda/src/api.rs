//! The function `api`: the HTTP API and the console, for events of API Gateway's HTTP APIs and of functions' own addresses
//! (both in format 2.0).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{HeaderValue, header},
    response::Response,
};
use cli::hosted::Hosted;
use futures::{StreamExt as _, stream};
use http_body_util::Full;
use lambda_http::{Error, Request, RequestExt as _, request::RequestContext, service_fn};
use plane::{
    http::answer,
    problem::{Code, Problem},
};
use tower::ServiceExt as _;

use crate::{Stopped, clock, drain_after::DrainLayer};

/// An answer is sent as a whole: a stream of events ends after this, and its client asks for what came since.
const STREAMED: Duration = Duration::from_millis(1500);
/// What such a stream ends with: its client asks again after three seconds. So an open page of a run holds a function for a
/// third of the time.
const ASK_AGAIN: &str = "retry: 3000\n\n";

pub(crate) async fn run(hosted: Hosted) -> Result<(), Stopped> {
    let service = hosted.service()?;
    hosted.set_up().await?;
    let hosted = Arc::new(hosted);
    let after = DrainLayer(Arc::clone(&hosted));
    let handler = service_fn(move |request: Request| {
        let (hosted, service) = (Arc::clone(&hosted), service.clone());
        async move {
            hosted.wake().await;
            Ok::<_, Error>(answer(service, request).await)
        }
    });
    lambda_http::runtime(handler).layer(after).run().await.map_err(Stopped::Runtime)
}

/// The answer, or in time the word that there is none.
async fn answer(service: Router, mut request: Request) -> Response<Full<Bytes>> {
    let context = request.lambda_context();
    if let Some(client) = client(&request) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
    }
    let answered = async {
        let Ok(response) = service.oneshot(request.map(into_body)).await;
        whole(ended(response)).await
    };
    if let Some(Ok(response)) = clock::within(clock::left(context.deadline), answered).await {
        return response;
    }
    tracing::warn!(request.id = %context.request_id, "the function's time was over before the answer was there");
    let problem = Problem::new(Code::Unavailable, "the request was not answered in the function's time");
    let problem = answer::problem(problem.retry_after(1), &context.request_id);
    whole(problem).await.expect("a problem stands in memory")
}

async fn whole(response: Response) -> Result<Response<Full<Bytes>>, axum::Error> {
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, Full::new(to_bytes(body, usize::MAX).await?)))
}

/// The caller's address as AWS has seen it.
fn client(request: &Request) -> Option<IpAddr> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    context.http.source_ip.as_deref()?.parse().ok()
}

fn into_body(body: lambda_http::Body) -> Body {
    match body {
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        // The enum is open; it has no more than nothing besides.
        lambda_http::Body::Empty | _ => Body::empty(),
    }
}

fn ended(response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE) != Some(&HeaderValue::from_static("text/event-stream")) {
        return response;
    }
    let again = stream::once(async { Ok(Bytes::from_static(ASK_AGAIN.as_bytes())) });
    response
        .map(|body| Body::from_stream(body.into_data_stream().take_until(tokio::time::sleep(STREAMED)).chain(again)))
}

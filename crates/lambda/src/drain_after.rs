//! Between an answer and the next event: what the call left is done before the process is frozen.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::LambdaInvocation,
    tower::{Layer, Service},
};

use crate::clock;

/// For so long a process works on at most; it answers nobody meanwhile, though others do.
const MOST: Duration = Duration::from_secs(10);

/// Wraps the service that posts the answer.
#[derive(Clone)]
pub(crate) struct DrainLayer(pub Arc<Hosted>);

impl<S> Layer<S> for DrainLayer {
    type Service = DrainsAfter<S>;

    fn layer(&self, answering: S) -> DrainsAfter<S> {
        DrainsAfter { answering, hosted: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(crate) struct DrainsAfter<S> {
    answering: S,
    hosted: Arc<Hosted>,
}

impl<S> Service<LambdaInvocation> for DrainsAfter<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.answering.poll_ready(context)
    }

    fn call(&mut self, event: LambdaInvocation) -> Self::Future {
        let deadline = event.context.deadline;
        let answering = self.answering.call(event);
        let hosted = Arc::clone(&self.hosted);
        Box::pin(async move {
            answering.await?;
            match hosted.plane().drain(clock::left(deadline).min(MOST)).await {
                Ok(true) => {}
                Ok(false) => tracing::info!("what the calls left is still under way; it is taken up later"),
                Err(problem) => {
                    tracing::warn!(%problem, "what the calls left could not be done; it is taken up later");
                }
            }
            Ok(())
        })
    }
}

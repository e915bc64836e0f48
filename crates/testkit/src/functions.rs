//! Lambda's Invoke over HTTP: what the tasks of state machines call, answered by functions of a test.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use futures::{FutureExt as _, future::BoxFuture};
use plane::workflow::{Driver, Invocation};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// What a function answers, or the error that it ends with.
pub type Called = Result<Value, Value>;
type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Called> + Send + Sync>;
type Handlers = Arc<Mutex<HashMap<String, Handler>>>;

/// A server of functions. It ends when it is dropped.
pub struct Functions {
    handlers: Handlers,
    port: u16,
    served: JoinHandle<()>,
}

impl Functions {
    pub async fn serve() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let handlers = Handlers::default();
        let path = "/2015-03-31/functions/{name}/invocations";
        let router = Router::new().route(path, post(invoke)).with_state(Arc::clone(&handlers));
        let served =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves until it is dropped") });
        Self { handlers, port, served }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The function of that name does this from now on.
    pub fn register<F>(&self, name: &str, function: impl Fn(Value) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Called> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |payload| function(payload).boxed());
        self.handlers.lock().expect("no holder panics").insert(name.to_owned(), handler);
    }

    /// The function of that name does the steps of this driver's runs from now on.
    pub fn register_steps(&self, name: &str, driver: Driver) {
        self.register(name, move |payload| {
            let driver = driver.clone();
            async move {
                match serde_json::from_value::<Invocation>(payload) {
                    Ok(invocation) => driver.step(&invocation).await.map_err(|refusal| json!(refusal)),
                    Err(error) => Err(json!({ "errorType": "Step.Permanent", "errorMessage": error.to_string() })),
                }
            }
        });
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn invoke(State(handlers): State<Handlers>, Path(name): Path<String>, payload: Bytes) -> Response {
    let handler = handlers.lock().expect("no holder panics").get(&name).cloned();
    let Some(handler) = handler else {
        return (StatusCode::NOT_FOUND, json!({ "Type": "User", "Message": "no such function" }).to_string())
            .into_response();
    };
    let payload = serde_json::from_slice(&payload).expect("a task's payload is JSON");
    match handler(payload).await {
        Ok(output) => output.to_string().into_response(),
        Err(error) => ([("x-amz-function-error", "Unhandled")], error.to_string()).into_response(),
    }
}

//! Lambda's Invoke over HTTP, for the function that does steps of workflows: what the tasks of state machines call.

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
use plane::workflow::{Driver, Invocation};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

type Drivers = Arc<Mutex<HashMap<String, Driver>>>;

/// A server that has one function for each world of a test. It ends when it is dropped.
pub struct Functions {
    drivers: Drivers,
    port: u16,
    served: JoinHandle<()>,
}

impl Functions {
    pub async fn serve() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let drivers = Drivers::default();
        let path = "/2015-03-31/functions/{name}/invocations";
        let router = Router::new().route(path, post(invoke)).with_state(Arc::clone(&drivers));
        let served =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves until it is dropped") });
        Self { drivers, port, served }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The function of that name does the steps of this driver's runs from now on.
    pub fn register(&self, name: &str, driver: Driver) {
        self.drivers.lock().expect("no holder panics").insert(name.to_owned(), driver);
    }
}

impl Drop for Functions {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn invoke(State(drivers): State<Drivers>, Path(name): Path<String>, payload: Bytes) -> Response {
    let driver = drivers.lock().expect("no holder panics").get(&name).cloned();
    let Some(driver) = driver else {
        return (StatusCode::NOT_FOUND, json!({ "Type": "User", "Message": "no such function" }).to_string())
            .into_response();
    };
    let answer = match serde_json::from_slice::<Invocation>(&payload) {
        Ok(invocation) => driver.step(&invocation).await.map_err(|refusal| json!(refusal)),
        Err(error) => Err(json!({ "errorType": "Step.Permanent", "errorMessage": error.to_string() })),
    };
    match answer {
        Ok(output) => output.to_string().into_response(),
        Err(error) => ([("x-amz-function-error", "Unhandled")], error.to_string()).into_response(),
    }
}

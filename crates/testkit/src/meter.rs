//! A proxy between an adapter and an emulator of DynamoDB that counts the write units that each call costs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::emulator::Emulator;

/// A write and what it cost, in write units.
#[derive(Clone, Debug)]
pub struct Metered {
    pub operation: String,
    pub body: String,
    /// Of the table; in a transaction twice as much as alone.
    pub table: f64,
    /// Of the indexes.
    pub indexes: f64,
}

/// Asks for the capacity that writes consume, as `ReturnConsumedCapacity` tells it.
pub struct Meter {
    at: SocketAddr,
    writes: Arc<Mutex<Vec<Metered>>>,
    serving: JoinHandle<()>,
}

impl Meter {
    pub async fn before(emulator: &Emulator) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let at = listener.local_addr().expect("it listens");
        let writes = Arc::new(Mutex::new(Vec::new()));
        let (client, to, noting) = (reqwest::Client::new(), emulator.endpoint(), Arc::clone(&writes));
        let pass = move |request: Request| pass(client.clone(), to.clone(), Arc::clone(&noting), request);
        let router = axum::Router::new().fallback(pass);
        let serving = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        Self { at, writes, serving }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// The writes that went through since this was called last.
    pub fn writes(&self) -> Vec<Metered> {
        std::mem::take(&mut self.writes.lock().expect("no holder panics"))
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// All write units of some calls.
pub fn units(writes: &[Metered]) -> f64 {
    writes.iter().map(|write| write.table + write.indexes).sum()
}

async fn pass(client: reqwest::Client, to: String, writes: Arc<Mutex<Vec<Metered>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("the adapter sends whole requests").to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
    let is_write = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"].contains(&operation.as_str());
    let text = String::from_utf8_lossy(&body).into_owned();
    let sent = if is_write {
        let mut asked: Value = serde_json::from_str(&text).expect("a request is JSON");
        asked["ReturnConsumedCapacity"] = "INDEXES".into();
        asked.to_string()
    } else {
        text.clone()
    };
    let mut headers = parts.headers;
    headers.remove("content-length");
    let asked = client.request(parts.method, to).headers(headers).body(sent);
    let Ok(answer) = asked.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap_or_default();
    if is_write && status.is_success() {
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (table, indexes) = consumed(&answer["ConsumedCapacity"]);
        writes.lock().expect("no holder panics").push(Metered { operation, body: text, table, indexes });
    }
    let mut response = (status, body).into_response();
    // What concerns the connection is the server's to say.
    let about = ["transfer-encoding", "connection", "content-length"];
    let told = headers.iter().filter(|(name, _)| !about.contains(&name.as_str()));
    response.headers_mut().extend(told.map(|(name, value)| (name.clone(), value.clone())));
    response
}

/// The units of the table and of its indexes, of one table or of each.
fn consumed(capacity: &Value) -> (f64, f64) {
    match capacity {
        Value::Array(tables) => tables.iter().map(consumed).fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d)),
        table => {
            let units = |of: &Value| of["CapacityUnits"].as_f64().unwrap_or_default();
            let indexes = table["GlobalSecondaryIndexes"].as_object().into_iter().flatten();
            (units(&table["Table"]), indexes.map(|(_, index)| units(index)).sum())
        }
    }
}

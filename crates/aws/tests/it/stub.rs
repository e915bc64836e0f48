//! A service that answers by a script: for what no emulator does, such as throttling and refusing.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// An answer: status and body.
pub(crate) type Answer = (u16, String);

/// Gives its answers one after the other, the last one for ever. It ends when it is dropped.
pub(crate) struct Stub {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Stub {
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let noting = Arc::clone(&asked);
        let answer = async move |headers: HeaderMap, body: Bytes| next(&script, &noting, &headers, &body);
        let router = axum::Router::new().fallback(answer);
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { at, asked, serving }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// The bodies of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn next(script: &Mutex<VecDeque<Answer>>, asked: &Mutex<Vec<String>>, headers: &HeaderMap, body: &Bytes) -> Response {
    asked.lock().unwrap().push(String::from_utf8_lossy(body).into_owned());
    let mut script = script.lock().unwrap();
    let (status, text) = if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() };
    let json = headers.contains_key("x-amz-target");
    let kind = if json { "application/x-amz-json-1.1" } else { "text/xml" };
    (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], text).into_response()
}

/// An error as services that speak JSON give it.
pub(crate) fn json_error(status: u16, code: &str) -> Answer {
    (status, serde_json::json!({ "__type": code, "message": "told by a script" }).to_string())
}

/// An error as services that speak XML give it.
pub(crate) fn xml_error(status: u16, code: &str) -> Answer {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>told by a script</Message></Error>");
    (status, format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"))
}

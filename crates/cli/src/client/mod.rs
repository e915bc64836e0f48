//! A client of the API: who is asked, as whom, and what its refusals say to a person.

pub(crate) mod session;
mod stream;

use std::time::Duration;

use plane::{http::routes::MAX_BODY, json_syntax::complaint};
use reqwest::{Method, StatusCode, Url, header, redirect::Policy};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use self::session::{Session, Sessions};
use crate::{
    config::Environment,
    fail::{Failure, Outcome},
    print,
};

const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// One server, called as the signed-in user.
pub(crate) struct Client {
    http: reqwest::Client,
    server: Url,
    sessions: Sessions,
    session: Option<Session>,
    /// A token from the environment, for programs.
    token: Option<String>,
}

/// A request to the API.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

impl ApiRequest {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::of(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::of(Method::POST, path)
    }

    pub(crate) fn put(path: impl Into<String>) -> Self {
        Self::of(Method::PUT, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::of(Method::DELETE, path)
    }

    fn of(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: None, headers: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }
}

impl Client {
    /// Asks the server that is named, else the one that somebody signed in to last, else the one of this machine.
    pub(crate) fn new(server: Option<&str>, environment: &Environment) -> Outcome<Self> {
        let sessions = Sessions(environment.client_folder()?.join("session.json"));
        let named = server.or_else(|| environment.get("FREEHOLD_SERVER"));
        let session = sessions.load()?;
        let server = named.or(session.as_ref().map(|session| session.server.as_str())).unwrap_or(DEFAULT_SERVER);
        let server = parse_server(server)?;
        let session = session.filter(|session| parse_server(&session.server).is_ok_and(|of| of == server));
        // Requests carry passwords and tokens: they go to the server that was named, and nowhere else.
        let mut http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).redirect(Policy::none());
        if server.scheme() == "http" {
            // No certificate will be looked at, so none need be read.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(|error| Failure::new(format!("no HTTP client: {error}")))?;
        let token = environment.get("FREEHOLD_TOKEN").map(str::to_owned);
        Ok(Self { http, server, sessions, session, token })
    }

    pub(crate) fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// The body of the answer; null where there is none.
    pub(crate) async fn ask(&mut self, ask: ApiRequest) -> Outcome<Value> {
        answer(self.response(&ask).await?).await
    }

    /// A record with its version, as `If-Match` takes it.
    pub(crate) async fn read(&mut self, ask: ApiRequest) -> Outcome<(Value, Option<String>)> {
        let response = self.response(&ask).await?;
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        Ok((answer(response).await?, etag))
    }

    async fn response(&mut self, ask: &ApiRequest) -> Outcome<reqwest::Response> {
        let token = self.access_token().await?;
        let response = self.send(ask, Some(&token)).await?;
        if response.status() != StatusCode::UNAUTHORIZED || self.token.is_some() {
            return Ok(response);
        }
        // The session may have been renewed by another process, or the clocks differ.
        let token = self.renew().await?;
        self.send(ask, Some(&token)).await
    }

    /// Signs in; `answer_challenge` is called for each challenge, and gives the fields that answer it.
    pub(crate) async fn sign_in(
        &mut self,
        email: &str,
        password: &str,
        mut answer_challenge: impl FnMut(&Value) -> Outcome<Value>,
    ) -> Outcome {
        let login = json!({ "email": email, "password": password, "grant": "token" });
        let mut answered = self.ask_openly(ApiRequest::post("/api/auth/login").body(login.clone())).await?;
        let mut email = email.to_owned();
        while answered["challenge"].is_string() {
            let mut answer = answer_challenge(&answered)?;
            if answered["challenge"] == "SELECT_ACCOUNT" {
                let mut again = login.clone();
                again["accountId"] = answer["accountId"].take();
                answered = self.ask_openly(ApiRequest::post("/api/auth/login").body(again)).await?;
                continue;
            }
            answer["challenge"] = answered["challenge"].clone();
            if let Some(new) = answer["newEmail"].as_str() {
                new.clone_into(&mut email);
            }
            answer["session"] = answered["session"].clone();
            answer["grant"] = "token".into();
            answered = self.ask_openly(ApiRequest::post("/api/auth/challenge").body(answer)).await?;
        }
        self.keep(&email, &answered)
    }

    /// The address that somebody signed in with.
    pub(crate) fn email(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.email)
    }

    /// Ends the session, here and at the server.
    pub(crate) async fn sign_out(&mut self) -> Outcome {
        if let Some(session) = self.session.take() {
            let token = session.refresh_token.expose_secret();
            let ended =
                self.ask_openly(ApiRequest::post("/api/auth/logout").body(json!({ "refreshToken": token }))).await;
            self.sessions.remove()?;
            ended?;
        }
        Ok(())
    }

    /// An answer that is read piece by piece.
    async fn open(&mut self, ask: &ApiRequest) -> Outcome<reqwest::Response> {
        let token = self.access_token().await?;
        let response = self.send(ask, Some(&token)).await?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    async fn ask_openly(&self, ask: ApiRequest) -> Outcome<Value> {
        answer(self.send(&ask, None).await?).await
    }

    async fn send(&self, ask: &ApiRequest, token: Option<&str>) -> Outcome<reqwest::Response> {
        let mut url = self.server.join(ask.path.trim_start_matches('/')).map_err(Failure::usage)?;
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let mut request = self.http.request(ask.method.clone(), url);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut why = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            why = inner.to_string();
            cause = inner.source();
        }
        Failure::new(format!("{} can't be reached: {why}", self.server()))
            .hint("start it with: freehold serve; or name another: --server URL")
    }

    async fn access_token(&mut self) -> Outcome<String> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let Some(session) = &self.session else { return Err(self.signed_out()) };
        if session.good() { Ok(session.access_token.expose_secret().to_owned()) } else { self.renew().await }
    }

    /// Exchanges the refresh token, unless another process has done so; one process does it at a time.
    async fn renew(&mut self) -> Outcome<String> {
        let Some(before) = self.session.take() else { return Err(self.signed_out()) };
        let _only_one = self.sessions.lock()?;
        let kept = self.sessions.load()?.filter(|kept| kept.server == before.server);
        let session = match kept {
            Some(kept) if kept.good() && kept.access_token.expose_secret() != before.access_token.expose_secret() => {
                self.session = Some(kept.clone());
                return Ok(kept.access_token.expose_secret().to_owned());
            }
            Some(kept) => kept,
            None => before,
        };
        let refresh = json!({ "refreshToken": session.refresh_token.expose_secret() });
        let response = self.send(&ApiRequest::post("/api/auth/refresh").body(refresh), None).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(self.signed_out());
        }
        self.keep(&session.email, &answer(response).await?)?;
        let renewed = self.session.as_ref().expect("it was kept just now");
        Ok(renewed.access_token.expose_secret().to_owned())
    }

    fn keep(&mut self, email: &str, tokens: &Value) -> Outcome {
        let session = Session::of(self.server(), email, tokens)?;
        self.sessions.save(&session)?;
        self.session = Some(session);
        Ok(())
    }

    fn signed_out(&self) -> Failure {
        Failure::new(format!("you are not signed in to {}", self.server()))
            .hint(format!("freehold login --server {}", self.server()))
    }
}

fn parse_server(server: &str) -> Outcome<Url> {
    let text = format!("{}/", server.trim_end_matches('/'));
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        Failure::usage(format!("`{server}` is not a server's address")).hint(format!("such as {DEFAULT_SERVER}"))
    })
}

async fn answer(response: reqwest::Response) -> Outcome<Value> {
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let body = response.bytes().await.map_err(|error| Failure::new(format!("the answer broke off: {error}")))?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|error| {
        Failure::new(format!("the answer is not JSON: {}", complaint(&error)))
            .hint("is this the address of a Freehold server?")
    })
}

/// A problem document in words.
async fn refusal(response: reqwest::Response) -> Failure {
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let to = to.and_then(|to| response.url().join(to).ok());
        let failure = Failure::new(format!("the server redirects ({status}), which is not followed"));
        return match to {
            Some(to) => failure
                .detail(format!("to {to}"))
                .hint(format!("if that is your server, name it: --server {}", to.origin().ascii_serialization())),
            None => failure,
        };
    }
    let header = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let body = response.bytes().await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&body[..body.len().min(MAX_BODY)]).unwrap_or_default();
    let text = |field: &str| problem[field].as_str();
    let Some(code) = text("code") else {
        return Failure::new(format!("the server answered {status}")).request_id(header);
    };
    // Where fields are blamed, the detail says the first of them once more.
    let blamed = problem["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    let what = text(if blamed { "title" } else { "detail" }).unwrap_or_default();
    let mut failure = Failure::new(format!("{code}: {what}"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        failure =
            failure.detail(format!("{}: {}", print::cell(error.get("pointer")), print::cell(error.get("message"))));
    }
    if matches!(text("code"), Some("still_assigned" | "own_administration")) {
        failure = failure.hint("to do it all the same, repeat the command with --yes");
    } else if let Some(help) = text("help") {
        failure = failure.hint(help);
    } else if let Some(seconds) = problem["retryAfter"].as_u64() {
        failure = failure.hint(format!("try again in {seconds} s"));
    } else if code == "invalid_request" {
        failure = failure.hint("the API's description of itself is at /api/openapi.json");
    }
    failure.request_id(text("requestId").map(str::to_owned).or(header))
}

//! A client of one server: who is asked, as whom.

use std::time::Duration;

use reqwest::{StatusCode, Url, header, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::{ClientError, Refusal, Request, Session, SessionFile};

/// The address of a server that runs on this machine with its defaults.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";
/// As much of a refusal is read.
const MAX_PROBLEM: usize = 1024 * 1024;

/// One server, called as one person or program.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    file: Option<SessionFile>,
    session: Option<Session>,
    /// A token that somebody else renews.
    token: Option<SecretString>,
}

impl Client {
    /// A client that nobody is signed in to.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        let server = parse_server(server)?;
        let mut http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).redirect(Policy::none());
        if server.scheme() == "http" {
            // No certificate will be looked at, so none need be read.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(ClientError::Http)?;
        Ok(Self { http, server, file: None, session: None, token: None })
    }

    /// Keeps the session in a file, and goes on with the one that is there if it is of this server.
    pub fn with_session_file(mut self, file: SessionFile) -> Result<Self, ClientError> {
        self.session = file.load()?.filter(|session| self.is_of_this_server(session));
        self.file = Some(file);
        Ok(self)
    }

    /// Asks with a token that the caller renews, instead of a session.
    #[must_use]
    pub fn with_token(mut self, token: Option<SecretString>) -> Self {
        self.token = token;
        self
    }

    #[must_use]
    pub fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// The address that somebody signed in with; empty: nobody did.
    #[must_use]
    pub fn email(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.email)
    }

    /// The body of the answer; null where there is none.
    pub async fn ask(&mut self, ask: Request) -> Result<Value, ClientError> {
        answer(self.response(&ask).await?).await
    }

    /// A record with its version, as `if-match` takes it.
    pub async fn read(&mut self, ask: Request) -> Result<(Value, Option<String>), ClientError> {
        let response = self.response(&ask).await?;
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        Ok((answer(response).await?, etag))
    }

    /// Signs in; `answer_challenge` is called for each challenge, and gives the fields that answer it.
    pub async fn sign_in<E: From<ClientError>>(
        &mut self,
        email: &str,
        password: &str,
        mut answer_challenge: impl FnMut(&Value) -> Result<Value, E>,
    ) -> Result<(), E> {
        let login = json!({ "email": email, "password": password, "grant": "token" });
        let mut answered = self.ask_openly(Request::post("/api/auth/login").body(login.clone())).await?;
        let mut email = email.to_owned();
        while answered["challenge"].is_string() {
            let mut answer = answer_challenge(&answered)?;
            if answered["challenge"] == "SELECT_ACCOUNT" {
                let mut again = login.clone();
                again["accountId"] = answer["accountId"].take();
                answered = self.ask_openly(Request::post("/api/auth/login").body(again)).await?;
                continue;
            }
            answer["challenge"] = answered["challenge"].clone();
            if let Some(new) = answer["newEmail"].as_str() {
                new.clone_into(&mut email);
            }
            answer["session"] = answered["session"].clone();
            answer["grant"] = "token".into();
            answered = self.ask_openly(Request::post("/api/auth/challenge").body(answer)).await?;
        }
        Ok(self.keep(&email, &answered)?)
    }

    /// Ends the session, here and at the server.
    pub async fn sign_out(&mut self) -> Result<(), ClientError> {
        if let Some(session) = self.session.take() {
            let token = session.refresh_token.expose_secret();
            let ended = self.ask_openly(Request::post("/api/auth/logout").body(json!({ "refreshToken": token }))).await;
            if let Some(file) = &self.file {
                file.remove()?;
            }
            ended?;
        }
        Ok(())
    }

    /// An answer that is read piece by piece.
    pub(crate) async fn open(&mut self, ask: &Request) -> Result<reqwest::Response, ClientError> {
        let token = self.access_token().await?;
        let response = self.send(ask, Some(&token)).await?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    async fn response(&mut self, ask: &Request) -> Result<reqwest::Response, ClientError> {
        let token = self.access_token().await?;
        let response = self.send(ask, Some(&token)).await?;
        if response.status() != StatusCode::UNAUTHORIZED || self.token.is_some() {
            return Ok(response);
        }
        // The session may have been renewed by another process, or the clocks differ.
        let token = self.renew().await?;
        self.send(ask, Some(&token)).await
    }

    async fn ask_openly(&self, ask: Request) -> Result<Value, ClientError> {
        answer(self.send(&ask, None).await?).await
    }

    async fn send(&self, ask: &Request, token: Option<&SecretString>) -> Result<reqwest::Response, ClientError> {
        let joined = self.server.join(ask.path.trim_start_matches('/'));
        let mut url = joined.map_err(|_| ClientError::Address(format!("{}{}", self.server, ask.path)))?;
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let mut request = self.http.request(ask.method.clone(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose_secret());
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        let mut why = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            why = inner.to_string();
            cause = inner.source();
        }
        ClientError::Unreachable { server: self.server().to_owned(), why }
    }

    async fn access_token(&mut self) -> Result<SecretString, ClientError> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let Some(session) = &self.session else { return Err(self.signed_out()) };
        if session.is_good() { Ok(session.access_token.clone()) } else { self.renew().await }
    }

    /// Exchanges the refresh token, unless another process has done so; one process does it at a time.
    async fn renew(&mut self) -> Result<SecretString, ClientError> {
        let Some(before) = self.session.take() else { return Err(self.signed_out()) };
        let _only_one = self.file.as_ref().map(SessionFile::lock).transpose()?;
        let kept = match &self.file {
            Some(file) => file.load()?.filter(|kept| kept.server == before.server),
            None => None,
        };
        let session = match kept {
            Some(kept)
                if kept.is_good() && kept.access_token.expose_secret() != before.access_token.expose_secret() =>
            {
                let token = kept.access_token.clone();
                self.session = Some(kept);
                return Ok(token);
            }
            Some(kept) => kept,
            None => before,
        };
        let refresh = json!({ "refreshToken": session.refresh_token.expose_secret() });
        let response = self.send(&Request::post("/api/auth/refresh").body(refresh), None).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(self.signed_out());
        }
        self.keep(&session.email, &answer(response).await?)?;
        let renewed = self.session.as_ref().ok_or_else(|| self.signed_out())?;
        Ok(renewed.access_token.clone())
    }

    fn keep(&mut self, email: &str, tokens: &Value) -> Result<(), ClientError> {
        let session = Session::of(self.server(), email, tokens)?;
        if let Some(file) = &self.file {
            file.save(&session)?;
        }
        self.session = Some(session);
        Ok(())
    }

    fn is_of_this_server(&self, session: &Session) -> bool {
        parse_server(&session.server).is_ok_and(|server| server == self.server)
    }

    fn signed_out(&self) -> ClientError {
        ClientError::SignedOut { server: self.server().to_owned() }
    }
}

fn parse_server(server: &str) -> Result<Url, ClientError> {
    let text = format!("{}/", server.trim_end_matches('/'));
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| ClientError::Address(server.to_owned()))
}

async fn answer(response: reqwest::Response) -> Result<Value, ClientError> {
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let body = response.bytes().await.map_err(ClientError::BrokenOff)?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(ClientError::NotJson)
}

async fn refusal(response: reqwest::Response) -> ClientError {
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        return ClientError::Redirected { status, to: to.and_then(|to| response.url().join(to).ok()) };
    }
    let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let body = response.bytes().await.unwrap_or_default();
    let problem = serde_json::from_slice(&body[..body.len().min(MAX_PROBLEM)]).ok();
    ClientError::Refused(Box::new(Refusal { status, problem, request_id }))
}

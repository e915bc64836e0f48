//! As much of HTTP/1.1 as an SDK of AWS speaks, by hand: so that it is known when an answer has left.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A request, whole.
pub(super) struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// An error as services with JSON protocols tell it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message, "Message": message }).to_string();
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)];
        Self::new(status, &headers, body)
    }

    /// The same as services with query protocols tell it.
    pub fn xml_error(status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = format!("<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>");
        Self::new(status, &[("content-type", "text/xml")], body)
    }

    pub fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { status, headers, body: body.into() }
    }
}

pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn over(stream: TcpStream) -> Self {
        // Answers are small: waiting for more to send would only delay them.
        drop(stream.set_nodelay(true));
        Self(BufReader::new(stream))
    }

    /// The next request; `None` when there is none to come.
    pub(super) async fn request(&mut self) -> Option<Request> {
        let first = self.line().await?;
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Request { method, path, headers, body: Vec::new() };
        assert_eq!(request.header("transfer-encoding"), None, "an SDK says how long a body is");
        let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
        request.body.resize(length, 0);
        self.0.read_exact(&mut request.body).await.ok()?;
        Some(request)
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Whether it went out.
    pub(super) async fn answer(&mut self, answer: &Answer) -> bool {
        let mut bytes = format!("HTTP/1.1 {} .\r\n", answer.status).into_bytes();
        for (name, value) in &answer.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", answer.body.len()).bytes());
        bytes.extend(&answer.body);
        let stream = self.0.get_mut();
        stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok()
    }
}

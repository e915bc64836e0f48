//! Emulators of AWS's services as processes of a test's own. `scripts/emulators` installs them.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONNECTION, TRANSFER_ENCODING},
    },
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::functions::Functions;

/// An emulator is up within this time, or the test fails.
const RETRY_FOR: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A server that runs until it is dropped.
pub struct Emulator {
    child: Child,
    at: SocketAddr,
}

impl Emulator {
    /// Starts a program below `target` on a port that is free.
    ///
    /// The system names the port, and the program takes it a moment later; if somebody else was faster, it ends at once
    /// and gets another.
    pub async fn start(program: &str, arguments: impl Fn(SocketAddr) -> Vec<String>) -> Self {
        let program = installed(program);
        for _ in 0..5 {
            let at = free();
            let child = started(&program, &arguments(at));
            let mut emulator = Self { child, at };
            if emulator.answers().await {
                return emulator;
            }
        }
        panic!("{} does not stay up", program.display());
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    pub fn address(&self) -> SocketAddr {
        self.at
    }

    /// False if it ends instead.
    async fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < RETRY_FOR {
            if self.child.try_wait().expect("it is our child").is_some() {
                return false;
            }
            if TcpStream::connect(self.at).await.is_ok() {
                return true;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        panic!("{} does not answer", self.at);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has nothing to save, and may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// DynamoDB, in memory.
pub async fn dynoxide() -> Emulator {
    Emulator::start("emulators/bin/dynoxide", |at| {
        let port = at.port().to_string();
        ["serve", "--host", "127.0.0.1", "--port", &port, "--log", "quiet"].map(str::to_owned).into()
    })
    .await
}

/// Every service but DynamoDB, in one process.
pub async fn moto() -> Emulator {
    Emulator::start("venv-aws/bin/moto_server", |at| {
        let port = at.port().to_string();
        ["-H", "127.0.0.1", "-p", &port].map(str::to_owned).into()
    })
    .await
}

/// moto that runs state machines, and has their tasks call these functions.
pub async fn moto_with_machines(functions: &Functions) -> Emulator {
    let calls = format!("MOTO_PORT={}", functions.port());
    let server = installed("venv-aws/bin/moto_server").display().to_string();
    let emulator = Emulator::start("/usr/bin/env", |at| {
        let port = at.port().to_string();
        [&calls, &server, "-H", "127.0.0.1", "-p", &port].map(str::to_owned).into()
    })
    .await;
    let config = json!({ "stepfunctions": { "execute_state_machine": true }, "lambda": { "use_docker": false } });
    let configured = reqwest::Client::new().post(format!("{}/moto-api/config", emulator.endpoint())).json(&config);
    let answer = configured.send().await.expect("moto answers");
    assert!(answer.status().is_success(), "moto takes its configuration");
    emulator
}

/// Makes the machines of `deploy/asl` in moto. Their tasks call this function.
pub async fn deploy_machines(moto: &Emulator, prefix: &str, function: &str) {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/asl");
    for document in fs::read_dir(documents).expect("the repository has them") {
        let document = document.expect("the folder can be read").path();
        let text = fs::read_to_string(&document).expect("it can be read").replace("${StepFunction}", function);
        let machine = document.file_stem().and_then(OsStr::to_str).expect("it is called by its machine");
        let definition = serde_json::from_str(&text).expect("it is JSON");
        create_machine(moto, &format!("{prefix}{machine}"), &definition).await;
    }
}

/// Makes a state machine in moto, in its one account.
pub async fn create_machine(moto: &Emulator, name: &str, definition: &Value) {
    let role = "arn:aws:iam::123456789012:role/steps";
    let request = json!({ "name": name, "definition": definition.to_string(), "roleArn": role });
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIAEMULATOR/20260101/eu-central-1/states/aws4_request, \
                         SignedHeaders=host, Signature=none";
    let asked = reqwest::Client::new()
        .post(moto.endpoint())
        .header("x-amz-target", "AWSStepFunctions.CreateStateMachine")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", authorization)
        .body(request.to_string());
    let answer = asked.send().await.expect("moto answers");
    assert_eq!(answer.status(), 200, "moto makes {name}");
}

/// It ends with the test, also where nothing is dropped: its process, or its thread.
fn started(program: &Path, arguments: &[String]) -> Child {
    let quiet = |command: &mut Command| {
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let bound = quiet(Command::new("setpriv").args(["--pdeathsig", "KILL", "--"]).arg(program));
    // Where there is no setpriv (it is Linux's), what was never dropped stays.
    bound.or_else(|_| quiet(&mut Command::new(program))).expect("what is installed can be started")
}

fn installed(program: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(program);
    assert!(path.exists(), "{} is not installed: run scripts/emulators", path.display());
    path
}

fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a port is free")
}

/// A proxy between an adapter and its emulator that loses answers.
pub struct Lossy {
    at: SocketAddr,
    lose: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Lossy {
    pub async fn before(emulator: &Emulator) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let (at, to) = (listener.local_addr().expect("it listens"), emulator.at);
        let (lose, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (losing, counting) = (Arc::clone(&lose), Arc::clone(&answered));
        let accepting = tokio::spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (losing, counting) = (Arc::clone(&losing), Arc::clone(&counting));
                passing.spawn(async move {
                    let Ok(far) = TcpStream::connect(to).await else { return };
                    let (mut near_in, near_out) = near.into_split();
                    let (far_in, mut far_out) = far.into_split();
                    // Whichever ends first ends both.
                    tokio::select! {
                        _ = tokio::io::copy(&mut near_in, &mut far_out) => {}
                        () = answers(far_in, near_out, &losing, &counting) => {}
                    }
                });
            }
        });
        Self { at, lose, answered, accepting }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Loses the next answers, each with its connection.
    pub fn lose(&self, answers: usize) {
        self.lose.store(answers, Ordering::SeqCst);
    }

    /// How many answers came from the emulator since this was asked last, lost ones included.
    pub fn answered(&self) -> usize {
        self.answered.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes answers on until one is to be lost. Each answer of the emulator is small enough to come in one piece.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lose: &AtomicUsize, answered: &AtomicUsize) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        answered.fetch_add(1, Ordering::SeqCst);
        let left = lose.load(Ordering::SeqCst);
        if left > 0 {
            lose.store(left - 1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

/// A request as it came by.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was asked for: the operation, for services that name it in a header; else the path.
    pub operation: String,
    /// The access key that the request was signed with.
    pub key: Option<String>,
    pub body: String,
}

/// A proxy between an adapter and its emulator that records the requests.
pub struct Recorder {
    at: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: JoinHandle<()>,
}

impl Recorder {
    pub async fn before(emulator: &Emulator) -> Self {
        Self::at(&emulator.endpoint()).await
    }

    /// The same before an emulator that is known by its address alone.
    pub async fn at(endpoint: &str) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let at = listener.local_addr().expect("it listens");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (client, to, noting) = (reqwest::Client::new(), endpoint.to_owned(), Arc::clone(&seen));
        let pass = move |request: Request| pass(client.clone(), to.clone(), Arc::clone(&noting), request);
        let router = axum::Router::new().fallback(pass);
        let serving = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        Self { at, seen, serving }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// What was asked since this was called last.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().expect("no holder panics"))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(client: reqwest::Client, to: String, seen: Arc<Mutex<Vec<Seen>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("the adapter sends whole requests").to_bytes();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = match target.and_then(|target| target.rsplit('.').next()) {
        Some(operation) => operation.to_owned(),
        None => parts.uri.path().to_owned(),
    };
    let signed = parts.headers.get(AUTHORIZATION).and_then(|signed| signed.to_str().ok());
    let key = signed.and_then(|signed| signed.split_once("Credential=")?.1.split('/').next()).map(str::to_owned);
    let body_text = String::from_utf8_lossy(&body).into_owned();
    seen.lock().expect("no holder panics").push(Seen { operation, key, body: body_text });
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let asked = client.request(parts.method, format!("{to}{path}")).headers(parts.headers).body(body);
    let Ok(answer) = asked.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap_or_default();
    let mut response = (status, body).into_response();
    // What concerns the connection is the server's to say.
    let told = headers.iter().filter(|(name, _)| **name != TRANSFER_ENCODING && **name != CONNECTION);
    response.headers_mut().extend(told.map(|(name, value)| (name.clone(), value.clone())));
    response
}

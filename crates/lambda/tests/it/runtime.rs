//! Lambda's Runtime API, and a function behind it.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex as AsyncMutex, mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// Nothing here takes as long.
const RETRY_FOR: Duration = Duration::from_mins(1);
/// Lambda ends a function after this time if nothing else is configured.
const UNCONFIGURED: Duration = Duration::from_secs(3);
const TEMPLATE: &str = include_str!("../../../../deploy/cloudformation/functions.yaml");

/// The time that the template gives to the function of a handler.
pub(crate) fn configured(handler: &str) -> Duration {
    let of = TEMPLATE.split_once(&format!("Handler: {handler}\n")).map(|(_, rest)| rest);
    // Up to the next function.
    let of = of.and_then(|rest| rest.split("Handler: ").next());
    let seconds = of.and_then(|of| of.lines().find_map(|line| line.trim().strip_prefix("Timeout: ")?.parse().ok()));
    seconds.map_or(UNCONFIGURED, Duration::from_secs)
}

type Called = Result<Value, Value>;

struct Event {
    id: String,
    body: Value,
    deadline: u128,
}

struct Lambda {
    events: AsyncMutex<mpsc::UnboundedReceiver<Event>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Called>>>,
    /// How often the function has asked for an event.
    asked: watch::Sender<u64>,
    refusal: watch::Sender<Option<Value>>,
}

/// A function; its process ends with it.
pub(crate) struct Function {
    lambda: Arc<Lambda>,
    events: mpsc::UnboundedSender<Event>,
    ids: AtomicU64,
    child: Mutex<Child>,
    serving: JoinHandle<()>,
    written: Arc<Mutex<Vec<String>>>,
    timeout: Duration,
}

impl Function {
    pub(crate) async fn start(handler: &str, environment: &BTreeMap<&'static str, String>) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let lambda = Arc::new(Lambda {
            events: AsyncMutex::new(events),
            waiting: Mutex::default(),
            asked: watch::channel(0).0,
            refusal: watch::channel(None).0,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(&lambda));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let mut child = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .envs(environment)
            .env("_HANDLER", handler)
            .env("AWS_LAMBDA_RUNTIME_API", at.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", handler)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let written = Arc::new(Mutex::new(Vec::new()));
        let (lines, keeping) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&written));
        // It ends with the process.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keeping.lock().unwrap().push(line)));
        let timeout = configured(handler);
        Self { lambda, events: sender, ids: AtomicU64::new(0), child: Mutex::new(child), serving, written, timeout }
    }

    /// Calls it; it has so long, and no longer than the template gives it. Then Lambda ends it.
    #[expect(clippy::disallowed_methods, reason = "the function's deadline is by the machine's clock")]
    pub(crate) async fn call(&self, body: Value, within: Duration) -> Called {
        let within = within.min(self.timeout);
        let id = self.ids.fetch_add(1, Ordering::SeqCst).to_string();
        let deadline = (SystemTime::now() + within).duration_since(UNIX_EPOCH).unwrap().as_millis();
        let (answered, answer) = oneshot::channel();
        self.lambda.waiting.lock().unwrap().insert(id.clone(), answered);
        self.events.send(Event { id, body, deadline }).unwrap();
        // Tests give times that are over at once, in which the function still says so.
        let Ok(answer) = timeout(within.max(UNCONFIGURED), answer).await else {
            drop(self.child.lock().unwrap().kill());
            let seconds = within.as_secs_f64();
            let message = format!("Task timed out after {seconds:.2} seconds");
            return Err(json!({ "errorType": "Sandbox.Timedout", "errorMessage": message }));
        };
        answer.unwrap()
    }

    /// Waits until the process asks for one more event than it was given.
    pub(crate) async fn at_rest(&self) {
        let given = self.ids.load(Ordering::SeqCst);
        let mut asked = self.lambda.asked.subscribe();
        timeout(RETRY_FOR, asked.wait_for(|asked| *asked > given)).await.expect("the function asks").unwrap();
    }

    /// The lines that it has written to its standard output.
    pub(crate) fn written(&self) -> Vec<String> {
        self.written.lock().unwrap().clone()
    }

    /// What the function says instead of beginning.
    pub(crate) async fn refusal(&self) -> Value {
        let mut refusal = self.lambda.refusal.subscribe();
        let refused = timeout(RETRY_FOR, refusal.wait_for(Option::is_some)).await.expect("the function refuses");
        refused.unwrap().clone().unwrap()
    }

    /// Waits until the process has ended, by a crash of its own.
    pub(crate) async fn crashed(&self) {
        let ended = async {
            while self.child.lock().unwrap().try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(RETRY_FOR, ended).await.expect("the process ends");
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.serving.abort();
        let child = self.child.get_mut().unwrap();
        drop(child.kill());
        drop(child.wait());
    }
}

async fn next(State(lambda): State<Arc<Lambda>>) -> impl IntoResponse {
    lambda.asked.send_modify(|asked| *asked += 1);
    let event = lambda.events.lock().await.recv().await;
    let event = event.expect("the function is stopped before its events end");
    let headers = [
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", event.deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:it".into()),
    ];
    (headers, Json(event.body))
}

async fn response(state: State<Arc<Lambda>>, id: Path<String>, body: Bytes) -> StatusCode {
    ended(&state, &id, Ok(read(&body)))
}

async fn error(state: State<Arc<Lambda>>, id: Path<String>, body: Bytes) -> StatusCode {
    ended(&state, &id, Err(read(&body)))
}

/// Whatever type the function says it is of: Lambda does not look.
fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn ended(lambda: &Lambda, id: &str, called: Called) -> StatusCode {
    let waiting = lambda.waiting.lock().unwrap().remove(id);
    // The caller may have gone.
    waiting.map(|waiting| waiting.send(called));
    StatusCode::ACCEPTED
}

async fn init_error(State(lambda): State<Arc<Lambda>>, body: Bytes) -> StatusCode {
    lambda.refusal.send_replace(Some(read(&body)));
    StatusCode::ACCEPTED
}

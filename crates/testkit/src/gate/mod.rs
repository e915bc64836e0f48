//! A gate between a process and everything that it asks of AWS: it lets each call through to the emulators, writes it
//! down, and at a chosen one ends or stops the process. It can also answer by itself, as AWS would on a bad day.

mod behind;
mod call;
mod census;
mod strict;
mod wire;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

pub use self::{
    behind::{Behind, Delivery},
    call::Call,
    census::{Snapshot, difference},
    strict::{Rates, Strictness},
    wire::Answer,
};

/// When, around a call, something happens to the process that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The call goes nowhere.
    Before,
    /// The call takes effect, and nobody learns of it.
    Between,
    /// The answer has reached the process.
    After,
}

pub const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Between, Moment::After];

/// Which of the calls to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By its place among all, from 0.
    Place(usize),
    /// By its place among those of one kind, from 0.
    OfKind(String, usize),
}

/// What happens there.
#[derive(Clone)]
enum Then {
    /// The process ends by this, and the connection with it.
    End(Act),
    /// The process is stopped by this, and the call waits until the gate is opened.
    Hold(Act),
}

type Act = Arc<dyn Fn() + Send + Sync>;
type Script = Arc<dyn Fn(&Call) -> Option<Answer> + Send + Sync>;

struct Strike {
    which: Which,
    moment: Moment,
    then: Then,
}

/// Listens as every service of AWS at once.
pub struct Gate {
    at: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    behind: Arc<Behind>,
    calls: Mutex<Calls>,
    struck: watch::Sender<Option<Call>>,
    held: watch::Sender<bool>,
    under_way: watch::Sender<usize>,
    script: Mutex<Option<Script>>,
    strict: strict::Strict,
}

#[derive(Default)]
struct Calls {
    seen: Vec<Call>,
    /// So many came since the gate was armed: all of them, and by kind.
    all: usize,
    kinds: HashMap<String, usize>,
    strike: Option<Strike>,
}

impl Gate {
    pub async fn before(behind: &Arc<Behind>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let at = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            behind: Arc::clone(behind),
            calls: Mutex::default(),
            struck: watch::channel(None).0,
            held: watch::channel(false).0,
            under_way: watch::channel(0).0,
            script: Mutex::default(),
            strict: strict::Strict::default(),
        });
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&serving)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { at, shared, accepting }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// What came since this was called last.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared.calls.lock().expect("no holder panics").seen)
    }

    /// At that call, counted from now on, the process is ended by `end`.
    pub fn end_at(&self, which: Which, moment: Moment, end: impl Fn() + Send + Sync + 'static) {
        self.arm(Some(Strike { which, moment, then: Then::End(Arc::new(end)) }));
    }

    /// At that call the process is stopped by `stop`, and the call goes no further until [`Gate::open`].
    pub fn hold_at(&self, which: Which, moment: Moment, stop: impl Fn() + Send + Sync + 'static) {
        self.shared.held.send_replace(true);
        self.arm(Some(Strike { which, moment, then: Then::Hold(Arc::new(stop)) }));
    }

    /// Removes all planned events, and resets the count of calls.
    pub fn disarm(&self) {
        self.arm(None);
    }

    fn arm(&self, strike: Option<Strike>) {
        self.shared.struck.send_replace(None);
        let mut calls = self.shared.calls.lock().expect("no holder panics");
        (calls.all, calls.strike) = (0, strike);
        calls.kinds.clear();
    }

    /// The call at which it happened.
    pub fn struck(&self) -> Option<Call> {
        self.shared.struck.borrow().clone()
    }

    /// Waits until nothing has come for so long, and nothing is under way.
    pub async fn quiet(&self, long: Duration) {
        let mut under_way = self.shared.under_way.subscribe();
        loop {
            drop(under_way.wait_for(|calls| *calls == 0).await);
            under_way.mark_unchanged();
            if tokio::time::timeout(long, under_way.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Lets the call that is held go on.
    pub fn open(&self) {
        self.shared.held.send_replace(false);
    }

    /// Answers some calls in the emulators' place from now on.
    pub fn script(&self, script: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) {
        *self.shared.script.lock().expect("no holder panics") = Some(Arc::new(script));
    }

    /// Answers as AWS does where the emulators are kinder.
    pub fn be(&self, strict: Strictness) {
        *self.shared.strict.of.lock().expect("no holder panics") = strict;
        self.shared.behind.lag(strict.indexes_lag);
    }

    /// How many requests were refused since this was asked last, because there were too many of them.
    pub fn throttled(&self) -> usize {
        self.shared.strict.throttled()
    }

    /// How many writes were refused since this was asked last, because another one was under way on one of their items.
    pub fn conflicts(&self) -> usize {
        self.shared.strict.conflicts()
    }

    pub fn no_script(&self) {
        *self.shared.script.lock().expect("no holder panics") = None;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection, until either side ends it.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut connection = wire::Connection::over(stream);
    while let Some(request) = connection.request().await {
        let _under_way = UnderWay::of(&shared);
        let mut call = Call::of(&request);
        let strike = shared.note(&mut call);
        let moment = strike.as_ref().map(|strike| strike.moment);
        if moment == Some(Moment::Before) && !shared.happens(strike.as_ref(), &call).await {
            return;
        }
        let scripted = shared.script.lock().expect("no holder panics").clone();
        let answer = match scripted.and_then(|script| script(&call)) {
            Some(answer) => answer,
            None => shared.forward(&request, &call).await,
        };
        if moment == Some(Moment::Between) && !shared.happens(strike.as_ref(), &call).await {
            return;
        }
        if !connection.answer(&answer).await {
            return;
        }
        if moment == Some(Moment::After) && !shared.happens(strike.as_ref(), &call).await {
            return;
        }
    }
}

/// A call that has come and is not answered yet.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn of(shared: &'a Shared) -> Self {
        shared.under_way.send_modify(|calls| *calls += 1);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|calls| *calls -= 1);
    }
}

impl Shared {
    /// Writes a call down, and says what is to happen at it.
    fn note(&self, call: &mut Call) -> Option<Strike> {
        let mut calls = self.calls.lock().expect("no holder panics");
        call.place = calls.seen.len();
        calls.seen.push(call.clone());
        let place = calls.all;
        calls.all += 1;
        let kind = call.kind();
        let count = calls.kinds.entry(kind.clone()).or_default();
        let nth = *count;
        *count += 1;
        let here = match &calls.strike.as_ref()?.which {
            Which::Place(which) => place == *which,
            Which::OfKind(of, which) => kind == *of && nth == *which,
        };
        if here { calls.strike.take() } else { None }
    }

    /// Whether the connection goes on after it.
    async fn happens(&self, strike: Option<&Strike>, call: &Call) -> bool {
        let Some(strike) = strike else { return true };
        let by_then = self.calls.lock().expect("no holder panics").seen.len();
        let call = Call { by_then, ..call.clone() };
        match &strike.then {
            Then::End(end) => {
                // Sent first: the observer of the process's end asks why.
                self.struck.send_replace(Some(call));
                end();
                false
            }
            Then::Hold(stop) => {
                stop();
                self.struck.send_replace(Some(call));
                let mut held = self.held.subscribe();
                held.wait_for(|held| !held).await.is_ok()
            }
        }
    }

    async fn forward(&self, request: &wire::Request, call: &Call) -> Answer {
        if let Some(refusal) = self.strict.refusal(call) {
            return refusal;
        }
        if self.strict.of().stacks_roll_back && call.operation == "CreateStack" {
            let table = call.stack_parameter("TableName").unwrap_or_default();
            if self.behind.tables().await.contains(&table) {
                return self.strict.stacks.roll_back(call);
            }
        }
        if self.strict.of().secrets_leave && call.operation == "CreateSecret" {
            let body = serde_json::from_str::<serde_json::Value>(&call.body).unwrap_or_default();
            if self.behind.secret_leaves(body["Name"].as_str().unwrap_or_default()).await {
                let message =
                    "You can't create this secret because a secret with this name is already scheduled for deletion.";
                return Answer::error(400, "InvalidRequestException", message);
            }
        }
        match self.strict.begin(call).await {
            Ok(_writing) => {
                let answer = self.behind.ask(request, call).await;
                self.strict.learn(call, &answer);
                answer
            }
            Err(conflict) => conflict,
        }
    }
}

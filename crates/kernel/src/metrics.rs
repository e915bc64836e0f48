//! Metrics, in the Prometheus exposition format.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{
    background::{BackgroundLag, WorkKind},
    workflow::{Status, Worker, WorkflowMetrics},
};

/// Everything that is counted.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    /// The counters of a route, found without hashing its label texts again and again.
    known: RwLock<HashMap<Route, (Counter, Histogram)>>,
    worker_durations: Family<WorkerLabels, Histogram>,
    worker_successes: Family<WorkerLabels, Counter>,
    worker_failures: Family<WorkerLabels, Counter>,
    executions: Family<ExecutionLabels, Counter>,
    execution_durations: Family<WorkflowLabels, Histogram>,
    background_lags: Family<BackgroundLabels, Gauge<f64, AtomicU64>>,
}

/// Method, template and status: what names a route's counters without its texts.
type Route = (MethodLabel, usize, u16);

/// The method of a request, as metrics and logs name it. Methods beyond the standard ones are one label: a caller can
/// make up any number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodLabel {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Trace,
    Connect,
    Other,
}

impl MethodLabel {
    /// The label of a method's name.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Connect => "CONNECT",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkerLabels {
    worker: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ExecutionLabels {
    workflow: String,
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkflowLabels {
    workflow: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BackgroundLabels {
    work: &'static str,
}

fn seconds() -> Histogram {
    Histogram::new([0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("freehold");
        let requests = Family::default();
        let durations = Family::new_with_constructor(seconds as fn() -> Histogram);
        let worker_durations = Family::new_with_constructor(seconds as fn() -> Histogram);
        let worker_successes = Family::default();
        let worker_failures = Family::default();
        let executions = Family::default();
        let execution_durations = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "Time to answer a request", durations.clone());
        let background_lags = Family::default();
        registry.register(
            "background_lag_seconds",
            "How long the oldest record that waits for work after its commit has waited",
            background_lags.clone(),
        );
        let provisioning = registry.sub_registry_with_prefix("account_provisioning");
        provisioning.register(
            "worker_duration_seconds",
            "Time that one call of a worker took",
            worker_durations.clone(),
        );
        provisioning.register("worker_success", "Calls of a worker that succeeded", worker_successes.clone());
        provisioning.register("worker_failure", "Calls of a worker that failed", worker_failures.clone());
        provisioning.register("executions", "Runs of a workflow, by what became of them", executions.clone());
        provisioning.register(
            "execution_duration_seconds",
            "Time from the start of a run to its end",
            execution_durations.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            requests,
            durations: Family::clone(&durations),
            known: RwLock::default(),
            worker_durations,
            worker_successes,
            worker_failures,
            executions,
            execution_durations,
            background_lags,
        }))
    }
}

impl Metrics {
    /// A request was answered. `route` is the route's template, empty where none matched.
    pub fn request(&self, method: MethodLabel, route: &str, status: u16, took: Duration) {
        let (counter, histogram) = self.counters(method, route, status);
        counter.inc();
        histogram.observe(took.as_secs_f64());
    }

    /// Templates live as long as the program, so their addresses name them; methods and our statuses are closed sets.
    fn counters(&self, method: MethodLabel, route: &str, status: u16) -> (Counter, Histogram) {
        let name = (method, if route.is_empty() { 0 } else { route.as_ptr() as usize }, status);
        if let Some(known) = self.0.known.read().expect("no holder panics").get(&name) {
            return known.clone();
        }
        let make = || {
            let (method, route) = (method.as_str(), route.to_owned());
            let labels = RequestLabels { method, route: route.clone(), status };
            let counter = self.0.requests.get_or_create_owned(&labels);
            (counter, self.0.durations.get_or_create_owned(&RouteLabels { method, route }))
        };
        self.0.known.write().expect("no holder panics").entry(name).or_insert_with(make).clone()
    }

    /// How far the work after commits is behind now.
    pub fn background(&self, lag: &BackgroundLag) {
        let kinds = [
            (WorkKind::Copies, lag.copies),
            (WorkKind::Events, lag.events),
            (WorkKind::Seals, lag.seals),
            (WorkKind::Letters, lag.dead_letters),
        ];
        for (kind, seconds) in kinds {
            self.0.background_lags.get_or_create(&BackgroundLabels { work: kind.as_str() }).set(seconds);
        }
    }

    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).expect("a string takes all that is written to it");
        text
    }
}

impl WorkflowMetrics for Metrics {
    fn worker_called(&self, worker: Worker, took: Duration, succeeded: bool) {
        let labels = WorkerLabels { worker: worker.name().to_owned() };
        self.0.worker_durations.get_or_create(&labels).observe(took.as_secs_f64());
        let family = if succeeded { &self.0.worker_successes } else { &self.0.worker_failures };
        family.get_or_create(&labels).inc();
    }

    fn execution_started(&self, workflow: &str) {
        self.execution(workflow, "started");
    }

    fn execution_ended(&self, workflow: &str, status: Status, timed_out: bool, took: Duration) {
        let outcome = match status {
            _ if timed_out => "timed_out",
            Status::Succeeded => "succeeded",
            Status::Failed | Status::Running | Status::Undoing => "failed",
            Status::Undone => "undone",
            Status::Stuck => "stuck",
        };
        self.execution(workflow, outcome);
        let labels = WorkflowLabels { workflow: workflow.to_owned() };
        self.0.execution_durations.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

impl Metrics {
    fn execution(&self, workflow: &str, outcome: &str) {
        let labels = ExecutionLabels { workflow: workflow.to_owned(), outcome: outcome.to_owned() };
        self.0.executions.get_or_create(&labels).inc();
    }
}

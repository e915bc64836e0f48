//! Metrics as lines in CloudWatch's embedded metric format: the log collector makes metrics of them, and no call
//! is made for it.
//!
//! INVARIANT: one line is one JSON object, written at once; so lines of several threads don't mix.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use kernel::{
    ports::clock::Clock,
    workflow::{Status, Worker, WorkflowMetrics},
};
use serde_json::{Map, Value, json};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "AccountProvisioning";

/// A metric, its unit, its value.
type Metric = (&'static str, Unit, f64);

#[derive(Clone, Copy)]
enum Unit {
    Count,
    Milliseconds,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// A metric with its dimensions.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which installation this is: the dimension `Environment`.
    pub environment: String,
    /// Runs are counted too. Of those that Step Functions leads it has metrics itself.
    pub executions: bool,
}

/// Writes a line for each call of a worker, and for each beginning and end of a run.
pub struct EmbeddedMetrics<W> {
    options: Options,
    clock: Arc<dyn Clock>,
    lines: Mutex<W>,
}

impl<W: Write + Send> EmbeddedMetrics<W> {
    pub fn new(options: Options, clock: Arc<dyn Clock>, lines: W) -> Self {
        Self { options, clock, lines: Mutex::new(lines) }
    }

    fn tell(&self, dimension: &'static str, of: &str, metrics: &[Metric]) {
        let mut line = self.line(dimension, of, metrics).to_string();
        line.push('\n');
        let mut lines = self.lines.lock().expect("no holder panics");
        if let Err(error) = lines.write_all(line.as_bytes()).and_then(|()| lines.flush()) {
            tracing::warn!(%error, "metrics could not be written");
        }
    }

    fn line(&self, dimension: &'static str, of: &str, metrics: &[Metric]) -> Value {
        let named = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit.name() }));
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[dimension, "Environment"]],
            "Metrics": named.collect::<Vec<_>>(),
        });
        let mut line = Map::new();
        let at = self.clock.now().as_millisecond();
        line.insert("_aws".into(), json!({ "Timestamp": at, "CloudWatchMetrics": [directive] }));
        line.insert(dimension.into(), of.into());
        line.insert("Environment".into(), self.options.environment.as_str().into());
        line.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
        Value::Object(line)
    }
}

impl<W: Write + Send> WorkflowMetrics for EmbeddedMetrics<W> {
    fn worker_called(&self, worker: Worker, took: Duration, succeeded: bool) {
        // Both counts each time, so that the average of one is its rate.
        let (succeeded, failed) = if succeeded { (1.0, 0.0) } else { (0.0, 1.0) };
        self.tell(
            "Worker",
            worker.name(),
            &[
                ("WorkerDuration", Unit::Milliseconds, milliseconds(took)),
                ("WorkerSuccess", Unit::Count, succeeded),
                ("WorkerFailure", Unit::Count, failed),
            ],
        );
    }

    fn execution_started(&self, workflow: &str) {
        if self.options.executions {
            self.tell("Workflow", workflow, &[("ExecutionsStarted", Unit::Count, 1.0)]);
        }
    }

    fn execution_ended(&self, workflow: &str, status: Status, timed_out: bool, took: Duration) {
        let outcome = match status {
            Status::Failed | Status::Stuck if timed_out => "ExecutionsTimedOut",
            Status::Succeeded => "ExecutionsSucceeded",
            Status::Failed | Status::Stuck => "ExecutionsFailed",
            // The failure was counted when it happened; an open run has not ended.
            Status::Undone | Status::Running | Status::Undoing => return,
        };
        if self.options.executions {
            let time = ("ExecutionTime", Unit::Milliseconds, milliseconds(took));
            self.tell("Workflow", workflow, &[(outcome, Unit::Count, 1.0), time]);
        }
    }
}

/// To the microsecond.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use testkit::clock::FakeClock;

    use super::*;

    fn lines(environment: &str, executions: bool, tell: impl Fn(&dyn WorkflowMetrics)) -> Vec<Value> {
        let options = Options { environment: environment.to_owned(), executions };
        let metrics = EmbeddedMetrics::new(options, Arc::new(FakeClock::default()), Vec::new());
        tell(&metrics);
        let text = String::from_utf8(metrics.lines.into_inner().expect("nobody panicked")).expect("JSON is text");
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).expect("a line is one JSON object")).collect()
    }

    /// What the specification of the format says: its members, their types and limits, and that what the directives name
    /// are at the root.
    fn check(line: &Value) {
        let root = line.as_object().expect("the root is an object");
        assert!(line.to_string().len() <= 1 << 20);
        let metadata = root["_aws"].as_object().expect("the metadata is an object");
        assert_eq!(metadata.keys().collect::<Vec<_>>(), ["Timestamp", "CloudWatchMetrics"]);
        let at = metadata["Timestamp"].as_u64().expect("milliseconds since 1970");
        assert!((1_000_000_000_000..10_000_000_000_000).contains(&at), "{at} is not in milliseconds");
        for directive in metadata["CloudWatchMetrics"].as_array().expect("an array of directives") {
            let directive = directive.as_object().expect("a directive is an object");
            let members: BTreeSet<_> = directive.keys().map(String::as_str).collect();
            assert_eq!(members, ["Dimensions", "Metrics", "Namespace"].into());
            let namespace = directive["Namespace"].as_str().expect("a namespace is a text");
            assert!((1..=1024).contains(&namespace.len()));
            for set in directive["Dimensions"].as_array().expect("an array of sets") {
                let set = set.as_array().expect("a set is an array");
                assert!(set.len() <= 30);
                for dimension in set {
                    let dimension = dimension.as_str().expect("a dimension's name is a text");
                    assert!((1..=250).contains(&dimension.len()));
                    let value = root[dimension].as_str().expect("a dimension's value is a text at the root");
                    assert!((1..=1024).contains(&value.len()) && value.is_ascii());
                }
            }
            let metrics = directive["Metrics"].as_array().expect("an array of metrics");
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                let metric = metric.as_object().expect("a metric is an object");
                assert_eq!(metric.keys().collect::<Vec<_>>(), ["Name", "Unit"]);
                let name = metric["Name"].as_str().expect("a metric's name is a text");
                assert!((1..=1024).contains(&name.len()));
                assert!(root[name].is_number(), "{name} has no number at the root");
                assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().expect("a unit is a text")));
            }
        }
    }

    #[test]
    fn a_call_of_a_worker_is_one_line() {
        for worker in plane::features::workers() {
            for (succeeded, counts) in [(true, (1.0, 0.0)), (false, (0.0, 1.0))] {
                let took = Duration::from_micros(1_234_567);
                let told = lines("prod", false, |metrics| metrics.worker_called(worker, took, succeeded));
                let [line] = told.as_slice() else { panic!("{told:?}") };
                check(line);
                assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "AccountProvisioning");
                assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Worker", "Environment"]]));
                assert_eq!(
                    line["_aws"]["CloudWatchMetrics"][0]["Metrics"],
                    json!([
                        { "Name": "WorkerDuration", "Unit": "Milliseconds" },
                        { "Name": "WorkerSuccess", "Unit": "Count" },
                        { "Name": "WorkerFailure", "Unit": "Count" },
                    ])
                );
                assert_eq!((&line["Worker"], &line["Environment"]), (&json!(worker.name()), &json!("prod")));
                assert_eq!(line["WorkerDuration"], json!(1_234.567));
                assert_eq!((line["WorkerSuccess"].as_f64(), line["WorkerFailure"].as_f64()), {
                    (Some(counts.0), Some(counts.1))
                });
            }
        }
    }

    #[test]
    fn runs_are_counted_where_nobody_else_does() {
        let run = |metrics: &dyn WorkflowMetrics| {
            metrics.execution_started("account-onboarding");
            for (status, timed_out) in [
                (Status::Succeeded, false),
                (Status::Failed, false),
                (Status::Failed, true),
                (Status::Stuck, false),
                (Status::Undone, false),
            ] {
                metrics.execution_ended("account-onboarding", status, timed_out, Duration::from_millis(1500));
            }
        };
        let told = lines("dev", true, run);
        told.iter().for_each(check);
        let counted: Vec<_> = told
            .iter()
            .map(|line| {
                assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Workflow", "Environment"]]));
                assert_eq!(line["Workflow"], "account-onboarding");
                let name = line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str().unwrap_or_default();
                (name.to_owned(), line[name].as_f64(), line["ExecutionTime"].as_f64())
            })
            .collect();
        let row = |name: &str, time| (name.to_owned(), Some(1.0), time);
        assert_eq!(
            counted,
            [
                row("ExecutionsStarted", None),
                row("ExecutionsSucceeded", Some(1500.0)),
                row("ExecutionsFailed", Some(1500.0)),
                row("ExecutionsTimedOut", Some(1500.0)),
                row("ExecutionsFailed", Some(1500.0)),
            ]
        );
        assert_eq!(lines("dev", false, run), [json!(null); 0]);
    }
}

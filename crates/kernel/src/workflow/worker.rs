//! A worker as data: its name, which its dead-letter queue and its metrics carry, and the time that a call may take.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Who does the steps of one kind. Plans declare their workers, so the set of names is closed: names are labels of metrics
/// and parts of the names of queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Worker {
    name: &'static str,
    timeout: Duration,
}

impl Worker {
    /// The name is in kebab case, such as `dynamodb-provisioner`; one call may take `timeout`.
    pub const fn new(name: &'static str, timeout: Duration) -> Self {
        Self { name, timeout }
    }

    pub const fn name(self) -> &'static str {
        self.name
    }

    /// How long one call may take.
    pub const fn timeout(self) -> Duration {
        self.timeout
    }
}

/// A worker's name in a record: it stays readable when no plan declares the worker any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct WorkerName(Cow<'static, str>);

impl WorkerName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Worker> for WorkerName {
    fn from(worker: Worker) -> Self {
        Self(Cow::Borrowed(worker.name))
    }
}

impl PartialEq<Worker> for WorkerName {
    fn eq(&self, worker: &Worker) -> bool {
        self.0 == worker.name
    }
}

impl TryFrom<String> for WorkerName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if name.len() <= 64 && name.split('-').all(part) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err("the name of a worker, such as dynamodb-provisioner")
        }
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The product adds the names of its workers, which the kernel does not know.
impl JsonSchema for WorkerName {
    fn schema_name() -> Cow<'static, str> {
        "Worker".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A kind of worker; each has a dead-letter queue of its own.",
        })
    }
}

//! Faults on purpose (embedded profile and tests): which step fails how, and how many times.
//!
//! A list such as `ProvisionCognitoUsers[0]:transient*2,VerifyProvisioning:permanent,undo.CreateStack:crash-after`.
//! Without a count a fault strikes once; `*always` strikes every time. A map without an item means each of its items.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex},
};

use super::{run_state::Direction, workers::Call};
use crate::ports::external_error::ErrorKind;

/// Faults that are left to strike.
#[derive(Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    crash: Option<Crash>,
}

type Crash = Arc<dyn Fn(&Call) + Send + Sync>;

struct Rule {
    direction: Direction,
    state: String,
    item: Option<u32>,
    fault: Fault,
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The step fails before it takes effect.
    Error(ErrorKind),
    /// The step takes effect and then reports a passing error.
    ErrorAfter,
    /// The process ends before the step takes effect.
    CrashBefore,
    /// The process ends when the step has taken effect and before that is written down.
    CrashAfter,
    /// The step is done twice in a row.
    Repeat,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fault reads [undo.]State[item]:kind*count, where kind is transient, throttled, permanent, error-after, crash-before, crash-after or repeat: not {0}"
)]
pub struct BadFault(pub String);

impl Faults {
    /// What a `crash-*` fault does. It need not return; if it does, the call never answers.
    #[must_use]
    pub fn on_crash(mut self, crash: impl Fn(&Call) + Send + Sync + 'static) -> Self {
        self.crash = Some(Arc::new(crash));
        self
    }

    /// The fault that strikes this call, which is one fewer to come.
    pub(super) fn strike(&self, call: &Call) -> Option<Fault> {
        let mut rules = self.rules.lock().expect("no holder panics");
        let rule = rules.iter_mut().find(|rule| {
            rule.left > 0
                && rule.direction == call.direction
                && rule.state == call.step.state
                && (rule.item.is_none() || rule.item == call.step.item)
        })?;
        if rule.left != u32::MAX {
            rule.left -= 1;
        }
        Some(rule.fault)
    }

    pub(super) async fn crash(&self, call: &Call) -> std::convert::Infallible {
        if let Some(crash) = &self.crash {
            crash(call);
        }
        std::future::pending().await
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faults({})", self.rules.lock().expect("no holder panics").len())
    }
}

impl FromStr for Faults {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(str::parse);
        Ok(Self { rules: Arc::new(Mutex::new(rules.collect::<Result<_, _>>()?)), crash: None })
    }
}

impl FromStr for Rule {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let bad = || BadFault(text.to_owned());
        let (step, fault) = text.split_once(':').ok_or_else(bad)?;
        let (direction, step) =
            step.strip_prefix("undo.").map_or((Direction::Do, step), |step| (Direction::Undo, step));
        let (state, item) = match step.strip_suffix(']').map(|step| step.split_once('[').ok_or_else(bad)) {
            Some(parts) => {
                let (state, item) = parts?;
                (state, Some(item.parse().map_err(|_| bad())?))
            }
            None => (step, None),
        };
        let (fault, left) = match fault.split_once('*') {
            Some((fault, "always")) => (fault, u32::MAX),
            Some((fault, count)) => (fault, count.parse().map_err(|_| bad())?),
            None => (fault, 1),
        };
        let fault = match fault {
            "transient" => Fault::Error(ErrorKind::Transient),
            "throttled" => Fault::Error(ErrorKind::Throttled),
            "permanent" => Fault::Error(ErrorKind::Permanent),
            "error-after" => Fault::ErrorAfter,
            "crash-before" => Fault::CrashBefore,
            "crash-after" => Fault::CrashAfter,
            "repeat" => Fault::Repeat,
            _ => return Err(bad()),
        };
        if state.is_empty() {
            return Err(bad());
        }
        Ok(Self { direction, state: state.to_owned(), item, fault, left })
    }
}

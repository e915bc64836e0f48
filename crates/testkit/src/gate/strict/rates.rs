//! What CloudFormation and the control plane of DynamoDB take at most.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::gate::{call::Call, wire::Answer};

/// The operations on tables of which DynamoDB runs some hundred at once, and no more.
const TABLE_OPERATIONS: [&str; 4] = ["CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive"];

#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Requests of one operation that CloudFormation answers in a second. It documents that there is such a rate, and no number.
    pub cloudformation: usize,
    /// Operations on tables that DynamoDB has under way at once: 500, of tables with indexes 250.
    pub tables_at_once: usize,
    /// So long an operation on a table is under way.
    pub table_lasts: Duration,
}

#[derive(Default)]
pub(super) struct Counters {
    /// The requests of the last second, by operation.
    asked: Mutex<HashMap<String, Vec<Instant>>>,
    tables: Mutex<Vec<Instant>>,
    refused: AtomicUsize,
}

impl Counters {
    pub(super) fn refused(&self) -> usize {
        self.refused.swap(0, Ordering::SeqCst)
    }

    /// What a service answers to a call beyond its rate.
    pub(super) fn refusal(&self, rates: Rates, call: &Call) -> Option<Answer> {
        let now = Instant::now();
        if call.service == "cloudformation" {
            let mut asked = self.asked.lock().expect("no holder panics");
            let times = asked.entry(call.operation.clone()).or_default();
            if !takes(times, now, Duration::from_secs(1), rates.cloudformation) {
                self.refused.fetch_add(1, Ordering::SeqCst);
                return Some(Answer::xml_error(400, "Throttling", "Rate exceeded"));
            }
        }
        if call.service == "dynamodb" && TABLE_OPERATIONS.contains(&call.operation.as_str()) {
            let mut tables = self.tables.lock().expect("no holder panics");
            if !takes(&mut tables, now, rates.table_lasts, rates.tables_at_once) {
                self.refused.fetch_add(1, Ordering::SeqCst);
                let message = format!(
                    "Subscriber limit exceeded: Only {} tables can be created, updated, or deleted simultaneously",
                    rates.tables_at_once
                );
                return Some(Answer::error(400, "LimitExceededException", &message));
            }
        }
        None
    }
}

/// Whether one more fits beside those that began within `lasts`.
fn takes(times: &mut Vec<Instant>, now: Instant, lasts: Duration, most: usize) -> bool {
    times.retain(|time| now.duration_since(*time) < lasts);
    if times.len() >= most {
        return false;
    }
    times.push(now);
    true
}

//! Where the emulators are kinder than AWS: each switch has the gate answer as AWS does.

mod drift;
mod lag;
mod rates;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use serde_json::{Value, json};

pub use self::rates::Rates;
pub(super) use self::{
    drift::Stacks,
    lag::{Replica, tables_of},
};
use super::{call::Call, wire::Answer};

/// What the gate does as AWS does and the emulators do not. All is off at first.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Strictness {
    /// Two writes that overlap on an item conflict, if one of them is part of a transaction. A transaction is under way for
    /// so long at least: DynamoDB prepares it before it writes.
    pub transactions: Option<Duration>,
    /// Tables that are used by roles of other accounts are under keys of KMS of their owners: a session whose policy permits
    /// nothing of KMS can't read or write them.
    pub owners_keys: bool,
    /// The backups of a new table can't be switched on at the first so many tries. The emulator of tables knows none.
    pub backups_come_late: usize,
    /// Parameters of a stack have drifted when anyone but CloudFormation has written or deleted them. The emulator detects
    /// no drift.
    pub stacks_drift: bool,
    /// A stack whose table is there already is rolled back. The emulator rolls nothing back.
    pub stacks_roll_back: bool,
    /// A secret that is scheduled for deletion keeps its name: none can be made under it.
    pub secrets_leave: bool,
    /// What CloudFormation and the control plane of DynamoDB take at most.
    pub rates: Option<Rates>,
    /// Indexes show a write so long after it at the earliest.
    pub indexes_lag: Option<Duration>,
}

/// An item of a table.
pub(super) type Place = (String, String, String);

/// What the switches remember.
#[derive(Default)]
pub(super) struct Strict {
    pub(super) of: Mutex<Strictness>,
    /// The items that writes are under way on, and whether the write is a transaction.
    under_way: Mutex<HashMap<Place, Vec<bool>>>,
    conflicts: Mutex<usize>,
    /// How often each table's backups were to be switched on.
    backup_tries: Mutex<HashMap<String, usize>>,
    /// The policies of sessions of roles, by their access keys.
    sessions: Mutex<HashMap<String, String>>,
    pub(super) stacks: Stacks,
    rates: rates::Counters,
}

impl Strict {
    pub(super) fn of(&self) -> Strictness {
        *self.of.lock().expect("no holder panics")
    }

    /// How many calls were refused for their rate since this was asked last.
    pub(super) fn throttled(&self) -> usize {
        self.rates.refused()
    }

    /// How often a write was refused for a conflict since this was asked last.
    pub(super) fn conflicts(&self) -> usize {
        std::mem::take(&mut self.conflicts.lock().expect("no holder panics"))
    }

    /// The answer to a call that AWS refuses.
    pub(super) fn refusal(&self, call: &Call) -> Option<Answer> {
        let of = self.of();
        if let Some(refusal) = of.rates.and_then(|rates| self.rates.refusal(rates, call)) {
            return Some(refusal);
        }
        if of.stacks_roll_back
            && let Some(answer) = self.stacks.rolled_back(call)
        {
            return Some(answer);
        }
        if of.stacks_drift
            && let Some(answer) = self.stacks.answer(call)
        {
            return Some(answer);
        }
        if of.backups_come_late > 0 && call.operation.ends_with("ContinuousBackups") {
            return Some(self.backups(call, of.backups_come_late));
        }
        if of.owners_keys && call.service == "dynamodb" && call.operation != "DescribeTable" {
            let sessions = self.sessions.lock().expect("no holder panics");
            if sessions.get(&call.key).is_some_and(|policy| !policy.contains("kms:Decrypt")) {
                let message =
                    "User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext";
                return Some(Answer::error(400, "AccessDeniedException", message));
            }
        }
        None
    }

    /// What AWS says of a table's backups: they can be switched on after so many tries.
    fn backups(&self, call: &Call, late: usize) -> Answer {
        let table = serde_json::from_str::<Value>(&call.body).unwrap_or_default()["TableName"].to_string();
        let mut tries = self.backup_tries.lock().expect("no holder panics");
        let tries = tries.entry(table).or_default();
        if call.operation == "UpdateContinuousBackups" {
            *tries += 1;
            if *tries <= late {
                let message = "Backups are being enabled for the table. Please retry later";
                return Answer::error(400, "ContinuousBackupsUnavailableException", message);
            }
        }
        let status = if *tries > late { "ENABLED" } else { "DISABLED" };
        let body = json!({ "ContinuousBackupsDescription": { "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": status } } });
        Answer::new(200, &[("content-type", "application/x-amz-json-1.0")], body.to_string())
    }

    /// Learns of a session of a role, and of what becomes of a stack's parameters.
    pub(super) fn learn(&self, call: &Call, answer: &Answer) {
        if answer.status >= 300 {
            return;
        }
        self.stacks.learn(call);
        if call.operation != "AssumeRole" {
            return;
        }
        let said = String::from_utf8_lossy(&answer.body);
        let key =
            said.split_once("<AccessKeyId>").and_then(|(_, rest)| rest.split_once('<')).map(|(key, _)| key.to_owned());
        if let (Some(key), Some(policy)) = (key, call.field("Policy")) {
            self.sessions.lock().expect("no holder panics").insert(key, policy);
        }
    }

    /// Whether a write may go on; a transaction takes its time. The other answer is a conflict.
    pub(super) async fn begin(&self, call: &Call) -> Result<Option<Writing<'_>>, Answer> {
        let Some(lasts) = self.of().transactions else { return Ok(None) };
        let Some((places, is_transaction)) = written(call) else { return Ok(None) };
        let writing = {
            let mut under_way = self.under_way.lock().expect("no holder panics");
            let meets = |place: &Place| {
                let others = under_way.get(place).map_or(&[][..], Vec::as_slice);
                if is_transaction { !others.is_empty() } else { others.contains(&true) }
            };
            let met: Vec<bool> = places.iter().map(meets).collect();
            if met.contains(&true) {
                *self.conflicts.lock().expect("no holder panics") += 1;
                return Err(conflict(is_transaction, &met));
            }
            for place in &places {
                under_way.entry(place.clone()).or_default().push(is_transaction);
            }
            Writing { strict: self, places, is_transaction }
        };
        if is_transaction {
            tokio::time::sleep(lasts).await;
        }
        Ok(Some(writing))
    }
}

/// A write that is under way.
pub(super) struct Writing<'a> {
    strict: &'a Strict,
    places: Vec<Place>,
    is_transaction: bool,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut under_way = self.strict.under_way.lock().expect("no holder panics");
        for place in &self.places {
            let Some(writes) = under_way.get_mut(place) else { continue };
            if let Some(one) = writes.iter().position(|write| *write == self.is_transaction) {
                writes.swap_remove(one);
            }
            if writes.is_empty() {
                under_way.remove(place);
            }
        }
    }
}

/// The items that a call writes or checks, and whether it is a transaction.
pub(super) fn written(call: &Call) -> Option<(Vec<Place>, bool)> {
    if call.service != "dynamodb" {
        return None;
    }
    let body: Value = serde_json::from_str(&call.body).ok()?;
    let place = |of: &Value| -> Option<Place> {
        let key = if of["Key"].is_object() { &of["Key"] } else { &of["Item"] };
        let text = |value: &Value| value["S"].as_str().map(ToOwned::to_owned);
        Some((of["TableName"].as_str()?.to_owned(), text(&key["PK"])?, text(&key["SK"])?))
    };
    match call.operation.as_str() {
        "TransactWriteItems" => {
            let members = body["TransactItems"].as_array()?.iter().filter_map(|member| member.as_object());
            Some((members.flat_map(|member| member.values().filter_map(place)).collect(), true))
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => Some((vec![place(&body)?], false)),
        _ => None,
    }
}

fn conflict(is_transaction: bool, met: &[bool]) -> Answer {
    const MESSAGE: &str = "Transaction is ongoing for the item";
    if !is_transaction {
        return Answer::error(400, "TransactionConflictException", MESSAGE);
    }
    let reasons = met.iter().map(|met| match met {
        true => json!({ "Code": "TransactionConflict", "Message": MESSAGE }),
        false => json!({ "Code": "None" }),
    });
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons.collect::<Value>()
    });
    Answer::new(400, &[("content-type", "application/x-amz-json-1.0")], body.to_string())
}

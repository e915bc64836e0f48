//! Checks of an account's chain: from the last signed checkpoint, one at a time for each account, and apart from the threads
//! that answer requests.

use std::collections::BTreeMap;

use futures::FutureExt as _;

use crate::{
    audit::{AuditEntry, ChainCheck, ChainHead, ChainReport, Checkpoint, Depth, Running, chain, chain_position},
    ids::AccountId,
    plane::Plane,
    ports::table::{CommitError, Condition, Index, Item, MAX_PAGE, Query, Range, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode, encode, partition},
    system::SystemTask,
};

/// So many entries are read, and hashed, in one piece.
const PIECE: usize = 250;

impl Plane {
    /// Checks the chain of an account's audit log. Callers that come while the same check is under way share its report.
    pub async fn verify_audit(&self, account: AccountId, depth: Depth) -> Result<ChainReport> {
        let running = {
            let mut running = self.audit_checks().running.lock().expect("no holder panics");
            running.entry((account, depth)).or_insert_with(|| begin_check(self, account, depth)).clone()
        };
        running.await
    }

    /// The signed end of an account's chain, as it now is.
    pub(super) async fn audit_checkpoint(&self, account: AccountId) -> Result<Checkpoint> {
        let report = self.verify_audit(account, Depth::SinceCheckpoint).await?;
        if let Some(broken) = report.broken {
            let detail = format!("the audit log is not as it was written, so nothing is signed: {broken}");
            return Err(Problem::new(Code::Conflict, detail));
        }
        match last_checkpoint(self, account).await? {
            Some(checkpoint) => Ok(checkpoint.record),
            None => Ok(self.audit_checks().key.sign(&ChainHead::first(account), self.now())),
        }
    }
}

fn begin_check(plane: &Plane, account: AccountId, depth: Depth) -> Running {
    let plane = plane.clone();
    let task = tokio::spawn(async move {
        let report = check_chain(&plane, account, depth).await;
        plane.audit_checks().running.lock().expect("no holder panics").remove(&(account, depth));
        report
    });
    async move { task.await.unwrap_or_else(|error| Err(Problem::internal(&error))) }.boxed().shared()
}

async fn check_chain(plane: &Plane, account: AccountId, depth: Depth) -> Result<ChainReport> {
    let _place = plane.audit_checks().places.acquire().await.expect("the semaphore is never closed");
    let checkpoint = last_checkpoint(plane, account).await?;
    let head = chain_head(plane, account).await?;
    if let Some(broken) = checkpoint.as_ref().and_then(|checkpoint| contradicted(plane, checkpoint, &head)) {
        let entries = head.sequence;
        return Ok(ChainReport { account_id: account, valid: false, entries, checked_from: 0, broken: Some(broken) });
    }
    let known = match (depth, &checkpoint) {
        (Depth::SinceCheckpoint, Some(checkpoint)) => checkpoint.head(),
        (Depth::SinceCheckpoint, None) | (Depth::Full, _) => ChainHead::first(account),
    };
    let report = check_by_index(plane, known.clone(), &head).await?;
    // The index may not show yet what was sealed just now, and what is missing is an alarm.
    let report = if report.valid { report } else { check_by_table(plane, known, &head).await? };
    if report.valid && checkpoint.as_ref().is_none_or(|checkpoint| checkpoint.sequence < head.sequence) {
        keep_checkpoint(plane, checkpoint.as_ref(), &head).await?;
    }
    Ok(report)
}

/// What is wrong if the last checkpoint can't be one of this chain.
fn contradicted(plane: &Plane, checkpoint: &Checkpoint, head: &ChainHead) -> Option<String> {
    if !checkpoint.is_signed_by(&plane.audit_checks().key.public()) {
        return Some("the stored checkpoint is not signed by this platform".to_owned());
    }
    let Checkpoint { sequence, .. } = checkpoint;
    let lost = head.sequence < *sequence || head.sequence == *sequence && head.hash != checkpoint.hash;
    lost.then(|| format!("the chain ends at entry {}, and was signed up to entry {sequence}", head.sequence))
}

async fn chain_head(plane: &Plane, account: AccountId) -> Result<ChainHead> {
    let first = ChainHead::first(account);
    let found = plane.system(SystemTask::AuditChecks).get(&first.place().key).await?;
    Ok(found.map(|item| decode::<ChainHead>(&item)).transpose()?.map_or(first, |head| head.record))
}

async fn last_checkpoint(plane: &Plane, account: AccountId) -> Result<Option<Stored<Checkpoint>>> {
    plane.system(SystemTask::AuditChecks).get(&Checkpoint::key(account)).await?.map(|item| decode(&item)).transpose()
}

async fn keep_checkpoint(plane: &Plane, before: Option<&Stored<Checkpoint>>, head: &ChainHead) -> Result<()> {
    let checkpoint = plane.audit_checks().key.sign(head, plane.now());
    let when = before.map_or(Condition::Absent, |before| Condition::Version(before.version));
    match plane.system(SystemTask::AuditChecks).commit(vec![Write::Put { item: encode(&checkpoint), when }]).await {
        // Another process has signed as much or more.
        Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

/// Reads the entries in the order of the chain.
async fn check_by_index(plane: &Plane, known: ChainHead, head: &ChainHead) -> Result<ChainReport> {
    let range = Range::Between(chain_position(known.sequence + 1), chain_position(head.sequence));
    let query = Query { limit: PIECE, ..Query::ascending(Index::Gsi2, chain(known.account_id), range) };
    let mut check = ChainCheck::after(known);
    if check.last().sequence >= head.sequence {
        return Ok(check.finish(Some(head)));
    }
    let table = plane.system(SystemTask::AuditChecks);
    let mut pages = table.current_pages(query);
    while let Some(items) = pages.next().await? {
        check = add_all(check, items).await?;
    }
    Ok(check.finish(Some(head)))
}

/// Reads every entry of the account, and those after a link in the order of the chain.
async fn check_by_table(plane: &Plane, known: ChainHead, head: &ChainHead) -> Result<ChainReport> {
    let range = Range::Prefix(format!("{}#", AuditEntry::KIND));
    let query = Query { limit: MAX_PAGE, ..Query::ascending(Index::Table, partition(known.account_id), range) };
    let table = plane.system(SystemTask::AuditChecks);
    let mut pages = table.pages(query);
    let mut items = BTreeMap::new();
    while let Some(page) = pages.next().await? {
        for item in page {
            let entry = decode::<AuditEntry>(&item)?.record;
            // What waits to be sealed, and what was sealed after the head was read, is beyond it.
            if let Some(sequence) = entry.seal.as_ref().map(|seal| seal.sequence)
                && (known.sequence + 1..=head.sequence).contains(&sequence)
            {
                items.insert((sequence, entry.id), item);
            }
        }
        tokio::task::yield_now().await;
    }
    let mut check = ChainCheck::after(known);
    let mut items = items.into_values();
    loop {
        let piece: Vec<Item> = items.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            return Ok(check.finish(Some(head)));
        }
        check = add_all(check, piece).await?;
    }
}

/// Hashes a piece of the chain on a thread of its own.
async fn add_all(mut check: ChainCheck, items: Vec<Item>) -> Result<ChainCheck> {
    let checked = tokio::task::spawn_blocking(move || {
        for item in &items {
            if !check.add(&decode::<AuditEntry>(item)?.record) {
                break;
            }
        }
        Ok(check)
    });
    checked.await.map_err(|error| Problem::internal(&error))?
}

//! Events on their way out: at least once, and in the order of their ids for each account.

use std::{collections::BTreeSet, sync::Arc};

use super::{CommitOutcome, WorkKind, line::QueueBatch};
use crate::{
    Kernel,
    change::OutgoingEvent,
    ids::AccountId,
    ports::table::{Item, MAX_WRITES, Table, TableName, Write},
    problem::{Code, Problem, Result},
    record::{decode, replace},
};

impl Kernel {
    /// Delivers pending events; those about failures also as alerts. Returns whether more are pending, including those that
    /// another process was faster with.
    pub(super) async fn deliver(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let line = OutgoingEvent::PENDING;
        let QueueBatch { items: due, more } = self.portion(table.as_ref(), name, WorkKind::Events, line).await?;
        let mut round = Round::default();
        let mut outcome = CommitOutcome::Done;
        for items in due.chunks(MAX_WRITES) {
            let delivered = self.send_all(items, &mut round).await?;
            // Those that went out are not to go out each time that another is tried again.
            if !delivered.is_empty() {
                outcome = outcome.and(CommitOutcome::of(table.commit(delivered).await)?);
            }
            if round.over {
                break;
            }
        }
        round.failure.map_or(Ok(()), Err)?;
        Ok(self.portion_done(name, WorkKind::Events, more || outcome == CommitOutcome::Overtaken))
    }

    /// Sends what can be sent, and answers the writes that say so.
    async fn send_all(&self, items: &[Item], round: &mut Round) -> Result<Vec<Write>> {
        let mut delivered = Vec::with_capacity(items.len());
        for item in items {
            let outgoing = decode::<OutgoingEvent>(item)?;
            if round.held_up.contains(&outgoing.event.account_id) {
                continue;
            }
            match self.send_out(&outgoing).await {
                Ok(()) => {
                    let sent = OutgoingEvent { delivered_at: Some(self.now()), ..outgoing.record.clone() };
                    delivered.push(replace(&outgoing, &sent));
                }
                Err(problem) => {
                    round.failure.get_or_insert(problem);
                    round.held_up.insert(outgoing.event.account_id);
                    // Alerts have ways of their own: what holds one up need not hold up the events of other accounts.
                    round.over = !is_alert(&outgoing);
                    if round.over {
                        break;
                    }
                }
            }
        }
        Ok(delivered)
    }

    async fn send_out(&self, outgoing: &OutgoingEvent) -> Result<()> {
        let events = &self.ports().events;
        let event = &outgoing.event;
        let sent = if is_alert(outgoing) { events.alert(event).await } else { events.publish(event).await };
        sent.map_err(|error| {
            tracing::warn!(%error, event.id = %event.id, "an event was not delivered");
            Problem::new(Code::Unavailable, "the event bus does not answer now")
        })
    }
}

/// How a look through the line went.
#[derive(Default)]
struct Round {
    /// Accounts that have an event which did not go out: those behind it wait for it.
    held_up: BTreeSet<AccountId>,
    failure: Option<Problem>,
    /// The bus itself takes nothing now.
    over: bool,
}

fn is_alert(outgoing: &OutgoingEvent) -> bool {
    outgoing.event.kind.ends_with(".failed")
}

//! Follows a run's events: the past from the journal, then whatever is appended, each once and in order.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{sync::watch, time::timeout};

use super::{
    event::Event,
    journal::{Journal, JournalError},
};
use crate::ids::ExecutionId;

/// Another process may drive the run: then nobody here says that it went on, and the journal is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Tells the watchers of this process which event was appended last. The events themselves are read from the journal,
/// so nothing is lost or doubled however late or early a watcher comes.
#[derive(Default)]
pub(super) struct Hub {
    runs: Mutex<HashMap<ExecutionId, watch::Sender<u64>>>,
}

impl Hub {
    pub(super) fn publish(&self, execution: ExecutionId, last: u64) {
        let mut runs = self.runs.lock().expect("no holder panics");
        if let Some(sender) = runs.get(&execution) {
            if sender.receiver_count() == 0 {
                runs.remove(&execution);
            } else {
                sender.send_replace(last);
            }
        }
    }

    fn subscribe(&self, execution: ExecutionId) -> watch::Receiver<u64> {
        let mut runs = self.runs.lock().expect("no holder panics");
        runs.retain(|_, sender| sender.receiver_count() > 0);
        runs.entry(execution).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// The events after number `after`; ends when the run is closed and all were sent.
    pub(super) fn follow(
        &self,
        journal: Journal,
        execution: ExecutionId,
        after: u64,
    ) -> impl Stream<Item = Result<Event, JournalError>> + Send + 'static {
        let watcher =
            Watcher { journal, execution, last: after, news: self.subscribe(execution), read: VecDeque::new() };
        stream::try_unfold(
            watcher,
            |mut watcher| async move { Ok(watcher.next().await?.map(|event| (event, watcher))) },
        )
    }
}

struct Watcher {
    journal: Journal,
    execution: ExecutionId,
    last: u64,
    news: watch::Receiver<u64>,
    read: VecDeque<Event>,
}

impl Watcher {
    async fn next(&mut self) -> Result<Option<Event>, JournalError> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.last = event.number;
                return Ok(Some(event));
            }
            // Marked as seen before the journal is read: what comes in between wakes the wait below.
            self.news.borrow_and_update();
            self.read = self.journal.events(self.execution, self.last).await?.into();
            if !self.read.is_empty() {
                continue;
            }
            let head = self.journal.head(self.execution).await?.head;
            if head.events > self.last {
                continue;
            }
            if !head.status.is_open() {
                return Ok(None);
            }
            // Both ways lead back to the journal.
            let _ = timeout(LOOK_AGAIN, self.news.changed()).await;
        }
    }
}

//! One run under way: a task that alone holds the run's head, so that runs share no lock.
//!
//! INVARIANT: a step is begun after the commit that says so, and what comes next after the commit of its result. Results
//! and the decisions from them are in one commit.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::OwnedSemaphorePermit, task::JoinSet};

use super::{
    dead_letters,
    embedded::Shared,
    event::{EventKind, Status},
    journal::{JournalError, Lease, LoadedRun, RunHold},
    perform::{call, perform},
    run_state::{Answer, NextAction, RunAction, RunState, Step, later},
    workers::{Transition, Workflow},
};
use crate::ports::external_error::ErrorKind;
use crate::ports::{
    clock::Clock,
    table::{TableError, Write},
};

/// The maximum number of results in one commit; with the items captured, their dead letters and the next steps they
/// stay within the table's limit of writes.
const MAX_RESULTS: usize = 15;
/// The clock may be shifted while somebody sleeps by it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub(super) struct Run {
    shared: Arc<Shared>,
    workflow: Workflow,
    loaded: LoadedRun,
    fence: u64,
    state: RunState,
    calls: JoinSet<(Step, Answer)>,
    /// What happened and is not written down yet.
    fresh: Vec<EventKind>,
    /// The run's place among those that work at once; given back while it only waits.
    place: Option<OwnedSemaphorePermit>,
    renew_at: Timestamp,
}

impl Run {
    /// `None` if this process does not know the workflow.
    pub(super) async fn take_up(
        shared: &Arc<Shared>,
        loaded: LoadedRun,
        place: OwnedSemaphorePermit,
    ) -> Result<Option<Self>, JournalError> {
        let head = &loaded.head;
        let Some(workflow) = shared.workflows.of(head).cloned() else {
            tracing::error!(execution = %head.execution_id, workflow = %head.workflow, version = head.plan_version,
                "no such workflow is known here, the run stays open");
            return Ok(None);
        };
        let mut history = shared.journal.events(head.execution_id, 0).await?;
        history.retain(|event| event.number <= head.events);
        let mut run_state = RunState::replay(&workflow.plan, &head.input, &history)
            .map_err(|error| JournalError::Damaged(error.to_string()))?;
        let now = shared.clock.now();
        let mut fresh = Vec::new();
        for stored in &head.answers {
            for what in run_state.take_answer(&workflow.plan, stored) {
                run_state.apply(&workflow.plan, &what, now).map_err(JournalError::Damaged)?;
                fresh.push(what);
            }
        }
        if run_state.is_under_way() {
            let resumed = EventKind::Resumed { holder: shared.settings.holder.clone() };
            run_state.apply(&workflow.plan, &resumed, now).map_err(JournalError::Damaged)?;
            fresh.push(resumed);
        }
        if head.fence == 0 {
            shared.settings.metrics.execution_started(workflow.plan.name);
        }
        let kept = head.lease.as_ref().is_some_and(|lease| lease.holder == shared.settings.holder);
        let fence = if kept { head.fence } else { head.fence + 1 };
        Ok(Some(Self {
            shared: Arc::clone(shared),
            workflow,
            loaded,
            fence,
            state: run_state,
            calls: JoinSet::new(),
            fresh,
            place: Some(place),
            renew_at: now,
        }))
    }

    pub(super) async fn go_on(mut self) -> Result<(), JournalError> {
        let mut draining = self.shared.draining.subscribe();
        loop {
            let ending = *draining.borrow_and_update();
            let now = self.shared.clock.now();
            let next = if ending {
                NextAction { record: Vec::new(), act: RunAction::Wait(None) }
            } else {
                self.state.advance(&self.workflow.plan, now)
            };
            self.fresh.extend(next.record);
            let act = self.held_through(next.act, now);
            let rests_until = if let RunAction::Rest(until) = act { Some(until) } else { None };
            let unheld = &self.loaded.head;
            let rests_anew = rests_until.is_some() && (unheld.rests_until != rests_until || unheld.lease.is_some());
            if !self.fresh.is_empty() || rests_anew || (now >= self.renew_at && !self.calls.is_empty()) {
                self.write_down(rests_until).await?;
            }
            match act {
                // Nobody holds it now: an answer from outside or the time has it taken up again.
                RunAction::Rest(_) => return Ok(()),
                RunAction::Finished(status) => {
                    self.ended(status);
                    return Ok(());
                }
                RunAction::Perform(steps) => steps.into_iter().for_each(|step| self.begin(step)),
                RunAction::Wait(_) if ending && self.calls.is_empty() => return self.give_back().await,
                RunAction::Wait(until) => {
                    let until = self.wake_at(until, ending);
                    if self.calls.is_empty() {
                        self.place = None;
                    }
                    let clock = Arc::clone(&self.shared.clock);
                    tokio::select! {
                        Some(answer) = self.calls.join_next() => self.take(answer),
                        () = sleep_until(clock.as_ref(), until) => {}
                        _ = draining.changed(), if !ending => {}
                    }
                    self.gather();
                    if self.place.is_none() {
                        let places = Arc::clone(&self.shared.places);
                        self.place = Some(places.acquire_owned().await.expect("the semaphore is never closed"));
                    }
                }
            }
        }
    }

    /// A wait for a time that is soon over is not worth giving the run back.
    fn held_through(&self, act: RunAction, now: Timestamp) -> RunAction {
        match act {
            RunAction::Rest(until)
                if self.state.open_wait(&self.workflow.plan, self.loaded.head.execution_id).is_none()
                    && later(now, self.shared.settings.lease) >= until =>
            {
                RunAction::Wait(Some(until))
            }
            RunAction::Rest(_) | RunAction::Wait(_) | RunAction::Perform(_) | RunAction::Finished(_) => act,
        }
    }

    fn wake_at(&self, until: Option<Timestamp>, ending: bool) -> Timestamp {
        let lease = if self.calls.is_empty() { Timestamp::MAX } else { self.renew_at };
        let deadline = if ending { Timestamp::MAX } else { self.state.deadline() };
        until.unwrap_or(Timestamp::MAX).min(deadline).min(lease)
    }

    fn begin(&mut self, step: Step) {
        let call = call(&self.workflow, &self.state, &self.loaded.head, &step, self.fence);
        let (shared, workers) = (Arc::clone(&self.shared), Arc::clone(&self.workflow.workers));
        self.calls.spawn(async move {
            let (faults, metrics) = (&shared.settings.faults, shared.settings.metrics.as_ref());
            let answer = perform(workers.as_ref(), &call, faults, metrics).await;
            (step, answer)
        });
    }

    fn gather(&mut self) {
        while self.fresh.len() < MAX_RESULTS
            && let Some(answer) = self.calls.try_join_next()
        {
            self.take(answer);
        }
    }

    fn take(&mut self, answer: Result<(Step, Answer), tokio::task::JoinError>) {
        // Panics are answers, and nobody aborts a call of a run that goes on: the runtime is shutting down.
        let Ok((step, answer)) = answer else { return };
        let now = self.shared.clock.now();
        let what = self.state.judge(&self.workflow.plan, &step, answer, now);
        self.state.apply(&self.workflow.plan, &what, now).expect("the step is one of the plan");
        self.fresh.push(what);
    }

    /// Appends what happened, with the dead letters and the slice's own writes; an empty append renews the lease.
    async fn write_down(&mut self, rests_until: Option<Timestamp>) -> Result<(), JournalError> {
        let events = std::mem::take(&mut self.fresh);
        let (plan, head) = (&self.workflow.plan, &self.loaded.head);
        let mut pause = Duration::from_millis(20);
        // The time is that of the first try: a commit whose answer was lost is recognised by what it wrote.
        let now = self.shared.clock.now();
        let until = now.checked_add(self.shared.settings.lease).unwrap_or(Timestamp::MAX);
        let held = self.state.status().is_open() && rests_until.is_none();
        let lease = held.then(|| Lease { holder: self.shared.settings.holder.clone(), until });
        let hold = RunHold { lease, fence: self.fence, rests_until };
        let mut in_doubt = false;
        loop {
            let mut along = dead_letters::writes(plan, &self.state, head, &events, now, self.shared.settings.queued);
            let transition = Transition::of(&self.loaded.head, &events, self.state.variables());
            let written = match self.transition(transition.as_ref()).await {
                None => Err(JournalError::Refused),
                Some(more) => {
                    along.extend(more);
                    let journal = &self.shared.journal;
                    let written =
                        journal.append(&self.loaded, hold.clone(), &events, along, now).await.map(|(loaded, _)| loaded);
                    if in_doubt && matches!(written, Err(JournalError::Superseded)) {
                        let found = journal.appended(&self.loaded, hold.clone(), &events, now).await;
                        found.and_then(|loaded| loaded.ok_or(JournalError::Superseded))
                    } else {
                        written
                    }
                }
            };
            if let Some(transition) = &transition {
                self.workflow.workers.after_transition(transition);
            }
            in_doubt |= matches!(written, Err(JournalError::Table(TableError::Unavailable(_))));
            match written {
                Ok(loaded) => {
                    self.shared.hub.publish(loaded.head.execution_id, loaded.head.events);
                    self.loaded = loaded;
                    self.renew_at = now.checked_add(self.shared.settings.lease / 3).unwrap_or(Timestamp::MAX);
                    return Ok(());
                }
                Err(
                    error
                    @ (JournalError::Refused | JournalError::Table(TableError::Unavailable(_) | TableError::Full)),
                ) => {
                    if pause > Duration::from_secs(1) {
                        tracing::warn!(execution = %self.loaded.head.execution_id, %error, "a run cannot be written down");
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(
                    error @ (JournalError::Superseded
                    | JournalError::NoSuchRun
                    | JournalError::Damaged(_)
                    | JournalError::Table(TableError::Damaged(_) | TableError::Invalid(_))),
                ) => {
                    return Err(error);
                }
            }
        }
    }

    /// What the slice writes with a change of status; `None` if it should be asked again.
    async fn transition(&self, transition: Option<&Transition>) -> Option<Vec<Write>> {
        let Some(transition) = transition else { return Some(Vec::new()) };
        match self.workflow.workers.on_transition(transition).await {
            Ok(writes) => Some(writes),
            Err(error) if error.kind == ErrorKind::Permanent => {
                // The run must end all the same; the slice's records stay as they were and say so by themselves.
                tracing::error!(execution = %self.loaded.head.execution_id, %error, "a run ends without its slice's writes");
                Some(Vec::new())
            }
            Err(_) => None,
        }
    }

    fn ended(&mut self, status: Status) {
        self.calls.abort_all();
        let head = &self.loaded.head;
        let timed_out = head.failure.as_ref().is_some_and(|at| at.error.code == "timed_out");
        let took = head.took(self.shared.clock.now());
        self.shared.settings.metrics.execution_ended(self.workflow.plan.name, status, timed_out, took);
    }

    /// Releases the run at once for the next process.
    async fn give_back(self) -> Result<(), JournalError> {
        let now = self.shared.clock.now();
        match self.shared.journal.append(&self.loaded, RunHold::free(self.fence), &[], Vec::new(), now).await {
            Ok(_) | Err(JournalError::Superseded) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

pub(super) async fn sleep_until(clock: &dyn Clock, until: Timestamp) {
    loop {
        let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

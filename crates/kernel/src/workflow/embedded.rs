//! The driver inside the control plane: takes up open runs, has each go on in a task of its own, and answers operators.

use std::{
    collections::{HashMap, hash_map::Entry},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, Stream};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{
    sync::{Semaphore, watch},
    task::AbortHandle,
    time::timeout,
};

use super::{
    dead_letters::{self, DeadLetters},
    event::{Event, EventKind, Status, StepName},
    faults::Faults,
    journal::{Journal, JournalError, RunHold},
    metrics::{NoMetrics, WorkflowMetrics},
    outside,
    perform::Performer,
    plan::WaitsFor,
    progress::Progress,
    run::{Run, sleep_until},
    run_state::{RunState, later},
    step::{Invocation, Refusal},
    step_error::StepError,
    waiting::{AnswerError, Answered, OpenWait, StoredAnswer, WaitAnswer, WaitId},
    watch::Hub,
    workers::{Transition, Workflows},
};
use crate::{
    ids::{DeadLetterId, ExecutionId},
    ports::{
        clock::Clock,
        machines::{Machines, TaskReport},
        table::{Table, Write},
    },
};

/// So many dead letters go in the commit of a redrive at most, each with its note; those left over are found outdated when
/// replayed.
const MOST_LETTERS: usize = 40;

/// How the driver works. The defaults are for one process that owns its store.
#[derive(Clone)]
pub struct Settings {
    /// Names this driver in leases: another one for each start of each process.
    pub holder: String,
    /// So many runs work at once; the rest wait their turn. A run that only waits takes no place.
    pub at_once: usize,
    /// How long a run stays with a driver that gives no sign of life.
    pub lease: Duration,
    /// No other process drives runs of this store (its folder is locked): leases left by a crash need not run out.
    pub exclusive: bool,
    pub faults: Faults,
    pub metrics: Arc<dyn WorkflowMetrics>,
    /// State machines outside this process lead the runs; `None`: this process does.
    pub machines: Option<Arc<dyn Machines>>,
    /// External queues of dead letters exist; each letter leaves a note for them.
    pub queued: bool,
}

impl Settings {
    pub fn new(holder: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            at_once: 64,
            lease: Duration::from_secs(30),
            exclusive: true,
            faults: Faults::default(),
            metrics: Arc::new(NoMetrics),
            machines: None,
            queued: false,
        }
    }
}

/// Why an operator's request is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OperateError {
    #[error("the run is {0:?}: only a failed or stuck one can be redriven or undone")]
    NotFailed(Status),
    #[error("no workflow of that name and version is known here")]
    NoSuchWorkflow,
    #[error("there is no such dead letter")]
    NoSuchLetter,
    #[error("the journal does not fit the plan: {0}")]
    History(#[from] super::event::BadHistory),
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What is committed together with an operator's act on a run.
pub trait CommittedAlong: Send {
    /// The writes, given the progress that the commit leaves.
    fn writes(self, progress: &Progress) -> Vec<Write>;
}

impl CommittedAlong for Vec<Write> {
    fn writes(self, _: &Progress) -> Vec<Write> {
        self
    }
}

/// Drives the runs of one table.
#[derive(Clone)]
pub struct Driver {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) journal: Journal,
    pub(super) workflows: Workflows,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: Settings,
    pub(super) places: Arc<Semaphore>,
    pub(super) hub: Hub,
    pub(super) draining: watch::Sender<bool>,
    active: Mutex<HashMap<ExecutionId, Activity>>,
    /// How many runs have a task here.
    tasks: watch::Sender<usize>,
}

struct Activity {
    /// It was woken while its task was about to end.
    again: bool,
    task: AbortHandle,
}

impl Driver {
    pub fn new(table: Arc<dyn Table>, workflows: Workflows, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let places = Arc::new(Semaphore::new(settings.at_once.max(1)));
        Self {
            shared: Arc::new(Shared {
                journal: Journal::new(table),
                workflows,
                clock,
                settings,
                places,
                hub: Hub::default(),
                draining: watch::channel(false).0,
                active: Mutex::default(),
                tasks: watch::channel(0).0,
            }),
        }
    }

    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    pub fn workflows(&self) -> &Workflows {
        &self.shared.workflows
    }

    /// Does single steps of runs that machines outside this process lead.
    pub fn performer(&self) -> Performer {
        self.shared.performer()
    }

    /// One step for such a machine.
    pub async fn step(&self, invocation: &Invocation) -> Result<Value, Refusal> {
        let done = self.step_and_report(invocation).await;
        if let Ok(loaded) = self.shared.journal.head(invocation.execution_id).await {
            self.shared.hub.publish(invocation.execution_id, loaded.head.events);
        }
        done
    }

    /// A machine that waits for a token takes no other answer than one by it.
    async fn step_and_report(&self, invocation: &Invocation) -> Result<Value, Refusal> {
        let answer = self.performer().step(invocation).await?;
        let (Some(token), Some(machines)) = (&invocation.task_token, &self.shared.settings.machines) else {
            return Ok(answer.unwrap_or_default());
        };
        match answer {
            Some(output) => {
                machines.report(token, &TaskReport::Done(output)).await.map(|()| Value::Null).map_err(Refusal::from)
            }
            None => Ok(Value::Null),
        }
    }

    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(Arc::clone(self.shared.journal.table())).queued(self.shared.settings.queued)
    }

    /// Takes up all open runs and keeps looking for those that nobody drives. Answers how many it found.
    pub async fn resume(&self) -> Result<usize, JournalError> {
        let found = self.sweep().await?;
        let driver = self.clone();
        tokio::spawn(async move {
            let mut draining = driver.shared.draining.subscribe();
            loop {
                tokio::select! {
                    () = tokio::time::sleep(driver.shared.settings.lease) => {}
                    _ = draining.wait_for(|draining| *draining) => return,
                }
                if let Err(error) = driver.sweep().await {
                    tracing::warn!(%error, "open runs could not be listed");
                }
            }
        });
        Ok(found)
    }

    /// Takes up the open runs that nobody drives. Answers how many it found.
    pub async fn take_up(&self) -> Result<usize, JournalError> {
        self.sweep().await
    }

    /// Takes up one run, if it is open and nobody drives it. Answers whether it did.
    pub async fn take_up_run(&self, execution: ExecutionId) -> Result<bool, JournalError> {
        let head = match self.shared.journal.head(execution).await {
            Ok(loaded) => loaded.head,
            Err(JournalError::NoSuchRun) => return Ok(false),
            Err(error) => return Err(error),
        };
        let now = self.shared.clock.now();
        let rests = head.rests_until.is_some_and(|until| until > now);
        let free = head.status.is_open() && !rests && self.shared.may_take(head.lease.as_ref(), now);
        if free {
            self.wake(execution);
        }
        Ok(free)
    }

    /// Waits until no run has work to do here, or the time is over; nothing is ended. Answers whether all came to rest.
    pub async fn settle(&self, within: Duration) -> bool {
        let mut tasks = self.shared.tasks.subscribe();
        timeout(within, tasks.wait_for(|tasks| *tasks == 0)).await.is_ok()
    }

    /// Has a run go on: called after the commit that started it.
    pub fn wake(&self, execution: ExecutionId) {
        let shared = &self.shared;
        let mut active = shared.active.lock().expect("no holder panics");
        if *shared.draining.borrow() {
            return;
        }
        match active.entry(execution) {
            Entry::Occupied(mut activity) => activity.get_mut().again = true,
            Entry::Vacant(free) => {
                let task = tokio::spawn(tend(Arc::clone(shared), execution)).abort_handle();
                free.insert(Activity { again: false, task });
                shared.tasks.send_modify(|tasks| *tasks += 1);
            }
        }
    }

    /// Names this driver in leases: another one for each start of each process.
    pub fn holder(&self) -> &str {
        &self.shared.settings.holder
    }

    /// Whether no other process works on this store.
    pub fn is_alone(&self) -> bool {
        self.shared.settings.exclusive
    }

    /// Has a failed run go on from the state that failed, with the results of those before it; has a stuck one go on
    /// with its undoing. `along` is committed with it. Returns the progress right after that commit.
    pub async fn redrive(&self, execution: ExecutionId, along: impl CommittedAlong) -> Result<Progress, OperateError> {
        let (loaded, _) = self.shared.journal.load(execution).await?;
        let failed = loaded.head.failure.as_ref();
        let what = match (loaded.head.status, failed) {
            (Status::Failed, Some(at)) => {
                EventKind::Redriven { step: StepName { state: at.state.clone(), item: None } }
            }
            (Status::Stuck, _) => EventKind::UndoRequested,
            (status, _) => return Err(OperateError::NotFailed(status)),
        };
        self.operate(execution, what, along).await
    }

    /// Has a failed run undone: its undoable steps backwards, the failed one included.
    pub async fn undo(&self, execution: ExecutionId, along: impl CommittedAlong) -> Result<Progress, OperateError> {
        match self.shared.journal.head(execution).await?.head.status {
            Status::Failed | Status::Stuck => self.operate(execution, EventKind::UndoRequested, along).await,
            status @ (Status::Running | Status::Succeeded | Status::Undoing | Status::Undone) => {
                Err(OperateError::NotFailed(status))
            }
        }
    }

    /// Tries a dead letter's step again: the item alone if its run went on without it, else the run.
    pub async fn replay(&self, letter: DeadLetterId, along: impl CommittedAlong) -> Result<Progress, OperateError> {
        let now = self.shared.clock.now();
        let letter = self.dead_letters().get(letter, now).await?.ok_or(OperateError::NoSuchLetter)?;
        let execution = letter.execution_id;
        let step = StepName { state: letter.state.clone(), item: letter.item };
        let (loaded, history) = self.shared.journal.load(execution).await?;
        let workflow = self.shared.workflows.of(&loaded.head).ok_or(OperateError::NoSuchWorkflow)?;
        let run_state = RunState::replay(&workflow.plan, &loaded.head.input, &history)?;
        if loaded.head.status != Status::Succeeded {
            self.redrive(execution, along).await
        } else if run_state.is_captured(&workflow.plan, &step) {
            self.operate(execution, EventKind::Redriven { step }, along).await
        } else {
            // The step was done since.
            let progress = Progress::of(&workflow.plan, &loaded.head, &history);
            self.dead_letters().discard(&letter, along.writes(&progress)).await?;
            Ok(progress)
        }
    }

    /// The run's events after number `after`, each once and in order, until the run is closed and all were sent.
    pub fn watch(
        &self,
        execution: ExecutionId,
        after: u64,
    ) -> impl Stream<Item = Result<Event, JournalError>> + Send + 'static {
        self.shared.hub.follow(self.shared.journal.clone(), execution, after)
    }

    /// Begins no further step, lets those under way end within the time, and leaves the rest to the next start.
    /// Answers whether all came to rest.
    pub async fn drain(&self, within: Duration) -> bool {
        self.shared.draining.send_replace(true);
        let mut tasks = self.shared.tasks.subscribe();
        let rested = timeout(within, tasks.wait_for(|tasks| *tasks == 0)).await.is_ok();
        self.abandon();
        rested
    }

    /// Ends at once, as a crash would: what was under way stays in the journal as begun.
    pub fn abandon(&self) {
        let mut active = self.shared.active.lock().expect("no holder panics");
        self.shared.draining.send_replace(true);
        for (_, activity) in active.drain() {
            activity.task.abort();
        }
        self.shared.tasks.send_replace(0);
    }

    /// Looks for runs that nobody drives and takes them up. Answers how many it found.
    pub async fn sweep(&self) -> Result<usize, JournalError> {
        let now = self.shared.clock.now();
        let mut found = 0;
        let mut after = None;
        loop {
            let (heads, next) = self.shared.journal.open(after).await?;
            for head in heads {
                if self.shared.may_take(head.lease.as_ref(), now) && !self.is_active(head.execution_id) {
                    found += 1;
                    self.wake(head.execution_id);
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        // Those whose rest ends before the next look.
        let soon = later(now, self.shared.settings.lease);
        loop {
            let (heads, next) = self.shared.journal.rested(soon, after).await?;
            for head in heads {
                if !self.is_active(head.execution_id) {
                    found += 1;
                    self.wake(head.execution_id);
                }
            }
            after = next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// What a run waits for, if it waits for something outside.
    pub async fn open_wait(&self, execution: ExecutionId) -> Result<Option<OpenWait>, AnswerError> {
        let (loaded, history) = self.shared.journal.load(execution).await?;
        let workflow = self.shared.workflows.of(&loaded.head).ok_or(AnswerError::NoSuchWorkflow)?;
        Ok(RunState::replay(&workflow.plan, &loaded.head.input, &history)?.open_wait(&workflow.plan, execution))
    }

    /// Who may answer a wait, by the plan; `None` if the step waits for nothing outside.
    pub async fn waits_for(&self, wait: &WaitId) -> Result<Option<WaitsFor>, AnswerError> {
        let head = self.shared.journal.head(wait.execution).await?.head;
        let workflow = self.shared.workflows.of(&head).ok_or(AnswerError::NoSuchWorkflow)?;
        let waits = workflow.plan.state(&wait.step.state).and_then(|state| state.work()?.waits);
        Ok(waits.map(|waits| waits.on))
    }

    /// Answers a wait: the step is done with that output, or has failed, and the run goes on. The answer is stored when this
    /// returns, in one commit with `along`. It may come before the step says that it waits. The same answer again changes
    /// nothing; another one is refused, and so is one that nothing waits for.
    pub async fn answer(&self, wait: &WaitId, answer: &WaitAnswer, along: Vec<Write>) -> Result<Answered, AnswerError> {
        let shared = &self.shared;
        loop {
            let (loaded, history) = shared.journal.load(wait.execution).await?;
            let workflow = shared.workflows.of(&loaded.head).ok_or(AnswerError::NoSuchWorkflow)?;
            let run_state = RunState::replay(&workflow.plan, &loaded.head.input, &history)?;
            if run_state.has_taken(&workflow.plan, wait, answer) {
                return Ok(Answered::Before);
            }
            if !run_state.takes(&workflow.plan, wait) {
                return Err(AnswerError::NotWaiting);
            }
            if let Some(stored) = loaded.head.answers.iter().find(|stored| stored.wait == *wait) {
                // It may have been stored by a process that ended before the run went on.
                self.wake(wait.execution);
                return if stored.answer == *answer {
                    Ok(Answered::Before)
                } else {
                    Err(AnswerError::AnsweredOtherwise)
                };
            }
            let stored = StoredAnswer { wait: wait.clone(), answer: answer.clone() };
            match shared.journal.store_answer(&loaded, stored, along.clone()).await {
                Ok(()) => {
                    self.wake(wait.execution);
                    return Ok(Answered::Now);
                }
                // The run went on meanwhile.
                Err(JournalError::Superseded) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_active(&self, execution: ExecutionId) -> bool {
        self.shared.active.lock().expect("no holder panics").contains_key(&execution)
    }

    async fn operate(
        &self,
        execution: ExecutionId,
        what: EventKind,
        along: impl CommittedAlong,
    ) -> Result<Progress, OperateError> {
        let shared = &self.shared;
        let (loaded, mut history) = shared.journal.load(execution).await?;
        if loaded.head.status.is_open() {
            return Err(OperateError::NotFailed(loaded.head.status));
        }
        let workflow = shared.workflows.of(&loaded.head).ok_or(OperateError::NoSuchWorkflow)?;
        let mut writes = Vec::new();
        let run_state = RunState::replay(&workflow.plan, &loaded.head.input, &history)?;
        if let EventKind::Redriven { step } = &what {
            let failed = loaded.head.failure.as_ref();
            let mut again = run_state.again_after(&workflow.plan, step);
            again.extend(failed.map(|at| StepName { state: at.state.clone(), item: at.item }));
            again.sort();
            again.dedup();
            let letters = again.iter().filter_map(|step| {
                let worker = workflow.plan.state(&step.state)?.work()?.worker;
                Some((dead_letters::id_of(execution, step), worker.into()))
            });
            writes.extend(self.dead_letters().removals(letters.collect(), MOST_LETTERS).await?);
        }
        let events = [what];
        let transition = Transition::of(&loaded.head, &events, run_state.variables());
        if let Some(transition) = &transition {
            writes.extend(workflow.workers.on_transition(transition).await?);
        }
        let now = shared.clock.now();
        let (head, new) = loaded.head.after(&events, now);
        history.extend(new);
        let progress = Progress::of(&workflow.plan, &head, &history);
        writes.extend(along.writes(&progress));
        // A new fence: what workers of the former direction still write is refused.
        let written = shared.journal.append(&loaded, RunHold::free(loaded.head.fence + 1), &events, writes, now).await;
        if let Some(transition) = &transition {
            workflow.workers.after_transition(transition);
        }
        let (loaded, _) = written?;
        shared.hub.publish(execution, loaded.head.events);
        self.wake(execution);
        Ok(progress)
    }
}

impl Shared {
    pub(super) fn performer(&self) -> Performer {
        Performer {
            journal: self.journal.clone(),
            workflows: self.workflows.clone(),
            clock: Arc::clone(&self.clock),
            faults: self.settings.faults.clone(),
            metrics: Arc::clone(&self.settings.metrics),
            queued: self.settings.queued,
        }
    }

    /// Whether a run under this lease may be driven here.
    pub(super) fn may_take(&self, lease: Option<&super::journal::Lease>, now: Timestamp) -> bool {
        lease.is_none_or(|lease| self.settings.exclusive || lease.holder == self.settings.holder || lease.until <= now)
    }
}

/// Drives one run until it is closed, somebody else's, or the driver ends.
async fn tend(shared: Arc<Shared>, execution: ExecutionId) {
    let mut pause = Duration::from_millis(50);
    loop {
        let ended = AssertUnwindSafe(drive(&shared, execution)).catch_unwind().await;
        let failed = !matches!(ended, Ok(Ok(())));
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%execution, %error, "a run could not go on"),
            Err(_) => tracing::error!(%execution, "a run's task ended without an answer"),
        }
        if !failed || pause > Duration::from_secs(30) {
            let mut active = shared.active.lock().expect("no holder panics");
            let again = active.get_mut(&execution).is_some_and(|activity| std::mem::take(&mut activity.again));
            if !again || *shared.draining.borrow() {
                if active.remove(&execution).is_some() {
                    shared.tasks.send_modify(|tasks| *tasks -= 1);
                }
                return;
            }
        } else {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

async fn drive(shared: &Arc<Shared>, execution: ExecutionId) -> Result<(), JournalError> {
    let mut draining = shared.draining.subscribe();
    if let Some(machines) = &shared.settings.machines {
        return outside::hand_over(shared, machines.as_ref(), &shared.performer(), execution).await;
    }
    loop {
        let place = tokio::select! {
            place = Arc::clone(&shared.places).acquire_owned() => place.expect("the semaphore is never closed"),
            _ = draining.wait_for(|draining| *draining) => return Ok(()),
        };
        let loaded = shared.journal.head(execution).await?;
        if !loaded.head.status.is_open() {
            return Ok(());
        }
        if shared.may_take(loaded.head.lease.as_ref(), shared.clock.now()) {
            let Some(run) = Run::take_up(shared, loaded, place).await? else { return Ok(()) };
            match run.go_on().await {
                Err(JournalError::Superseded) => tracing::info!(%execution, "somebody else has appended to the run"),
                ended @ (Ok(()) | Err(_)) => return ended,
            }
            // A process that has stolen a run does not steal it back, so that two do not fight for ever.
            let lease = shared.journal.head(execution).await?.head.lease;
            if shared.settings.exclusive && lease.is_some_and(|lease| lease.holder != shared.settings.holder) {
                return Ok(());
            }
            continue;
        }
        drop(place);
        let until = loaded.head.lease.map_or(Timestamp::MIN, |lease| lease.until);
        tokio::select! {
            () = sleep_until(shared.clock.as_ref(), until) => {}
            _ = draining.wait_for(|draining| *draining) => return Ok(()),
        }
    }
}

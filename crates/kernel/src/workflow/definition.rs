//! A workflow as a slice declares it: each state with its worker and the functions that do and undo it, side by side.
//!
//! [`Definition::new`] takes it apart: a [`Plan`], which is plain data, and a table of functions by state. A state that calls
//! a worker and names no function is refused there, when the process starts.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;

use super::{
    outputs::StepOutput,
    plan::{
        self, BadPlan, Branch, DOCUMENTED, ItemFailure, Kind, Map, Plan, RUN_CEILING, Retry, Scalar, Task, WaitUntil,
        Waits, WaitsFor,
    },
    step_error::StepError,
    worker::Worker,
    workers::{StepOutcome, UndoOutcome},
};

/// An async function of a step, such as a method of the step's type.
pub trait StepFunction<'a, S: 'a, Outcome>: Send + Sync {
    fn run(&self, step: &'a S) -> impl Future<Output = Result<Outcome, StepError>> + Send + 'a;
}

impl<'a, S: 'a, Outcome, Function, Running> StepFunction<'a, S, Outcome> for Function
where
    Function: Fn(&'a S) -> Running + Send + Sync,
    Running: Future<Output = Result<Outcome, StepError>> + Send + 'a,
{
    fn run(&self, step: &'a S) -> impl Future<Output = Result<Outcome, StepError>> + Send + 'a {
        self(step)
    }
}

type Does<S> = Arc<dyn for<'a> Fn(&'a S) -> BoxFuture<'a, Result<StepOutcome<Value>, StepError>> + Send + Sync>;
type Undoes<S> = Arc<dyn for<'a> Fn(&'a S) -> BoxFuture<'a, Result<UndoOutcome, StepError>> + Send + Sync>;

/// The functions of a state's worker.
pub(super) struct Functions<S> {
    pub(super) does: Does<S>,
    pub(super) undo: Option<Undoes<S>>,
}

/// A state of a definition. `S` is what the functions of the workflow work on.
pub struct State<S> {
    data: plan::State,
    does: Option<Does<S>>,
    undo: Option<Undoes<S>>,
    /// The state whose output the function says that it gives.
    gives_output_of: Option<&'static str>,
}

impl<S: Send + Sync + 'static> State<S> {
    const fn of(name: &'static str, kind: Kind) -> Self {
        let data = plan::State { name, kind, next: None };
        Self { data, does: None, undo: None, gives_output_of: None }
    }

    pub const fn pass(name: &'static str) -> Self {
        Self::of(name, Kind::Pass)
    }

    /// A call of a worker with the documented retries and without a catch.
    pub const fn task(name: &'static str, worker: Worker) -> Self {
        Self::of(name, Kind::Task(Task { worker, retry: DOCUMENTED, catch: None, undoable: false, waits: None }))
    }

    /// Goes where the variable leads: a member of the input, or `State.member` of a state's output.
    pub const fn choice(name: &'static str, variable: &'static str) -> Self {
        Self::of(name, Kind::Choice { variable, branches: Vec::new(), otherwise: None })
    }

    /// A call of a worker for each item of a list; by default one at a time, and the run fails with its first item.
    pub const fn map(name: &'static str, items: &'static str, inner: &'static str, worker: Worker) -> Self {
        let task = Task { worker, retry: DOCUMENTED, catch: None, undoable: false, waits: None };
        let map = Map { items, max_concurrency: 1, inner, task, on_item_failure: ItemFailure::Fail };
        Self::of(name, Kind::Map(map))
    }

    /// The run rests until a time.
    pub const fn wait(name: &'static str, until: WaitUntil) -> Self {
        Self::of(name, Kind::Wait(until))
    }

    pub const fn succeed(name: &'static str, event: &'static str) -> Self {
        Self::of(name, Kind::Succeed { event: Some(event) })
    }

    pub const fn fail(name: &'static str, event: &'static str, code: &'static str, message: &'static str) -> Self {
        Self::of(name, Kind::Fail { event: Some(event), code, message })
    }

    /// The function that does the step. It may be called again after it succeeded.
    #[must_use]
    pub fn does<Output, Function>(mut self, function: Function) -> Self
    where
        Output: StepOutput,
        Function: for<'a> StepFunction<'a, S, StepOutcome<Output>> + 'static,
    {
        let function = Arc::new(function);
        self.gives_output_of = Output::STATE;
        self.does = Some(Arc::new(move |step| {
            let function = Arc::clone(&function);
            async move { function.run(step).await?.into_json() }.boxed()
        }));
        self
    }

    /// The function that removes what the step left, also after half of it.
    #[must_use]
    pub fn undo<Function>(self, function: Function) -> Self
    where
        Function: for<'a> StepFunction<'a, S, UndoOutcome> + 'static,
    {
        let function = Arc::new(function);
        let undo: Undoes<S> = Arc::new(move |step| {
            let function = Arc::clone(&function);
            async move { function.run(step).await }.boxed()
        });
        Self { undo: Some(undo), ..self }.with_task(|task| task.undoable = true)
    }

    /// Goes on at that state instead of the following one.
    #[must_use]
    pub fn to(mut self, next: &'static str) -> Self {
        self.data.next = Some(next);
        self
    }

    #[must_use]
    pub fn when(mut self, equals: impl Into<Scalar>, to: &'static str) -> Self {
        if let Kind::Choice { branches, .. } = &mut self.data.kind {
            branches.push(Branch { equals: equals.into(), to });
        }
        self
    }

    #[must_use]
    pub fn otherwise(mut self, to: &'static str) -> Self {
        if let Kind::Choice { otherwise, .. } = &mut self.data.kind {
            *otherwise = Some(to);
        }
        self
    }

    #[must_use]
    pub fn retry(self, retry: &'static [Retry]) -> Self {
        self.with_task(|task| task.retry = retry)
    }

    /// The end state after a failure of the step.
    #[must_use]
    pub fn catch(self, end: &'static str) -> Self {
        self.with_task(|task| task.catch = Some(end))
    }

    /// The function may answer [`StepOutcome::Waiting`]: the run rests until the answer comes, and fails the step if none has
    /// come in this time.
    #[must_use]
    pub fn waits(self, on: WaitsFor, at_most: Duration) -> Self {
        self.with_task(|task| task.waits = Some(Waits { on, at_most }))
    }

    /// How many items of a map run at once.
    #[must_use]
    pub fn at_once(mut self, max_concurrency: u32) -> Self {
        if let Kind::Map(map) = &mut self.data.kind {
            map.max_concurrency = max_concurrency;
        }
        self
    }

    #[must_use]
    pub fn on_item_failure(mut self, then: ItemFailure) -> Self {
        if let Kind::Map(map) = &mut self.data.kind {
            map.on_item_failure = then;
        }
        self
    }

    fn with_task(mut self, change: impl FnOnce(&mut Task)) -> Self {
        match &mut self.data.kind {
            Kind::Task(task) | Kind::Map(Map { task, .. }) => change(task),
            Kind::Pass | Kind::Wait(_) | Kind::Choice { .. } | Kind::Succeed { .. } | Kind::Fail { .. } => {}
        }
        self
    }

    fn check(&self) -> Result<(), BadPlan> {
        let name = self.data.name;
        if self.data.work().is_some() && self.does.is_none() {
            return Err(BadPlan::NoFunction(name));
        }
        match self.gives_output_of {
            Some(of) if of != name => Err(BadPlan::OutputOfAnother { state: name, of }),
            Some(_) | None => Ok(()),
        }
    }
}

/// A plan, and the functions of its states.
pub struct Definition<S> {
    pub(super) plan: Plan,
    pub(super) functions: HashMap<&'static str, Functions<S>>,
}

impl<S: Send + Sync + 'static> Definition<S> {
    /// Checks that the states make a plan whose steps all have functions. Raise the version with every change of the
    /// states: a run goes on by the version that it began with.
    pub fn new(name: &'static str, version: u32, states: Vec<State<S>>) -> Result<Self, BadPlan> {
        Self::with_ceiling(name, version, RUN_CEILING, states)
    }

    /// The same for runs that may take another time than [`RUN_CEILING`], from their start or last redrive.
    pub fn with_ceiling(
        name: &'static str,
        version: u32,
        ceiling: Duration,
        states: Vec<State<S>>,
    ) -> Result<Self, BadPlan> {
        let (mut data, mut functions) = (Vec::with_capacity(states.len()), HashMap::new());
        for state in states {
            state.check()?;
            let State { data: state, does, undo, gives_output_of: _ } = state;
            if let Some(does) = does {
                functions.insert(state.name, Functions { does, undo });
            }
            data.push(state);
        }
        Ok(Self { plan: Plan::new(name, version, ceiling, data)?, functions })
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub fn into_plan(self) -> Plan {
        self.plan
    }
}

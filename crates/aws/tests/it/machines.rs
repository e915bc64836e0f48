//! The documents of `deploy/asl` in interpreters of the Amazon States Language that are not ours, against the embedded
//! driver over the same script of failures: same steps, same order, same end.
//!
//! What the interpreters do otherwise than Step Functions: their retries wait for nothing, or as long as they like; the
//! data of a machine may be of any size; and nothing is charged.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kernel::{
    ports::{
        machines::{ExecutionStatus, Machines, MachinesError, Start, TaskReport},
        random::RandomSource as _,
    },
    workflow::{Driver, EventKind, Head, Settings, Status},
};
use serde_json::{Value, json};
use testkit::{
    functions::Functions,
    random::SeededRandom,
    workflow::{Subject as _, World, real::Real, suite},
};
use tokio::sync::Notify;

const SCRIPTS: u32 = 130;

fn target() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/machines"))
}

fn document(machine: &str) -> String {
    format!("{}/../../deploy/asl/{machine}.json", env!("CARGO_MANIFEST_DIR"))
}

/// How each machine ended, once it has: its own error, if it failed.
type Ends = Arc<Mutex<BTreeMap<String, Option<Result<(), String>>>>>;

/// `aws-local-stepfunctions`, in a process of its own.
struct Interpreter {
    child: Child,
    lines: Mutex<ChildStdin>,
    machines: Ends,
    news: Arc<Notify>,
}

impl Interpreter {
    fn start(functions: &Functions) -> Arc<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/machines/run.cjs");
        let mut command = Command::new("node");
        command.arg(script).arg(target()).arg(functions.endpoint());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node is installed");
        let (lines, answers) = (Mutex::new(child.stdin.take().unwrap()), child.stdout.take().unwrap());
        let machines = Ends::default();
        let news = Arc::new(Notify::new());
        let (ended, tell) = (Arc::clone(&machines), Arc::clone(&news));
        std::thread::spawn(move || {
            for line in std::io::BufRead::lines(std::io::BufReader::new(answers)) {
                let Ok(line) = line else { return };
                let told: Value = serde_json::from_str(&line).expect("each line is JSON");
                let end =
                    if told["succeeded"] == true { Ok(()) } else { Err(told["error"].as_str().unwrap().to_owned()) };
                ended.lock().unwrap().insert(told["name"].as_str().unwrap().to_owned(), Some(end));
                tell.notify_one();
            }
        });
        Arc::new(Self { child, lines, machines, news })
    }

    /// Waits until every machine has ended, and answers how that of this start did.
    async fn end_of(&self, name: &str) -> Result<(), String> {
        loop {
            let end = {
                let machines = self.machines.lock().unwrap();
                let all = machines.values().all(Option::is_some);
                if all { machines.get(name).cloned().flatten() } else { None }
            };
            match end {
                Some(end) => return end,
                None => tokio::time::timeout(Duration::from_mins(1), self.news.notified()).await.expect("it ends"),
            }
        }
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The machines of one world.
pub(crate) struct Local {
    interpreter: Arc<Interpreter>,
    function: String,
    last: Mutex<String>,
}

#[async_trait]
impl Machines for Local {
    async fn start(&self, start: &Start) -> Result<ExecutionStatus, MachinesError> {
        let name = format!("{}/{}", self.function, start.name);
        self.last.lock().unwrap().clone_from(&name);
        let mut machines = self.interpreter.machines.lock().unwrap();
        match machines.get(&name) {
            Some(Some(_)) => return Ok(ExecutionStatus::Ended),
            Some(None) => return Ok(ExecutionStatus::Running),
            None => machines.insert(name.clone(), None),
        };
        let definition = document(&start.machine);
        let line = json!({
            "name": name, "definition": definition, "functionName": self.function, "input": start.input,
        });
        writeln!(self.interpreter.lines.lock().unwrap(), "{line}").expect("the interpreter reads");
        Ok(ExecutionStatus::Running)
    }

    async fn report(&self, _: &str, _: &TaskReport) -> Result<(), MachinesError> {
        unreachable!("no plan of the product waits for a token")
    }
}

/// What happens to a run: faults, and what operators do about its ends.
pub(crate) struct Script {
    pub(crate) faults: String,
    operations: [bool; 3],
}

impl Script {
    fn of(seed: u64, steps: &[String], can_be_undone: bool) -> Self {
        let rng = SeededRandom::new(seed);
        let pick = |of: usize| {
            let mut bytes = [0; 8];
            rng.fill(&mut bytes);
            usize::try_from(u64::from_le_bytes(bytes) % of as u64).unwrap()
        };
        let rule = |undo: &str| {
            let kind = ["transient", "throttled", "permanent", "error-after", "repeat"][pick(5)];
            let count = ["1", "2", "3", "4", "always"][pick(5)];
            format!("{undo}{}:{kind}*{count}", steps[pick(steps.len())])
        };
        let mut rules: Vec<_> = (0..=pick(4)).map(|_| rule("")).collect();
        if can_be_undone {
            rules.extend((0..pick(4)).map(|_| rule("undo.")));
        }
        Self { faults: rules.join(","), operations: [(); 3].map(|()| can_be_undone && pick(3) == 0) }
    }

    /// One that takes no long time where retries wait.
    pub(crate) fn short(seed: u64, steps: &[String]) -> Self {
        let rng = SeededRandom::new(seed);
        let mut bytes = [0; 3];
        rng.fill(&mut bytes);
        let kind = ["transient", "throttled", "permanent", "error-after"][usize::from(bytes[0]) % 4];
        let step = &steps[usize::from(bytes[1]) % steps.len()];
        Self { faults: format!("{step}:{kind}*{}", 1 + bytes[2] % 4), operations: [bytes[2] % 8 < 4, false, false] }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings { faults: self.faults.parse().unwrap(), ..Settings::new("only") }
    }
}

/// All that there is to see of a run.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    journal: Vec<String>,
    ends: Vec<String>,
    failure: Option<String>,
    degraded: Vec<String>,
    letters: Vec<String>,
    effects: Vec<String>,
    leftovers: Vec<String>,
}

/// Runs until it is closed, and has operators do to it what the script says.
pub(crate) async fn run(real: &Real, world: &World, driver: &Driver, script: &Script, local: Option<&Local>) -> Seen {
    driver.wake(world.execution);
    let mut ends = Vec::new();
    for operation in script.operations.iter().map(Some).chain([None]) {
        let head = world.closed(driver).await;
        ends.push(format!("{:?}", head.status));
        if let Some(local) = local {
            at_rest(local, &head).await;
        }
        let Some(undo) = operation else { break };
        let done = match head.status {
            Status::Failed if *undo => driver.undo(world.execution, vec![]).await,
            Status::Failed | Status::Stuck => driver.redrive(world.execution, vec![]).await,
            Status::Succeeded => match letters(world).await.first() {
                Some(letter) => driver.replay(letter.id, vec![]).await,
                None => break,
            },
            Status::Undone => break,
            Status::Running | Status::Undoing => unreachable!("it is closed"),
        };
        if let Err(refused) = done {
            ends.push(refused.to_string());
            break;
        }
    }
    real.tend().await;
    let head = world.head().await;
    let mut told: Vec<_> = letters(world)
        .await
        .iter()
        .map(|letter| format!("{} {:?} {:?}", letter.state, letter.item, letter.error))
        .collect();
    told.sort();
    let mut effects = (world.effects)().await;
    if head.status == Status::Stuck {
        // How many copies its own table had got before its removal got stuck is a matter of time.
        effects.retain(|line| !line.contains(" own ") && !line.contains(" x own"));
    }
    Seen {
        journal: journal(world).await,
        ends,
        failure: head.failure.map(|failure| format!("{failure:?}")),
        degraded: head.degraded,
        letters: told,
        effects,
        leftovers: if head.status == Status::Undone { (world.leftovers)().await } else { Vec::new() },
    }
}

/// The machine ends as the run did.
async fn at_rest(local: &Local, head: &Head) {
    let name = local.last.lock().unwrap().clone();
    let end = local.interpreter.end_of(&name).await;
    match head.status {
        Status::Succeeded | Status::Undone => assert_eq!(end, Ok(()), "{name}: {head:?}"),
        Status::Failed | Status::Stuck => {
            let error = end.expect_err("a machine of a failed run fails");
            assert!(error.ends_with("The run's journal tells why."), "{name}: {error}");
        }
        Status::Running | Status::Undoing => unreachable!("it is closed"),
    }
}

async fn letters(world: &World) -> Vec<kernel::workflow::DeadLetter> {
    let mut letters = world.dead_letters().list(None, None, 100, None, world.clock.now()).await.unwrap().0;
    letters.sort_by_key(|letter| (letter.state.clone(), letter.item));
    letters
}

/// The journal without times and ids. What the items of a map do at once may stand in any order between them, and how
/// often a step looks whether what it waits for has come is a matter of time.
async fn journal(world: &World) -> Vec<String> {
    let mut told: Vec<EventKind> = world.events().await.into_iter().map(|event| event.what).collect();
    told.iter_mut().for_each(forget);
    for group in told.chunk_by_mut(|one, other| {
        item_of(one).is_some_and(|(state, _)| item_of(other).is_some_and(|(of, _)| of == state))
    }) {
        group.sort_by_key(|what| item_of(what).map(|(_, item)| item));
    }
    let waits =
        |place: usize| matches!(told.get(place), Some(EventKind::StepNotYet { .. } | EventKind::UndoNotYet { .. }));
    let kept = (0..told.len()).filter(|place| !waits(*place) && !waits(place + 1));
    kept.map(|place| format!("{:?}", told[place])).collect()
}

fn forget(what: &mut EventKind) {
    match what {
        EventKind::StepFailed { retry_at, .. } | EventKind::UndoFailed { retry_at, .. } => {
            *retry_at = retry_at.map(|_| jiff::Timestamp::UNIX_EPOCH);
        }
        EventKind::StepSucceeded { output, .. } => forget_texts(output),
        _ => {}
    }
}

fn forget_texts(value: &mut Value) {
    match value {
        Value::String(text) => text.clear(),
        Value::Array(values) => values.iter_mut().for_each(forget_texts),
        Value::Object(fields) => fields.values_mut().for_each(forget_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn item_of(what: &EventKind) -> Option<(&str, u32)> {
    match what {
        EventKind::StepStarted { step, .. }
        | EventKind::StepSucceeded { step, .. }
        | EventKind::StepFailed { step, .. }
        | EventKind::StepNotYet { step, .. }
        | EventKind::ItemCaptured { step, .. }
        | EventKind::UndoStarted { step, .. }
        | EventKind::StepUndone { step, .. }
        | EventKind::UndoFailed { step, .. }
        | EventKind::UndoNotYet { step, .. } => step.item.map(|item| (step.state.as_str(), item)),
        _ => None,
    }
}

/// So many scripts over one kind of run; `seed` makes them others than those of the other kinds.
async fn compare(real: &Real, seed: u64) {
    let steps = suite::reference(real).await.steps;
    let functions = Functions::serve().await;
    let interpreter = Interpreter::start(&functions);
    let begun = Instant::now();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..SCRIPTS {
        let script = Script::of(seed + u64::from(number), &steps, real.can_be_undone());
        let world = real.world().await;
        let driver =
            Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), script.settings());
        let ours = run(real, &world, &driver, &script, None).await;
        driver.abandon();

        let world = real.world().await;
        tokio::time::resume();
        let function = format!("step-{number}");
        let local = Arc::new(Local {
            interpreter: Arc::clone(&interpreter),
            function: function.clone(),
            last: Mutex::default(),
        });
        let settings = Settings { machines: Some(Arc::clone(&local) as _), ..script.settings() };
        let driver = Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), settings);
        functions.register_steps(&function, driver.clone());
        let theirs = run(real, &world, &driver, &script, Some(&local)).await;
        driver.abandon();
        tokio::time::pause();

        assert_eq!(ours, theirs, "script {number}: {}", script.faults);
        assert_eq!(theirs.leftovers, Vec::<String>::new(), "script {number}: {}", script.faults);
        *ends.entry(theirs.ends.join(", ")).or_default() += 1;
    }
    println!("{SCRIPTS} scripts in {:.1} s: {ends:#?}", begun.elapsed().as_secs_f64());
}

#[tokio::test(start_paused = true)]
async fn onboarding_public() {
    compare(&Real::onboarding("public"), 1_000).await;
}

#[tokio::test(start_paused = true)]
async fn onboarding_private() {
    compare(&Real::onboarding("private"), 2_000).await;
}

#[tokio::test(start_paused = true)]
async fn onboarding_hybrid() {
    compare(&Real::onboarding("hybrid"), 3_000).await;
}

#[tokio::test(start_paused = true)]
async fn removal() {
    compare(&Real::removal("private"), 4_000).await;
}

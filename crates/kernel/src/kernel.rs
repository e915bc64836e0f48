//! The kernel: the ports, and what every feature uses of them.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    audit::AuditChecks,
    background::{Background, BackgroundLag, BackgroundTasks, CommitSignal},
    guard::{actor::Actors, policy::Policy},
    ids::AccountId,
    jobs::{Job, Jobs},
    kinds::RecordKinds,
    mail::OutgoingMail,
    metrics::Metrics,
    page::Cursors,
    ports::{
        clock::Clock,
        cross_account::CrossAccountAccess,
        dead_letters::DeadLetterQueues,
        dedicated_tables::DedicatedTables,
        events::Events,
        identity::Identity,
        machines::Machines,
        mailer::Mailer,
        params::Params,
        random::RandomSource,
        table::{Item, TableName, Tables},
    },
    problem::Result,
    router::Router,
    search::{ObservedTables, SearchIndex},
    secret::PlatformKey,
    security_events::SecurityEvents,
    settings::Settings,
    workflow::{Driver, Settings as DriverSettings, Status, Worker, WorkflowMetrics, Workflows},
};

/// What other processes write is noticed after this at the latest.
const BELIEVED: Duration = Duration::from_secs(5);

/// The ports that a plane depends on.
#[derive(Clone)]
pub struct Ports {
    pub tables: ClosedTables,
    pub identity: Arc<dyn Identity>,
    pub params: Arc<dyn Params>,
    pub mailer: Arc<dyn Mailer>,
    pub events: Arc<dyn Events>,
    /// Makes and removes the tables of private and hybrid accounts.
    pub dedicated_tables: Arc<dyn DedicatedTables>,
    /// The way to tables in other accounts of the cloud.
    pub cross_account: Arc<dyn CrossAccountAccess>,
    /// State machines that lead the workflows; `None`: this process does.
    pub machines: Option<Arc<dyn Machines>>,
    /// The queues that also get dead letters; `None`: they are in the table only.
    pub dead_letters: Option<Arc<dyn DeadLetterQueues>>,
    /// What counts workers and runs beside the process's own metrics.
    pub counting: Option<Arc<dyn WorkflowMetrics>>,
    /// The scheduled jobs of the adapters.
    pub jobs: Vec<Job>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn RandomSource>,
}

/// The tables, handed to the kernel: nobody takes them out of its ports again.
#[derive(Clone)]
pub struct ClosedTables(Arc<dyn Tables>);

impl ClosedTables {
    pub fn new(tables: Arc<dyn Tables>) -> Self {
        Self(tables)
    }
}

/// What the kernel needs of the features above it.
#[async_trait]
pub trait Features: Send + Sync {
    /// The workflows of all features.
    fn workflows(&self) -> Workflows;

    /// The kinds of record of all features.
    fn kinds(&self) -> RecordKinds;

    /// The tables in other accounts of the cloud that hold an account's records.
    async fn connected_tables(&self) -> Result<Vec<TableName>>;

    /// The scheduled jobs of all features.
    fn jobs(&self) -> Vec<Job>;

    /// Finishes an invitation that was asked for and has not gone out. Answers whether it was this process's turn.
    async fn resume_invitation(&self, pending: &Item) -> Result<bool>;
}

/// The ports and what is built on them. Cheap to clone.
#[derive(Clone)]
pub struct Kernel(Arc<Inner>);

struct Inner {
    ports: Ports,
    router: Router,
    policy: Policy,
    actors: Actors,
    cursors: Cursors,
    search: Arc<SearchIndex>,
    key: PlatformKey,
    metrics: Metrics,
    settings: Settings,
    features: OnceLock<Arc<dyn Features>>,
    kinds: OnceLock<RecordKinds>,
    jobs: OnceLock<Jobs>,
    driver: OnceLock<Driver>,
    commit_signal: Arc<CommitSignal>,
    background: Background,
    background_tasks: BackgroundTasks,
    security_events: SecurityEvents,
    audit_checks: AuditChecks,
}

impl Kernel {
    /// A kernel over its ports, to which [`Self::attach`] then gives the features. The key must stay the same as long as
    /// cursors and links in mails shall be taken back.
    pub async fn new(ports: Ports, settings: Settings, key: PlatformKey) -> Result<Self> {
        let ports = Ports { mailer: Arc::new(OutgoingMail(Arc::clone(&ports.mailer))), ..ports };
        let believed = (!settings.alone).then_some(BELIEVED);
        let search = Arc::new(SearchIndex::new(believed));
        let tables = ObservedTables::new(Arc::clone(&ports.tables.0), Arc::clone(&search));
        let router = Router::open(Arc::new(tables)).await?;
        Ok(Self(Arc::new(Inner {
            router,
            policy: Policy::default(),
            actors: Actors::new(believed),
            search,
            cursors: Cursors::new(&key.subkey("cursors")),
            audit_checks: AuditChecks::new(&key),
            key,
            metrics: Metrics::default(),
            settings,
            ports,
            features: OnceLock::new(),
            kinds: OnceLock::new(),
            jobs: OnceLock::new(),
            driver: OnceLock::new(),
            commit_signal: Arc::default(),
            background: Background::default(),
            background_tasks: BackgroundTasks::default(),
            security_events: SecurityEvents::default(),
        })))
    }

    /// Gives the kernel its features, once: before this it drives no workflow.
    pub fn attach(&self, features: Arc<dyn Features>) {
        let driver = self.driver_of(features.workflows());
        let kinds = features.kinds();
        let jobs = self.ports().jobs.iter().cloned().chain(self.table_jobs()).chain(features.jobs());
        let jobs = Jobs::new(jobs.collect());
        let first = self.0.features.set(features).is_ok()
            && self.0.driver.set(driver).is_ok()
            && self.0.kinds.set(kinds).is_ok()
            && self.0.jobs.set(jobs).is_ok();
        assert!(first, "features are attached once");
    }

    pub fn features(&self) -> &dyn Features {
        self.0.features.get().expect("features are attached when the product is made").as_ref()
    }

    /// All kinds of record, the kernel's and the features'.
    pub fn kinds(&self) -> &RecordKinds {
        self.0.kinds.get().expect("they are set with the features")
    }

    /// All scheduled jobs.
    pub fn jobs(&self) -> &Jobs {
        self.0.jobs.get().expect("they are set with the features")
    }

    fn driver_of(&self, workflows: Workflows) -> Driver {
        let mut id = [0; 8];
        self.rng().fill(&mut id);
        let driving = DriverSettings {
            at_once: self.settings().runs_at_once,
            exclusive: self.settings().alone,
            faults: self.settings().faults.clone(),
            machines: self.ports().machines.clone(),
            queued: self.ports().dead_letters.is_some(),
            metrics: Arc::new(RunObserver {
                metrics: self.metrics().clone(),
                counting: self.ports().counting.clone(),
                commit_signal: Arc::clone(&self.0.commit_signal),
            }),
            ..DriverSettings::new(hex::encode(id))
        };
        let clock = Arc::clone(&self.ports().clock);
        Driver::new(Arc::clone(self.router().shared()), workflows, clock, driving)
    }

    /// What drives the workflows.
    pub fn driver(&self) -> &Driver {
        self.0.driver.get().expect("it is set with the features")
    }

    pub fn now(&self) -> Timestamp {
        self.0.ports.clock.now()
    }

    pub fn clock(&self) -> &dyn Clock {
        self.0.ports.clock.as_ref()
    }

    pub fn rng(&self) -> &dyn RandomSource {
        self.0.ports.rng.as_ref()
    }

    pub fn ports(&self) -> &Ports {
        &self.0.ports
    }

    pub fn identity(&self) -> &dyn Identity {
        self.0.ports.identity.as_ref()
    }

    pub fn router(&self) -> &Router {
        &self.0.router
    }

    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub fn actors(&self) -> &Actors {
        &self.0.actors
    }

    pub(crate) fn search_index(&self) -> &SearchIndex {
        &self.0.search
    }

    pub fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// The platform's own key, from which one-time tokens are derived.
    pub fn key(&self) -> &PlatformKey {
        &self.0.key
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Begins what goes on beside the requests: the work after commits, and the runs that were open when the process
    /// before this one ended. Answers how many runs those are.
    pub async fn start(&self) -> Result<usize> {
        tokio::spawn(self.clone().run_relay());
        let resumed = self.driver().resume().await;
        resumed.map_err(|error| crate::problem::Problem::internal(&error))
    }

    /// Brings everything to rest: steps under way end or stay in their journals. Answers whether all ended in time.
    pub async fn stop(&self, within: Duration) -> bool {
        self.jobs().stop(within).await;
        let rested = self.driver().drain(within).await;
        self.write_counted_events(Timestamp::MAX).await;
        self.commit_signal().stop();
        rested
    }

    pub fn audit_checks(&self) -> &AuditChecks {
        &self.0.audit_checks
    }

    pub fn security_events(&self) -> &SecurityEvents {
        &self.0.security_events
    }

    pub fn commit_signal(&self) -> &CommitSignal {
        &self.0.commit_signal
    }

    pub fn background(&self) -> &Background {
        &self.0.background
    }

    /// How far the work after commits is behind.
    pub fn background_lag(&self) -> BackgroundLag {
        self.background().lags.at(self.now())
    }

    pub fn background_tasks(&self) -> &BackgroundTasks {
        &self.0.background_tasks
    }

    /// Something in an account was written: what is remembered of it is dropped.
    pub fn changed(&self, account: AccountId) {
        self.0.actors.forget(account);
    }

    /// Whether requests can be answered; if not, why.
    pub async fn readiness(&self) -> Result<(), String> {
        let root = crate::directory::account::Account::key(crate::ids::known::ROOT_ACCOUNT);
        match self.router().shared().get(&root).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("the platform is not set up yet".into()),
            Err(error) => {
                tracing::warn!(%error, "not ready");
                Err("the store does not answer".into())
            }
        }
    }
}

/// The kernel's own kinds of record.
pub fn kernel_kinds() -> RecordKinds {
    RecordKinds::default()
        .with(crate::audit::KINDS)
        .with(crate::background::KINDS)
        .with(crate::change::KINDS)
        .with(crate::directory::KINDS)
        .with(crate::guard::delegation::KINDS)
        .with(crate::idempotency::KINDS)
        .with(crate::identity::KINDS)
        .with(crate::jobs::KINDS)
        .with(crate::mail_limits::KINDS)
        .with(crate::ports::KINDS)
        .with(crate::router::KINDS)
        .with(crate::workflow::KINDS)
}

/// Counts runs, and signals the end of one: it leaves events and audit entries to relay.
struct RunObserver {
    metrics: Metrics,
    counting: Option<Arc<dyn WorkflowMetrics>>,
    commit_signal: Arc<CommitSignal>,
}

impl RunObserver {
    fn each(&self, tell: impl Fn(&dyn WorkflowMetrics)) {
        tell(&self.metrics);
        self.counting.iter().for_each(|counting| tell(counting.as_ref()));
    }
}

impl WorkflowMetrics for RunObserver {
    fn worker_called(&self, worker: Worker, took: Duration, succeeded: bool) {
        self.each(|metrics| metrics.worker_called(worker, took, succeeded));
    }

    fn execution_started(&self, workflow: &str) {
        self.each(|metrics| metrics.execution_started(workflow));
    }

    fn execution_ended(&self, workflow: &str, status: Status, timed_out: bool, took: Duration) {
        self.each(|metrics| metrics.execution_ended(workflow, status, timed_out, took));
        self.commit_signal.committed(&TableName::shared());
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kernel")
    }
}

//! The plane: the ports, and what stands on them. Features add `impl Plane` blocks.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::{
    guard::{actor::Actors, policy::Policy},
    ids::AccountId,
    metrics::Metrics,
    page::Cursors,
    ports::{
        chance::Chance, clock::Clock, cloud::Cloud, events::Events, identity::Identity, mailer::Mailer, params::Params,
        table::Tables,
    },
    problem::Result,
    router::Router,
    settings::Settings,
};

/// The ports that a plane stands on.
#[derive(Clone)]
pub struct Ports {
    pub tables: Arc<dyn Tables>,
    pub identity: Arc<dyn Identity>,
    pub params: Arc<dyn Params>,
    pub mailer: Arc<dyn Mailer>,
    pub events: Arc<dyn Events>,
    pub cloud: Arc<dyn Cloud>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

/// The product. Cheap to clone.
#[derive(Clone)]
pub struct Plane(Arc<Inner>);

struct Inner {
    ports: Ports,
    router: Router,
    policy: Policy,
    actors: Actors,
    cursors: Cursors,
    metrics: Metrics,
    settings: Settings,
}

impl Plane {
    /// A plane over its ports. `cursor_key` must stay the same as long as cursors shall be taken back.
    pub async fn new(ports: Ports, settings: Settings, cursor_key: &[u8; 32]) -> Result<Self> {
        let router = Router::open(Arc::clone(&ports.tables)).await?;
        Ok(Self(Arc::new(Inner {
            router,
            policy: Policy::default(),
            actors: Actors::new(None),
            cursors: Cursors::new(cursor_key),
            metrics: Metrics::default(),
            settings,
            ports,
        })))
    }

    pub fn now(&self) -> Timestamp {
        self.0.ports.clock.now()
    }

    pub fn clock(&self) -> &dyn Clock {
        self.0.ports.clock.as_ref()
    }

    pub fn chance(&self) -> &dyn Chance {
        self.0.ports.chance.as_ref()
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

    pub fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Something in an account was written: what is remembered of it is dropped.
    pub fn changed(&self, account: AccountId) {
        self.0.actors.forget(account);
    }

    /// Whether requests can be answered; if not, why.
    pub async fn readiness(&self) -> Result<(), String> {
        let root = crate::features::accounts::model::Account::key(crate::ids::known::ROOT_ACCOUNT);
        match self.router().shared().get(&root).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("the platform is not set up yet".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plane")
    }
}

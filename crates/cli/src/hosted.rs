//! The aws profile for a process that others start, call, freeze and end, as Lambda does: nothing listens, and nothing
//! goes on by itself.

use std::sync::atomic::{AtomicI64, Ordering};

pub use aws::dynamodb::stream::{Change, Changes, NotOfAStream};
use axum::Router;
use plane::{
    identity::MigratingUser,
    ids::Subject,
    plane::Plane,
    ports::{
        identity::{Profile, SignInError},
        table::TableError,
    },
};
use secrecy::SecretString;

use crate::{
    compose::{self, Composed},
    config::{self, Config, Environment, Flags, Setup},
    console,
    fail::{Failure, Outcome},
    folder, log,
};

/// After so many seconds without a call, nothing is believed that another process may have changed.
const BELIEVED: i64 = 5;
/// What others do to the signing keys is taken over after this at the latest.
const KEYS_BELIEVED: i64 = 30;

/// Why the process can't begin.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unready {
    /// The configuration, or a resource that it names, has an error: a retry does not help.
    pub configuration: bool,
    /// What is wrong, where, and the way out.
    pub message: String,
}

impl From<Failure> for Unready {
    fn from(failure: Failure) -> Self {
        let configuration = failure.exit == crate::fail::Exit::Usage;
        let (message, hint) = failure.into_parts();
        Self { configuration, message: hint.map_or(message.clone(), |hint| format!("{message}; {hint}")) }
    }
}

/// The product, ready to be called.
pub struct Hosted {
    composed: Composed,
    config: Config,
    /// When the process was called last, and when the signing keys were read, by the clock on the wall.
    called: AtomicI64,
    keys_read: AtomicI64,
}

impl Hosted {
    /// Reads the configuration, from the environment and the file that it names, and composes.
    pub async fn open() -> Result<Self, Unready> {
        Ok(Self::opened().await?)
    }

    async fn opened() -> Outcome<Self> {
        let environment = Environment::read();
        config::warn_of_unknown_variables(&environment);
        let mut flags = Flags::default();
        flags.settings.insert("profile".into(), "aws".into());
        if environment.get("FREEHOLD_DATA_DIR").is_none() {
            // The one place that may be written to; nothing in it outlives the process.
            flags.settings.insert("data_dir".into(), "/tmp/freehold".into());
        }
        let mut config = config::load(&environment, &flags)?;
        // Nobody can ask this process for its metrics, and what it writes is collected.
        config.aws.metrics = true;
        if !config.has_public_url() {
            return Err(Failure::usage("public_url is not set, and the process can't know it")
                .hint("set FREEHOLD_PUBLIC_URL to the address that people reach the product by"));
        }
        log::at_once(&config);
        let opened = folder::open(&config.data_dir)?;
        let url = config.public_url("");
        let composed = compose::compose(&config, opened, &url).await?;
        let now = composed.plane.now().as_second();
        Ok(Self { composed, config, called: AtomicI64::new(now), keys_read: AtomicI64::new(now) })
    }

    pub fn plane(&self) -> &Plane {
        &self.composed.plane
    }

    /// What the stream of a table tells.
    pub fn changes(&self, event: serde_json::Value) -> Result<Changes, NotOfAStream> {
        aws::dynamodb::stream::read(event, &self.config.aws.table_prefix)
    }

    /// The HTTP API, and the console.
    pub fn service(&self) -> Result<Router, Unready> {
        Ok(plane::product::service(self.plane().clone(), console::console(&self.config)?))
    }

    /// Does Day-0 if it has not been done, by the password or set-up token that is configured. None is made up: it would
    /// be printed to a log that many may read.
    pub async fn set_up(&self) -> Result<(), Unready> {
        let given = match self.config.setup {
            Setup::AtStart => self.config.admin_password(),
            Setup::ByToken => self.config.setup_token(),
        };
        if given.is_some() {
            compose::set_up(&self.config, self.plane()).await?;
        }
        Ok(())
    }

    /// What tokens show of somebody; `None`: they are nobody of the product's.
    pub async fn shown(&self, subject: Subject) -> Result<Option<Profile>, TableError> {
        self.composed.identity.profile(subject).await
    }

    /// People who may migrate into the user pool by the password whose hash is in the table.
    pub async fn migrate_by_password(
        &self,
        name: &str,
        password: &SecretString,
    ) -> Result<Option<MigratingUser>, SignInError> {
        self.composed.identity.migrate_by_password(name, password).await
    }

    /// Who moves into the user pool to be given another password there.
    pub async fn migrate_by_code(&self, name: &str) -> Result<Option<MigratingUser>, TableError> {
        self.composed.identity.migrate_by_code(name).await
    }

    /// Must be called before each call is answered: refreshes what may have changed while the process was frozen.
    pub async fn wake(&self) {
        let now = self.plane().now().as_second();
        if now - self.called.swap(now, Ordering::AcqRel) >= BELIEVED {
            self.plane().forget_all();
        }
        if now - self.keys_read.load(Ordering::Acquire) >= KEYS_BELIEVED {
            match self.composed.identity.reload_shared_state().await {
                Ok(()) => self.keys_read.store(now, Ordering::Release),
                Err(error) => tracing::warn!(%error, "signing keys and session floor could not be reloaded"),
            }
        }
    }
}

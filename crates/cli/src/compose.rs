//! Puts the embedded profile together: data folder, ports, plane, Day-0.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use local::{
    chance::SystemChance, clock::SystemClock, cloud::LocalCloud, events::Bus, mailer::OutboxMailer,
    params::TableParams, table::FileTables,
};
use plane::{
    features::bootstrap::Admin,
    identity::{EmbeddedIdentity, Parts},
    ids::Subject,
    plane::{Plane, Ports},
    ports::{
        chance::{self, Chance},
        clock::Clock,
        identity::{Email, Profile, Profiles},
        table::{TableName, Tables as _},
    },
    settings::Settings,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    config::{Config, Setup},
    fail::{Failure, Outcome},
    folder::{self, Opened},
    print,
};

/// The product, standing on a data folder.
pub(crate) struct Composed {
    pub plane: Plane,
    pub tables: FileTables,
    pub identity: Arc<EmbeddedIdentity>,
    pub opened: Arc<Opened>,
}

/// Opens everything; writes to the store only if its folder is new.
pub(crate) async fn compose(config: &Config, opened: Opened, public_url: &str) -> Outcome<Composed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock { offset: SignedDuration::from_secs(config.clock_offset) });
    let chance: Arc<dyn Chance> = Arc::new(SystemChance::default());
    let tables = FileTables::open(&opened.places.0).map_err(Failure::usage)?;
    let shared = tables.create(&TableName::shared()).await.map_err(Failure::usage)?;
    let Opened { lock, places, key, signing } = opened;
    let identity = EmbeddedIdentity::start(Parts {
        settings: identity_settings(config),
        table: Arc::clone(&shared),
        keys: Arc::new(signing),
        clock: Arc::clone(&clock),
        chance: Arc::clone(&chance),
    });
    let identity = Arc::new(identity.map_err(|error| {
        Failure::usage(error).detail("nothing was started").hint("put the folder `keys` back from a backup")
    })?);
    let ports = Ports {
        identity: Arc::clone(&identity) as _,
        params: Arc::new(TableParams::new(Arc::clone(&shared))),
        mailer: Arc::new(OutboxMailer::new(Arc::clone(&shared), Some(places.outbox()))),
        events: Arc::new(Bus::default()),
        cloud: Arc::new(LocalCloud::new(Arc::new(tables.clone()))),
        tables: Arc::new(tables.clone()),
        clock,
        chance,
    };
    let plane = Plane::new(ports, settings(config, public_url), key.clone()).await.map_err(Failure::new)?;
    identity.show(Arc::new(Directory(plane.clone())));
    let signing = local::keys::KeyFile::new(places.signing_keys(), local::keys::Folder::Initialised);
    let opened = Arc::new(Opened { lock, places, key, signing });
    Ok(Composed { plane, tables, identity, opened })
}

/// Takes the data folder and composes over it, for a command that works without a server.
pub(crate) async fn offline(config: &Config) -> Outcome<Composed> {
    let opened = folder::open(&config.data_dir, &SystemChance::default())?;
    compose(config, opened, &config.public_url("")).await
}

fn identity_settings(config: &Config) -> plane::identity::Settings {
    let life = SignedDuration::from_mins(i64::from(config.access_token_minutes));
    plane::identity::Settings {
        // As configured, not as bound: with port 0 the port is another at each start, and tokens must stay good.
        issuer: config.public_url(""),
        access_life: life,
        id_life: life,
        recheck: None,
        ..plane::identity::Settings::default()
    }
}

fn settings(config: &Config, public_url: &str) -> Settings {
    Settings {
        public_url: public_url.to_owned(),
        trusted_proxies: config.trusted_proxies.clone(),
        deletion_grace_days: config.deletion_grace_days,
        auth_requests_per_five_minutes: config.auth_requests_per_five_minutes,
        user_requests_per_minute: config.user_requests_per_minute,
        runs_at_once: config.runs_at_once,
        faults: config.faults(),
    }
}

/// Does Day-0 if it has not been done, and says once what only this moment knows.
pub(crate) async fn set_up(config: &Config, plane: &Plane) -> Outcome {
    match config.setup {
        Setup::AtStart => {
            let admin =
                Admin { email: config.admin_email.clone(), password: config.admin_password(), ..Admin::default() };
            let done = plane.bootstrap_if_needed(&admin).await.map_err(|problem| {
                let failure = Failure::usage(format!("the platform can't be set up: {}", problem.detail));
                match problem.help {
                    Some(help) => failure.hint(help),
                    None if config.admin_password().is_some() => {
                        failure.hint("set another FREEHOLD_ADMIN_PASSWORD, or none to have one made")
                    }
                    None => failure,
                }
            })?;
            if let Some(done) = done {
                print::set_up(config.log_format, done.admin_email.as_str(), done.generated_password.as_ref());
            }
        }
        Setup::ByToken => {
            let configured = config.setup_token();
            let token = configured.clone().unwrap_or_else(|| SecretString::from(made_token(plane)));
            let waits = plane.offer_bootstrap(&token).await.map_err(Failure::new)?;
            if waits && configured.is_none() {
                print::set_up_token(config.log_format, token.expose_secret());
            }
        }
    }
    Ok(())
}

fn made_token(plane: &Plane) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(chance::secret(plane.chance()))
}

/// The directory as tokens show it. It gives no rights.
struct Directory(Plane);

#[async_trait]
impl Profiles for Directory {
    async fn profile(&self, subject: Subject) -> Option<Profile> {
        let actor = self.0.actor(subject).await.ok().flatten()?;
        let roles: Vec<&str> = actor.access.roles.iter().map(|role| role.name.as_str()).collect();
        Some(Profile {
            email: Email::parse(actor.user.email.as_str()).ok()?,
            account: actor.account(),
            enterprise: Some(actor.enterprise()),
            role: (!roles.is_empty()).then(|| roles.join(", ")),
            groups: actor.access.groups.iter().map(|group| group.name.as_str().to_owned()).collect(),
        })
    }
}

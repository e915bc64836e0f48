//! Puts the product together: the ports of a profile, the plane over them, Day-0.

#[cfg(feature = "aws")]
pub(crate) mod aws;
mod embedded;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use local::{clock::SystemClock, random::OsRandom, table::FileTables};
use plane::{
    features::bootstrap::Admin,
    identity::Provider,
    ids::Subject,
    jobs::Job,
    plane::{Plane, Ports},
    ports::{
        clock::Clock,
        cross_account::CrossAccountAccess,
        dead_letters::DeadLetterQueues,
        dedicated_tables::DedicatedTables,
        events::Events,
        identity::{Email, Profile, Profiles},
        machines::Machines,
        mailer::Mailer,
        params::Params,
        random::{self, RandomSource},
        table::Tables,
    },
    secret::PlatformKey,
    settings::{MailLimits, Settings},
    workflow::WorkflowMetrics,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    config::{Config, ProfileKind, Setup},
    fail::{Failure, Outcome},
    folder::{self, Opened},
    print,
};

/// What another process wrote is noticed after this at the latest.
const RECHECK: SignedDuration = SignedDuration::from_secs(5);

/// The product, and its adapters.
pub(crate) struct Composed {
    pub plane: Plane,
    /// The tables' files in the data folder.
    pub files: Option<FileTables>,
    pub identity: Arc<Provider>,
    pub opened: Opened,
}

/// The adapters of a profile.
struct Adapters {
    tables: Arc<dyn Tables>,
    files: Option<FileTables>,
    identity: Arc<Provider>,
    params: Arc<dyn Params>,
    mailer: Arc<dyn Mailer>,
    events: Arc<dyn Events>,
    dedicated_tables: Arc<dyn DedicatedTables>,
    cross_account: Arc<dyn CrossAccountAccess>,
    machines: Option<Arc<dyn Machines>>,
    dead_letters: Option<Arc<dyn DeadLetterQueues>>,
    counting: Option<Arc<dyn WorkflowMetrics>>,
    key: PlatformKey,
    /// No other process uses the store.
    alone: bool,
}

/// What every profile takes from the machine.
#[derive(Clone)]
struct HostServices {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn RandomSource>,
}

/// Opens everything; writes to the store only if it is new.
pub(crate) async fn compose(config: &Config, opened: Opened, public_url: &str) -> Outcome<Composed> {
    config.refuse_default_admin()?;
    let machine = HostServices {
        clock: Arc::new(SystemClock { offset: SignedDuration::from_secs(config.clock_offset) }),
        rng: Arc::new(OsRandom::default()),
    };
    let ground = match config.profile {
        ProfileKind::Embedded => embedded::ground(config, &opened.places, &machine).await?,
        #[cfg(feature = "aws")]
        ProfileKind::Aws => aws::ground(config, &machine).await?,
        #[cfg(not(feature = "aws"))]
        ProfileKind::Aws => unreachable!("the configuration was checked"),
    };
    let Adapters {
        tables,
        files,
        identity,
        params,
        mailer,
        events,
        dedicated_tables,
        cross_account,
        machines,
        dead_letters,
        counting,
        key,
        alone,
    } = ground;
    let HostServices { clock, rng } = machine;
    let ports = Ports {
        identity: Arc::clone(&identity) as _,
        tables: plane::plane::ClosedTables::new(tables),
        params,
        mailer,
        events,
        dedicated_tables,
        cross_account,
        machines,
        dead_letters,
        counting,
        jobs: files.iter().flat_map(|files| [sweep(files, &clock), compaction(files)]).collect(),
        clock,
        rng,
    };
    identity.load_session_cutoff().await.map_err(Failure::new)?;
    let plane = plane::product::open(ports, settings(config, public_url, alone), key).await.map_err(Failure::new)?;
    identity.show(Arc::new(Directory(plane.clone())));
    Ok(Composed { plane, files, identity, opened })
}

/// Removes expired records from the files, a bounded number at a time. DynamoDB does this itself.
fn sweep(files: &FileTables, clock: &Arc<dyn Clock>) -> Job {
    let (files, clock) = (files.clone(), Arc::clone(clock));
    let summary = "Remove expired records from the data folder";
    Job::new("expired-records", summary, SignedDuration::from_mins(1), move || {
        let (files, clock) = (files.clone(), Arc::clone(&clock));
        async move {
            let swept = files.sweep(clock.now().as_second(), 10_000).await?;
            Ok([("removed".to_owned(), swept as u64)].into())
        }
    })
}

/// Gives back the space that rewritten and deleted records leave in the files.
fn compaction(files: &FileTables) -> Job {
    let files = files.clone();
    let summary = "Compact the files of the data folder that are mostly unused space";
    Job::new("compaction", summary, SignedDuration::from_mins(1), move || {
        let files = files.clone();
        async move {
            let compacted = files.compact_sparse().await?;
            let freed = compacted.iter().map(|(_, done)| done.bytes_before.saturating_sub(done.bytes_after)).sum();
            Ok([("tables".to_owned(), compacted.len() as u64), ("freedBytes".to_owned(), freed)].into())
        }
    })
}

/// Takes the data folder and composes over it, for a command that works without a server.
pub(crate) async fn offline(config: &Config) -> Outcome<Composed> {
    let opened = folder::open(&config.data_dir)?;
    compose(config, opened, &config.public_url("")).await
}

fn identity_settings(config: &Config, alone: bool) -> plane::identity::Settings {
    let life = SignedDuration::from_mins(i64::from(config.access_token_minutes));
    plane::identity::Settings {
        // As configured, not as bound: with port 0 the port is another at each start, and tokens must stay good.
        issuer: config.public_url(""),
        access_life: life,
        id_life: life,
        recheck: (!alone).then_some(RECHECK),
        ..plane::identity::Settings::default()
    }
}

fn settings(config: &Config, public_url: &str, alone: bool) -> Settings {
    Settings {
        public_url: public_url.to_owned(),
        trusted_proxies: config.trusted_proxies.clone(),
        forwarded_header: config.forwarded_header,
        metrics_token: config.metrics_token(),
        body_seconds: config.body_seconds,
        deletion_grace_days: config.deletion_grace_days,
        license_grace_days: config.license_grace_days,
        auth_requests_per_five_minutes: config.auth_requests_per_five_minutes,
        session_requests_per_five_minutes: config.session_requests_per_five_minutes,
        user_requests_per_minute: config.user_requests_per_minute,
        mail_limits: MailLimits {
            per_recipient: config.mails_per_recipient_per_day,
            per_sender: config.mails_per_sender_per_day,
            per_account: config.mails_per_account_per_day,
            pause_seconds: config.invitation_pause_seconds,
        },
        account_requests_per_minute: config.account_requests_per_minute,
        costly_requests_per_minute: config.costly_requests_per_minute,
        runs_at_once: config.runs_at_once,
        alone,
        faults: config.faults(),
        ..Settings::default()
    }
}

/// Does Day-0 if it has not been done, says once what only this moment knows, and warns of the default address.
pub(crate) async fn set_up(config: &Config, plane: &Plane) -> Outcome {
    day_zero(config, plane).await?;
    if plane.administrator_has_default_address().await.map_err(Failure::new)? {
        tracing::warn!(
            fix = "sign in and give a real address: the first sign-in asks for it, later: freehold me email ADDRESS",
            "the administrator has the default address, to which no mail goes"
        );
    }
    Ok(())
}

async fn day_zero(config: &Config, plane: &Plane) -> Outcome {
    match config.setup {
        Setup::AtStart => {
            let admin =
                Admin { email: config.admin_email.clone(), password: config.admin_password(), ..Admin::default() };
            let done = plane.bootstrap_if_needed(&admin).await.map_err(|problem| {
                let failure = Failure::usage(format!("the platform can't be set up: {}", problem.operator_detail()));
                match problem.help {
                    Some(help) => failure.hint(help),
                    None if config.admin_password().is_some() => {
                        failure.hint("set another FREEHOLD_ADMIN_PASSWORD, or none to have one made")
                    }
                    None => failure,
                }
            })?;
            match done {
                Some(done) => {
                    print::set_up(config.log_format, done.admin_email.as_str(), done.generated_password.as_ref());
                }
                None if config.admin_password().is_some() => {
                    tracing::info!("the platform is set up already: admin_email and admin_password have no effect");
                }
                None => {}
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
    URL_SAFE_NO_PAD.encode(random::secret(plane.rng()))
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
